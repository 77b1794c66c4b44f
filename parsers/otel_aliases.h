// Which attribute says what: OpenTelemetry's GenAI names, old and new, Traceloop's,
// OpenInference's, Langfuse's, as data (otlp_alias_rows.h and the tables of otel_aliases.cpp). Used
// by otlp_*.cpp. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "record/field_catalog.h"

namespace llmtrail::otlp {

enum class Conversion : uint8_t {
    kField,          // the value is the field's
    kLateField,      // the same, when no better name has filled it
    kProvider,       // a provider's name in one of its spellings
    kOperation,      // gen_ai.operation.name
    kKind,           // a word for the kind of span (kind_of_word)
    kModel,          // the model, without saying whether asked for or answering
    kFinishReasons,  // one or a list
    kInputMessages,  // array in OpenTelemetry's form, or its JSON text
    kOutputMessages,
    kSystemInstructions,
    kToolDefinitions,
    kToolName,
    kToolCallId,
    kToolArguments,
    kToolResult,
    kDocuments,  // array of documents found
    kInput,      // what went in, in the application's own form
    kOutput,
    kParameters,    // JSON text of an object of request parameters
    kUsageDetails,  // JSON text of an object of token counters
    kCostDetails,
    kLevel,  // Langfuse: DEBUG, DEFAULT, WARNING, ERROR
    kStatusMessage,
    kMetadata,       // JSON text of an object of the application's own
    kTags,           // a list of texts, or its JSON text
    kEndpoint,       // URL of the model's endpoint
    kEntityName,     // Traceloop: of the tool, agent or workflow the span stands for
    kFirstChunkAt,   // when the first part of the answer came
    kFilterResults,  // Azure's content filter on the prompt
    kOutputFormat,   // OpenAI's response_format
};

struct AliasRow {
    std::string_view name;
    Conversion conversion = Conversion::kField;
    Field field = Field::kUnmapped;  // of kField and kLateField
    uint8_t rank = 0;                // among names of one conversion, the highest wins
};

const AliasRow* find_alias(std::string_view attribute);
const AliasRow* find_resource_alias(std::string_view attribute);

// Attributes with an index in their name: "llm.input_messages.0.message.role".
enum class Indexed : uint8_t {
    kInputMessage,
    kOutputMessage,
    kPrompt,
    kChoice,
    kTool,
    kDocument,
    kRanked,
    kEmbedding,
    kAssociation,  // the application's own keys, no index
    kCounter,      // a token counter without a field, no index
};

inline constexpr size_t kIndexedKinds = static_cast<size_t>(Indexed::kCounter) + 1;

struct IndexedRow {
    std::string_view prefix;
    Indexed kind;
};

const IndexedRow* find_indexed(std::string_view attribute);

// Does the name belong to one of the GenAI vocabularies?
bool is_llm_attribute(std::string_view attribute);

// Operation names, kinds and types of spans: "LLM", "retriever", "execute_tool", …: the kind of
// event and, where the word says it, the operation.
struct KindRow {
    std::string_view word;  // lower case
    std::string_view kind;  // "": says nothing about a model
    std::string_view operation;
};

const KindRow* kind_of_word(std::string_view word);

// What an attribute of a guardrail says, in the three generations of OpenTelemetry's drafts
// (gen_ai.guardian., gen_ai.security., gen_ai.guardrail.), Guardrails AI's names, and the members
// of the objects in which guardrails answer.
enum class GuardFact : uint8_t {
    kName,
    kId,
    kProvider,
    kTarget,
    kVerdict,
    kAction,
    kOnFail,  // Guardrails AI: what is done when the check fails
    kCategory,
    kRule,
    kPolicy,
    kScore,
    kSeverity,
    kMatches,
    kBlocked,
    kModified,
    kPassed,
    kFired,
    kNone,
};

GuardFact guard_fact_of_attribute(std::string_view attribute);
GuardFact guard_fact_of_member(std::string_view member);

// What a guardrail's word means; members the word does not tell are empty.
struct GuardWord {
    std::string_view word;  // lower case
    std::string_view verdict;
    std::string_view action;
};

const GuardWord* guard_verdict_of_word(std::string_view word);
const GuardWord* guard_action_of_word(std::string_view word);   // what was done
const GuardWord* guard_on_fail_of_word(std::string_view word);  // what is done on a failed check
std::string_view guard_target_of_word(std::string_view word);   // "" when unknown

// OpenTelemetry's name for a provider; the word itself when it is none of the known spellings.
std::string_view provider_of_word(std::string_view word);

}  // namespace llmtrail::otlp
