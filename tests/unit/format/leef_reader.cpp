#include "leef_reader.h"

#include <algorithm>
#include <cctype>

namespace llmtrail {

static bool is_word(std::string_view key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0;
    });
}

LeefEvent read_leef(std::string_view event) {
    LeefEvent read;
    bool second = event.starts_with("LEEF:2.0|");
    char separator = second ? '^' : '\t';
    if (!second && !event.starts_with("LEEF:1.0|")) {
        read.problem = "no LEEF";
        return read;
    }
    if (std::any_of(event.begin(), event.end(), [separator](char c) {
            return (static_cast<unsigned char>(c) < 0x20 && c != separator) || c == 0x7F;
        })) {
        read.problem = "control character";
    }
    std::string_view rest = event;
    for (int field = 0; field < 5; ++field) {
        size_t bar = rest.find('|');
        if (bar == std::string_view::npos) {
            read.problem = "short header";
            return read;
        }
        read.event_id = rest.substr(0, bar);
        rest.remove_prefix(bar + 1);
    }
    if (second && !rest.starts_with("^|")) {
        read.problem = "no separator in the header";
        return read;
    }
    rest.remove_prefix(second ? 2 : 0);
    if (rest.find('|') != std::string_view::npos) {
        read.problem = "pipe in an attribute";
    }
    while (!rest.empty()) {
        size_t end = std::min(rest.find(separator), rest.size());
        std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        size_t equals = pair.find('=');
        if (equals == std::string_view::npos || equals + 1 == pair.size()) {
            read.problem = "attribute without a value: " + std::string(pair);
            continue;
        }
        std::string key(pair.substr(0, equals));
        if (!is_word(key)) {
            read.problem = "key is no word: " + key;
        }
        if (!read.attributes.emplace(key, pair.substr(equals + 1)).second) {
            read.problem = "key stands twice: " + key;
        }
    }
    if (read.attributes.size() < 4) {
        read.problem = "fewer than four attributes";
    }
    return read;
}

}  // namespace llmtrail
