#include "parsers/parser.h"

namespace llmtrail {

std::vector<std::string> split_path(std::string_view dotted) {
    std::vector<std::string> names;
    size_t from = 0;
    for (size_t dot = dotted.find('.'); dot != std::string_view::npos;
         dot = dotted.find('.', from)) {
        names.emplace_back(dotted.substr(from, dot - from));
        from = dot + 1;
    }
    names.emplace_back(dotted.substr(from));
    return names;
}

}  // namespace llmtrail
