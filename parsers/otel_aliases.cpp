#include "parsers/otel_aliases.h"

#include <algorithm>
#include <array>

namespace llmtrail::otlp {

namespace {

using C = Conversion;
using F = Field;

// clang-format off
// Sorted by name.
constexpr auto kAliases = std::to_array<AliasRow>({
    {"client.address", C::kField, F::kClientIp},
    {"cloud.account.id", C::kField, F::kCloudAccountId},
    {"cloud.region", C::kField, F::kCloudRegion},
    {"document.content", C::kOutput, F::kUnmapped, 0},
    {"embedding.invocation_parameters", C::kParameters},
    {"embedding.model_name", C::kModel},
    {"enduser.id", C::kField, F::kUserId},
    {"enduser.role", C::kField, F::kUserRoles},
    {"error.message", C::kField, F::kErrorMessage},
    {"error.type", C::kField, F::kErrorType},
    {"gen_ai.agent.id", C::kField, F::kGenAiAgentId},
    {"gen_ai.agent.name", C::kField, F::kGenAiAgentName},
    {"gen_ai.completion", C::kOutput, F::kUnmapped, 5},
    {"gen_ai.conversation.id", C::kField, F::kGenAiConversationId},
    {"gen_ai.data_source.id", C::kField, F::kGenAiDataSourceId},
    {"gen_ai.embeddings.dimension.count", C::kField, F::kGenAiEmbeddingsDimensionCount},
    {"gen_ai.evaluation.explanation", C::kField, F::kGenAiEvaluationExplanation},
    {"gen_ai.evaluation.name", C::kField, F::kGenAiEvaluationName},
    {"gen_ai.evaluation.score.label", C::kField, F::kGenAiEvaluationScoreLabel},
    {"gen_ai.evaluation.score.value", C::kField, F::kGenAiEvaluationScoreValue},
    {"gen_ai.input.messages", C::kInputMessages, F::kUnmapped, 9},
    {"gen_ai.openai.request.seed", C::kField, F::kGenAiRequestSeed},
    {"gen_ai.openai.request.service_tier", C::kField, F::kGenAiRequestServiceTier},
    {"gen_ai.openai.response.service_tier", C::kField, F::kGenAiResponseServiceTier},
    {"gen_ai.openai.response.system_fingerprint", C::kField, F::kGenAiResponseSystemFingerprint},
    {"gen_ai.operation.name", C::kOperation},
    {"gen_ai.output.messages", C::kOutputMessages, F::kUnmapped, 9},
    {"gen_ai.output.type", C::kField, F::kGenAiOutputType},
    {"gen_ai.prompt", C::kInput, F::kUnmapped, 5},
    {"gen_ai.provider.name", C::kProvider, F::kUnmapped, 4},
    {"gen_ai.request.choice.count", C::kField, F::kGenAiRequestChoiceCount},
    {"gen_ai.request.encoding_formats", C::kField, F::kGenAiRequestEncodingFormats},
    {"gen_ai.request.frequency_penalty", C::kField, F::kGenAiRequestFrequencyPenalty},
    {"gen_ai.request.max_tokens", C::kField, F::kGenAiRequestMaxTokens},
    {"gen_ai.request.model", C::kField, F::kGenAiRequestModel},
    {"gen_ai.request.presence_penalty", C::kField, F::kGenAiRequestPresencePenalty},
    {"gen_ai.request.reasoning_effort", C::kField, F::kGenAiRequestReasoningEffort},
    {"gen_ai.request.seed", C::kField, F::kGenAiRequestSeed},
    {"gen_ai.request.service_tier", C::kField, F::kGenAiRequestServiceTier},
    {"gen_ai.request.stop_sequences", C::kField, F::kGenAiRequestStopSequences},
    {"gen_ai.request.stream", C::kField, F::kGenAiRequestStream},
    {"gen_ai.request.temperature", C::kField, F::kGenAiRequestTemperature},
    {"gen_ai.request.top_k", C::kField, F::kGenAiRequestTopK},
    {"gen_ai.request.top_p", C::kField, F::kGenAiRequestTopP},
    {"gen_ai.response.finish_reasons", C::kFinishReasons},
    {"gen_ai.response.id", C::kField, F::kGenAiResponseId},
    {"gen_ai.response.model", C::kField, F::kGenAiResponseModel},
    {"gen_ai.retrieval.documents", C::kDocuments},
    {"gen_ai.retrieval.query.text", C::kField, F::kGenAiRetrievalQueryText},
    {"gen_ai.system", C::kProvider, F::kUnmapped, 3},
    {"gen_ai.system_instructions", C::kSystemInstructions},
    {"gen_ai.tool.call.arguments", C::kToolArguments},
    {"gen_ai.tool.call.id", C::kToolCallId},
    {"gen_ai.tool.call.result", C::kToolResult},
    {"gen_ai.tool.definitions", C::kToolDefinitions},
    {"gen_ai.tool.name", C::kToolName},
    {"gen_ai.tool.type", C::kField, F::kGenAiToolType},
    {"gen_ai.usage.cache_creation.input_tokens", C::kField, F::kGenAiUsageCacheCreationInputTokens},
    {"gen_ai.usage.cache_creation_input_tokens", C::kField, F::kGenAiUsageCacheCreationInputTokens},
    {"gen_ai.usage.cache_read.input_tokens", C::kField, F::kGenAiUsageCacheReadInputTokens},
    {"gen_ai.usage.cache_read_input_tokens", C::kField, F::kGenAiUsageCacheReadInputTokens},
    {"gen_ai.usage.completion_tokens", C::kField, F::kGenAiUsageOutputTokens},
    {"gen_ai.usage.cost", C::kField, F::kUsageCostUsd},
    {"gen_ai.usage.input_tokens", C::kField, F::kGenAiUsageInputTokens},
    {"gen_ai.usage.output_tokens", C::kField, F::kGenAiUsageOutputTokens},
    {"gen_ai.usage.prompt_tokens", C::kField, F::kGenAiUsageInputTokens},
    {"gen_ai.usage.reasoning.output_tokens", C::kField, F::kGenAiUsageReasoningOutputTokens},
    {"gen_ai.usage.reasoning_tokens", C::kField, F::kGenAiUsageReasoningOutputTokens},
    {"gen_ai.usage.total_tokens", C::kField, F::kGenAiUsageTotalTokens},
    {"gen_ai.user", C::kField, F::kUserId},
    {"gen_ai.workflow.name", C::kField, F::kGenAiWorkflowName},
    {"http.request.method", C::kField, F::kHttpRequestMethod},
    {"http.response.status_code", C::kField, F::kHttpResponseStatusCode},
    {"input.value", C::kInput, F::kUnmapped, 4},
    {"langfuse.environment", C::kField, F::kDeploymentEnvironmentName},
    {"langfuse.observation.cost_details", C::kCostDetails},
    {"langfuse.observation.input", C::kInput, F::kUnmapped, 6},
    {"langfuse.observation.level", C::kLevel},
    {"langfuse.observation.metadata", C::kMetadata},
    {"langfuse.observation.model.name", C::kModel},
    {"langfuse.observation.model.parameters", C::kParameters},
    {"langfuse.observation.output", C::kOutput, F::kUnmapped, 6},
    {"langfuse.observation.status_message", C::kStatusMessage},
    {"langfuse.observation.type", C::kKind},
    {"langfuse.observation.usage_details", C::kUsageDetails},
    {"langfuse.session.id", C::kField, F::kGenAiConversationId},
    {"langfuse.trace.input", C::kInput, F::kUnmapped, 1},
    {"langfuse.trace.metadata", C::kMetadata},
    {"langfuse.trace.output", C::kOutput, F::kUnmapped, 1},
    {"langfuse.user.id", C::kField, F::kUserId},
    {"llm.cost.total", C::kField, F::kUsageCostUsd},
    {"llm.finish_reason", C::kFinishReasons},
    {"llm.frequency_penalty", C::kField, F::kGenAiRequestFrequencyPenalty},
    {"llm.invocation_parameters", C::kParameters},
    {"llm.is_streaming", C::kField, F::kGenAiRequestStream},
    {"llm.model_name", C::kModel},
    {"llm.presence_penalty", C::kField, F::kGenAiRequestPresencePenalty},
    {"llm.provider", C::kProvider, F::kUnmapped, 2},
    {"llm.request.type", C::kKind},
    {"llm.response.finish_reason", C::kFinishReasons},
    {"llm.response.id", C::kField, F::kGenAiResponseId},
    {"llm.system", C::kProvider, F::kUnmapped, 1},
    {"llm.token_count.completion", C::kField, F::kGenAiUsageOutputTokens},
    {"llm.token_count.completion_details.reasoning", C::kField, F::kGenAiUsageReasoningOutputTokens},
    {"llm.token_count.prompt", C::kField, F::kGenAiUsageInputTokens},
    {"llm.token_count.prompt_details.cache_read", C::kField, F::kGenAiUsageCacheReadInputTokens},
    {"llm.token_count.prompt_details.cache_write", C::kField, F::kGenAiUsageCacheCreationInputTokens},
    {"llm.token_count.total", C::kField, F::kGenAiUsageTotalTokens},
    {"llm.top_k", C::kField, F::kGenAiRequestTopK},
    {"llm.top_p", C::kField, F::kGenAiRequestTopP},
    {"llm.usage.completion_tokens", C::kField, F::kGenAiUsageOutputTokens},
    {"llm.usage.prompt_tokens", C::kField, F::kGenAiUsageInputTokens},
    {"llm.usage.reasoning_tokens", C::kField, F::kGenAiUsageReasoningOutputTokens},
    {"llm.usage.total_tokens", C::kField, F::kGenAiUsageTotalTokens},
    {"llm.user", C::kField, F::kUserId},
    {"metadata", C::kMetadata},
    {"openinference.span.kind", C::kKind},
    {"output.value", C::kOutput, F::kUnmapped, 4},
    {"reranker.model_name", C::kModel},
    {"reranker.query", C::kField, F::kGenAiRetrievalQueryText},
    {"server.address", C::kField, F::kServerAddress},
    {"server.port", C::kField, F::kServerPort},
    {"session.id", C::kField, F::kGenAiConversationId},
    {"tool.id", C::kToolCallId},
    {"tool.name", C::kToolName},
    {"tool.parameters", C::kToolArguments},
    {"tool_call.function.arguments", C::kToolArguments},
    {"tool_call.function.name", C::kToolName},
    {"tool_call.id", C::kToolCallId},
    {"traceloop.entity.input", C::kInput, F::kUnmapped, 3},
    {"traceloop.entity.output", C::kOutput, F::kUnmapped, 3},
    {"traceloop.span.kind", C::kKind},
    {"traceloop.workflow.name", C::kField, F::kGenAiWorkflowName},
    {"url.path", C::kField, F::kUrlPath},
    {"user.email", C::kField, F::kUserEmail},
    {"user.id", C::kField, F::kUserId},
    {"user.name", C::kField, F::kUserName},
    {"user.roles", C::kField, F::kUserRoles},
    {"user_agent.original", C::kField, F::kUserAgentOriginal},
});

constexpr auto kResourceAliases = std::to_array<AliasRow>({
    {"cloud.account.id", C::kField, F::kCloudAccountId},
    {"cloud.region", C::kField, F::kCloudRegion},
    {"deployment.environment", C::kField, F::kDeploymentEnvironmentName},
    {"deployment.environment.name", C::kField, F::kDeploymentEnvironmentName},
    {"device.id", C::kField, F::kDeviceId},
    {"enduser.id", C::kField, F::kUserId},
    {"host.name", C::kField, F::kHostName},
    {"langfuse.environment", C::kField, F::kDeploymentEnvironmentName},
    {"service.name", C::kField, F::kServiceName},
    {"service.version", C::kField, F::kServiceVersion},
    {"session.id", C::kField, F::kGenAiConversationId},
    {"user.id", C::kField, F::kUserId},
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
});

constexpr std::string_view kLlmPrefixes[] = {
    "gen_ai.", "llm.", "openinference.", "langfuse.", "traceloop.", "input.value", "output.value",
    "retrieval.", "reranker.", "embedding.", "tool.", "tool_call.",
};

// Operations of OpenTelemetry, span kinds of OpenInference and Traceloop, types of Langfuse,
// request types of older Traceloop. An agent's turn takes a prompt and gives an answer.
constexpr auto kKinds = std::to_array<KindRow>({
    {"agent", "inference", "invoke_agent"},
    {"chain", "", ""},
    {"chat", "inference", "chat"},
    {"completion", "inference", "text_completion"},
    {"create_agent", "inference", "create_agent"},
    {"embedding", "inference", "embeddings"},
    {"embeddings", "inference", "embeddings"},
    {"evaluator", "evaluation", ""},
    {"event", "", ""},
    {"execute_tool", "tool", "execute_tool"},
    {"generate_content", "inference", "generate_content"},
    {"generation", "inference", ""},
    {"guardrail", "guardrail", ""},
    {"invoke_agent", "inference", "invoke_agent"},
    {"invoke_workflow", "", "invoke_workflow"},
    {"llm", "inference", ""},
    {"prompt", "", ""},
    {"rerank", "retrieval", "rerank"},
    {"reranker", "retrieval", "rerank"},
    {"retrieval", "retrieval", "retrieval"},
    {"retriever", "retrieval", "retrieval"},
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

template <typename Table, typename Key>
constexpr bool sorted_by(const Table& table, Key key) {
    return std::is_sorted(table.begin(), table.end(),
                          [&](const auto& a, const auto& b) { return a.*key < b.*key; });
}

static_assert(sorted_by(kAliases, &AliasRow::name));
static_assert(sorted_by(kResourceAliases, &AliasRow::name));
static_assert(sorted_by(kKinds, &KindRow::word));
static_assert(sorted_by(kProviders, &ProviderRow::word));

template <typename Table, typename Row>
const Row* find(const Table& table, std::string_view Row::*key, std::string_view wanted) {
    auto row = std::lower_bound(table.begin(), table.end(), wanted,
                                [&](const Row& a, std::string_view b) { return a.*key < b; });
    return row != table.end() && (*row).*key == wanted ? &*row : nullptr;
}

constexpr size_t kWordBytesMax = 32;

// The word in lower case within `space`; "" when it is too long to be one of the table's.
std::string_view lower(std::string_view word, std::array<char, kWordBytesMax>& space) {
    if (word.size() > space.size()) {
        return {};
    }
    std::transform(word.begin(), word.end(), space.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return {space.data(), word.size()};
}

}  // namespace

const AliasRow* find_alias(std::string_view attribute) {
    return find(kAliases, &AliasRow::name, attribute);
}

const AliasRow* find_resource_alias(std::string_view attribute) {
    return find(kResourceAliases, &AliasRow::name, attribute);
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
    return find(kKinds, &KindRow::word, lower(word, space));
}

std::string_view provider_of_word(std::string_view word) {
    static constexpr std::string_view kLowerNames[] = {"openai",      "anthropic",  "cohere",
                                                       "groq",        "deepseek",   "perplexity",
                                                       "aws.bedrock", "mistral_ai", "ollama"};
    std::array<char, kWordBytesMax> space{};
    std::string_view key = lower(word, space);
    if (const ProviderRow* row = find(kProviders, &ProviderRow::word, key)) {
        return row->name;
    }
    const auto* name = std::find(std::begin(kLowerNames), std::end(kLowerNames), key);
    return name != std::end(kLowerNames) ? *name : word;
}

}  // namespace llmtrail::otlp
