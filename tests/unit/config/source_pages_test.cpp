// The blocks that docs/sources gives to paste are configurations, and each page is told of as
// verified or not in the list of platforms.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "config_case.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kUnverified = "unverified against real logs";

std::vector<std::string> page_names() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(LLMTRAIL_SOURCE_DIR "/docs/sources")) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

// The blocks of YAML that begin with `sources:`.
std::vector<std::string> source_blocks(const std::string& page) {
    constexpr std::string_view kBegin = "```yaml\nsources:";
    std::vector<std::string> blocks;
    for (size_t at = 0; (at = page.find(kBegin, at)) != std::string::npos;) {
        size_t start = page.find('\n', at) + 1;
        at = page.find("```", start);
        REQUIRE(at != std::string::npos);
        blocks.push_back(page.substr(start, at - start));
    }
    return blocks;
}

// What stands between backquotes behind `before`, at the beginning of lines.
void add_quoted(const std::string& page, std::string_view before, std::vector<std::string>& names) {
    for (size_t at = 0; (at = page.find('\n', at)) != std::string::npos;) {
        size_t quote = page.find('`', ++at);
        size_t bar = page.rfind('|', quote);
        bool first = quote != std::string::npos && page.compare(at, 2, "| ") == 0 &&
                     page.substr(bar, quote - bar) == before;
        if (first && page.find('\n', at) > quote) {
            names.push_back(page.substr(quote + 1, page.find('`', quote + 1) - quote - 1));
        }
    }
}

// Formats and fields as the tables of docs name them.
ConfigVocabulary vocabulary_of_docs() {
    ConfigVocabulary vocabulary = test_vocabulary();
    add_quoted(read_project_file("docs/parsers.md"), "| ", vocabulary.formats);
    add_quoted(read_project_file("docs/record-schema.md"), "| ", vocabulary.map_fields);
    return vocabulary;
}

LoadedSettings load_block(const std::string& block) {
    MemoryFiles files;
    files.files["/etc/llmtrail/agent.yaml"].text = block;
    return load_settings("/etc/llmtrail/agent.yaml", vocabulary_of_docs(), files);
}

// Written out or left open, the glob's ending may be that of a packed file.
bool can_be_packed(std::string_view glob) {
    bool packed = glob.ends_with('*');
    for (std::string_view ending : {".gz", ".zst", ".zip"}) {
        packed = packed || glob.ends_with(ending);
    }
    return packed;
}

// Words apart by one space, so that a phrase is found across the end of a line.
std::string on_one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace

TEST_CASE(
    "each block of sources in docs/sources is a configuration that reads packed files whole") {
    size_t blocks = 0;
    size_t whole = 0;
    for (const std::string& name : page_names()) {
        for (const std::string& block : source_blocks(read_project_file("docs/sources/" + name))) {
            CAPTURE(name);
            LoadedSettings loaded = load_block(block);
            CHECK(all_errors(loaded) == "");
            REQUIRE(loaded.settings);
            ++blocks;
            for (const SourceSettings& source : loaded.settings->sources) {
                CAPTURE(source.id);
                bool packed = std::any_of(source.paths.begin(), source.paths.end(), can_be_packed);
                CHECK((!packed || source.whole_files));
                whole += source.whole_files ? 1 : 0;
            }
        }
    }
    CHECK(blocks >= page_names().size());
    CHECK(whole >= 5);
}

TEST_CASE("no page of docs/sources says that packed files have to be unpacked") {
    for (const std::string& name : page_names()) {
        std::string page = on_one_line(read_project_file("docs/sources/" + name));
        CAPTURE(name);
        for (std::string_view wrong : {"gunzip", "reads plain files", "llmtrail does not read"}) {
            CHECK(page.find(wrong) == std::string::npos);
        }
    }
}

TEST_CASE("what a page calls unverified the list of platforms calls unverified") {
    std::string list = read_project_file("docs/sources.md");
    size_t unverified = 0;
    for (const std::string& name : page_names()) {
        CAPTURE(name);
        size_t link = list.find("](sources/" + name + ")");
        REQUIRE(link != std::string::npos);
        std::string page = on_one_line(read_project_file("docs/sources/" + name));
        if (page.find(kUnverified) == std::string::npos) {
            continue;
        }
        ++unverified;
        bool told = false;
        for (; link != std::string::npos; link = list.find("](sources/" + name + ")", link + 1)) {
            std::string row = list.substr(link, list.find('\n', link) - link);
            told = told || row.find(kUnverified) != std::string::npos;
        }
        CHECK(told);
    }
    CHECK(unverified > 15);
}
