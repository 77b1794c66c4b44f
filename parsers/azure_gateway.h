// Logs of API Management in front of models. GatewayLogs have the caller, the key's subscription
// and, when asked for, the bodies, each cut at 8,192 bytes; GatewayLlmLogs have tokens and messages
// in entries of at most 32 KB; GatewayMCPLogs have the tools called. All three of one request carry
// one correlation id. For azure.cpp; ingest thread; never fails.
#pragma once

#include <string>

#include "json_tree/json_tree.h"
#include "parsers/azure_members.h"
#include "parsers/gateway_call.h"

namespace llmtrail {

class AzureGatewayReader {
 public:
    // Each after read_azure_facts().
    void read_gateway(AzureMembers& members);
    void read_mcp(AzureMembers& members);
    // The entry's place among those of its request.
    uint32_t read_llm(AzureMembers& members);

 private:
    struct Body {
        JsonMember member;  // absent: none was logged
        BodyPlace place;    // of the body
    };

    static Body body_of(AzureMembers& members, AzureSlot client_side, AzureSlot backend_side);
    void endpoint(AzureMembers& members);
    void headers(AzureMembers& members);
    void errors(AzureMembers& members);
    void bodies(AzureMembers& members);
    bool read_refusal(const Body& answered);
    void messages(AzureMembers& members, AzureSlot slot, bool asked);

    std::string url_path_;
    std::string wrapped_;
    GatewayCall call_;
    JsonTree tree_;
    JsonTree answer_tree_;
};

}  // namespace llmtrail
