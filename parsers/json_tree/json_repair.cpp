#include "json_tree/json_repair.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/json_text.h"
#include "base/utf8.h"
#include "json_tree/json_number.h"

namespace llmtrail {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20;
}

// Four hex digits at the front of `text`, or nothing.
std::optional<uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) {
        return std::nullopt;
    }
    uint32_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
    if (error != std::errc() || end != text.data() + 4) {
        return std::nullopt;
    }
    return value;
}

bool is_high_surrogate(uint32_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}

bool is_low_surrogate(uint32_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

// Without the bytes of a last character that was cut.
std::string_view whole_characters(std::string_view text) {
    for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
        auto c = static_cast<uint8_t>(text[text.size() - back]);
        if ((c & 0xC0) != 0x80) {
            size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
            return text.substr(0, text.size() - (length > back ? back : 0));
        }
    }
    return text;
}

class Repairer {
 public:
    Repairer(std::string_view json, bool head, std::string& out, JsonRepairs& repairs)
        : json_(head ? whole_characters(json) : json), head_(head), out_(out), repairs_(repairs) {}

    Result<void> run();

 private:
    enum class Expect : uint8_t {
        kValue,
        kValueOrEnd,
        kKey,
        kKeyOrEnd,
        kColon,
        kCommaOrEnd,
        kNothing
    };

    char peek() const { return json_[at_]; }

    bool at_end() const { return at_ == json_.size(); }

    bool inside_object() const { return depth_ > 0 && open_[depth_ - 1] == '{'; }

    void copy_byte() { out_.push_back(json_[at_++]); }

    void value_done() { expect_ = depth_ == 0 ? Expect::kNothing : Expect::kCommaOrEnd; }

    Result<void> step();
    Result<void> value();
    Result<void> open();
    Result<void> close();
    Result<void> string();
    bool escape();  // false: not one that JSON knows
    void unicode_escape(uint32_t unit);
    bool word(std::string_view word, bool* repaired);
    Result<void> number();
    Result<void> end_early();
    Result<void> end_in_string();
    Result<void> unexpected() const;

    std::string_view json_;
    bool head_;
    std::string& out_;
    JsonRepairs& repairs_;
    size_t at_ = 0;
    Expect expect_ = Expect::kValue;
    std::array<char, kJsonDepthMax> open_{};
    size_t depth_ = 0;
};

// Refuses a text that is not whole; of a head, closes what is open.
Result<void> Repairer::end_early() {
    if (head_ && depth_ > 0) {
        if (expect_ == Expect::kKey) {
            out_ += "\"\"";
        }
        if (expect_ == Expect::kKey || expect_ == Expect::kColon) {
            out_.push_back(':');
        }
        if (expect_ == Expect::kKey || expect_ == Expect::kColon || expect_ == Expect::kValue) {
            out_ += "null";
        }
        while (depth_ > 0) {
            out_.push_back(open_[--depth_] == '{' ? '}' : ']');
        }
        return {};
    }
    if (depth_ == 0) {
        return fail(ErrorCode::kCorrupt, json_.empty() ? "empty" : "only white space");
    }
    return fail(ErrorCode::kCorrupt,
                inside_object() ? "ends inside an object" : "ends inside an array");
}

Result<void> Repairer::unexpected() const {
    std::string where = std::to_string(at_);
    if (expect_ == Expect::kNothing) {
        return fail(ErrorCode::kCorrupt, "more text after its end, at byte " + where);
    }
    return fail(ErrorCode::kCorrupt, "unexpected text at byte " + where);
}

Result<void> Repairer::run() {
    while (true) {
        while (!at_end() && is_space(peek())) {
            copy_byte();
        }
        if (at_end()) {
            return expect_ == Expect::kNothing ? Result<void>() : end_early();
        }
        if (auto done = step(); !done) {
            return done;
        }
    }
}

Result<void> Repairer::step() {
    char c = peek();
    switch (expect_) {
        case Expect::kNothing:
            return unexpected();
        case Expect::kValueOrEnd:
            return c == ']' ? close() : value();
        case Expect::kValue:
            return value();
        case Expect::kKeyOrEnd:
        case Expect::kKey:
            if (c == '}' && expect_ == Expect::kKeyOrEnd) {
                return close();
            }
            if (c != '"') {
                return unexpected();
            }
            expect_ = Expect::kColon;
            return string();
        case Expect::kColon:
            if (c != ':') {
                return unexpected();
            }
            copy_byte();
            expect_ = Expect::kValue;
            return {};
        case Expect::kCommaOrEnd:
            if (c != ',') {
                return close();
            }
            copy_byte();
            expect_ = inside_object() ? Expect::kKey : Expect::kValue;
            return {};
    }
    return unexpected();
}

Result<void> Repairer::open() {
    if (depth_ == kJsonDepthMax) {
        return fail(ErrorCode::kLimit, "nested deeper than " + std::to_string(kJsonDepthMax));
    }
    open_[depth_++] = peek();
    expect_ = peek() == '{' ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
    copy_byte();
    return {};
}

Result<void> Repairer::close() {
    if (peek() != (inside_object() ? '}' : ']')) {
        return unexpected();
    }
    --depth_;
    copy_byte();
    value_done();
    return {};
}

bool Repairer::word(std::string_view word, bool* repaired) {
    if (!json_.substr(at_).starts_with(word)) {
        return false;
    }
    at_ += word.size();
    if (repaired != nullptr) {
        *repaired = true;
        append_json_string(out_, word);
    } else {
        out_ += word;
    }
    value_done();
    return true;
}

Result<void> Repairer::value() {
    char c = peek();
    if (c == '{' || c == '[') {
        return open();
    }
    if (c == '"') {
        value_done();
        return string();
    }
    bool* repaired = &repairs_.non_finite_number;
    if (word("true", nullptr) || word("false", nullptr) || word("null", nullptr) ||
        word("NaN", repaired) || word("-Infinity", repaired) || word("Infinity", repaired)) {
        return {};
    }
    return number();
}

Result<void> Repairer::number() {
    std::string_view number = json_.substr(at_, json_number_length(json_.substr(at_)));
    // The longest word is -Infinity.
    bool cut_word = number.empty() && json_.size() - at_ < 9;
    if (head_ && (cut_word || at_ + number.size() == json_.size())) {
        at_ = json_.size();
        out_ += "null";
        value_done();
        return {};
    }
    if (number.empty()) {
        return unexpected();
    }
    if (json_number_fits(number)) {
        out_ += number;
    } else {
        append_json_string(out_, number);
        repairs_.huge_number = true;
    }
    at_ += number.size();
    value_done();
    return {};
}

Result<void> Repairer::string() {
    copy_byte();
    while (true) {
        size_t run = at_;
        while (!at_end() && peek() != '"' && peek() != '\\' && !is_control(peek())) {
            ++at_;
        }
        repairs_.invalid_utf8 |= append_repaired_utf8(out_, json_.substr(run, at_ - run));
        if (at_end()) {
            return end_in_string();
        }
        if (peek() == '"') {
            copy_byte();
            return {};
        }
        if (is_control(peek())) {
            std::string quoted;
            append_json_string(quoted, json_.substr(at_++, 1));
            out_.append(quoted, 1, quoted.size() - 2);
            repairs_.control_character = true;
        } else if (!escape()) {
            if (json_.size() - at_ < 6 && json_.find('"', at_ + 2) == std::string_view::npos) {
                return end_in_string();
            }
            return fail(ErrorCode::kCorrupt, "unknown escape at byte " + std::to_string(at_));
        }
    }
}

Result<void> Repairer::end_in_string() {
    if (!head_) {
        return fail(ErrorCode::kCorrupt, "ends inside a string");
    }
    at_ = json_.size();
    out_.push_back('"');
    return {};
}

bool Repairer::escape() {
    if (at_ + 1 >= json_.size()) {
        return false;
    }
    char kind = json_[at_ + 1];
    if (kind == 'u') {
        auto unit = hex4(json_.substr(at_ + 2));
        if (unit) {
            unicode_escape(*unit);
        }
        return unit.has_value();
    }
    if (std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos) {
        return false;
    }
    out_.append(json_, at_, 2);
    at_ += 2;
    return true;
}

void Repairer::unicode_escape(uint32_t unit) {
    size_t length = 6;
    bool lone = is_low_surrogate(unit);
    if (is_high_surrogate(unit)) {
        std::string_view after = json_.substr(at_ + 6);
        auto second = after.starts_with("\\u") ? hex4(after.substr(2)) : std::nullopt;
        lone = !second || !is_low_surrogate(*second);
        length = lone ? 6 : 12;
    }
    if (lone) {
        out_ += "\\ufffd";
        repairs_.lone_surrogate = true;
    } else {
        out_.append(json_, at_, length);
    }
    at_ += length;
}

}  // namespace

Result<void> repair_json(std::string_view json, bool head, std::string& out, JsonRepairs& repairs) {
    return Repairer(json, head, out, repairs).run();
}

}  // namespace llmtrail
