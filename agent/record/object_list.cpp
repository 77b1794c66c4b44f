#include "record/object_list.h"

#include <bit>

#include "base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace llmtrail {

namespace {

constexpr std::string_view view_of(const char* begin, const char* end) {
    return {begin, static_cast<size_t>(end - begin)};
}

inline const char* after_space(const char* at, const char* end) {
    if (at<end&& * at> ' ') {
        return at;  // as our encoders write it
    }
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) {
        ++at;
    }
    return at;
}

// The first quote or backslash, or `end`.
const char* find_string_mark(const char* at, const char* end) {
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                     _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
        auto mask = static_cast<uint32_t>(_mm_movemask_epi8(marks));
        if (mask != 0) {
            return at + std::countr_zero(mask);
        }
    }
#endif
    while (at < end && *at != '"' && *at != '\\') {
        ++at;
    }
    return at;
}

// Reads the rest of a string whose quote stands before `at`; leaves `at` behind the closing quote,
// or at the end.
inline bool read_string_body(const char*& at, const char* end, std::string_view& inside) {
    const char* begin = at;
    const char* mark = find_string_mark(at, end);
    while (mark < end && *mark == '\\') {
        mark = end - mark > 2 ? find_string_mark(mark + 2, end) : end;
    }
    if (mark == end) {
        at = end;
        return false;
    }
    inside = view_of(begin, mark);
    at = mark + 1;
    return true;
}

inline bool take(const char*& at, const char* end, char c) {
    at = after_space(at, end);
    if (at == end || *at != c) {
        return false;
    }
    ++at;
    return true;
}

inline bool read_string(const char*& at, const char* end, std::string_view& inside) {
    return take(at, end, '"') && read_string_body(at, end, inside);
}

// A value that is no string: up to the comma or bracket behind it.
bool skip_value(const char*& at, const char* end, std::string_view& text) {
    const char* begin = at;
    size_t depth = 0;
    for (; at < end; ++at) {
        char c = *at;
        if (c == '"') {
            ++at;
            std::string_view inside;
            if (!read_string_body(at, end, inside)) {
                return false;
            }
            --at;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            if (depth == 0) {
                break;
            }
            --depth;
        } else if (c == ',' && depth == 0) {
            break;
        }
    }
    text = view_of(begin, at);
    return depth == 0 && !text.empty();
}

}  // namespace

bool ObjectListReader::next_item() {
    std::string_view key;
    std::string_view value;
    while (in_object_ && next_member(key, value)) {
    }
    if (in_object_) {
        return false;  // the object did not end as one does
    }
    bool separator = take(at_, end_, started_ ? ',' : '[');
    started_ = true;
    item_ = Item::kNone;
    if (!separator) {
        return false;
    }
    at_ = after_space(at_, end_);
    if (at_ == end_ || *at_ == ']') {
        return false;
    }
    if (*at_ == '"') {
        item_ = Item::kString;
        return read_string(at_, end_, string_);
    }
    if (*at_ == '{') {
        ++at_;
        item_ = Item::kObject;
        in_object_ = true;
        first_member_ = true;
        return true;
    }
    item_ = Item::kOther;
    return skip_value(at_, end_, value);
}

bool ObjectListReader::next_member(std::string_view& key, std::string_view& value) {
    if (!in_object_) {
        return false;
    }
    if (take(at_, end_, '}')) {
        in_object_ = false;
        return false;
    }
    if (!first_member_ && !take(at_, end_, ',')) {
        return false;
    }
    first_member_ = false;
    if (!read_string(at_, end_, key) || !take(at_, end_, ':')) {
        return false;
    }
    at_ = after_space(at_, end_);
    if (at_ < end_ && *at_ == '"') {
        return read_string(at_, end_, value);
    }
    return skip_value(at_, end_, value);
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
