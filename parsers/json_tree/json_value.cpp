#include <bit>
#include <cmath>

#include "base/json_text.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

// Counted on the tape in 24 bits, all ones when there are more.
static constexpr uint64_t kCountSaturated = 0xFFFFFF;

JsonType JsonValue::type() const {
    if (tape_ == nullptr) {
        return JsonType::kAbsent;
    }
    switch (tag()) {
        case 'n':
            return JsonType::kNull;
        case 't':
        case 'f':
            return JsonType::kBoolean;
        case 'l':
            return JsonType::kInteger;
        case 'u':
            return JsonType::kUnsigned;
        case 'd':
            return JsonType::kReal;
        case '"':
            return JsonType::kString;
        case '[':
            return JsonType::kArray;
        case '{':
            return JsonType::kObject;
        default:
            return JsonType::kAbsent;
    }
}

JsonValue JsonValue::operator[](std::string_view key) const {
    if (!is_object()) {
        return {};
    }
    size_t end = end_of_container() - 1;
    for (size_t at = at_ + 1; at != end;) {
        JsonValue value = moved_to(at + 1);
        if (moved_to(at).text_here() == key) {
            return value;
        }
        at = value.next();
    }
    return {};
}

std::optional<int64_t> JsonValue::integer() const {
    if (has_tag('l')) {
        return std::bit_cast<int64_t>(word(at_ + 1));
    }
    if (has_tag('d')) {
        auto value = std::bit_cast<double>(word(at_ + 1));
        // 2^53: beyond it a double no longer says which whole number was meant.
        constexpr double kWholeMax = 9007199254740992.0;
        if (std::trunc(value) == value && std::abs(value) <= kWholeMax) {
            return static_cast<int64_t>(value);
        }
    }
    return std::nullopt;
}

std::optional<double> JsonValue::real() const {
    if (has_tag('d')) {
        return std::bit_cast<double>(word(at_ + 1));
    }
    if (has_tag('l')) {
        return static_cast<double>(std::bit_cast<int64_t>(word(at_ + 1)));
    }
    if (has_tag('u')) {
        return static_cast<double>(word(at_ + 1));
    }
    return std::nullopt;
}

std::optional<bool> JsonValue::boolean() const {
    if (has_tag('t') || has_tag('f')) {
        return tag() == 't';
    }
    return std::nullopt;
}

size_t JsonValue::size() const {
    if (!is_object() && !is_array()) {
        return 0;
    }
    uint64_t count = payload() >> 32;
    if (count < kCountSaturated) {
        return count;
    }
    size_t counted = 0;
    if (is_object()) {
        for ([[maybe_unused]] JsonMember member : members()) {
            ++counted;
        }
    } else {
        for ([[maybe_unused]] JsonValue item : items()) {
            ++counted;
        }
    }
    return counted;
}

// Recursion goes no deeper than kJsonDepthMax.
void JsonValue::append_json(std::string& out) const {
    switch (type()) {
        case JsonType::kAbsent:
        case JsonType::kNull:
            out += "null";
            return;
        case JsonType::kBoolean:
            out += tag() == 't' ? "true" : "false";
            return;
        case JsonType::kInteger:
            append_json_integer(out, std::bit_cast<int64_t>(word(at_ + 1)));
            return;
        case JsonType::kUnsigned:
            append_json_unsigned(out, word(at_ + 1));
            return;
        case JsonType::kReal:
            append_json_number(out, std::bit_cast<double>(word(at_ + 1)));
            return;
        case JsonType::kString:
            append_json_string(out, text());
            return;
        case JsonType::kArray: {
            char before = '[';
            for (JsonValue item : items()) {
                out.push_back(before);
                item.append_json(out);
                before = ',';
            }
            out += before == '[' ? "[]" : "]";
            return;
        }
        case JsonType::kObject: {
            char before = '{';
            for (JsonMember member : members()) {
                out.push_back(before);
                append_json_string(out, member.key);
                out.push_back(':');
                member.value.append_json(out);
                before = ',';
            }
            out += before == '{' ? "{}" : "}";
            return;
        }
    }
}

std::string JsonValue::json() const {
    std::string out;
    append_json(out);
    return out;
}

}  // namespace llmtrail
