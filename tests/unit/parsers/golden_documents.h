// The documents of a parser's golden cases, for tests that vary them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrail {

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

}  // namespace llmtrail
