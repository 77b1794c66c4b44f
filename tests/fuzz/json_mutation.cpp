#include "json_mutation.h"

#include <array>
#include <random>
#include <string_view>
#include <vector>

namespace {

struct Span {
    size_t begin;
    size_t end;
};

constexpr std::array<std::string_view, 18> kAwkward = {"null",
                                                       "true",
                                                       "0",
                                                       "-1",
                                                       "1e308",
                                                       "18446744073709551615",
                                                       "\"\"",
                                                       "\"x\"",
                                                       "[]",
                                                       "{}",
                                                       "[[]]",
                                                       "[null]",
                                                       "{\"\":0}",
                                                       "\"2026-01-02T03:04:05Z\"",
                                                       "\"{\\\"a\\\":[1,{\\\"b\"",
                                                       "\"data: {\\\"choices\\\":[{\"",
                                                       "\"\\u0000\\u202e\"",
                                                       "\"https://user:pw@host/v1?key=1\""};

size_t string_end(std::string_view text, size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        at += text[at] == '\\' ? 1 : 0;
    }
    return std::min(at + 1, text.size());
}

// Every value, containers with what is in them; keys are values too.
std::vector<Span> values_of(std::string_view text) {
    std::vector<Span> values;
    std::vector<size_t> open;
    for (size_t at = 0; at < text.size();) {
        char c = text[at];
        if (c == '"') {
            size_t end = string_end(text, at);
            values.push_back({at, end});
            at = end;
        } else if (c == '{' || c == '[') {
            open.push_back(at++);
        } else if ((c == '}' || c == ']') && !open.empty()) {
            values.push_back({open.back(), ++at});
            open.pop_back();
        } else if (c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) {
            size_t end = text.find_first_of(",]} \t\r\n", at);
            end = end == std::string_view::npos ? text.size() : end;
            values.push_back({at, end});
            at = end;
        } else {
            ++at;
        }
    }
    return values;
}

}  // namespace

bool mutate_json(std::string& text, unsigned seed) {
    std::vector<Span> values = values_of(text);
    if (values.empty()) {
        return false;
    }
    std::minstd_rand random(seed);
    auto any = [&] { return values[random() % values.size()]; };
    Span at = any();
    size_t size = at.end - at.begin;
    switch (random() % 4) {
        case 0:
            text.replace(at.begin, size, kAwkward[random() % kAwkward.size()]);
            return true;
        case 1: {
            Span other = any();
            text.replace(at.begin, size, text.substr(other.begin, other.end - other.begin));
            return true;
        }
        case 2:  // twice: "a":v becomes "a":v,v, which is JSON in an array
            text.insert(at.end, "," + text.substr(at.begin, size));
            return true;
        default: {
            size_t after = at.end < text.size() && text[at.end] == ',' ? 1 : 0;
            text.erase(at.begin, size + after);
            return true;
        }
    }
}
