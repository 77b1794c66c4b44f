// The data behind common_names.h: which key name, in which kind of object, means what. Adding a
// name is adding a row. Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "record/field_catalog.h"

namespace llmtrail {

// The object a key stands in.
enum class NameScope : uint8_t {
    kNone,
    kTop,  // the document, and containers that only group (metadata, context, attributes)
    kUser,
    kClient,
    kDevice,
    kModel,
    kPrompt,
    kResponse,
    kUsage,
    kEdit,
    kSetting,
    kFeedback,
    kError,
    kHttp,
    kHeaders,
    kTool,
    kEvaluation,
    kService,
};

// What is done with the value.
enum class NameAction : uint8_t {
    kKeep,        // nothing: a scalar goes to Unmapped, an object is entered
    kFill,        // into `field`, by its type
    kFillAny,     // into `field`, objects and arrays as their JSON text
    kUnit,        // into `field` when it is a number from 0 to 1
    kEventTime,   // event.time, precision, zone
    kStamp,       // into `field`, a time
    kHttpDate,    // event.time when nothing better is there
    kNanos,       // event.duration
    kMillis,      // event.duration
    kSeconds,     // event.duration
    kEvent,       // event.action, and event.kind by its words
    kUrl,         // server.address, server.port, url.path, provider
    kForwarded,   // client.ip: the first of a list of addresses
    kFinish,      // finish reasons
    kMessages,    // gen_ai.input.messages
    kSources,     // data sources
    kGuardrails,  // guardrail results
    kTools,       // tool calls
};

struct NameRow {
    NameScope scope = NameScope::kNone;
    NameAction action = NameAction::kKeep;
    Field field = Field::kUnmapped;
    NameScope inside = NameScope::kNone;  // how an object's members are read; kNone: not entered
    std::string_view names;               // normalised, one space between two
};

// A key as the table has it: lower case, without '_', '-', '.' and ' '. A key longer than any row's
// is none of them and gives "".
class NormalizedKey {
 public:
    explicit NormalizedKey(std::string_view key);

    std::string_view text() const { return {bytes_, size_}; }

 private:
    static constexpr size_t kBytesMax = 40;
    static constexpr size_t kGivenBytesMax = 64;  // with separators
    char bytes_[kBytesMax] = {};
    size_t size_ = 0;
};

// Is `name` one of `names`, which stand with one space between two?
bool names_contain(std::string_view names, std::string_view name);

const NameRow* find_common_name(NameScope scope,
                                std::string_view normalized_key);  // null: not in the table

// authorization, api_key, password, token, cookie and their like: values that must not be stored.
bool is_secret_name(std::string_view normalized_key);

}  // namespace llmtrail
