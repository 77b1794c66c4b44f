#include <array>
#include <charconv>

#include "base/json_text.h"
#include "bodies/body.h"
#include "bodies/redaction.h"

namespace llmtrail {

// Longest value that is no text, as JSON: a binary64 or a 64-bit integer.
static constexpr size_t kScalarBytesMax = 32;
static constexpr size_t kIndexBytesMax = 20;

void Unmapped::clear() {
    json_.assign(1, '{');
    path_.clear();
    truncated_ = false;
}

namespace {

// "tools.0.headers.1": headers, since an item stands under its array's name.
std::string_view name_in(std::string_view path) {
    while (!path.empty()) {
        size_t point = path.rfind('.');
        std::string_view name = point == std::string_view::npos ? path : path.substr(point + 1);
        if (name.find_first_not_of("0123456789") != std::string_view::npos) {
            return name;
        }
        path = path.substr(0, point == std::string_view::npos ? 0 : point);
    }
    return path;
}

// "http.request.header.x-auth", whose last name is `name`.
bool is_secret_header_at(std::string_view path, std::string_view name) {
    path.remove_suffix(static_cast<size_t>(path.end() - name.begin()));
    return (path.ends_with("header.") || path.ends_with("headers.")) && is_secret_header(name);
}

bool is_secret_path(std::string_view path, bool number) {
    std::string_view name = name_in(path);
    Secrecy secrecy = secrecy_of(name);
    return secrecy == Secrecy::kWhole || (secrecy == Secrecy::kNoNumber && !number) ||
           is_secret_header_at(path, name);
}

bool is_truth(JsonValue value) {
    return value.boolean().has_value();
}

}  // namespace

bool Unmapped::set_path(std::string_view path) {
    if (path.size() > kUnmappedPathBytesMax) {
        note_truncated();
        return false;
    }
    path_.assign(path);
    return true;
}

void Unmapped::add(std::string_view path, JsonValue value) {
    if (value.carries_nothing() || !set_path(path)) {
        return;
    }
    std::string_view key = name_in(path);
    bool header = is_secret_header_at(path, key) && !is_truth(value);
    if (header || is_hidden(key, value)) {
        text_leaf(kRedacted);
    } else {
        walk(key, value);
    }
}

void Unmapped::add(std::string_view path, std::string_view key, JsonValue value) {
    if (!value.carries_nothing() && set_path(path)) {
        member(key, value, is_hidden(key, value), key);
    }
}

void Unmapped::add_text(std::string_view path, std::string_view text) {
    if (!text.empty() && set_path(path)) {
        bool secret = redact_text(path, text, url_);
        text_leaf(is_secret_path(path, false) ? kRedacted : secret ? std::string_view(url_) : text);
    }
}

void Unmapped::add_json(std::string_view path, std::string_view json) {
    if (!set_path(path)) {
        return;
    }
    bool plain = json == "true" || json == "false" || json == "null";
    bool number = json.find_first_of("\"{[") != 0;
    if (!plain && is_secret_path(path, number)) {
        text_leaf(kRedacted);
    } else if (begin_leaf(json.size())) {
        json_ += json;
    }
}

// `key`: what the value stands under, which for an item is its array's.
void Unmapped::member(std::string_view name, JsonValue value, bool hidden, std::string_view key) {
    if (value.carries_nothing()) {
        return;
    }
    size_t here = path_.size();
    if (here + 1 + name.size() > kUnmappedPathBytesMax) {
        note_truncated();
        return;
    }
    if (here > 0) {
        path_.push_back('.');
    }
    path_ += name;
    if (hidden) {
        text_leaf(kRedacted);
    } else {
        walk(key, value);
    }
    path_.resize(here);
}

// Recursion goes no deeper than kJsonDepthMax.
void Unmapped::walk(std::string_view key, JsonValue value) {
    if (value.is_object()) {
        HiddenMembers hidden(key, value);
        for (JsonMember inner : value.members()) {
            member(inner.key, inner.value, hidden.hides(inner.key, inner.value), inner.key);
        }
    } else if (value.is_array()) {
        HiddenMembers hidden(key, value);
        std::array<char, kIndexBytesMax> digits{};
        size_t index = 0;
        for (JsonValue item : value.items()) {
            char* end = std::to_chars(digits.begin(), digits.end(), index++).ptr;
            std::string_view name(digits.data(), static_cast<size_t>(end - digits.data()));
            member(name, item, hidden.hides_item(item), key);
        }
    } else {
        leaf(value);
    }
}

void Unmapped::leaf(JsonValue value) {
    if (value.is_string()) {
        bool secret = redact_text(path_, value.text(), url_);
        text_leaf(secret ? std::string_view(url_) : value.text());
    } else if (begin_leaf(kScalarBytesMax)) {
        value.append_json(json_);
    }
}

void Unmapped::text_leaf(std::string_view text) {
    if (begin_leaf(text.size())) {
        append_json_string(json_, text);
    }
}

// Escaping may make a text longer: the bound is on what comes in, and each byte gives at most six.
bool Unmapped::begin_leaf(size_t value_bytes) {
    if (json_.size() + path_.size() + value_bytes > kUnmappedBytesMax) {
        note_truncated();
        return false;
    }
    if (json_.size() > 1) {
        json_.push_back(',');
    }
    append_json_string(json_, path_);
    json_.push_back(':');
    return true;
}

void Unmapped::store(AuditRecord& record) {
    json_.push_back('}');
    record.set_json(Field::kUnmapped, json_);
    json_.pop_back();
    if (truncated_) {
        record.append_to_list(Field::kRecordFlags, "unmapped_truncated");
    }
}

}  // namespace llmtrail
