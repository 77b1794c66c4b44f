// For tests of parsers: every document that differs from a good one in a single value, which is of
// a wrong type there. Paths are the test's; nothing is random.
#pragma once

#include <doctest/doctest.h>

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

// `left`: how many values are still to be passed before the one that is replaced.
inline void write_mutated(std::string& out, JsonValue value, std::string_view instead, int& left) {
    if (left-- == 0) {
        out += instead;
        return;
    }
    if (!value.is_container()) {
        value.append_json(out);
        return;
    }
    out += value.is_object() ? '{' : '[';
    bool first = true;
    for (JsonMember member : value.members()) {
        out += first ? "" : ",";
        first = false;
        append_json_string(out, member.key);
        out += ':';
        write_mutated(out, member.value, instead, left);
    }
    for (JsonValue item : value.items()) {
        out += first ? "" : ",";
        first = false;
        write_mutated(out, item, instead, left);
    }
    out += value.is_object() ? '}' : ']';
}

// Reads all of them with `format`: whatever the value, there are records, and each is sound JSON.
inline void read_all_mutations(std::string_view document, std::string_view format) {
    JsonTree tree;
    auto good = tree.read(document, false);
    REQUIRE(good);
    for (std::string_view instead :
         {"null", "-7", "\"x\"", "[]", "[[1],{\"a\":2}]", "{\"a\":[3]}"}) {
        for (int place = 1;; ++place) {  // 0 is the document itself
            std::string text;
            int left = place;
            write_mutated(text, *good, instead, left);
            if (left >= 0) {
                break;
            }
            auto records = read_records(text, format);
            CAPTURE(text);
            REQUIRE_FALSE(records.empty());
            JsonTree check;
            for (const std::string& record : records) {
                REQUIRE(check.read(record, false));
            }
        }
    }
}

// The lines of tests/golden/<format>/*/input.json and input.jsonl.
inline std::vector<std::string> golden_documents_of(std::string_view format) {
    std::vector<std::string> documents;
    auto folder = std::filesystem::path(LLMTRAIL_SOURCE_DIR) / "tests/golden" / format;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        std::ifstream in(entry.path(), std::ios::binary);
        if (entry.path().filename() == "input.json") {
            documents.emplace_back(std::istreambuf_iterator<char>(in),
                                   std::istreambuf_iterator<char>());
        } else if (entry.path().filename() == "input.jsonl") {
            for (std::string line; std::getline(in, line);) {
                documents.push_back(line);
            }
        }
    }
    return documents;
}

inline void read_all_mutations_of_golden(std::string_view format) {
    auto documents = golden_documents_of(format);
    REQUIRE_FALSE(documents.empty());
    for (const std::string& document : documents) {
        read_all_mutations(document, format);
    }
}

}  // namespace llmtrail
