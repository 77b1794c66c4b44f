// Single members of a logged call.
#include <array>

#include "bodies/openai.h"
#include "parsers/endpoint.h"
#include "parsers/litellm_parts.h"

namespace llmtrail::litellm {

namespace {

constexpr MemberField kErrorMembers[] = {
    {"error_class", Field::kErrorType},
    {"error_message", Field::kErrorMessage},
};

struct CallRow {
    std::string_view type;  // without the 'a' of an asynchronous call
    std::string_view kind;
    std::string_view operation;
};

constexpr auto kCalls = std::to_array<CallRow>({
    {"completion", "inference", "chat"},
    {"responses", "inference", "chat"},
    {"nthropic_messages", "inference", "chat"},
    {"text_completion", "inference", "text_completion"},
    {"embedding", "inference", "embeddings"},
    {"generate_content", "inference", "generate_content"},
    {"generate_content_stream", "inference", "generate_content"},
    {"image_generation", "inference", "generate_content"},
    {"image_edit", "inference", "generate_content"},
    {"transcription", "inference", "generate_content"},
    {"speech", "inference", "generate_content"},
    {"rerank", "retrieval", "rerank"},
    {"moderation", "guardrail", "moderation"},
    {"vector_store_search", "retrieval", "retrieval"},
    {"call_mcp_tool", "tool", "execute_tool"},
});

const CallRow* call_of(std::string_view type) {
    std::string_view rest = type.substr(type.starts_with('a') ? 1 : 0);
    for (const CallRow& row : kCalls) {
        if (row.type == type || row.type == rest) {
            return &row;
        }
    }
    return nullptr;
}

}  // namespace

// The spend log keeps objects as texts.
JsonValue opened(JsonValue value, JsonTree& tree) {
    if (value.text().starts_with('{') || value.text().starts_with('[')) {
        if (auto read = tree.read(value.text(), false)) {
            return *read;
        }
    }
    return value;
}

void describe_call(std::string_view type, AuditRecord& record) {
    if (const CallRow* row = call_of(type)) {
        fill_text(record, Field::kEventKind, row->kind);
        fill_text(record, Field::kGenAiOperationName, row->operation);
    }
}

void read_error(const BodyPlace& place, JsonValue error) {
    AuditRecord& record = place.record();
    for (auto [key, value] : error.members()) {
        if (value.is_null() || place.fill_member(kErrorMembers, key, value)) {
            continue;
        }
        std::string_view text = value.text();
        bool status = text.size() == 3 && text.front() >= '1' && text.front() <= '5';
        bool placed = false;
        if (key == "error_code" && !(value.is_string() && text.empty())) {
            placed = (status && fill(record, Field::kHttpResponseStatusCode, value)) ||
                     fill(record, Field::kErrorCode, value);
        }
        if (!placed) {
            place.keep(key, value);
        }
    }
    if (!error.is_object()) {
        place.keep(error);
    }
}

// Also the text "None" of Python.
void read_cache_hit(const BodyPlace& place, JsonValue hit) {
    std::string_view text = hit.text();
    if (text == "True" || text == "False") {
        place.record().set_boolean(Field::kResponseCached, text == "True");
    } else if (text != "None" && !fill(place.record(), Field::kResponseCached, hit)) {
        place.keep(hit);
    }
}

void read_hidden(const BodyPlace& place, JsonValue hidden, std::string_view known_base) {
    AuditRecord& record = place.record();
    for (auto [key, value] : hidden.members()) {
        if (key == "response_cost") {
            place.fill_or_keep(Field::kUsageCostUsd, key, value);
        } else if (key == "api_base" &&
                   (value.text() == known_base ||
                    (!record.has(Field::kServerAddress) && set_endpoint(record, value.text())))) {
            continue;
        } else if (key == "usage_object" && value.is_object()) {
            read_openai_usage(value, place.below(key).path(), place.scratch(), record);
        } else {
            place.keep(key, value);
        }
    }
    if (!hidden.is_object()) {
        place.keep(hidden);
    }
}

}  // namespace llmtrail::litellm
