// A small CEF reader written from the format's rules alone, so that the formatter is judged by
// something that shares no code with it. Strict: what a strict reader refuses is an error here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct CefEvent {
    std::vector<std::string> header;  // CEF:0, vendor, product, version, class, name, severity
    std::map<std::string, std::string> values;
    std::vector<std::string> keys;  // in the order of the event
    std::string problem;            // empty: a well-formed event

    std::string value(const std::string& key) const {
        auto at = values.find(key);
        return at == values.end() ? "<absent>" : at->second;
    }

    bool has(const std::string& key) const { return values.count(key) != 0; }
};

CefEvent read_cef(std::string_view line);
