#include "join/raw_json.h"

#include <cstddef>

namespace llmtrail {

namespace {

void skip_space(std::string_view& text) {
    size_t count = text.find_first_not_of(" \t\r\n");
    text.remove_prefix(count == std::string_view::npos ? text.size() : count);
}

bool take(std::string_view& text, char wanted) {
    skip_space(text);
    if (text.empty() || text.front() != wanted) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

// The length of the string that `text` begins with, quotes included; 0 when it does not end.
size_t string_size(std::string_view text) {
    size_t at = 1;
    while (at < text.size()) {
        at = text.find_first_of("\"\\", at);
        if (at == std::string_view::npos) {
            return 0;
        }
        if (text[at] == '"') {
            return at + 1;
        }
        at += 2;
    }
    return 0;
}

// The length of the value that `text` begins with; 0 when there is none.
size_t value_size(std::string_view text) {
    size_t depth = 0;
    size_t at = 0;
    while (at < text.size()) {
        char c = text[at];
        if (c == '"') {
            size_t size = string_size(text.substr(at));
            if (size == 0) {
                return 0;
            }
            at += size;
            if (depth == 0) {
                return at;
            }
            continue;
        }
        bool closes = c == ']' || c == '}';
        if (depth == 0 && (closes || c == ',')) {
            return at;
        }
        ++at;
        if (c == '[' || c == '{') {
            ++depth;
        } else if (closes && --depth == 0) {
            return at;
        }
    }
    return depth == 0 ? at : 0;
}

bool take_value(std::string_view& text, std::string_view& value) {
    skip_space(text);
    size_t size = value_size(text);
    value = text.substr(0, size);
    text.remove_prefix(size);
    return size > 0;
}

}  // namespace

RawItems::RawItems(std::string_view json) : left_(json), array_(take(left_, '[')) {}

bool RawItems::next(std::string_view& item) {
    if (!take_value(left_, item)) {
        return false;
    }
    if (!array_) {
        left_ = {};
    } else if (!take(left_, ',')) {
        left_ = {};  // the closing bracket, or text that ends too soon
    }
    return true;
}

RawMembers::RawMembers(std::string_view json) : left_(json) {
    if (!take(left_, '{')) {
        left_ = {};
    }
}

bool RawMembers::next(std::string_view& key, std::string_view& value) {
    if (!first_ && !take(left_, ',')) {
        return false;
    }
    first_ = false;
    skip_space(left_);
    size_t size = !left_.empty() && left_.front() == '"' ? string_size(left_) : 0;
    if (size == 0) {
        return false;
    }
    key = left_.substr(1, size - 2);
    left_.remove_prefix(size);
    return take(left_, ':') && take_value(left_, value);
}

}  // namespace llmtrail
