#include "tail/list_elements.h"

#include <algorithm>

namespace llmtrail {

namespace {

bool is_white(char byte) {
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

}  // namespace

std::optional<ListElements> ListElements::find(ByteView head) {
    ListElements list;
    if (head.empty() || (head[0] != '[' && head[0] != '{')) {
        return std::nullopt;
    }
    list.list_depth_ = head[0] == '[' ? 1 : 2;
    // Up to the first bracket of a list; a member that is an object has none inside.
    size_t at = 0;
    for (; at < std::min(head.size(), kListHeadBytesMax); ++at) {
        const char byte = head[at];
        if (list.in_string_) {
            list.in_string_ = list.escaped_ || byte != '"';
            list.escaped_ = !list.escaped_ && byte == '\\';
        } else if (byte == '"') {
            list.in_string_ = true;
        } else if (byte == '[') {
            list.open(true);
            break;
        } else if (byte == '{') {
            if (list.open(false) == Found::kBroken) {
                return std::nullopt;
            }
        } else if (byte == '}' && list.close(false) != Found::kNothing) {
            return std::nullopt;
        }
    }
    if (at == std::min(head.size(), kListHeadBytesMax) || list.depth_ != list.list_depth_) {
        return std::nullopt;
    }
    list.head_bytes_ = at + 1;
    list.scanned_ = at + 1;
    ListElements ahead = list;
    for (Found found = Found::kElement; found == Found::kElement;) {
        found = ahead.scan(head.substr(ahead.scanned_));
        if (found != Found::kElement && found != Found::kNothing) {
            return std::nullopt;
        }
    }
    return list;
}

ListElements::Found ListElements::scan(ByteView bytes) {
    if (element_ended_) {
        element_ended_ = false;
        element_begin_.reset();
    }
    for (size_t at = 0; at < bytes.size(); ++at) {
        const Found found = step(bytes[at]);
        element_ended_ = found == Found::kElement;
        if (element_ended_ && scalar_) {
            scalar_ = false;  // ended by the byte behind it, which is looked at again
            return found;
        }
        if (found != Found::kBroken) {
            ++scanned_;
        }
        if (found != Found::kNothing) {
            return found;
        }
    }
    return Found::kNothing;
}

ListElements::Found ListElements::step(char byte) {
    if (in_string_) {
        if (byte == '\n') {
            return Found::kBroken;
        }
        in_string_ = escaped_ || byte != '"';
        escaped_ = !escaped_ && byte == '\\';
        return !in_string_ && depth_ == list_depth_ && !list_ended_ ? Found::kElement
                                                                    : Found::kNothing;
    }
    if (depth_ == list_depth_ && !list_ended_) {
        return between(byte);
    }
    switch (byte) {
        case '"':
            in_string_ = true;
            return Found::kNothing;
        case '{':
        case '[':
            return open(byte == '[');
        case '}':
        case ']':
            return close(byte == ']');
        case '\\':
            return Found::kBroken;
        default:
            return Found::kNothing;
    }
}

// At the list's own level: white space, commas, and the first byte of an element.
ListElements::Found ListElements::between(char byte) {
    const bool ends_scalar = is_white(byte) || byte == ',' || byte == ']';
    if (scalar_) {
        const bool goes_on = !ends_scalar && byte != '{' && byte != '[' && byte != '"' &&
                             byte != '}' && byte != ':' && byte != '\\';
        return goes_on ? Found::kNothing : ends_scalar ? Found::kElement : Found::kBroken;
    }
    if (is_white(byte) || byte == ',') {
        element_begin_.reset();
        comma_ = comma_ || byte == ',';
        return Found::kNothing;
    }
    if (byte == ']') {
        element_begin_.reset();
        return close(true);
    }
    if (!comma_ || byte == '}' || byte == ':' || byte == '\\') {
        return Found::kBroken;
    }
    comma_ = false;
    element_begin_ = scanned_;
    in_string_ = byte == '"';
    if (byte == '{' || byte == '[') {
        return open(byte == '[');
    }
    scalar_ = !in_string_;
    return Found::kNothing;
}

ListElements::Found ListElements::open(bool array) {
    if (depth_ == kBracketDepthMax) {
        return Found::kBroken;
    }
    arrays_[depth_++] = array;
    return Found::kNothing;
}

ListElements::Found ListElements::close(bool array) {
    if (depth_ == 0 || arrays_[depth_ - 1] != array) {
        return Found::kBroken;
    }
    --depth_;
    if (depth_ == 0) {
        return Found::kEnd;
    }
    if (depth_ == list_depth_ - 1 && !list_ended_ && head_bytes_ > 0) {
        list_ended_ = true;
        return Found::kListEnd;
    }
    const bool element_ended = depth_ == list_depth_ && !list_ended_ && head_bytes_ > 0;
    return element_ended ? Found::kElement : Found::kNothing;
}

}  // namespace llmtrail
