// Every text and number of the Langfuse and LangSmith samples has to be in the records made of
// them: as it stands, or inside a longer text. Looked for across all records of a document, apart
// from the parsers' idea of where it belongs. What changes its form on the way (stamps, durations)
// or is said by a field's name (types) is named below. Skipped where the samples are not.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include "json_tree/json_tree.h"
#include "record_list.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

// Members whose values are kept in another form.
constexpr std::string_view kConverted[] = {
    "startTime", "endTime",  "timestamp", "completionStartTime", "latency",
    "type",      "run_type", "created",   "start_time",          "end_time"};

// Members that hold a secret, which is left out, or a picture, whose data stand alone.
constexpr std::string_view kSecret[] = {"secretKey"};
constexpr std::string_view kMedia[] = {"url"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string file_text(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Texts and numbers of a document, JSON inside texts among them.
class Leaves {
 public:
    void add(JsonValue value, std::string_view name) {
        for (JsonMember member : value.members()) {
            add(member.value, member.key);
        }
        for (JsonValue item : value.items()) {
            add(item, name);
        }
        if (value.is_string()) {
            add_text(value.text(), name);
        } else if (value.is_number()) {
            numbers.push_back({std::string(name), *value.real()});
        }
    }

    std::vector<std::pair<std::string, std::string>> texts;
    std::vector<std::pair<std::string, double>> numbers;

 private:
    void add_text(std::string_view text, std::string_view name) {
        bool quoted =
            text.size() > 1 && (text.front() == '{' || text.front() == '[' || text.front() == '"');
        if (quoted) {
            JsonTree tree;
            auto inner = tree.read(text, false);
            if (inner && (inner->is_container() || inner->is_string())) {
                add(*inner, name);
                return;
            }
        }
        texts.push_back({std::string(name), std::string(text)});
    }
};

struct Recorded {
    std::set<std::string> texts;
    std::string all;
    std::set<double> numbers;

    bool holds(const std::string& text) const {
        return texts.contains(text) || all.find(text) != std::string::npos;
    }
};

Recorded recorded_of(std::string_view document) {
    Leaves leaves;
    for (const std::string& record : read_records(document)) {
        JsonTree tree;
        auto read = tree.read(record, false);
        REQUIRE(read);
        leaves.add(*read, "");
    }
    Recorded recorded;
    for (auto& [name, text] : leaves.texts) {
        recorded.all += text + '\n';
        recorded.texts.insert(std::move(text));
    }
    for (const auto& [name, number] : leaves.numbers) {
        recorded.numbers.insert(number);
    }
    return recorded;
}

// How many were looked for.
size_t check_document(std::string_view document) {
    JsonTree tree;
    auto read = tree.read(document, false);
    REQUIRE(read);
    Leaves leaves;
    leaves.add(*read, "");
    Recorded recorded = recorded_of(document);
    for (const auto& [name, text] : leaves.texts) {
        bool media = is_one_of(name, kMedia) && text.starts_with("data:");
        if (!media && !is_one_of(name, kConverted) && !is_one_of(name, kSecret)) {
            CAPTURE(name);
            CAPTURE(text.substr(0, 200));
            // A number in a text may have become a number.
            char* end = nullptr;
            double number = std::strtod(text.c_str(), &end);
            bool as_number = *end == '\0' && recorded.numbers.contains(number);
            CHECK((recorded.holds(text) || as_number));
        }
        if (is_one_of(name, kSecret)) {
            CHECK_FALSE(recorded.holds(text));
        }
    }
    for (const auto& [name, number] : leaves.numbers) {
        if (!is_one_of(name, kConverted)) {
            CAPTURE(name);
            CAPTURE(number);
            bool as_text = number == static_cast<double>(static_cast<int64_t>(number)) &&
                           recorded.holds(std::to_string(static_cast<int64_t>(number)));
            CHECK((recorded.numbers.contains(number) || as_text));
        }
    }
    return leaves.texts.size() + leaves.numbers.size();
}

std::vector<std::string> documents_of(const fs::path& file) {
    std::string text = file_text(file);
    if (file.extension() == ".json") {
        return {text};
    }
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size();) {
        size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

}  // namespace

TEST_CASE("Every text and number of the Langfuse and LangSmith samples is in the records") {
    fs::path samples = LLMTRAIL_SAMPLES_DIR;
    if (!fs::exists(samples / "langfuse-export")) {
        MESSAGE("SKIPPED: no samples at " << samples.string());
        return;
    }
    std::vector<fs::path> files = {
        samples / "generated-npm/langfuse-ingestion.jsonl",
        samples / "generated-npm/langsmith-raw.jsonl",
        samples / "langfuse-ingestion-litellm/completion_with_bedrock_call.json",
        samples / "langsmith-run-fixtures/langsmith_js_wrap_openai_default.json",
        samples / "langsmith-run-fixtures/langsmith_js_wrap_openai_stream.json",
    };
    for (const auto& entry : fs::directory_iterator(samples / "langfuse-export")) {
        if (entry.path().filename().string().ends_with(".trace.json")) {
            files.push_back(entry.path());
        }
    }
    size_t leaves = 0;
    for (const fs::path& file : files) {
        CAPTURE(file.filename().string());
        for (const std::string& document : documents_of(file)) {
            leaves += check_document(document);
        }
    }
    CHECK(leaves > 8000);
    MESSAGE("looked for " << leaves << " texts and numbers");
}
