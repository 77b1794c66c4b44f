#include "parsers/langfuse_shape.h"

#include <algorithm>
#include <array>
#include <string>

#include "parsers/langfuse_record.h"
#include "parsers/langfuse_rows.h"

namespace llmtrail::langfuse {

namespace {

// As for OTLP: an agent's turn takes a prompt and gives an answer; a span may be anything.
constexpr auto kTypes = std::to_array<TypeRow>({
    {"GENERATION", "inference", ""},
    {"AGENT", "inference", "invoke_agent"},
    {"EMBEDDING", "inference", "embeddings"},
    {"TOOL", "tool", "execute_tool"},
    {"RETRIEVER", "retrieval", "retrieval"},
    {"EVALUATOR", "evaluation", ""},
    {"GUARDRAIL", "guardrail", ""},
    {"CHAIN", "", ""},
    {"SPAN", "", ""},
    {"EVENT", "", ""},
});

}  // namespace

const TypeRow* find_type(std::string_view type) {
    const auto* row = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const TypeRow& one) { return one.type == type; });
    return row == kTypes.end() ? nullptr : row;
}

const TypeRow* find_event_type(std::string_view event_type) {
    std::string_view word = event_type.substr(0, event_type.find('-'));
    const auto* row = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& one) {
        return std::equal(one.type.begin(), one.type.end(), word.begin(), word.end(),
                          [](char a, char b) { return (a | 0x20) == b; });
    });
    return row == kTypes.end() ? nullptr : row;
}

JsonValue member_of(JsonValue object, std::string_view camel) {
    JsonValue value = object[camel];
    if (value.exists()) {
        return value;
    }
    std::string snake;
    for (char c : camel) {
        if (c >= 'A' && c <= 'Z') {
            snake.push_back('_');
        }
        snake.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    }
    return object[snake];
}

bool is_event(JsonValue event) {
    std::string_view type = event["type"].text();
    bool named = type.ends_with("-create") || type.ends_with("-update") || type == "sdk-log";
    return named && event["body"].is_object();
}

bool is_batch(JsonValue document) {
    for (JsonValue event : document["batch"].items()) {
        return is_event(event);
    }
    return false;
}

bool is_export(JsonValue document) {
    return document["trace"]["id"].is_string() && document["observations"].is_array();
}

bool is_observation(JsonValue row) {
    return row["id"].is_string() && find_type(row["type"].text()) != nullptr &&
           member_of(row, "traceId").exists() && member_of(row, "startTime").exists();
}

bool is_trace(JsonValue row) {
    return row["id"].is_string() && row["timestamp"].exists() && row["public"].exists() &&
           row["tags"].is_array() && !member_of(row, "traceId").exists();
}

bool is_row(JsonValue row) {
    return is_observation(row) || is_trace(row) || is_score(row) || is_audit_row(row);
}

bool is_page(JsonValue document) {
    for (JsonValue row : document["data"].items()) {
        return document["meta"].is_object() && is_row(row);
    }
    return false;
}

bool is_logged_request(JsonValue document) {
    JsonValue path = document["path"].exists() ? document["path"] : document["url"];
    return path.text().find("/api/public/ingestion") != std::string_view::npos &&
           document["body"].text().find("\"batch\"") != std::string_view::npos;
}

}  // namespace llmtrail::langfuse
