#include "fakes/hec_server.h"

#include <algorithm>
#include <fstream>

namespace llmtrail {

namespace {

std::string json_list(const std::vector<std::string>& words) {
    std::string list = "[";
    for (const std::string& word : words) {
        list += (list.size() > 1 ? ",\"" : "\"") + word + "\"";
    }
    return list + "]";
}

std::string json_of(const HecScript& script) {
    return "{\"tokens\":" + json_list(script.tokens) +
           ",\"disabled\":" + json_list(script.disabled) +
           ",\"indexes\":" + json_list(script.indexes) + ",\"events\":" + json_list(script.events) +
           ",\"polls\":" + json_list(script.polls) + ",\"poison\":\"" + script.poison +
           "\",\"bytes_max\":" + std::to_string(script.bytes_max) +
           ",\"ack\":" + (script.ack ? "true" : "false") +
           ",\"gzip\":" + (script.gzip ? "true" : "false") + "}";
}

}  // namespace

HecServer::HecServer(const HecScript& script) {
    certificates_.issue("server", {});
    std::ofstream(certificates_.path("options.json")) << json_of(script);
    std::ofstream(certificates_.path("log")) << "";
    child_ = std::make_unique<ChildServer>(
        "fakes/hec_server.py",
        std::vector<std::string>{certificates_.path("server.pem"), certificates_.path("server.key"),
                                 certificates_.path("options.json"), certificates_.path("log")});
}

std::vector<std::vector<std::string>> HecServer::log() const {
    std::ifstream in(certificates_.path("log"));
    std::vector<std::vector<std::string>> lines;
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

std::vector<std::vector<std::string>> HecServer::log_of(const std::string& kind) const {
    std::vector<std::vector<std::string>> lines = log();
    std::erase_if(lines, [&](const auto& words) { return words.at(0) != kind; });
    return lines;
}

}  // namespace llmtrail
