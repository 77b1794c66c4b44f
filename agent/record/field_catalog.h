// The field catalogue: every field a record can have, in one table. docs/record-schema.md is
// generated from it and checked; JSON output and canonical bytes follow its order; the section
// column is the access right; formatters map by its event column. Names: OpenTelemetry GenAI and
// general conventions first, then ECS, `llm.audit.*` for what nobody defines (docs/record-schema.md
// says why). A field's number is part of the spool format: numbers are frozen, new fields go to the
// end of the enum with the next number, retired ones stay as comments.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/section.h"

namespace llmtrail {

enum class Field : uint16_t {
    kEventKind,
    kEventAction,
    kEventOutcome,
    kEventTime,
    kEventTimePrecision,
    kEventTimeZone,
    kEventEnd,
    kEventDuration,
    kEventIngested,
    kEventProvider,
    kEventDataset,
    kSourceId,
    kDocumentId,
    kLogFilePath,
    kLogOffset,
    kLogBytes,
    kRecordOrdinal,
    kTraceId,
    kSpanId,
    kParentId,
    kGenAiConversationId,
    kGenAiResponseId,
    kHttpRequestId,
    kUserId,
    kUserEmail,
    kUserName,
    kUserRoles,
    kUserType,
    kClientIp,
    kUserAgentOriginal,
    kDeviceId,
    kDeviceName,
    kHostName,
    kServiceName,
    kServiceVersion,
    kDeploymentEnvironmentName,
    kOrganizationId,
    kOrganizationUnit,
    kCloudAccountId,
    kCloudRegion,
    kServerAddress,
    kServerPort,
    kHttpRequestMethod,
    kUrlPath,
    kHttpResponseStatusCode,
    kGenAiProviderName,
    kGenAiOperationName,
    kGenAiRequestModel,
    kGenAiResponseModel,
    kGenAiRequestTemperature,
    kGenAiRequestTopP,
    kGenAiRequestTopK,
    kGenAiRequestMaxTokens,
    kGenAiRequestFrequencyPenalty,
    kGenAiRequestPresencePenalty,
    kGenAiRequestSeed,
    kGenAiRequestChoiceCount,
    kGenAiRequestStopSequences,
    kGenAiRequestEncodingFormats,
    kGenAiRequestStream,
    kGenAiRequestServiceTier,
    kGenAiRequestReasoningEffort,
    kGenAiRequestLogprobs,
    kGenAiOutputType,
    kGenAiResponseSystemFingerprint,
    kGenAiResponseServiceTier,
    kGenAiResponseStatus,
    kGenAiResponseCreated,
    kGenAiResponseChoiceCount,
    kGenAiEmbeddingsCount,
    kGenAiEmbeddingsDimensionCount,
    kGenAiUsageInputTokens,
    kGenAiUsageOutputTokens,
    kGenAiUsageTotalTokens,
    kGenAiUsageCacheReadInputTokens,
    kGenAiUsageCacheCreationInputTokens,
    kGenAiUsageReasoningOutputTokens,
    kUsageDetails,
    kUsageBasis,
    kUsageCostUsd,
    kGenAiResponseFinishReasons,
    kFinishReasonRaw,
    kGenAiAgentId,
    kGenAiAgentName,
    kGenAiWorkflowName,
    kGenAiDataSourceId,
    kGenAiToolName,
    kGenAiToolType,
    kGenAiToolCallId,
    kGenAiEvaluationName,
    kGenAiEvaluationScoreValue,
    kGenAiEvaluationScoreLabel,
    kPurpose,
    kReviewerId,
    kPromptBytes,
    kPromptTruncated,
    kPromptRedacted,
    kPromptLanguage,
    kPromptLanguageConfidence,
    kPromptLanguageSource,
    kPromptToxicity,
    kResponseBytes,
    kResponseTruncated,
    kResponseRedacted,
    kResponseLanguage,
    kResponseConfidence,
    kResponseConfidenceMethod,
    kResponseToxicity,
    kResponseToxicityMethod,
    kResponseRefused,
    kDataSourcesCount,
    kGuardrails,
    kGuardrailTriggered,
    kGuardrailBlocked,
    kGuardrailCategories,
    kFindings,
    kEditTargetId,
    kEditEditorId,
    kEditTime,
    kFeedbackRating,
    kFeedbackAuthorId,
    kConfigResourceType,
    kConfigResourceId,
    kConfigSetting,
    kErrorType,
    kErrorCode,
    kRecordState,
    kRecordParts,
    kRecordSourceLoss,
    kRecordFlags,
    kRejectReason,
    kRejectDigest,
    kAgentClass,
    kAgentSubject,
    kAgentDetail,
    kAgentCount,
    kGenAiSystemInstructions,
    kGenAiInputMessages,
    kGenAiToolDefinitions,
    kPromptText,
    kGenAiToolCallArguments,
    kRequestParameters,
    kGuardrailInputMatches,
    kConfigOldValue,
    kConfigNewValue,
    kGenAiRetrievalQueryText,
    kDataSources,
    kGenAiToolCallResult,
    kUnmapped,
    kGenAiOutputMessages,
    kResponseText,
    kResponseTokenProbabilities,
    kResponseDetails,
    kGuardrailOutputMatches,
    kEditBeforeText,
    kEditAfterText,
    kEditReason,
    kFeedbackComment,
    kGenAiEvaluationExplanation,
    kErrorMessage,
    kPromptToxicityMethod,
    kResponseLanguageConfidence,
    kResponseLanguageSource,
    kRecordNativeId,
    kApiKeyId,
    kGenAiResponseTimeToFirstChunk,
    kGenAiAgentVersion,
    kGenAiPromptName,
    kTags,
    kResponseCached,
    kHttpRequestResendCount,
    kCheckpointNote,
    kCheckpointTreeSize,
    kCheckpointSealNo,
    kCheckpointGeneration,
    kCheckpointChain,
    kCheckpointDurableIndex,
    kCheckpointConfirmedIndex,
    kCheckpointNextKey,
    kCheckpointAnchoring,
    kCheckpointAnchoredSize,
    kCheckpointUnanchored,
    kClockState,
    kClockErrorMax,
    kHostBootId,
};

inline constexpr size_t kFieldCount = 185;

enum class FieldType : uint8_t {
    kText,
    kTextList,  // JSON array of strings
    kInteger,   // 64 bits, signed
    kReal,      // binary64, finite
    kBoolean,
    kTime,  // ns since the epoch, UTC
    kJson,  // JSON text: object or array
};

// Who is hurt when the value leaks.
enum class Privacy : uint8_t {
    kPublic,    // operational fact
    kPersonal,  // identifies a person or device
    kContent,   // written by or for a person: may hold anything
};

// Where a field goes in CEF. key "" : spool only. key "*": the formatter computes with it. label:
// the text of csNLabel, cnNLabel, cfpNLabel or flexStringNLabel.
struct EventMapping {
    std::string_view key;
    std::string_view label;
};

struct FieldRow {
    Field field;
    uint16_t number;  // frozen
    std::string_view name;
    FieldType type;
    std::string_view unit;
    Section section;
    Privacy privacy;
    EventMapping event;
    std::string_view meaning;
};

extern const std::array<FieldRow, kFieldCount> kFieldCatalog;

inline const FieldRow& field_row(Field field) {
    return kFieldCatalog[static_cast<size_t>(field)];
}

std::optional<Field> field_by_name(std::string_view name);
std::optional<Field> field_by_number(uint64_t number);
std::string_view field_type_name(FieldType type);
std::string_view privacy_name(Privacy privacy);

}  // namespace llmtrail
