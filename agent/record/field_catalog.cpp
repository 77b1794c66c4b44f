#include "record/field_catalog.h"

#include <algorithm>

namespace llmtrail {

// clang-format off
constexpr std::array<FieldRow, kFieldCount> kRows = {{
    {Field::kEventKind, 1, "event.kind", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"*", ""}, "what happened: inference, retrieval, tool, guardrail, evaluation, feedback, edit, config_change, access, error, agent, other, rejected"},
    {Field::kEventAction, 2, "event.action", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailAction", ""}, "the operation as its source names it"},
    {Field::kEventOutcome, 3, "event.outcome", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"outcome", ""}, "success, failure or unknown"},
    {Field::kEventTime, 4, "event.time", FieldType::kTime, "ns", Section::kEnvelope, Privacy::kPublic, {"rt", ""}, "when it happened: the source's best stamp, else the HTTP date, else the ingest time"},
    {Field::kEventTimePrecision, 5, "event.time.precision", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailTimePrecision", ""}, "digits of the source's stamp: ns, us, ms, s, min; observed: the source carries no time"},
    {Field::kEventTimeZone, 6, "event.time.zone", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "source, assumed_utc or assumed_local"},
    {Field::kEventEnd, 7, "event.end", FieldType::kTime, "ns", Section::kEnvelope, Privacy::kPublic, {"end", ""}, "when it ended"},
    {Field::kEventDuration, 8, "event.duration", FieldType::kInteger, "ns", Section::kEnvelope, Privacy::kPublic, {"cn3", "latencyMs"}, "how long it took; in events as milliseconds"},
    {Field::kEventIngested, 9, "event.ingested", FieldType::kTime, "ns", Section::kEnvelope, Privacy::kPublic, {"", ""}, "when the agent read it (agent's clock)"},
    {Field::kEventProvider, 10, "event.provider", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "the parser that read it"},
    {Field::kEventDataset, 11, "event.dataset", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "format and version the parser recognised"},
    {Field::kSourceId, 12, "source.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"deviceFacility", ""}, "id of the configured source"},
    {Field::kDocumentId, 13, "document.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailDocumentId", ""}, "keyed hash of source, file identity, offset and ordinal; amendments refer to it"},
    {Field::kLogFilePath, 14, "log.file.path", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"filePath", ""}, "file the document was read from"},
    {Field::kLogOffset, 15, "log.offset", FieldType::kInteger, "bytes", Section::kEnvelope, Privacy::kPublic, {"", ""}, "where the document starts in that file (decompressed)"},
    {Field::kLogBytes, 16, "log.bytes", FieldType::kInteger, "bytes", Section::kEnvelope, Privacy::kPublic, {"", ""}, "length of the document"},
    {Field::kRecordOrdinal, 17, "record.ordinal", FieldType::kInteger, "count", Section::kEnvelope, Privacy::kPublic, {"", ""}, "number of this record within its document, from 0"},
    {Field::kTraceId, 18, "trace.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"*", ""}, "trace the call belongs to"},
    {Field::kSpanId, 19, "span.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "span of the call"},
    {Field::kParentId, 20, "parent.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "parent span"},
    {Field::kGenAiConversationId, 21, "gen_ai.conversation.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"*", ""}, "conversation, session or thread"},
    {Field::kGenAiResponseId, 22, "gen_ai.response.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailResponseId", ""}, "the provider's id of the answer"},
    {Field::kHttpRequestId, 23, "http.request.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"*", ""}, "request id of the provider or gateway"},
    {Field::kUserId, 24, "user.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"suid", ""}, "who asked: identifier"},
    {Field::kUserEmail, 25, "user.email", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"*", ""}, "who asked: e-mail address"},
    {Field::kUserName, 26, "user.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"suser", ""}, "who asked: name"},
    {Field::kUserRoles, 27, "user.roles", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPersonal, {"spriv", ""}, "roles of who asked"},
    {Field::kUserType, 28, "user.type", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "human, service, api_key or agent"},
    {Field::kClientIp, 29, "client.ip", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"*", ""}, "address the request came from"},
    {Field::kUserAgentOriginal, 30, "user_agent.original", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"requestClientApplication", ""}, "client program"},
    {Field::kDeviceId, 31, "device.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"*", ""}, "device of the user"},
    {Field::kDeviceName, 32, "device.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"shost", ""}, "name of that device"},
    {Field::kHostName, 33, "host.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "host the application ran on, as the source says"},
    {Field::kServiceName, 34, "service.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"sourceServiceName", ""}, "application that called the model"},
    {Field::kServiceVersion, 35, "service.version", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "its version"},
    {Field::kDeploymentEnvironmentName, 36, "deployment.environment.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "production, staging, ..."},
    {Field::kOrganizationId, 37, "organization.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"sntdom", ""}, "tenant or organization"},
    {Field::kOrganizationUnit, 38, "organization.unit", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"", ""}, "department of the user"},
    {Field::kCloudAccountId, 39, "cloud.account.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "cloud account"},
    {Field::kCloudRegion, 40, "cloud.region", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "cloud region"},
    {Field::kServerAddress, 41, "server.address", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"dhost", ""}, "host of the model endpoint"},
    {Field::kServerPort, 42, "server.port", FieldType::kInteger, "port", Section::kEnvelope, Privacy::kPublic, {"dpt", ""}, "port of the model endpoint"},
    {Field::kHttpRequestMethod, 43, "http.request.method", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"requestMethod", ""}, "HTTP method"},
    {Field::kUrlPath, 44, "url.path", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"request", ""}, "path of the endpoint, without query"},
    {Field::kHttpResponseStatusCode, 45, "http.response.status_code", FieldType::kInteger, "code", Section::kEnvelope, Privacy::kPublic, {"llmtrailHttpStatus", ""}, "HTTP status"},
    {Field::kGenAiProviderName, 46, "gen_ai.provider.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"destinationServiceName", ""}, "provider of the model, OpenTelemetry's names"},
    {Field::kGenAiOperationName, 47, "gen_ai.operation.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "chat, text_completion, embeddings, generate_content, create_agent, execute_tool, ..."},
    {Field::kGenAiRequestModel, 48, "gen_ai.request.model", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"cs1", "model"}, "model asked for"},
    {Field::kGenAiResponseModel, 49, "gen_ai.response.model", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailResponseModel", ""}, "model that answered"},
    {Field::kGenAiRequestTemperature, 50, "gen_ai.request.temperature", FieldType::kReal, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "sampling temperature"},
    {Field::kGenAiRequestTopP, 51, "gen_ai.request.top_p", FieldType::kReal, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "nucleus sampling"},
    {Field::kGenAiRequestTopK, 52, "gen_ai.request.top_k", FieldType::kReal, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "top-k sampling"},
    {Field::kGenAiRequestMaxTokens, 53, "gen_ai.request.max_tokens", FieldType::kInteger, "tokens", Section::kEnvelope, Privacy::kPublic, {"", ""}, "limit of output tokens"},
    {Field::kGenAiRequestFrequencyPenalty, 54, "gen_ai.request.frequency_penalty", FieldType::kReal, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "frequency penalty"},
    {Field::kGenAiRequestPresencePenalty, 55, "gen_ai.request.presence_penalty", FieldType::kReal, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "presence penalty"},
    {Field::kGenAiRequestSeed, 56, "gen_ai.request.seed", FieldType::kInteger, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "seed"},
    {Field::kGenAiRequestChoiceCount, 57, "gen_ai.request.choice.count", FieldType::kInteger, "count", Section::kEnvelope, Privacy::kPublic, {"", ""}, "answers asked for"},
    {Field::kGenAiRequestStopSequences, 58, "gen_ai.request.stop_sequences", FieldType::kTextList, "", Section::kEnvelope, Privacy::kContent, {"", ""}, "stop sequences"},
    {Field::kGenAiRequestEncodingFormats, 59, "gen_ai.request.encoding_formats", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "encodings asked for"},
    {Field::kGenAiRequestStream, 60, "gen_ai.request.stream", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "answer streamed"},
    {Field::kGenAiRequestServiceTier, 61, "gen_ai.request.service_tier", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "service tier asked for"},
    {Field::kGenAiRequestReasoningEffort, 62, "gen_ai.request.reasoning_effort", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "reasoning effort asked for"},
    {Field::kGenAiRequestLogprobs, 63, "gen_ai.request.logprobs", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "token probabilities asked for"},
    {Field::kGenAiOutputType, 64, "gen_ai.output.type", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "text, json, image, speech"},
    {Field::kGenAiResponseSystemFingerprint, 65, "gen_ai.response.system_fingerprint", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "provider's fingerprint of the serving system"},
    {Field::kGenAiResponseServiceTier, 66, "gen_ai.response.service_tier", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "service tier used"},
    {Field::kGenAiResponseStatus, 67, "gen_ai.response.status", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "status of the answer as the provider gives it"},
    {Field::kGenAiResponseCreated, 68, "gen_ai.response.created", FieldType::kTime, "ns", Section::kEnvelope, Privacy::kPublic, {"", ""}, "when the provider says it made the answer"},
    {Field::kGenAiResponseChoiceCount, 69, "gen_ai.response.choice.count", FieldType::kInteger, "count", Section::kEnvelope, Privacy::kPublic, {"", ""}, "answers returned"},
    {Field::kGenAiEmbeddingsCount, 70, "gen_ai.embeddings.count", FieldType::kInteger, "count", Section::kEnvelope, Privacy::kPublic, {"", ""}, "vectors returned"},
    {Field::kGenAiEmbeddingsDimensionCount, 71, "gen_ai.embeddings.dimension.count", FieldType::kInteger, "count", Section::kEnvelope, Privacy::kPublic, {"", ""}, "length of the vectors"},
    {Field::kGenAiUsageInputTokens, 72, "gen_ai.usage.input_tokens", FieldType::kInteger, "tokens", Section::kEnvelope, Privacy::kPublic, {"cn1", "promptTokens"}, "input tokens, cached ones included"},
    {Field::kGenAiUsageOutputTokens, 73, "gen_ai.usage.output_tokens", FieldType::kInteger, "tokens", Section::kEnvelope, Privacy::kPublic, {"cn2", "outputTokens"}, "output tokens, reasoning included"},
    {Field::kGenAiUsageTotalTokens, 74, "gen_ai.usage.total_tokens", FieldType::kInteger, "tokens", Section::kEnvelope, Privacy::kPublic, {"", ""}, "total as the source gives it"},
    {Field::kGenAiUsageCacheReadInputTokens, 75, "gen_ai.usage.cache_read.input_tokens", FieldType::kInteger, "tokens", Section::kEnvelope, Privacy::kPublic, {"", ""}, "input tokens read from a cache"},
    {Field::kGenAiUsageCacheCreationInputTokens, 76, "gen_ai.usage.cache_creation.input_tokens", FieldType::kInteger, "tokens", Section::kEnvelope, Privacy::kPublic, {"", ""}, "input tokens written to a cache"},
    {Field::kGenAiUsageReasoningOutputTokens, 77, "gen_ai.usage.reasoning.output_tokens", FieldType::kInteger, "tokens", Section::kEnvelope, Privacy::kPublic, {"", ""}, "output tokens of reasoning"},
    {Field::kUsageDetails, 78, "llm.audit.usage.details", FieldType::kJson, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "other counters of the source, as given"},
    {Field::kUsageBasis, 79, "llm.audit.usage.basis", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "provider or estimated"},
    {Field::kUsageCostUsd, 80, "llm.audit.usage.cost_usd", FieldType::kReal, "USD", Section::kEnvelope, Privacy::kPublic, {"cfp4", "costUsd"}, "cost of the call"},
    {Field::kGenAiResponseFinishReasons, 81, "gen_ai.response.finish_reasons", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPublic, {"reason", ""}, "stop, length, tool_call, content_filter, error, other"},
    {Field::kFinishReasonRaw, 82, "llm.audit.finish_reason.raw", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "finish reasons as the provider wrote them"},
    {Field::kGenAiAgentId, 83, "gen_ai.agent.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "agent"},
    {Field::kGenAiAgentName, 84, "gen_ai.agent.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "agent's name"},
    {Field::kGenAiWorkflowName, 85, "gen_ai.workflow.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "workflow"},
    {Field::kGenAiDataSourceId, 86, "gen_ai.data_source.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "data source of a retrieval"},
    {Field::kGenAiToolName, 87, "gen_ai.tool.name", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailTools", ""}, "tools called or executed"},
    {Field::kGenAiToolType, 88, "gen_ai.tool.type", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "kind of tool"},
    {Field::kGenAiToolCallId, 89, "gen_ai.tool.call.id", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "ids of the tool calls"},
    {Field::kGenAiEvaluationName, 90, "gen_ai.evaluation.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "what was evaluated"},
    {Field::kGenAiEvaluationScoreValue, 91, "gen_ai.evaluation.score.value", FieldType::kReal, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "score"},
    {Field::kGenAiEvaluationScoreLabel, 92, "gen_ai.evaluation.score.label", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "score as a word"},
    {Field::kPurpose, 93, "llm.audit.purpose", FieldType::kText, "", Section::kEnvelope, Privacy::kContent, {"llmtrailPurpose", ""}, "reason the user gave"},
    {Field::kReviewerId, 94, "reviewer.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"llmtrailReviewer", ""}, "person who verified the result"},
    {Field::kPromptBytes, 95, "llm.audit.prompt.bytes", FieldType::kInteger, "bytes", Section::kEnvelope, Privacy::kPublic, {"in", ""}, "length of the prompt text"},
    {Field::kPromptTruncated, 96, "llm.audit.prompt.truncated", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailPromptTruncated", ""}, "the prompt is not whole: cut by the source or a limit"},
    {Field::kPromptRedacted, 97, "llm.audit.prompt.redacted", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "the source masked parts of it"},
    {Field::kPromptLanguage, 98, "llm.audit.prompt.language", FieldType::kText, "BCP 47", Section::kEnvelope, Privacy::kPublic, {"flexString1", "lang"}, "language of the prompt"},
    {Field::kPromptLanguageConfidence, 99, "llm.audit.prompt.language.confidence", FieldType::kReal, "0..1", Section::kEnvelope, Privacy::kPublic, {"", ""}, "how sure"},
    {Field::kPromptLanguageSource, 100, "llm.audit.prompt.language.source", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "source or agent"},
    {Field::kPromptToxicity, 101, "llm.audit.prompt.toxicity", FieldType::kReal, "0..1", Section::kEnvelope, Privacy::kPublic, {"", ""}, "toxicity of the prompt"},
    {Field::kResponseBytes, 102, "llm.audit.response.bytes", FieldType::kInteger, "bytes", Section::kEnvelope, Privacy::kPublic, {"out", ""}, "length of the answer"},
    {Field::kResponseTruncated, 103, "llm.audit.response.truncated", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailResponseTruncated", ""}, "the answer is not whole"},
    {Field::kResponseRedacted, 104, "llm.audit.response.redacted", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "the source masked parts of it"},
    {Field::kResponseLanguage, 105, "llm.audit.response.language", FieldType::kText, "BCP 47", Section::kEnvelope, Privacy::kPublic, {"", ""}, "language of the answer"},
    {Field::kResponseConfidence, 106, "llm.audit.response.confidence", FieldType::kReal, "0..1", Section::kEnvelope, Privacy::kPublic, {"cfp1", "confidence"}, "confidence in the answer; see confidence.method"},
    {Field::kResponseConfidenceMethod, 107, "llm.audit.response.confidence.method", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "mean_token_prob, grounding_score or provider_score"},
    {Field::kResponseToxicity, 108, "llm.audit.response.toxicity", FieldType::kReal, "0..1", Section::kEnvelope, Privacy::kPublic, {"cfp2", "toxicity"}, "toxicity of the answer"},
    {Field::kResponseToxicityMethod, 109, "llm.audit.response.toxicity.method", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "moderation, evaluation, provider_score or mapped_severity"},
    {Field::kResponseRefused, 110, "llm.audit.response.refused", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailRefused", ""}, "the model refused"},
    {Field::kDataSourcesCount, 111, "llm.audit.data_sources.count", FieldType::kInteger, "count", Section::kEnvelope, Privacy::kPublic, {"llmtrailSourcesCount", ""}, "number of data sources used"},
    {Field::kGuardrails, 112, "llm.audit.guardrails", FieldType::kJson, "", Section::kEnvelope, Privacy::kPublic, {"cs4", "guardrails"}, "guardrail results: array of {name, provider, target, verdict, action, category, rule_id, score, severity, match_count}"},
    {Field::kGuardrailTriggered, 113, "llm.audit.guardrail.triggered", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "any guardrail did more than allow"},
    {Field::kGuardrailBlocked, 114, "llm.audit.guardrail.blocked", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"*", ""}, "something was blocked"},
    {Field::kGuardrailCategories, 115, "llm.audit.guardrail.categories", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "categories that fired"},
    {Field::kFindings, 116, "llm.audit.findings", FieldType::kJson, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "detections of the agent: array of {rule, severity, target}"},
    {Field::kEditTargetId, 117, "llm.audit.edit.target_id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailEditTarget", ""}, "what was edited"},
    {Field::kEditEditorId, 118, "llm.audit.edit.editor.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"llmtrailEditor", ""}, "who edited"},
    {Field::kEditTime, 119, "llm.audit.edit.time", FieldType::kTime, "ns", Section::kEnvelope, Privacy::kPublic, {"", ""}, "when it was edited"},
    {Field::kFeedbackRating, 120, "llm.audit.feedback.rating", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailRating", ""}, "rating"},
    {Field::kFeedbackAuthorId, 121, "llm.audit.feedback.author.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"", ""}, "who rated"},
    {Field::kConfigResourceType, 122, "llm.audit.config.resource.type", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "kind of thing whose setting changed"},
    {Field::kConfigResourceId, 123, "llm.audit.config.resource.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailConfigResource", ""}, "the thing whose setting changed"},
    {Field::kConfigSetting, 124, "llm.audit.config.setting", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"cs1", "setting"}, "setting that changed"},
    {Field::kErrorType, 125, "error.type", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailErrorType", ""}, "class or code of the error"},
    {Field::kErrorCode, 126, "error.code", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "provider's error code when it differs from its type"},
    {Field::kRecordState, 127, "llm.audit.record.state", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "complete, partial or amended"},
    {Field::kRecordParts, 128, "llm.audit.record.parts", FieldType::kInteger, "count", Section::kEnvelope, Privacy::kPublic, {"", ""}, "pieces joined into this record"},
    {Field::kRecordSourceLoss, 129, "llm.audit.record.source_loss", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "loss known to have happened before the agent: sampled, masked, truncated, dropped_attributes, encrypted, content_not_logged (the source does not write the texts)"},
    {Field::kRecordFlags, 130, "llm.audit.record.flags", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailFlags", ""}, "what was odd about the document: duplicate_keys, invalid_utf8, lone_surrogate, control_character, non_finite_number, huge_number, unterminated, truncated_document, truncated_section, trailing_bytes, body_not_json, incomplete_stream, unmapped_truncated, negative_duration, updated_later, reread (read again after a crash: may repeat a record), repeat (sealed and not sent as an event: a later one of its class counts it)"},
    {Field::kRejectReason, 131, "llm.audit.reject.reason", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"msg", ""}, "why a document is no record"},
    {Field::kRejectDigest, 132, "llm.audit.reject.digest", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailRejectDigest", ""}, "keyed digest of the rejected bytes"},
    {Field::kAgentClass, 133, "llm.audit.agent.class", FieldType::kInteger, "", Section::kEnvelope, Privacy::kPublic, {"*", ""}, "event class of an agent record"},
    {Field::kAgentSubject, 134, "llm.audit.agent.subject", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailSubject", ""}, "output, source or key an agent record speaks of"},
    {Field::kAgentDetail, 135, "llm.audit.agent.detail", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"msg", ""}, "what the agent says"},
    {Field::kAgentCount, 136, "llm.audit.agent.count", FieldType::kInteger, "count", Section::kEnvelope, Privacy::kPublic, {"cnt", ""}, "how many of them were brought together"},
    {Field::kGenAiSystemInstructions, 137, "gen_ai.system_instructions", FieldType::kJson, "", Section::kPrompt, Privacy::kContent, {"", ""}, "instructions to the model: array of parts"},
    {Field::kGenAiInputMessages, 138, "gen_ai.input.messages", FieldType::kJson, "", Section::kPrompt, Privacy::kContent, {"", ""}, "input messages: array of {role, parts}"},
    {Field::kGenAiToolDefinitions, 139, "gen_ai.tool.definitions", FieldType::kJson, "", Section::kPrompt, Privacy::kContent, {"", ""}, "tools offered to the model, as given"},
    {Field::kPromptText, 140, "llm.audit.prompt.text", FieldType::kText, "", Section::kPrompt, Privacy::kContent, {"*", ""}, "what the user typed: the last user turn as text"},
    {Field::kGenAiToolCallArguments, 141, "gen_ai.tool.call.arguments", FieldType::kJson, "", Section::kPrompt, Privacy::kContent, {"", ""}, "arguments of the tool calls: array of {id, name, arguments}"},
    {Field::kRequestParameters, 142, "llm.audit.request.parameters", FieldType::kJson, "", Section::kPrompt, Privacy::kContent, {"", ""}, "other request parameters, as given"},
    {Field::kGuardrailInputMatches, 143, "llm.audit.guardrail.input_matches", FieldType::kJson, "", Section::kPrompt, Privacy::kContent, {"", ""}, "text a guardrail matched in the input"},
    {Field::kConfigOldValue, 144, "llm.audit.config.old_value", FieldType::kText, "", Section::kPrompt, Privacy::kContent, {"cs2", "oldValue"}, "value before"},
    {Field::kConfigNewValue, 145, "llm.audit.config.new_value", FieldType::kText, "", Section::kPrompt, Privacy::kContent, {"cs3", "newValue"}, "value after"},
    {Field::kGenAiRetrievalQueryText, 146, "gen_ai.retrieval.query.text", FieldType::kText, "", Section::kPrompt, Privacy::kContent, {"", ""}, "query of a retrieval"},
    {Field::kDataSources, 147, "llm.audit.data_sources", FieldType::kJson, "", Section::kSources, Privacy::kContent, {"*", ""}, "data sources: array of {type, id, name, uri, channel, message_id, sensitivity, score, action}"},
    {Field::kGenAiToolCallResult, 148, "gen_ai.tool.call.result", FieldType::kJson, "", Section::kSources, Privacy::kContent, {"", ""}, "results of tools: array of {id, result}"},
    {Field::kUnmapped, 149, "llm.audit.unmapped", FieldType::kJson, "", Section::kSources, Privacy::kContent, {"", ""}, "what no field holds: object of source path to value"},
    {Field::kGenAiOutputMessages, 150, "gen_ai.output.messages", FieldType::kJson, "", Section::kOutput, Privacy::kContent, {"", ""}, "answers: array of {role, parts, finish_reason}"},
    {Field::kResponseText, 151, "llm.audit.response.text", FieldType::kText, "", Section::kOutput, Privacy::kContent, {"*", ""}, "the answer as text"},
    {Field::kResponseTokenProbabilities, 152, "llm.audit.response.token_probabilities", FieldType::kJson, "", Section::kOutput, Privacy::kContent, {"", ""}, "token probabilities, as given"},
    {Field::kResponseDetails, 153, "llm.audit.response.details", FieldType::kJson, "", Section::kOutput, Privacy::kContent, {"", ""}, "other parts of the answer, as given"},
    {Field::kGuardrailOutputMatches, 154, "llm.audit.guardrail.output_matches", FieldType::kJson, "", Section::kOutput, Privacy::kContent, {"", ""}, "text a guardrail matched in the output"},
    {Field::kEditBeforeText, 155, "llm.audit.edit.before.text", FieldType::kText, "", Section::kOutput, Privacy::kContent, {"", ""}, "text before the edit"},
    {Field::kEditAfterText, 156, "llm.audit.edit.after.text", FieldType::kText, "", Section::kOutput, Privacy::kContent, {"", ""}, "text after the edit"},
    {Field::kEditReason, 157, "llm.audit.edit.reason", FieldType::kText, "", Section::kOutput, Privacy::kContent, {"", ""}, "reason given for the edit"},
    {Field::kFeedbackComment, 158, "llm.audit.feedback.comment", FieldType::kText, "", Section::kOutput, Privacy::kContent, {"", ""}, "comment with the rating"},
    {Field::kGenAiEvaluationExplanation, 159, "gen_ai.evaluation.explanation", FieldType::kText, "", Section::kOutput, Privacy::kContent, {"", ""}, "explanation of the score"},
    {Field::kErrorMessage, 160, "error.message", FieldType::kText, "", Section::kOutput, Privacy::kContent, {"", ""}, "text of the error"},
    {Field::kPromptToxicityMethod, 161, "llm.audit.prompt.toxicity.method", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "as response.toxicity.method"},
    {Field::kResponseLanguageConfidence, 162, "llm.audit.response.language.confidence", FieldType::kReal, "0..1", Section::kEnvelope, Privacy::kPublic, {"", ""}, "how sure the detector was"},
    {Field::kResponseLanguageSource, 163, "llm.audit.response.language.source", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "source or agent"},
    {Field::kRecordNativeId, 164, "llm.audit.record.native_id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "the source's own id of this entry"},
    {Field::kApiKeyId, 165, "llm.audit.api_key.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPersonal, {"llmtrailApiKeyId", ""}, "the key the caller used: its id, name or hash in the source, never the key"},
    {Field::kGenAiResponseTimeToFirstChunk, 166, "gen_ai.response.time_to_first_chunk", FieldType::kReal, "s", Section::kEnvelope, Privacy::kPublic, {"", ""}, "time to the first part of a streamed answer"},
    {Field::kGenAiAgentVersion, 167, "gen_ai.agent.version", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "version of the agent"},
    {Field::kGenAiPromptName, 168, "gen_ai.prompt.name", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "name of the prompt template"},
    {Field::kTags, 169, "llm.audit.tags", FieldType::kTextList, "", Section::kEnvelope, Privacy::kPublic, {"", ""}, "labels the application or gateway gave"},
    {Field::kResponseCached, 170, "llm.audit.response.cached", FieldType::kBoolean, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailCached", ""}, "a gateway answered from its cache"},
    {Field::kHttpRequestResendCount, 171, "http.request.resend_count", FieldType::kInteger, "count", Section::kEnvelope, Privacy::kPublic, {"", ""}, "which retry this was"},
    {Field::kCheckpointNote, 172, "llm.audit.checkpoint.note", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailCheckpoint", ""}, "the tree of the last seal as a C2SP signed note: origin, tree size, root, signature of the identity key (docs/checkpoints.md)"},
    {Field::kCheckpointTreeSize, 173, "llm.audit.checkpoint.tree_size", FieldType::kInteger, "leaves", Section::kEnvelope, Privacy::kPublic, {"llmtrailTreeSize", ""}, "leaves under that seal"},
    {Field::kCheckpointSealNo, 174, "llm.audit.checkpoint.seal_no", FieldType::kInteger, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailSealNumber", ""}, "number of that seal within its generation"},
    {Field::kCheckpointGeneration, 175, "llm.audit.checkpoint.generation", FieldType::kInteger, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailGeneration", ""}, "generation of the log: one a start of the agent"},
    {Field::kCheckpointChain, 176, "llm.audit.checkpoint.chain", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailSealChain", ""}, "chain value that the seal signs, in hex"},
    {Field::kCheckpointDurableIndex, 177, "llm.audit.checkpoint.durable_index", FieldType::kInteger, "leaves", Section::kEnvelope, Privacy::kPublic, {"llmtrailDurableIndex", ""}, "leaves that were on disk before the seal was written"},
    {Field::kCheckpointConfirmedIndex, 178, "llm.audit.checkpoint.confirmed_index", FieldType::kInteger, "leaves", Section::kEnvelope, Privacy::kPublic, {"llmtrailConfirmedIndex", ""}, "below it every output has confirmed everything, each in its own way (acknowledged, sent or synced)"},
    {Field::kCheckpointNextKey, 179, "llm.audit.checkpoint.next_key", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailNextSealKey", ""}, "public key, in hex, that the next seal is to be signed with"},
    {Field::kCheckpointAnchoring, 180, "llm.audit.checkpoint.anchoring", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailAnchoring", ""}, "anchored; sent, not anchored; or not anchored"},
    {Field::kCheckpointAnchoredSize, 181, "llm.audit.checkpoint.anchored_size", FieldType::kInteger, "leaves", Section::kEnvelope, Privacy::kPublic, {"llmtrailAnchoredSize", ""}, "leaves under the largest checkpoint that somebody outside this host has acknowledged"},
    {Field::kCheckpointUnanchored, 182, "llm.audit.checkpoint.unanchored", FieldType::kInteger, "s", Section::kEnvelope, Privacy::kPublic, {"llmtrailUnanchoredSeconds", ""}, "age of the oldest sealed leaf above that: for so long a deletion could have gone unseen"},
    {Field::kClockState, 183, "event.clock.state", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailClockState", ""}, "synchronized or unsynchronized, as the kernel says"},
    {Field::kClockErrorMax, 184, "event.clock.error_max", FieldType::kInteger, "us", Section::kEnvelope, Privacy::kPublic, {"llmtrailClockErrorUs", ""}, "most that the wall clock may be wrong, as the kernel says"},
    {Field::kHostBootId, 185, "host.boot.id", FieldType::kText, "", Section::kEnvelope, Privacy::kPublic, {"llmtrailBootId", ""}, "random id of this boot of the host"},
}};
// clang-format on

const std::array<FieldRow, kFieldCount> kFieldCatalog = kRows;

// The table is in enum order and numbered without gaps or repeats.
static_assert([] {
    for (size_t i = 0; i < kFieldCount; ++i) {
        if (static_cast<size_t>(kRows[i].field) != i || kRows[i].number != i + 1) {
            return false;
        }
    }
    return true;
}());

std::optional<Field> field_by_name(std::string_view name) {
    auto row =
        std::find_if(kRows.begin(), kRows.end(), [&](const FieldRow& r) { return r.name == name; });
    return row == kRows.end() ? std::nullopt : std::optional(row->field);
}

std::optional<Field> field_by_number(uint64_t number) {
    if (number == 0 || number > kFieldCount) {
        return std::nullopt;
    }
    return kRows[static_cast<size_t>(number - 1)].field;
}

std::string_view field_type_name(FieldType type) {
    static constexpr std::array<std::string_view, 7> kNames = {"text", "list", "integer", "real",
                                                               "bool", "time", "json"};
    return kNames[static_cast<size_t>(type)];
}

std::string_view privacy_name(Privacy privacy) {
    static constexpr std::array<std::string_view, 3> kNames = {"public", "personal", "content"};
    return kNames[static_cast<size_t>(privacy)];
}

}  // namespace llmtrail
