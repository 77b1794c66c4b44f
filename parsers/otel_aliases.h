// Which attribute says what: OpenTelemetry's GenAI names, old and new, Traceloop's,
// OpenInference's, Langfuse's, as data. Used by otlp_attributes.cpp. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "record/field_catalog.h"

namespace llmtrail::otlp {

enum class Conversion : uint8_t {
    kField,          // the value is the field's
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
    kMetadata,  // JSON text of an object of the application's own
};

struct AliasRow {
    std::string_view name;
    Conversion conversion = Conversion::kField;
    Field field = Field::kUnmapped;  // of kField
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
};

struct IndexedRow {
    std::string_view prefix;
    Indexed kind;
};

const IndexedRow* find_indexed(std::string_view attribute);

// Does the name belong to one of the GenAI vocabularies?
bool is_llm_attribute(std::string_view attribute);

// "LLM", "retriever", "execute_tool", …: the kind of event and, where the word says it, the
// operation.
struct KindRow {
    std::string_view word;  // lower case
    std::string_view kind;  // "": says nothing about a model
    std::string_view operation;
};

const KindRow* kind_of_word(std::string_view word);

// OpenTelemetry's name for a provider; the word itself when it is none of the known spellings.
std::string_view provider_of_word(std::string_view word);

}  // namespace llmtrail::otlp
