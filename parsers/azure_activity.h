// Azure's Activity log: who created, changed, deleted or read the keys of which resource, as the
// REST interface, a diagnostic setting or the table AzureActivity gives it. A change has two or
// three records (Started, Accepted, Succeeded or Failed) with one correlation id; each is a record.
// For azure.cpp; ingest thread; never fails.
#pragma once

#include "json_tree/json_tree.h"
#include "parsers/azure_members.h"

namespace llmtrail {

class AzureActivityReader {
 public:
    // After read_azure_facts(). `ai`: the resource or the operation is of an AI service.
    void read(AzureMembers& members, bool ai);

 private:
    JsonValue opened(JsonValue value, JsonTree& tree);
    void identity(AzureMembers& members);
    void claims(JsonValue claims, const BodyPlace& place);
    void authorization(JsonValue authorization, const BodyPlace& place);
    void caller(AzureMembers& members, bool claims_given);
    void http_request(AzureMembers& members);
    void status(AzureMembers& members);
    void change(AzureMembers& members);
    void new_value(AzureMembers& members, bool keys);

    JsonTree claims_tree_;
    JsonTree authorization_tree_;
    JsonTree http_tree_;
    JsonTree status_tree_;
    JsonTree body_tree_;
};

}  // namespace llmtrail
