// Calls to Amazon Bedrock beside its models': guardrails asked by themselves, knowledge bases,
// agents. Their URLs say which one it is.
#include <array>
#include <optional>

#include "bodies/bedrock_agent.h"
#include "bodies/bedrock_apply.h"
#include "bodies/bedrock_retrieval.h"
#include "bodies/event_stream.h"
#include "parsers/exchange_parts.h"

namespace llmtrail {

namespace {

constexpr BodyReaders kAgent = {"bedrock", read_bedrock_agent_request, read_bedrock_agent_response,
                                read_bedrock_agent_stream};
constexpr BodyReaders kGuardrail = {"bedrock", read_apply_guardrail_request,
                                    read_apply_guardrail_response, read_apply_guardrail_response};
constexpr BodyReaders kRetrieval = {"bedrock", read_bedrock_retrieval_request,
                                    read_bedrock_retrieval_response, read_bedrock_retrieval_stream};

struct ServiceCall {
    std::string_view path_begins;
    std::string_view path_ends;
    const BodyReaders* readers;
    std::string_view kind;
    std::string_view operation;
    std::optional<Field> path_field;  // takes the element of the path that follows its beginning
};

constexpr auto kServiceCalls = std::to_array<ServiceCall>({
    {"/agents/", "/text", &kAgent, "inference", "invoke_agent", Field::kGenAiAgentId},
    {"/guardrail/", "/apply", &kGuardrail, "guardrail", "", std::nullopt},
    {"/knowledgebases/", "/retrieve", &kRetrieval, "retrieval", "retrieval",
     Field::kGenAiDataSourceId},
    {"/retrieveAndGenerate", "/retrieveAndGenerate", &kRetrieval, "inference", "chat",
     std::nullopt},
    {"/retrieveAndGenerateStream", "/retrieveAndGenerateStream", &kRetrieval, "inference", "chat",
     std::nullopt},
});

const ServiceCall* service_call_of(std::string_view url_path) {
    for (const ServiceCall& call : kServiceCalls) {
        if (url_path.starts_with(call.path_begins) && url_path.ends_with(call.path_ends)) {
            return &call;
        }
    }
    return nullptr;
}

}  // namespace

const BodyReaders* bedrock_service_readers(std::string_view url_path, std::string_view provider) {
    const ServiceCall* call = service_call_of(url_path);
    return call != nullptr && provider == "aws.bedrock" ? call->readers : nullptr;
}

bool describe_bedrock_service_call(std::string_view url_path, const BodyReaders& readers,
                                   AuditRecord& record) {
    const ServiceCall* call = service_call_of(url_path);
    if (call == nullptr || call->readers != &readers) {
        return false;
    }
    fill_text(record, Field::kEventKind, call->kind);
    fill_text(record, Field::kEventAction, url_path.substr(url_path.rfind('/') + 1));
    fill_text(record, Field::kGenAiOperationName, call->operation);
    if (call->path_field) {
        fill_text(record, *call->path_field, element_after(url_path, call->path_begins));
    }
    if (&readers == &kAgent) {
        fill_text(record, Field::kGenAiConversationId, element_after(url_path, "/sessions/"));
    }
    return true;
}

ChunkBytes chunk_bytes_of(const BodyReaders& readers) {
    return &readers == &kAgent ? ChunkBytes::kText : ChunkBytes::kJson;
}

}  // namespace llmtrail
