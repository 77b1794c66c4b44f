#include "bodies/secret_text.h"

#include <algorithm>
#include <array>

#include "base/json_text.h"
#include "record/object_list.h"

namespace llmtrail {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kBearer = "Bearer ";
constexpr size_t kBearerBytesMin = 16;
constexpr size_t kTokenBytesMin = 32;   // of a signed one
constexpr size_t kTextBytesMax = 8192;  // no key is longer

struct KeyForm {
    std::string_view prefix;
    size_t rest_bytes_min;
    bool has_digit;  // words with hyphens have none
};

constexpr auto kKeyForms = std::to_array<KeyForm>({
    {"sk-", 16, true},     {"sk_live_", 16, false}, {"rk_live_", 16, false},
    {"ghp_", 20, false},   {"gho_", 20, false},     {"ghu_", 20, false},
    {"ghs_", 20, false},   {"ghr_", 20, false},     {"github_pat_", 20, false},
    {"glpat-", 16, false}, {"AKIA", 16, true},      {"ASIA", 16, true},
    {"AIza", 30, false},   {"xoxa-", 16, true},     {"xoxb-", 16, true},
    {"xoxp-", 16, true},   {"xoxr-", 16, true},     {"xoxs-", 16, true},
    {"xapp-", 16, true},   {"hf_", 24, false},      {"gsk_", 24, false},
    {"lsv2_", 24, false},
});

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_key_byte(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool ends_in_id(std::string_view name) {
    return name.size() >= 2 && (name[name.size() - 2] | 0x20) == 'i' && (name.back() | 0x20) == 'd';
}

bool is_vendor_key(std::string_view name, std::string_view text) {
    for (const KeyForm& form : kKeyForms) {
        if (!text.starts_with(form.prefix)) {
            continue;
        }
        std::string_view rest = text.substr(form.prefix.size());
        bool open = form.prefix.ends_with("IA") && (ends_in_id(name) || rest.size() > 16);
        return !open && rest.size() >= form.rest_bytes_min &&
               std::ranges::all_of(rest, is_key_byte) &&
               (!form.has_digit || std::ranges::any_of(rest, is_digit));
    }
    return false;
}

// header.claims.signature, of which the last may be empty.
bool is_signed_token(std::string_view text) {
    bool bytes =
        std::ranges::all_of(text, [](char c) { return is_key_byte(c) || c == '.' || c == '='; });
    return bytes && text.size() >= kTokenBytesMin && std::ranges::count(text, '.') >= 2;
}

// Of a text in which `at` is a quote: where its string ends, and what stands in it.
struct RawString {
    std::string_view inner;
    size_t end;
};

RawString raw_string(std::string_view text, size_t at) {
    size_t end = at + 1;
    while (end < text.size() && text[end] != '"') {
        end += size_t{text[end] == '\\' ? 2U : 1U};
    }
    end = std::min(end, text.size());
    return {text.substr(at + 1, end - at - 1), std::min(end + 1, text.size())};
}

size_t after_blanks(std::string_view text, size_t at) {
    return std::min(text.find_first_not_of(kBlanks, at), text.size());
}

// Where the object or array that starts at `at` ends; one that was cut, with the text.
size_t end_of_container(std::string_view text, size_t at) {
    size_t depth = 0;
    while (at < text.size()) {
        char c = text[at];
        if (c == '"') {
            at = raw_string(text, at).end;
            continue;
        }
        ++at;
        depth += size_t{c == '{' || c == '['};
        if ((c == '}' || c == ']') && --depth == 0) {
            break;
        }
    }
    return at;
}

bool begins_json(std::string_view text) {
    size_t first = text.find_first_not_of(kBlanks);
    return first < text.size() && (text[first] == '{' || text[first] == '[') &&
           text.find('"', first) < text.size();
}

// Copies a JSON text but for its secrets.
class JsonTextScan {
 public:
    JsonTextScan(std::string_view text, SecretScope scope, int depth)
        : text_(text), scope_(scope), depth_(depth) {}

    bool run();

    std::string& kept() { return kept_; }

 private:
    void string();
    void member(std::string_view name);
    void value_text(const RawString& raw);
    void redact_to(size_t end);
    void copy_to(size_t end);

    std::string_view text_;
    SecretScope scope_;
    int depth_;
    size_t at_ = 0;
    std::string_view name_;  // of the member whose value comes next
    bool pair_ = false;      // the next "value" is a secret's
    bool changed_ = false;
    std::string kept_;
};

void JsonTextScan::copy_to(size_t end) {
    kept_ += text_.substr(at_, end - at_);
    at_ = end;
}

void JsonTextScan::redact_to(size_t end) {
    append_json_string(kept_, kRedacted);
    at_ = end;
    changed_ = true;
    name_ = {};
}

bool JsonTextScan::run() {
    while (at_ < text_.size()) {
        char c = text_[at_];
        if (c == '"') {
            string();
            continue;
        }
        pair_ = pair_ && c != '{' && c != '}';
        name_ = c == ',' || c == '{' || c == '}' ? std::string_view() : name_;
        copy_to(at_ + 1);
    }
    return changed_;
}

void JsonTextScan::string() {
    RawString raw = raw_string(text_, at_);
    size_t next = after_blanks(text_, raw.end);
    if (next < text_.size() && text_[next] == ':') {
        copy_to(after_blanks(text_, next + 1));
        member(raw.inner);
    } else {
        value_text(raw);
    }
}

void JsonTextScan::member(std::string_view name) {
    name_ = name;
    if (at_ == text_.size()) {
        return;
    }
    std::string plain;
    if (name.find('\\') != std::string_view::npos) {
        append_unescaped_json(plain, name);
        name = plain;
    }
    Secrecy secrecy = pair_ && name == "value" ? Secrecy::kWhole : secrecy_of(name, scope_);
    char c = text_[at_];
    if (secrecy == Secrecy::kOpen) {
        return;
    }
    if (c == '"') {
        RawString raw = raw_string(text_, at_);
        raw.inner.empty() ? copy_to(raw.end) : redact_to(raw.end);
    } else if (c == '{' || c == '[') {
        redact_to(end_of_container(text_, at_));
    } else if ((is_digit(c) || c == '-') && secrecy == Secrecy::kWhole) {
        redact_to(std::min(text_.find_first_of(",}] \t\r\n", at_), text_.size()));
    }
}

void JsonTextScan::value_text(const RawString& raw) {
    if (is_secret_value(name_, raw.inner)) {
        redact_to(raw.end);
        return;
    }
    pair_ = pair_ || ((name_ == "name" || name_ == "key" || name_ == "header") &&
                      secrecy_of(raw.inner) != Secrecy::kOpen);
    std::string inner;
    if (depth_ < kJsonTextDepthMax && raw.inner.find("\\\"") != std::string_view::npos) {
        append_unescaped_json(inner, raw.inner);
        JsonTextScan below(inner, scope_, depth_ + 1);
        if (begins_json(inner) && below.run()) {
            append_json_string(kept_, below.kept());
            at_ = raw.end;
            changed_ = true;
            return;
        }
    }
    copy_to(raw.end);
}

}  // namespace

bool is_secret_value(std::string_view name, std::string_view text) {
    // What keys begin with, so that most texts are put aside by one look.
    constexpr std::string_view kFirstBytes = "ABeghlrsx";
    if (text.size() < kBearerBytesMin || text.size() > kTextBytesMax ||
        kFirstBytes.find(text.front()) == std::string_view::npos) {
        return false;
    }
    if (text.starts_with(kBearer)) {
        std::string_view token = text.substr(kBearer.size());
        return token.size() >= kBearerBytesMin &&
               token.find_first_of(kBlanks) == std::string_view::npos;
    }
    return is_vendor_key(name, text) || (text.starts_with("eyJ") && is_signed_token(text));
}

bool redact_json_text(std::string_view text, std::string& out, SecretScope scope) {
    if (!begins_json(text)) {
        return false;
    }
    JsonTextScan scan(text, scope, 1);
    if (!scan.run()) {
        return false;
    }
    out = std::move(scan.kept());
    return true;
}

}  // namespace llmtrail
