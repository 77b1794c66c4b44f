// Bodies as Open WebUI logs them, whatever the entry means.
#include <algorithm>

#include "bodies/redaction.h"
#include "parsers/openwebui_parts.h"

namespace llmtrail {

namespace {

constexpr std::string_view kMask = "[REDACTED]";
// The server masks a password up to its first quote, escaped or not. What follows one in a password
// is left behind the mask, and the body is no JSON any more: it counts up to that member.
constexpr std::string_view kPassword = "\"password\"";
constexpr std::string_view kNoBytes = "b''";  // how an entry without bodies may write them

bool is_truncated_json(std::string_view text) {
    size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && (text[first] == '{' || text[first] == '[') &&
           !SseReader::is_json_lines(text);
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool contains_word(std::string_view text, std::string_view lower_case) {
    return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                       [](char a, char b) { return lower(a) == b; }) != text.end();
}

bool may_hold_a_secret(std::string_view text) {
    for (std::string_view word : {"password", "secret", "api_key", "apikey", "credential",
                                  "\"token\"", "token=", "access_token", "refresh_token"}) {
        if (contains_word(text, word)) {
            return true;
        }
    }
    return false;
}

}  // namespace

OpenwebuiBody read_openwebui_body(JsonValue value, JsonTree& tree) {
    OpenwebuiBody body;
    if (value.is_object() || value.is_array()) {
        body.json = value;
        return body;
    }
    body.text = value.text() == kNoBytes ? std::string_view() : value.text();
    body.masked = body.text == kMask;
    if (body.text.empty() || body.masked) {
        return body;
    }
    auto read = tree.read(body.text, false);
    if (!read && is_truncated_json(body.text)) {
        read = tree.read_head(body.text);
        body.cut = read.has_value();
    }
    if (size_t at = body.text.find(kPassword); !read && at != std::string_view::npos) {
        read = tree.read_head(body.text.substr(0, at));
        body.masked = read.has_value();
    }
    if (read) {
        body.json = *read;
    }
    return body;
}

void keep_openwebui_text(std::string_view text, const BodyPlace& place) {
    if (text.empty()) {
        return;
    }
    place.scratch().unmapped.add_text(place.path(), may_hold_a_secret(text) ? kRedacted : text);
    place.record().append_to_list(Field::kRecordFlags, "body_not_json");
}

void keep_openwebui_body(const OpenwebuiBody& body, const BodyPlace& place) {
    if (!body.json.exists()) {
        keep_openwebui_text(body.masked ? std::string_view() : body.text, place);
        return;
    }
    JsonValue detail = body.json["detail"];
    for (auto [key, value] : body.json.members()) {
        bool error = key == "detail" && detail.is_string() &&
                     place.record().integer(Field::kHttpResponseStatusCode).value_or(0) >= 400;
        if (!error || !fill(place.record(), Field::kErrorMessage, value)) {
            place.keep(key, value);
        }
    }
    if (!body.json.is_object()) {
        place.keep(body.json);
    }
}

void keep_openwebui_settings(OpenwebuiBody body, const BodyPlace& place) {
    JsonTree tree;
    if (body.json.is_container()) {
        std::string open;
        append_redacted_json(open, "", body.json, SecretScope::kSettings);
        auto read = tree.read(open, false);
        body.json = read ? *read : JsonValue();
    }
    keep_openwebui_body(body, place);
}

}  // namespace llmtrail
