#include "parsers/azure_settings.h"

#include "base/json_text.h"
#include "bodies/redaction.h"

namespace llmtrail {

namespace {

bool is_hidden_object(JsonMember member) {
    return member.value.is_container() && secrecy_of(member.key) == Secrecy::kWhole;
}

bool holds_hidden_object(JsonValue value) {
    for (JsonMember member : value.members()) {
        if (is_hidden_object(member) || holds_hidden_object(member.value)) {
            return true;
        }
    }
    for (JsonValue item : value.items()) {
        if (holds_hidden_object(item)) {
            return true;
        }
    }
    return false;
}

void append_items(std::string& out, std::string_view key, JsonValue array) {
    char before = '[';
    for (JsonValue item : array.items()) {
        out.push_back(before);
        before = ',';
        append_azure_setting(out, key, item);
    }
    out.push_back(']');
}

}  // namespace

void append_azure_setting(std::string& out, std::string_view key, JsonValue value) {
    if (!holds_hidden_object(value)) {
        append_redacted_json(out, key, value);
        return;
    }
    if (value.is_array()) {
        append_items(out, key, value);
        return;
    }
    char before = '{';
    for (JsonMember member : value.members()) {
        out.push_back(before);
        before = ',';
        append_json_string(out, member.key);
        out.push_back(':');
        if (is_hidden_object(member) || is_hidden(member.key, member.value)) {
            append_json_string(out, kRedacted);
        } else {
            append_azure_setting(out, member.key, member.value);
        }
    }
    out.push_back('}');
}

}  // namespace llmtrail
