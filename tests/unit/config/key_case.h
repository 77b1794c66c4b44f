// Configurations made of rows of the key table: the smallest one that has a key, for each type of
// output or anchor that takes it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/effective_values.h"
#include "config/key_table.h"
#include "config_case.h"

namespace llmtrail {

using Keys = std::map<std::string, std::string>;  // "tls.ca_file" -> YAML

inline std::vector<KeyRow> all_keys() {
    std::vector<KeyRow> rows(general_keys().begin(), general_keys().end());
    rows.insert(rows.end(), output_keys().begin(), output_keys().end());
    return rows;
}

inline const std::vector<std::string>& types_of_list(const std::string& list) {
    static const std::map<std::string, std::vector<std::string>> types = {
        {"outputs", {"syslog", "file", "splunk_hec", "sentinel", "kafka"}},
        {"anchors", {"timestamp", "witness"}},
        {"sources", {""}}};
    static const std::vector<std::string> none = {""};
    auto found = types.find(list);
    return found == types.end() ? none : found->second;
}

// "outputs" of "outputs[].tls.ca_file", "" of a key that is in no list.
inline std::string list_of(std::string_view key) {
    size_t mark = key.find("[].");
    return mark == std::string_view::npos || key.starts_with("spool.")
               ? ""
               : std::string(key.substr(0, mark));
}

// Behind the list: "tls.ca_file".
inline std::string rest_of(std::string_view key) {
    std::string list = list_of(key);
    return std::string(list.empty() ? key : key.substr(list.size() + 3));
}

inline std::string flow_map(const Keys& keys) {
    std::map<std::string, Keys> groups;
    std::string out;
    auto put = [&out](const std::string& member) { out += (out.empty() ? "" : ", ") + member; };
    for (const auto& [key, value] : keys) {
        size_t dot = key.find('.');
        if (dot == std::string::npos) {
            put(key + ": " + value);
        } else {
            groups[key.substr(0, dot)][key.substr(dot + 1)] = value;
        }
    }
    for (const auto& [name, members] : groups) {
        put(name + ": " + flow_map(members));
    }
    return "{" + out + "}";
}

// Flow style cannot hold ${...} bare.
inline std::string flow_value(std::string_view value) {
    return value.starts_with("${") ? "\"" + std::string(value) + "\"" : std::string(value);
}

// What must stand beside a key, so that it has an effect.
inline Keys companions(const std::string& key, const std::string& type) {
    static const Keys of_app = {{"auth.kind", "client_secret"},
                                {"auth.client_id", "app"},
                                {"auth.tenant_id", "t.example"},
                                {"auth.client_secret", "\"${cred:s}\""}};
    static const std::map<std::string, Keys> known = {
        {"auth.tenant_id", of_app},
        {"auth.client_secret", of_app},
        {"auth.authority", of_app},
        {"user", {{"password", "\"${cred:p}\""}}},
        {"password", {{"user", "u"}}},
        {"tls.cert_file", {{"tls.key_file", "/k"}}},
        {"tls.key_file", {{"tls.cert_file", "/c"}}},
        {"max_size", {{"segment.max_size", "64KiB"}}},
        {"retention.min_age", {{"retention.max_age", "36525d"}}}};
    if (type == "file" && key.starts_with("preview.")) {
        return {{"allow_plaintext", "true"}};
    }
    auto found = known.find(key);
    return found == known.end() ? Keys() : found->second;
}

inline Keys needed_keys(const std::string& list, const std::string& type) {
    Keys keys;
    for (const KeyRow& row : all_keys()) {
        if (list_of(row.key) == list && !list.empty() && row.required && has_type(row, type)) {
            keys[rest_of(row.key)] = flow_value(row.example);
        }
    }
    if (keys.count("type") != 0) {
        keys["type"] = type;
    }
    return keys;
}

// With `value` empty: without the key, but with what must stand beside it.
inline std::string config_with(const KeyRow& row, const std::string& type,
                               const std::string& value) {
    std::string list = list_of(row.key);
    if (list.empty()) {
        size_t dot = row.key.find('.');
        std::string top(row.key.substr(0, dot));
        if (dot == std::string_view::npos) {
            return value.empty() ? "" : top + ": " + value + "\n";
        }
        std::string rest(row.key.substr(dot + 1));
        Keys keys = top == "spool" ? companions(rest, "") : Keys();
        if (!value.empty()) {
            keys[rest] = value;
        }
        return top + ": " + flow_map(keys) + "\n";
    }
    std::string rest = rest_of(row.key);
    Keys keys = needed_keys(list, type);
    for (const auto& [key, companion] : companions(rest, type)) {
        keys[key] = companion;
    }
    if (rest == "type") {
        keys[rest] = type;
    } else if (!value.empty()) {
        keys[rest] = flow_value(value);
    } else if (!row.required) {
        keys.erase(rest);
    }
    return list + ":\n  - " + flow_map(keys) + "\n";
}

}  // namespace llmtrail
