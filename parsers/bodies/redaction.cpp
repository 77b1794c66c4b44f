#include "bodies/redaction.h"

#include <algorithm>
#include <array>

#include "base/json_text.h"
#include "bodies/secret_text.h"

namespace llmtrail {

namespace {

template <size_t kCount>
bool is_one_of(const std::array<std::string_view, kCount>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_content(JsonValue value) {
    switch (value.type()) {
        case JsonType::kAbsent:
        case JsonType::kNull:
        case JsonType::kBoolean:
            return false;
        case JsonType::kString:
            return !value.text().empty();
        case JsonType::kArray:
        case JsonType::kObject:
            return value.size() > 0;
        default:
            return true;
    }
}

bool is_headers_name(std::string_view key) {
    return key.ends_with("headers") || key.ends_with("Headers");
}

// Header lines as one text.
bool is_header_text(std::string_view key, JsonValue value) {
    return is_headers_name(key) && value.text().find(':') != std::string_view::npos;
}

constexpr auto kPairNames = std::to_array<std::string_view>({"header", "key", "name"});
constexpr auto kSchemaMaps =
    std::to_array<std::string_view>({"$defs", "definitions", "patternProperties", "properties"});
constexpr auto kSchemaValues =
    std::to_array<std::string_view>({"const", "default", "enum", "example", "examples"});
// Beside a "token" that is a piece of text.
constexpr auto kTokenCompany = std::to_array<std::string_view>(
    {"bytes", "likelihood", "logProbability", "log_probability", "logprob", "prob", "probability",
     "raw_logprob", "tokenId", "token_id"});

// Beside a "key" that opens what is called: {"url": …, "auth_type": "bearer", "key": …}
constexpr auto kKeyCompany =
    std::to_array<std::string_view>({"api_base", "api_type", "auth_type", "base_url"});

// {"token": {"text": "Hi", "logprob": -0.5}}
bool is_text_token(JsonValue value) {
    for (JsonMember member : value.members()) {
        if (is_one_of(kTokenCompany, member.key)) {
            return true;
        }
    }
    return false;
}

bool hides_value(Secrecy secrecy, JsonValue value) {
    switch (secrecy) {
        case Secrecy::kOpen:
            return false;
        case Secrecy::kNoNumber:
            return has_content(value) && !value.is_number() && !is_text_token(value);
        case Secrecy::kWhole:
            return has_content(value);
    }
    return false;
}

}  // namespace

bool is_hidden(std::string_view key, JsonValue value, SecretScope scope) {
    return hides_value(secrecy_of(key, scope), value) || is_header_text(key, value);
}

HiddenMembers::HiddenMembers(std::string_view key, JsonValue container, SecretScope scope)
    : scope_(scope),
      own_(secrecy_of(key, scope)),
      headers_(is_headers_name(key)),
      properties_(is_one_of(kSchemaMaps, key)) {
    if (container.is_object()) {
        look_at(container);
    }
}

void HiddenMembers::look_at(JsonValue object) {
    bool has_value = false;
    bool has_name = false;
    bool secret = false;
    for (auto [key, value] : object.members()) {
        if (key == "value") {
            has_value = true;
        } else if (value.is_string() && is_one_of(kPairNames, key)) {
            has_name = true;
            secret = secret || (headers_ ? is_secret_header(value.text())
                                         : secrecy_of(value.text()) != Secrecy::kOpen);
        } else {
            text_token_ = text_token_ || is_one_of(kTokenCompany, key);
            scope_ = is_one_of(kKeyCompany, key) ? SecretScope::kSettings : scope_;
        }
    }
    if (has_value && has_name) {
        pair_ = secret;
        headers_ = false;
        scope_ = SecretScope::kAnywhere;
    }
}

bool HiddenMembers::hides(std::string_view key, JsonValue value) const {
    if (headers_ && is_secret_header(key)) {
        return has_content(value);
    }
    if ((pair_ && key == "value") || (own_ != Secrecy::kOpen && is_one_of(kSchemaValues, key))) {
        return has_content(value);
    }
    Secrecy secrecy = secrecy_of(key, scope_);
    if (secrecy == Secrecy::kNoNumber && text_token_) {
        return false;
    }
    bool schema = properties_ && (value.is_object() || value.is_array());
    return (!schema && hides_value(secrecy, value)) || is_header_text(key, value);
}

bool HiddenMembers::hides_item(JsonValue item) {
    bool hidden = (own_ != Secrecy::kOpen && !item.text().empty()) || (next_ && has_content(item));
    next_ = headers_ && !next_ && item.is_string() && is_secret_header(item.text());
    return hidden;
}

bool redact_url(std::string_view text, std::string& out) {
    constexpr size_t kSchemeBytesMax = 16;
    auto has = [&](char c) { return text.find(c) != std::string_view::npos; };
    if (!has('?') && !has('#') && !has('@')) {
        return false;
    }
    size_t colon = text.substr(0, kSchemeBytesMax).find("://");
    bool path = text.starts_with('/');  // of the host that wrote it
    if ((colon == std::string_view::npos && !path) || text.find_first_of(" \t\r\n") < text.size()) {
        return false;
    }
    size_t host = path ? 0 : colon + 3;
    size_t host_end = path ? 0 : std::min(text.find_first_of("/?#", host), text.size());
    size_t at = text.substr(0, host_end).rfind('@');
    bool changed = at != std::string_view::npos && at >= host;
    std::string kept(text.substr(0, host));
    if (changed) {
        kept += kRedacted;
        host = at;
    }
    size_t query = std::min(text.find_first_of("?#", host), text.size());
    kept += text.substr(host, query - host);
    while (query < text.size()) {
        size_t end = std::min(text.find_first_of("?#&;", query + 1), text.size());
        std::string_view parameter = text.substr(query, end - query);
        size_t equals = parameter.find('=');
        bool given = equals != std::string_view::npos && equals + 1 < parameter.size();
        if (given && is_secret_parameter(parameter.substr(1, equals - 1))) {
            kept += parameter.substr(0, equals + 1);
            kept += kRedacted;
            changed = true;
        } else {
            kept += parameter;
        }
        query = end;
    }
    if (changed) {
        out = std::move(kept);
    }
    return changed;
}

bool redact_text(std::string_view key, std::string_view text, std::string& out, SecretScope scope) {
    if (is_secret_value(key, text)) {
        out = kRedacted;
        return true;
    }
    return redact_url(text, out) || redact_json_text(text, out, scope);
}

// What stands under `key` and is not hidden itself. Recursion goes no deeper than kJsonDepthMax.
static void append_open_json(std::string& out, std::string_view key, JsonValue value,
                             SecretScope scope) {
    auto append = [&](bool hidden, std::string_view name, JsonValue inner) {
        hidden ? append_json_string(out, kRedacted) : append_open_json(out, name, inner, scope);
    };
    char before = value.is_object() ? '{' : '[';
    if (value.is_object()) {
        HiddenMembers hidden(key, value, scope);
        for (auto [name, inner] : value.members()) {
            out.push_back(before);
            before = ',';
            append_json_string(out, name);
            out.push_back(':');
            append(hidden.hides(name, inner), name, inner);
        }
        out += before == '{' ? "{}" : "}";
    } else if (value.is_array()) {
        HiddenMembers hidden(key, value, scope);
        for (JsonValue item : value.items()) {
            out.push_back(before);
            before = ',';
            append(hidden.hides_item(item), key, item);
        }
        out += before == '[' ? "[]" : "]";
    } else if (std::string open; value.is_string() && redact_text(key, value.text(), open, scope)) {
        append_json_string(out, open);
    } else {
        value.append_json(out);
    }
}

void append_redacted_json(std::string& out, std::string_view key, JsonValue value,
                          SecretScope scope) {
    if (is_hidden(key, value, scope)) {
        append_json_string(out, kRedacted);
    } else {
        append_open_json(out, key, value, scope);
    }
}

}  // namespace llmtrail
