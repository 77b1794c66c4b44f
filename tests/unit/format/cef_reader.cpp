#include "cef_reader.h"

#include <cctype>

namespace {

bool is_key_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Where the key that ends at the unescaped '=' at `equals` begins.
size_t key_begin(std::string_view text, size_t equals) {
    size_t at = equals;
    while (at > 0 && is_key_character(text[at - 1])) {
        --at;
    }
    return at;
}

bool unescape(std::string_view raw, std::string& out) {
    for (size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] != '\\') {
            out.push_back(raw[i]);
            continue;
        }
        if (++i == raw.size()) {
            return false;
        }
        switch (raw[i]) {
            case '\\':
            case '=':
                out.push_back(raw[i]);
                break;
            case 'n':
                out.push_back('\n');
                break;
            case 'r':
                out.push_back('\r');
                break;
            default:
                return false;
        }
    }
    return true;
}

std::vector<size_t> unescaped_equals(std::string_view text) {
    std::vector<size_t> at;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '=') {
            at.push_back(i);
        }
    }
    return at;
}

void read_extension(std::string_view text, CefEvent& event) {
    std::vector<size_t> equals = unescaped_equals(text);
    for (size_t i = 0; i < equals.size(); ++i) {
        size_t begin = key_begin(text, equals[i]);
        std::string key(text.substr(begin, equals[i] - begin));
        size_t end = i + 1 < equals.size() ? key_begin(text, equals[i + 1]) : text.size() + 1;
        bool separated = begin == 0 ? i == 0 : text[begin - 1] == ' ';
        if (key.empty() || !separated || end <= equals[i] + 1) {
            event.problem = "bad pair at " + std::to_string(begin);
            return;
        }
        std::string value;
        std::string_view raw = text.substr(equals[i] + 1, end - 1 - (equals[i] + 1));
        if (!unescape(raw, value)) {
            event.problem = "bad escape in " + key;
        } else if (raw.empty() || raw.front() == ' ' || raw.back() == ' ') {
            event.problem = "empty or untrimmed value of " + key;
        } else if (!event.values.emplace(key, value).second) {
            event.problem = "key twice: " + key;
        }
        event.keys.push_back(key);
    }
    if (equals.empty() && !text.empty()) {
        event.problem = "extension without a pair";
    }
}

}  // namespace

CefEvent read_cef(std::string_view line) {
    CefEvent event;
    for (char c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            event.problem = "raw control character";
            return event;
        }
    }
    for (int field = 0; field < 7; ++field) {
        size_t pipe = line.find('|');
        if (pipe == std::string_view::npos) {
            event.problem = "too few pipes";
            return event;
        }
        std::string_view part = line.substr(0, pipe);
        if (part.empty() || part.find_first_of("\\=") != std::string_view::npos) {
            event.problem = "header field is not a plain constant";
        }
        event.header.emplace_back(part);
        line.remove_prefix(pipe + 1);
    }
    read_extension(line, event);
    return event;
}
