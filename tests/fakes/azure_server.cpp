#include "fakes/azure_server.h"

#include <filesystem>
#include <fstream>

namespace llmtrail {

namespace {

std::string json_of(const AzureScript& script, const std::string& key_directory) {
    std::string text = "{\"rule\":\"" + std::string(LLMTRAIL_SOURCE_DIR) +
                       "/conf/sentinel/data-collection-rule.json\"";
    auto add = [&](const std::string& key, const std::string& value) {
        text += ",\"" + key + "\":\"" + value + "\"";
    };
    add("rule_id", AzureServer::kRuleId);
    add("tenant", AzureServer::kTenant);
    add("client_id", AzureServer::kClientId);
    add("client_secret", AzureServer::kClientSecret);
    if (script.arc) {
        add("key_directory", key_directory);
    }
    if (!script.realm.empty()) {
        add("realm", script.realm);
    }
    if (!script.poison.empty()) {
        add("poison", script.poison);
    }
    return text + ",\"events\":" + json_list(script.events) +
           ",\"tokens\":" + json_list(script.tokens) +
           ",\"bytes_max\":" + std::to_string(script.bytes_max) +
           ",\"token_seconds\":" + std::to_string(script.token_seconds) + "}";
}

}  // namespace

AzureServer::AzureServer(const AzureScript& script) {
    certificates_.issue("server", {});
    std::filesystem::create_directory(key_directory());
    std::ofstream(certificates_.path("options.json")) << json_of(script, key_directory());
    std::ofstream(certificates_.path("log")) << "";
    child_ = std::make_unique<ChildServer>(
        "fakes/azure_server.py",
        std::vector<std::string>{certificates_.path("server.pem"), certificates_.path("server.key"),
                                 certificates_.path("options.json"), certificates_.path("log")});
}

}  // namespace llmtrail
