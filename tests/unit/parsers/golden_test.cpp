// Runs every case of tests/golden/<parser>/<case>/: input.json (one document) or input.jsonl (one a
// line), read with format `auto`, against record.json. With LLMTRAIL_UPDATE_GOLDEN=1 in the
// environment record.json is written anew, with LLMTRAIL_UPDATE_GOLDEN=<parser> those of one
// parser; the difference is what a review reads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "json_tree/json_tree.h"
#include "record_list.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

std::string file_text(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// One field a line, so that a difference is a line.
std::string readable(const std::vector<std::string>& records) {
    std::string out = "[";
    JsonTree tree;
    for (const std::string& record : records) {
        auto read = tree.read(record, false);
        REQUIRE(read);
        out += out.size() > 1 ? ",\n{" : "\n{";
        char before = ' ';
        for (JsonMember member : read->members()) {
            out += before == ' ' ? "\n  \"" : ",\n  \"";
            before = ',';
            out.append(member.key).append("\": ");
            member.value.append_json(out);
        }
        out += "\n}";
    }
    return out + "\n]\n";
}

std::vector<std::string> documents_of(const fs::path& folder) {
    if (fs::exists(folder / "input.json")) {
        return {file_text(folder / "input.json")};
    }
    std::string text = file_text(folder / "input.jsonl");
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size();) {
        size_t end = std::min(text.find('\n', at), text.size());
        if (end > at) {
            lines.push_back(text.substr(at, end - at));
        }
        at = end + 1;
    }
    return lines;
}

std::set<fs::path> golden_cases() {
    std::set<fs::path> cases;
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(LLMTRAIL_SOURCE_DIR) / "tests/golden")) {
        if (entry.path().filename() == "input.json" || entry.path().filename() == "input.jsonl") {
            cases.insert(entry.path().parent_path());
        }
    }
    return cases;
}

}  // namespace

TEST_CASE("Every golden input is read by the parser its folder is named after") {
    for (const fs::path& folder : golden_cases()) {
        CAPTURE(folder.string());
        std::string parser = folder.parent_path().filename().string();
        JsonTree tree;
        for (const std::string& document : documents_of(folder)) {
            for (const std::string& record : read_records(document)) {
                auto read = tree.read(record, false);
                REQUIRE(read);
                std::string_view provider = (*read)["event.provider"].text();
                bool rejected = (*read)["event.kind"].text() == "rejected" && provider == "auto";
                CHECK((rejected || provider == parser));
            }
        }
    }
}

TEST_CASE("Every golden input gives its golden records") {
    const char* update = std::getenv("LLMTRAIL_UPDATE_GOLDEN");
    auto cases = golden_cases();
    CHECK(cases.size() >= 8);
    for (const fs::path& folder : cases) {
        CAPTURE(folder.string());
        std::vector<std::string> records;
        for (const std::string& document : documents_of(folder)) {
            auto read = read_records(document);
            records.insert(records.end(), read.begin(), read.end());
        }
        std::string now = readable(records);
        if (update != nullptr &&
            (std::string_view(update) == "1" || folder.parent_path().filename() == update)) {
            std::ofstream(folder / "record.json", std::ios::binary) << now;
        }
        CHECK(file_text(folder / "record.json") == now);
    }
}
