// Every document of the reference samples, when they are present, gives a record that is not
// rejected, but for the files listed here with the reason.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "record_list.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

// Arrays of [method, payload] from a test recorder: no log of any platform. Their texts and inner
// arrays are no records.
const std::set<std::string> kNoLogs = {"anthropic_managed_mcp_tools.jsonl",
                                       "anthropic_managed_builtin_tools.jsonl"};

// What is no document: where the samples come from, and single frames of streams, which no log
// writes by themselves.
const std::set<std::string> kNoDocuments = {
    "SOURCES.md", "records.src.txt", "unit__real-stream-frames__openai__llm-v1-completions.txt",
    "unit__real-stream-frames__cohere__llm-v1-completions.txt", "bedrock__chunks__chunk-2.txt"};

std::vector<std::string> documents_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::vector<std::string> documents;
    if (path.extension() == ".json") {
        documents.emplace_back(std::istreambuf_iterator<char>(in),
                               std::istreambuf_iterator<char>());
        return documents;
    }
    for (std::string line; std::getline(in, line);) {
        if (!line.empty()) {
            documents.push_back(line);
        }
    }
    return documents;
}

}  // namespace

TEST_CASE("No document of the samples is rejected, but for files that are no logs") {
    if (!fs::exists(LLMTRAIL_SAMPLES_DIR)) {
        MESSAGE("SKIPPED: no samples beside the checkout");
        return;
    }
    size_t documents = 0;
    std::set<std::string> rejected;
    std::set<std::string> passed_over;
    for (const auto& entry : fs::recursive_directory_iterator(LLMTRAIL_SAMPLES_DIR)) {
        std::string extension = entry.path().extension().string();
        if (extension != ".json" && extension != ".jsonl") {
            if (entry.is_regular_file()) {
                passed_over.insert(entry.path().filename().string());
            }
            continue;
        }
        for (const std::string& document : documents_of(entry.path())) {
            ++documents;
            for (const std::string& record : read_records(document)) {
                if (record.find("\"event.kind\":\"rejected\"") != std::string::npos) {
                    rejected.insert(entry.path().filename().string());
                }
            }
        }
    }
    CHECK(documents > 1000);
    CHECK(rejected == kNoLogs);
    CHECK(passed_over == kNoDocuments);
}
