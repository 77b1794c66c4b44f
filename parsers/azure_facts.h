// What all records of Azure Monitor say in the same way: when, from where, which resource, how it
// ended; and the two kinds that say little more (diagnostic categories of Cognitive Services). For
// azure*.cpp; ingest thread; never fails.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "parsers/azure_members.h"
#include "parsers/parser.h"

namespace llmtrail {

// "/SUBSCRIPTIONS/<id>/RESOURCEGROUPS/<group>/PROVIDERS/<namespace>/<type>/<name>/…", in any case.
struct AzureResource {
    std::string subscription;  // in lower case; "" when the id names none
    std::string type;          // "MICROSOFT.COGNITIVESERVICES/ACCOUNTS"
};

AzureResource azure_resource_of(std::string_view id);

// Does the id, or the name of an operation, belong to a service that runs, fronts or feeds models?
bool is_ai_resource(std::string_view id_or_operation);

// .NET ticks: 100 ns since 0001-01-01T00:00:00; none when it is no time of the years 1970 to 2200.
std::optional<UnixNanos> time_of_ticks(int64_t ticks);

// "success" or "failure"; "" for words that do not say it (Started, Accepted, …).
std::string_view azure_outcome_of(std::string_view word);

// Listing and reading, as opposed to changing: ListKey, …/listKeys/action, …/read.
bool is_azure_read(std::string_view operation);

// The text of a name that may be {"value", "localizedValue"}.
std::string_view azure_text_of(JsonValue value);

void read_azure_facts(AzureMembers& members, AzureKind kind, const ParseContext& context);

// Tokens of one call, wherever they stand.
void read_azure_tokens(AzureMembers& members);

// modelName, and the deployment's when there is none.
void read_azure_model(AzureMembers& members);

// The source holds neither what was asked nor what was answered.
void note_no_content(AuditRecord& record);

void read_azure_call(AzureMembers& members);
void read_azure_audit(AzureMembers& members);

}  // namespace llmtrail
