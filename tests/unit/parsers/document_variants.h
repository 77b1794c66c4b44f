// The documents of a parser's golden cases and ways to vary them: each value in turn of a wrong
// type, which a parser must survive and still give records for; each value in turn a mark, which
// must be found again. Nothing is random.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "json_tree/json_tree.h"
#include "record_list.h"

namespace llmtrail {

// `case_begins`: of the folder's name; "": of all cases.
inline std::vector<std::string> golden_documents(std::string_view parser,
                                                 std::string_view case_begins = "") {
    namespace fs = std::filesystem;
    std::vector<std::string> documents;
    fs::path folder = fs::path(LLMTRAIL_SOURCE_DIR) / "tests/golden" / parser;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        std::string name = entry.path().filename().string();
        std::string golden = entry.path().parent_path().filename().string();
        if ((name != "input.json" && name != "input.jsonl") || !golden.starts_with(case_begins)) {
            continue;
        }
        std::ifstream in(entry.path(), std::ios::binary);
        if (name == "input.json") {
            documents.emplace_back(std::istreambuf_iterator<char>(in),
                                   std::istreambuf_iterator<char>());
            continue;
        }
        for (std::string line; std::getline(in, line);) {
            documents.push_back(line);
        }
    }
    std::sort(documents.begin(), documents.end());
    return documents;
}

inline void write_variant(std::string& out, JsonValue value, size_t wanted, std::string_view odd) {
    if (value.at() == wanted) {
        out += odd;
        return;
    }
    if (!value.is_container()) {
        value.append_json(out);
        return;
    }
    char before = value.is_object() ? '{' : '[';
    size_t begin = out.size();
    for (auto [key, inner] : value.members()) {
        out.push_back(before);
        before = ',';
        append_json_string(out, key);
        out.push_back(':');
        write_variant(out, inner, wanted, odd);
    }
    for (JsonValue inner : value.items()) {
        out.push_back(before);
        before = ',';
        write_variant(out, inner, wanted, odd);
    }
    if (out.size() == begin) {
        out.push_back(before);
    }
    out.push_back(value.is_object() ? '}' : ']');
}

template <typename Visit>
void visit_nodes(JsonValue value, Visit&& visit) {
    visit(value.at());
    for (auto [key, inner] : value.members()) {
        visit_nodes(inner, visit);
    }
    for (JsonValue inner : value.items()) {
        visit_nodes(inner, visit);
    }
}

// Calls visit(text) for each variant; the number of them.
template <typename Visit>
size_t for_each_odd_variant(std::string_view sample, Visit&& visit) {
    static constexpr std::string_view kOdd[] = {"null",
                                                "true",
                                                "17",
                                                "-1.5",
                                                "\"\"",
                                                "\"text\"",
                                                "[]",
                                                "[1,\"a\",null,{}]",
                                                "[[1],{\"a\":2}]",
                                                "{}",
                                                "{\"a\":{\"b\":[1]}}",
                                                "9223372036854775807"};
    JsonTree tree;
    auto root = tree.read(sample, false);
    size_t variants = 0;
    if (!root) {
        return variants;
    }
    std::string text;
    visit_nodes(*root, [&](size_t at) {
        if (at == root->at()) {
            return;
        }
        for (std::string_view odd : kOdd) {
            text.clear();
            write_variant(text, *root, at, odd);
            visit(std::string_view(text));
            ++variants;
        }
    });
    return variants;
}

// Texts and numbers of `sample` that are in none of the records `read(text)` gives: each in turn
// becomes one that occurs nowhere else, which must be found again. Named by their keys.
template <typename Read>
std::string lost_leaves(std::string_view sample, Read&& read) {
    constexpr std::string_view kText = "zq7mark";
    constexpr std::string_view kNumber = "7654321";
    JsonTree tree;
    auto root = tree.read(sample, false);
    std::string lost;
    auto visit = [&](auto& self, std::string_view key, JsonValue value) -> void {
        for (auto [name, inner] : value.members()) {
            self(self, name, inner);
        }
        for (JsonValue inner : value.items()) {
            self(self, key, inner);
        }
        if (!value.is_string() && !value.is_number()) {
            return;
        }
        std::string_view mark = value.is_string() ? kText : kNumber;
        std::string quoted = value.is_string() ? "\"zq7mark\"" : std::string(kNumber);
        std::string text;
        write_variant(text, *root, value.at(), quoted);
        bool found = false;
        for (const std::string& record : read(std::string_view(text))) {
            found = found || record.find(mark) != std::string::npos;
        }
        if (!found) {
            lost.append(lost.empty() ? "" : " ").append(key);
        }
    };
    if (root) {
        visit(visit, "", *root);
    }
    return lost;
}

// Reads the odd variants of all golden documents of a parser: whatever the value, there are
// records, and each is sound JSON.
inline void read_odd_variants_of_golden(std::string_view parser) {
    auto documents = golden_documents(parser);
    REQUIRE_FALSE(documents.empty());
    for (const std::string& document : documents) {
        for_each_odd_variant(document, [&](std::string_view text) {
            CAPTURE(text);
            auto records = read_records(text, parser);
            REQUIRE_FALSE(records.empty());
            JsonTree check;
            for (const std::string& record : records) {
                REQUIRE(check.read(record, false));
            }
        });
    }
}

}  // namespace llmtrail
