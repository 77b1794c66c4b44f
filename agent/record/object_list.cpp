#include "record/object_list.h"

#include "base/utf8.h"

namespace llmtrail {

void ObjectListReader::skip_space() {
    while (at_ < json_.size() &&
           (json_[at_] == ' ' || json_[at_] == '\n' || json_[at_] == '\t' || json_[at_] == '\r')) {
        ++at_;
    }
}

bool ObjectListReader::take(char c) {
    skip_space();
    if (at_ >= json_.size() || json_[at_] != c) {
        return false;
    }
    ++at_;
    return true;
}

bool ObjectListReader::read_string(std::string_view& inside) {
    if (!take('"')) {
        return false;
    }
    size_t begin = at_;
    while (at_ < json_.size() && json_[at_] != '"') {
        at_ += json_[at_] == '\\' ? size_t{2} : size_t{1};
    }
    if (at_ >= json_.size()) {
        at_ = json_.size();
        return false;
    }
    inside = json_.substr(begin, at_ - begin);
    ++at_;
    return true;
}

bool ObjectListReader::skip_value(std::string_view& text) {
    skip_space();
    size_t begin = at_;
    size_t depth = 0;
    while (at_ < json_.size()) {
        char c = json_[at_];
        if (c == '"') {
            std::string_view inside;
            if (!read_string(inside)) {
                return false;
            }
        } else if (c == '[' || c == '{') {
            ++depth;
            ++at_;
        } else if (c == ']' || c == '}') {
            if (depth == 0) {
                break;
            }
            --depth;
            ++at_;
        } else if (c == ',' && depth == 0) {
            break;
        } else {
            ++at_;
        }
    }
    text = json_.substr(begin, at_ - begin);
    return depth == 0 && !text.empty();
}

bool ObjectListReader::next_item() {
    std::string_view key;
    std::string_view value;
    while (next_member(key, value)) {
    }
    if (in_object_) {
        return false;  // the object did not end as one does
    }
    bool separator = started_ ? take(',') : take('[');
    started_ = true;
    item_ = Item::kNone;
    if (!separator) {
        return false;
    }
    skip_space();
    if (at_ >= json_.size() || json_[at_] == ']') {
        return false;
    }
    if (json_[at_] == '"') {
        item_ = Item::kString;
        return read_string(string_);
    }
    if (take('{')) {
        item_ = Item::kObject;
        in_object_ = true;
        first_member_ = true;
        return true;
    }
    item_ = Item::kOther;
    return skip_value(value);
}

bool ObjectListReader::next_member(std::string_view& key, std::string_view& value) {
    if (!in_object_) {
        return false;
    }
    if (take('}')) {
        in_object_ = false;
        return false;
    }
    if (!first_member_ && !take(',')) {
        return false;
    }
    first_member_ = false;
    if (!read_string(key) || !take(':')) {
        return false;
    }
    skip_space();
    if (at_ < json_.size() && json_[at_] == '"') {
        return read_string(value);
    }
    return skip_value(value);
}

static bool read_hex4(std::string_view text, size_t at, uint32_t& unit) {
    if (at + 4 > text.size()) {
        return false;
    }
    unit = 0;
    for (char c : text.substr(at, 4)) {
        uint32_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<uint32_t>(c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = static_cast<uint32_t>((c | 0x20) - 'a' + 10);
        } else {
            return false;
        }
        unit = unit * 16 + digit;
    }
    return true;
}

// `at` stands on the 'u'; returns the position after the escape (both halves of a surrogate pair).
static size_t append_unicode_escape(std::string& out, std::string_view text, size_t at) {
    uint32_t unit = 0;
    if (!read_hex4(text, at + 1, unit)) {
        out += kReplacementCharacter;
        return at + 1;
    }
    at += 5;
    uint32_t low = 0;
    if (unit >= 0xD800 && unit < 0xDC00 && text.substr(at, 2) == "\\u" &&
        read_hex4(text, at + 2, low) && low >= 0xDC00 && low < 0xE000) {
        append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        return at + 6;
    }
    append_utf8(out, unit);
    return at;
}

void append_unescaped_json(std::string& out, std::string_view inside) {
    size_t at = 0;
    while (at < inside.size()) {
        size_t slash = inside.find('\\', at);
        if (slash == std::string_view::npos) {
            out += inside.substr(at);
            return;
        }
        out += inside.substr(at, slash - at);
        at = slash + 1;
        if (at >= inside.size()) {
            out += kReplacementCharacter;
            return;
        }
        if (inside[at] == 'u') {
            at = append_unicode_escape(out, inside, at);
            continue;
        }
        static constexpr std::string_view kNames = "\"\\/bfnrt";
        static constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
        size_t which = kNames.find(inside[at]);
        if (which == std::string_view::npos) {
            out += kReplacementCharacter;
        } else {
            out.push_back(kValues[which]);
        }
        ++at;
    }
}

}  // namespace llmtrail
