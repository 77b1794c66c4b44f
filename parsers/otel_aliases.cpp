#include "parsers/otel_aliases.h"

#include <algorithm>
#include <array>

#include "parsers/otlp_alias_rows.h"
#include "parsers/otlp_words.h"

namespace llmtrail::otlp {

namespace {

// clang-format off
constexpr auto kResourceAliases = std::to_array<AliasRow>({
    {"cloud.account.id", C::kField, F::kCloudAccountId},
    {"cloud.region", C::kField, F::kCloudRegion},
    {"deployment.environment", C::kField, F::kDeploymentEnvironmentName},
    {"deployment.environment.name", C::kField, F::kDeploymentEnvironmentName},
    {"device.id", C::kLateField, F::kDeviceId},
    {"device.name", C::kLateField, F::kDeviceName},
    {"enduser.id", C::kLateField, F::kUserId},
    {"enduser.role", C::kLateField, F::kUserRoles},
    {"host.name", C::kField, F::kHostName},
    {"langfuse.environment", C::kField, F::kDeploymentEnvironmentName},
    {"langfuse.release", C::kField, F::kServiceVersion},
    {"organization.id", C::kLateField, F::kOrganizationId},
    {"service.name", C::kField, F::kServiceName},
    {"service.version", C::kField, F::kServiceVersion},
    {"session.id", C::kLateField, F::kGenAiConversationId},
    {"tenant.id", C::kLateField, F::kOrganizationId},
    {"user.email", C::kLateField, F::kUserEmail},
    {"user.id", C::kLateField, F::kUserId},
    {"user.name", C::kLateField, F::kUserName},
    {"user.roles", C::kLateField, F::kUserRoles},
});

constexpr auto kIndexed = std::to_array<IndexedRow>({
    {"llm.input_messages.", Indexed::kInputMessage},
    {"llm.output_messages.", Indexed::kOutputMessage},
    {"gen_ai.prompt.", Indexed::kInputMessage},
    {"gen_ai.completion.", Indexed::kOutputMessage},
    {"llm.prompts.", Indexed::kPrompt},
    {"llm.choices.", Indexed::kChoice},
    {"llm.tools.", Indexed::kTool},
    {"llm.request.functions.", Indexed::kTool},
    {"retrieval.documents.", Indexed::kDocument},
    {"reranker.output_documents.", Indexed::kDocument},
    {"reranker.input_documents.", Indexed::kRanked},
    {"embedding.embeddings.", Indexed::kEmbedding},
    {"traceloop.association.properties.", Indexed::kAssociation},
    {"langfuse.observation.metadata.", Indexed::kAssociation},
    {"langfuse.trace.metadata.", Indexed::kAssociation},
    {"ai.telemetry.metadata.", Indexed::kAssociation},
    {"llm.token_count.", Indexed::kCounter},
    {"llm.usage.", Indexed::kCounter},
    {"gen_ai.usage.", Indexed::kCounter},
});

constexpr std::string_view kLlmPrefixes[] = {
    "gen_ai.", "llm.", "openinference.", "langfuse.", "traceloop.", "input.value", "output.value",
    "retrieval.", "reranker.", "embedding.", "tool.", "tool_call.", "ai.prompt", "ai.response.",
    "db.query.result", "db.search.result",
};

// Operations of OpenTelemetry, span kinds of OpenInference and Traceloop, types of Langfuse,
// request types of older Traceloop. An agent's turn takes a prompt and gives an answer.
constexpr auto kKinds = std::to_array<KindRow>({
    {"agent", "inference", "invoke_agent"},
    {"ai.embed.doembed", "inference", "embeddings"},
    {"ai.generateobject.dogenerate", "inference", "chat"},
    {"ai.generatetext.dogenerate", "inference", "chat"},
    {"ai.streamtext.dostream", "inference", "chat"},
    {"ai.toolcall", "tool", "execute_tool"},
    {"apply_guardrail", "guardrail", ""},
    {"chain", "", ""},
    {"chat", "inference", "chat"},
    {"completion", "inference", "text_completion"},
    {"create_agent", "inference", "create_agent"},
    {"embedding", "inference", "embeddings"},
    {"embeddings", "inference", "embeddings"},
    {"evaluate", "evaluation", ""},
    {"evaluator", "evaluation", ""},
    {"event", "", ""},
    {"execute_tool", "tool", "execute_tool"},
    {"generate_content", "inference", "generate_content"},
    {"generation", "inference", ""},
    {"guard", "guardrail", ""},
    {"guardrail", "guardrail", ""},
    {"guardrail.run", "guardrail", ""},
    {"guardrails/guard", "guardrail", ""},
    {"guardrails/guard/step", "", ""},
    {"guardrails/guard/step/call", "inference", ""},
    {"guardrails/guard/step/validator", "guardrail", ""},
    {"invoke_agent", "inference", "invoke_agent"},
    {"invoke_workflow", "", "invoke_workflow"},
    {"llm", "inference", ""},
    {"prompt", "", ""},
    {"rerank", "retrieval", "rerank"},
    {"reranker", "retrieval", "rerank"},
    {"retrieval", "retrieval", "retrieval"},
    {"retriever", "retrieval", "retrieval"},
    {"run_guardrail", "guardrail", ""},
    {"search_memory", "retrieval", "search_memory"},
    {"span", "", ""},
    {"task", "", ""},
    {"text_completion", "inference", "text_completion"},
    {"tool", "tool", "execute_tool"},
    {"unknown", "", ""},
    {"workflow", "", ""},
});

struct ProviderRow {
    std::string_view word;  // lower case
    std::string_view name;
};

constexpr auto kProviders = std::to_array<ProviderRow>({
    {"aws", "aws.bedrock"},
    {"az.ai.inference", "azure.ai.inference"},
    {"az.ai.openai", "azure.ai.openai"},
    {"azure", "azure.ai.openai"},
    {"bedrock", "aws.bedrock"},
    {"gemini", "gcp.gemini"},
    {"google_genai", "gcp.gen_ai"},
    {"mistralai", "mistral_ai"},
    {"vertex_ai", "gcp.vertex_ai"},
    {"vertexai", "gcp.vertex_ai"},
    {"watsonx", "ibm.watsonx.ai"},
    {"xai", "x_ai"},
});

// clang-format on

static_assert(sorted_by(kAliases, &AliasRow::name));
static_assert(sorted_by(kResourceAliases, &AliasRow::name));
static_assert(sorted_by(kKinds, &KindRow::word));
static_assert(sorted_by(kProviders, &ProviderRow::word));

}  // namespace

const AliasRow* find_alias(std::string_view attribute) {
    return find_row(kAliases, &AliasRow::name, attribute);
}

const AliasRow* find_resource_alias(std::string_view attribute) {
    return find_row(kResourceAliases, &AliasRow::name, attribute);
}

const IndexedRow* find_indexed(std::string_view attribute) {
    for (const IndexedRow& row : kIndexed) {
        if (attribute.starts_with(row.prefix)) {
            return &row;
        }
    }
    return nullptr;
}

bool is_llm_attribute(std::string_view attribute) {
    return std::any_of(std::begin(kLlmPrefixes), std::end(kLlmPrefixes),
                       [&](std::string_view prefix) { return attribute.starts_with(prefix); });
}

const KindRow* kind_of_word(std::string_view word) {
    std::array<char, kWordBytesMax> space{};
    return find_row(kKinds, &KindRow::word, lower_word(word, space));
}

std::string_view provider_of_word(std::string_view word) {
    static constexpr std::string_view kLowerNames[] = {"openai",      "anthropic",  "cohere",
                                                       "groq",        "deepseek",   "perplexity",
                                                       "aws.bedrock", "mistral_ai", "ollama"};
    std::array<char, kWordBytesMax> space{};
    std::string_view key = lower_word(word, space);
    if (const ProviderRow* row = find_row(kProviders, &ProviderRow::word, key)) {
        return row->name;
    }
    const auto* name = std::find(std::begin(kLowerNames), std::end(kLowerNames), key);
    return name != std::end(kLowerNames) ? *name : word;
}

}  // namespace llmtrail::otlp
