// Setters that leave alone what is set, and members of objects that are written piece by piece.
#include <charconv>
#include <cmath>

#include "base/json_text.h"
#include "base/time.h"
#include "bodies/body.h"
#include "bodies/redaction.h"

namespace llmtrail {

void add_member(std::string& members, std::string_view key, JsonValue value) {
    if (value.carries_nothing()) {
        return;
    }
    if (!members.empty()) {
        members.push_back(',');
    }
    append_json_string(members, key);
    members.push_back(':');
    append_redacted_json(members, key, value);
}

void add_member(std::string& members, std::string_view key, std::string_view text) {
    if (text.empty()) {
        return;
    }
    if (!members.empty()) {
        members.push_back(',');
    }
    append_json_string(members, key);
    members.push_back(':');
    append_json_string(members, text);
}

bool fill_text(AuditRecord& record, Field field, std::string_view text) {
    if (text.empty()) {
        return false;
    }
    if (record.has(field)) {
        return record.text(field) == text;
    }
    record.set_text(field, text);
    return true;
}

bool fill_integer(AuditRecord& record, Field field, int64_t value) {
    if (!record.has(field)) {
        record.set_integer(field, value);
    }
    return record.integer(field) == value;
}

template <typename Number>
static std::optional<Number> number_in(std::string_view text) {
    Number number{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

static bool fill_integer(AuditRecord& record, Field field, JsonValue value) {
    std::optional<int64_t> number =
        value.is_string() ? number_in<int64_t>(value.text()) : value.integer();
    return number && fill_integer(record, field, *number);
}

static bool fill_real(AuditRecord& record, Field field, JsonValue value) {
    std::optional<double> number =
        value.is_string() ? number_in<double>(value.text()) : value.real();
    if (!number || !std::isfinite(*number)) {
        return false;
    }
    if (!record.has(field)) {
        record.set_real(field, *number);
    }
    return record.real(field) == number;
}

static bool fill_time(AuditRecord& record, Field field, JsonValue value) {
    std::optional<Timestamp> stamp;
    if (value.is_string()) {
        stamp = parse_iso_time(value.text());
    } else if (std::optional<int64_t> number = value.integer()) {
        stamp = parse_epoch(*number);
    } else if (std::optional<double> seconds = value.real()) {
        stamp = parse_epoch(*seconds);
    }
    if (!stamp) {
        return false;
    }
    if (!record.has(field)) {
        record.set_time(field, stamp->at);
    }
    return record.integer(field) == stamp->at.value;
}

static bool fill_boolean(AuditRecord& record, Field field, JsonValue value) {
    std::optional<bool> truth = value.boolean();
    if (!truth) {
        return false;
    }
    if (!record.has(field)) {
        record.set_boolean(field, *truth);
    }
    return record.boolean(field) == truth;
}

static bool fill_list(AuditRecord& record, Field field, JsonValue value) {
    if (record.has(field)) {
        return false;
    }
    if (value.is_string() && !value.text().empty()) {
        record.append_to_list(field, value.text());
        return true;
    }
    if (value.type() != JsonType::kArray || value.size() == 0) {
        return false;
    }
    for (JsonValue item : value.items()) {
        if (!item.is_string()) {
            return false;
        }
    }
    record.set_json(field, value.json());
    return true;
}

static bool fill_json(AuditRecord& record, Field field, JsonValue value) {
    if (!value.is_array() && !value.is_object()) {
        return false;
    }
    std::string json;
    if (field == Field::kGenAiToolDefinitions) {  // of MCP servers: with headers and tokens
        append_redacted_json(json, "tools", value);
    } else {
        value.append_json(json);
    }
    if (!record.has(field)) {
        record.set_json(field, json);
    }
    return record.text(field) == json;
}

bool fill(AuditRecord& record, Field field, JsonValue value) {
    if (value.carries_nothing()) {
        return false;
    }
    switch (field_row(field).type) {
        case FieldType::kText:
            if (value.is_string()) {
                return fill_text(record, field, value.text());
            }
            return (value.is_number() || value.boolean()) && fill_text(record, field, value.json());
        case FieldType::kTextList:
            return fill_list(record, field, value);
        case FieldType::kInteger:
            return fill_integer(record, field, value);
        case FieldType::kReal:
            return fill_real(record, field, value);
        case FieldType::kBoolean:
            return fill_boolean(record, field, value);
        case FieldType::kJson:
            return fill_json(record, field, value);
        case FieldType::kTime:
            return fill_time(record, field, value);
    }
    return false;
}

}  // namespace llmtrail
