// Bad configurations: tests/config/bad/*.yaml, each with the errors it must give in
// tests/config/bad/*.txt.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "config/yaml_reader.h"
#include "config_case.h"

using namespace llmtrail;

TEST_CASE("each bad file gives exactly its errors") {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(LLMTRAIL_SOURCE_DIR "/tests/config/bad")) {
        if (entry.path().extension() == ".yaml") {
            paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    REQUIRE(paths.size() >= 15);
    for (const std::filesystem::path& path : paths) {
        std::string stem = "tests/config/bad/" + path.stem().string();
        CAPTURE(stem);
        LoadedSettings loaded = load_text(read_project_file(stem + ".yaml"));
        CHECK(loaded.settings == nullptr);
        CHECK(all_errors(loaded) == read_project_file(stem + ".txt"));
    }
}

TEST_CASE("a value behind a misspelt key is quoted by no error of its line") {
    const std::string canary = "canary-3f9a";
    for (const std::string key : {"tokn", "toknes", "pasword", "anything"}) {
        CAPTURE(key);
        std::string in_line = kOneSource + "outputs:\n  - {id: a, type: splunk_hec, " + key + ": " +
                              canary + ", unknwon: 1}\n";
        std::string shown = all_errors(load_text(in_line));
        CHECK(shown.find("unknown key `" + key + "`") != std::string::npos);
        CHECK(shown.find("unknown key `unknwon`") != std::string::npos);
        CHECK(shown.find(canary) == std::string::npos);
    }
    std::string harmless = all_errors(load_text(kOneSource + "state_dri: /srv/state\n"));
    CHECK(harmless.find("state_dri: /srv/state") != std::string::npos);
}

TEST_CASE("aliases cannot multiply a document") {
    std::string bomb =
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n";
    LoadedSettings loaded = load_text(bomb);
    REQUIRE(loaded.errors.size() == 1);
    CHECK(loaded.errors[0].message == "YAML anchors are not accepted");
    CHECK(loaded.errors[0].line == 1);
}

TEST_CASE("depth is limited, whatever the brackets") {
    const std::pair<std::string, std::string> brackets[] = {{"[", "]"}, {"{a: ", "}"}};
    for (size_t depth : {kConfigDepthMax, size_t{100'000}}) {
        for (const auto& [open, close] : brackets) {
            std::string text = "x: ";
            for (size_t i = 0; i < depth; ++i) {
                text += open;
            }
            LoadedSettings unclosed = load_text(text);
            CHECK(unclosed.settings == nullptr);
            for (size_t i = 0; i < depth; ++i) {
                text += close;
            }
            LoadedSettings loaded = load_text(text);
            REQUIRE(loaded.errors.size() == 1);
            CHECK(loaded.errors[0].message == "nested deeper than 16 levels");
        }
    }
}

TEST_CASE("binary files and control characters are refused before YAML sees them") {
    LoadedSettings loaded = load_text(kOneSource + "# \x04\nstate_dir: /x\n");
    REQUIRE(loaded.errors.size() == 1);
    CHECK(loaded.errors[0].message == "a control character stands here");
    CHECK(loaded.errors[0].line == 4);
    CHECK(loaded.errors[0].column == 3);
    CHECK(load_text(std::string("a\0b", 3)).errors.size() == 1);
    CHECK(load_text("state_dir: /\xff\n").errors.at(0).message == "this file is not valid UTF-8");
}

TEST_CASE("what stands behind a secret's name is not repeated in an error") {
    for (const char* line : {"token: hunter2", "api_key: hunter2",
                             "  - {id: x, hec-token: hunter2}", "password : hunter2",
                             "x: -----BEGIN PRIVATE KEY----- hunter2", "client_secret: [hunter2"}) {
        std::string errors = all_errors(load_text(std::string(line) + "\n"));
        CAPTURE(errors);
        CHECK(errors.find("error:") != std::string::npos);
        CHECK(errors.find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a key pasted in place of its file is refused without being shown") {
    std::string errors =
        all_errors(load_text(kOneSource +
                             "outputs:\n  - id: soc\n    type: syslog\n    address: a:1\n    tls: "
                             "{cert_file: /c, key_file: \"-----BEGIN PRIVATE KEY-----abc\"}\n"));
    CHECK(errors.find("holds the key or certificate itself") != std::string::npos);
    CHECK(errors.find("KEY-----abc") == std::string::npos);
}

TEST_CASE("errors beyond the limit are counted, not kept") {
    std::string text = kOneSource;
    for (int i = 0; i < 150; ++i) {
        text += "unknown" + std::to_string(i) + ": 1\n";
    }
    LoadedSettings loaded = load_text(text);
    REQUIRE(loaded.errors.size() == 101);
    CHECK(loaded.errors.back().message == "50 more errors are not shown");
}

TEST_CASE("the caret stands under the fault, also after wide text and escapes") {
    LoadedSettings loaded =
        load_text(kOneSource + "spool: {\"dir\": \"/\xc3\xa9\xc3\xa9\", max_sise: 1}\n");
    REQUIRE(loaded.errors.size() == 1);
    std::string text = describe(loaded.errors[0]);
    size_t line_begin = text.find("  4 | ") + 6;
    size_t line_end = text.find('\n', line_begin);
    size_t caret = text.find('^') - (line_end + 1) - 6;
    std::string line = text.substr(line_begin, line_end - line_begin);
    CHECK(line.substr(0, line.find("max_sise")).size() ==
          caret + 2);  // two bytes more than characters
}

TEST_CASE("no error text carries control characters from the file to a terminal") {
    LoadedSettings loaded = load_text(
        "sources: [{id: \"a\\e[31m\", paths: [/x]}]\n\"\xc2\x9b"
        "31m\": 1\n");
    std::string text = all_errors(loaded);
    CHECK(loaded.errors.size() == 2);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("\xc2\x9b") == std::string::npos);
}
