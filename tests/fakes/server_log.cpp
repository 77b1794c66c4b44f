#include "fakes/server_log.h"

#include <algorithm>
#include <fstream>

namespace llmtrail {

LogLines read_server_log(const std::string& path) {
    std::ifstream in(path);
    LogLines lines;
    for (std::string line; std::getline(in, line);) {
        std::vector<std::string> words;
        for (size_t at = 0; at <= line.size();) {
            size_t end = std::min(line.find('\t', at), line.size());
            words.push_back(line.substr(at, end - at));
            at = end + 1;
        }
        lines.push_back(std::move(words));
    }
    return lines;
}

LogLines read_server_log(const std::string& path, const std::string& kind) {
    LogLines lines = read_server_log(path);
    std::erase_if(lines, [&](const auto& words) { return words.at(0) != kind; });
    return lines;
}

std::string json_list(const std::vector<std::string>& words) {
    std::string list = "[";
    for (const std::string& word : words) {
        list += (list.size() > 1 ? ",\"" : "\"") + word + "\"";
    }
    return list + "]";
}

}  // namespace llmtrail
