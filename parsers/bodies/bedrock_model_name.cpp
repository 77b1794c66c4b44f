#include "bodies/bedrock_model_name.h"

namespace llmtrail {

std::string_view bedrock_model_name(std::string_view model_id) {
    size_t slash = model_id.rfind('/');
    if (!model_id.starts_with("arn:") || slash == std::string_view::npos) {
        return model_id;
    }
    return model_id.substr(slash + 1);
}

}  // namespace llmtrail
