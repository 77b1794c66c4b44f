// The data behind common_names.h: which key name, in which kind of object, means what. Adding a
// name is adding a row. Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/name_map.h"
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

const NameRow* find_common_name(NameScope scope, const NormalizedKey& key);  // null: no such name

}  // namespace llmtrail
