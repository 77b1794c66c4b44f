#include "fakes/hec_server.h"

#include <fstream>

namespace llmtrail {

namespace {

std::string json_of(const HecScript& script) {
    return "{\"tokens\":" + json_list(script.tokens) +
           ",\"disabled\":" + json_list(script.disabled) +
           ",\"indexes\":" + json_list(script.indexes) + ",\"events\":" + json_list(script.events) +
           ",\"polls\":" + json_list(script.polls) + ",\"poison\":\"" + script.poison +
           "\",\"bytes_max\":" + std::to_string(script.bytes_max) +
           ",\"slow_above\":" + std::to_string(script.slow_above) +
           ",\"close\":" + (script.close ? "true" : "false") +
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

}  // namespace llmtrail
