#include "parsers/redacted.h"

namespace llmtrail {

void keep_redacted(std::string_view path, std::string_view key, JsonValue value,
                   Unmapped& unmapped) {
    unmapped.add(path, key, value);
}

std::string joined_path(std::string_view path, std::string_view key) {
    std::string joined(path.substr(0, kUnmappedPathBytesMax + 1));
    if (!joined.empty()) {
        joined.push_back('.');
    }
    return joined.append(key.substr(0, kUnmappedPathBytesMax + 1));
}

}  // namespace llmtrail
