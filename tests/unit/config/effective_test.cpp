#include <doctest/doctest.h>

#include "config/effective_yaml.h"
#include "config_case.h"
#include "crypto/digest.h"

using namespace llmtrail;

namespace {

constexpr const char* kPath = "/etc/llmtrail/agent.yaml";

struct Effective {
    LoadedSettings loaded;
    std::string yaml;
};

Effective effective(const std::string& text) {
    MemoryFiles files;
    files.files[kPath].text = text;
    Effective result{load_settings(kPath, test_vocabulary(), files), ""};
    REQUIRE_MESSAGE(result.loaded.settings, all_errors(result.loaded));
    result.yaml =
        effective_yaml(effective_values(*result.loaded.settings), value_origins(kPath, files, 0));
    return result;
}

std::string line_with(const std::string& text, const std::string& words) {
    size_t at = text.find(words);
    REQUIRE_MESSAGE(at != std::string::npos, words);
    size_t begin = text.rfind('\n', at) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
}

}  // namespace

TEST_CASE("what --effective prints is read again as the same settings") {
    for (const char* file : {"tests/config/full.yaml", "conf/agent.yaml"}) {
        Effective first = effective(read_project_file(file));
        Effective again = effective(first.yaml);
        CHECK(effective_values(*again.loaded.settings) == effective_values(*first.loaded.settings));
    }
}

TEST_CASE("each value has its origin: a line of a file, or default") {
    std::string yaml = effective(
                           "spool:\n  max_size: 4GiB\nsources:\n  - id: app\n    paths: [/a]\n"
                           "    map: {user.id: a.b, data_sources: c}\n")
                           .yaml;
    CHECK(line_with(yaml, "max_size: 4GiB").ends_with("# /etc/llmtrail/agent.yaml:2"));
    CHECK(line_with(yaml, "min_free: 1GiB").ends_with("# default"));
    CHECK(line_with(yaml, "- id: app").ends_with("agent.yaml:4"));
    CHECK(line_with(yaml, "paths: [/a]").ends_with("agent.yaml:5"));
    CHECK(line_with(yaml, "user.id: a.b").ends_with("agent.yaml:6"));
    CHECK(line_with(yaml, "llm.audit.data_sources: c").ends_with("agent.yaml:6"));
    CHECK(line_with(yaml, "outputs: []").ends_with("# default"));
}

TEST_CASE("a secret is shown as the reference that it is") {
    std::string yaml = effective(read_project_file("tests/config/full.yaml")).yaml;
    CHECK(yaml.find("token: [\"${cred:hec_token}\", \"${file:/etc/llmtrail/old-token}\"]") !=
          std::string::npos);
    CHECK(yaml.find("client_secret: \"${cred:azure_secret}\"") != std::string::npos);
}

TEST_CASE("a text is written so that YAML reads the same text and a terminal is left alone") {
    for (const char* text :
         {"plain/path.jsonl", "true", "a: b", "#x", "\"q\"\\", "\x1b[2J", "é", "null", "~", "[x]",
          "-1", " padded ", "a\nb", "\xc2\x9b", "host:1", "${cred:x}"}) {
        CAPTURE(text);
        std::string yaml = yaml_scalar(text);
        CHECK(yaml.find('\x1b') == std::string::npos);
        CHECK(yaml.find('\n') == std::string::npos);
        LoadedSettings loaded =
            load_text("sources:\n  - {id: a, paths: [/x], map: {user.id: " + yaml + "}}\n");
        REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
        CHECK(loaded.settings->sources[0].map[0].second == text);
    }
}

TEST_CASE("the digest is that of the files, one after another, read or not understood") {
    MemoryFiles files;
    files.files["/e/agent.yaml"].text = "state_dir: /x\n";
    Bytes one = load_settings("/e/agent.yaml", test_vocabulary(), files).digest;
    CHECK(one == Bytes(view(sha256("state_dir: /x\n"))));
    files.files["/e/conf.d/a.yaml"].text = "host_id: [";
    LoadedSettings bad = load_settings("/e/agent.yaml", test_vocabulary(), files);
    CHECK_FALSE(bad.settings);
    CHECK(bad.digest == Bytes(view(sha256("state_dir: /x\nhost_id: ["))));
    CHECK(load_settings("/none", test_vocabulary(), files).digest.empty());
}
