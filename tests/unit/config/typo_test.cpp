#include <doctest/doctest.h>

#include <sstream>

#include "config_case.h"

using namespace llmtrail;

namespace {

struct WrittenKey {
    size_t line;    // 1-based
    size_t column;  // 1-based
    std::string name;
};

bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || c == '_' || c == '.';
}

// Keys that begin a line, after indentation and the dash of a list.
std::vector<WrittenKey> keys_of(const std::string& text) {
    std::vector<WrittenKey> keys;
    std::istringstream in(text);
    std::string line;
    for (size_t number = 1; std::getline(in, line); ++number) {
        size_t begin = line.find_first_not_of(" -");
        size_t end = begin;
        while (begin != std::string::npos && end < line.size() && is_name(line[end])) {
            ++end;
        }
        if (begin != std::string::npos && end > begin && end < line.size() && line[end] == ':') {
            keys.push_back({number, begin + 1, line.substr(begin, end - begin)});
        }
    }
    return keys;
}

std::string with_typo(const std::string& text, const WrittenKey& key, const std::string& typo) {
    size_t at = 0;
    for (size_t line = 1; line < key.line; ++line) {
        at = text.find('\n', at) + 1;
    }
    return std::string(text).replace(at + key.column - 1, key.name.size(), typo);
}

// Takes the mark away from lines that are "# key: value" or "# - key: value", however indented.
std::string uncommented(const std::string& text) {
    std::istringstream in(text);
    std::string out;
    std::string line;
    while (std::getline(in, line)) {
        size_t name = line.starts_with("# ") ? line.find_first_not_of(" -", 1) : std::string::npos;
        size_t end = name;
        while (end < line.size() && is_name(line[end])) {
            ++end;
        }
        bool key = end < line.size() && end > name && line[end] == ':';
        out += (key ? line.substr(2) : line) + "\n";
    }
    return out;
}

void check_every_key(const std::string& text) {
    REQUIRE_MESSAGE(load_text(text).settings, all_errors(load_text(text)));
    std::vector<WrittenKey> keys = keys_of(text);
    REQUIRE(keys.size() > 20);
    for (const WrittenKey& key : keys) {
        std::string doubled = key.name.substr(0, 1) + key.name;
        std::string swapped = key.name;
        std::swap(swapped[swapped.size() - 1], swapped[swapped.size() - 2]);
        for (const std::string& typo : {doubled, swapped, key.name + "s"}) {
            if (typo == key.name) {
                continue;
            }
            LoadedSettings loaded = load_text(with_typo(text, key, typo));
            CAPTURE(typo);
            CAPTURE(all_errors(loaded));
            REQUIRE(loaded.settings == nullptr);
            bool found = false;
            for (const ConfigError& error : loaded.errors) {
                found = found || (error.line == static_cast<int>(key.line) &&
                                  error.column == static_cast<int>(key.column) &&
                                  error.hint == "did you mean `" + key.name + "`?");
            }
            CHECK(found);
        }
    }
}

}  // namespace

TEST_CASE("each mistyped key is found at its place, with the key that was meant") {
    check_every_key(read_project_file("tests/config/full.yaml"));
}

TEST_CASE("the example's commented lines are the defaults, and their typos are found too") {
    std::string example = read_project_file("conf/agent.yaml");
    std::string full = uncommented(example);
    LoadedSettings installed = load_text(example);
    REQUIRE_MESSAGE(installed.settings, all_errors(installed));
    CHECK(installed.settings->sources.empty());
    CHECK(installed.settings->outputs.empty());
    LoadedSettings plain = load_text(
        kOneSource + "outputs:\n  - {id: soc, type: syslog, address: 'siem.example.com:6514'}\n");
    LoadedSettings with_defaults = load_text(full);
    REQUIRE_MESSAGE(plain.settings, all_errors(plain));
    REQUIRE_MESSAGE(with_defaults.settings, all_errors(with_defaults));
    const Settings& a = *plain.settings;
    const Settings& b = *with_defaults.settings;
    CHECK(a.state_directory == b.state_directory);
    CHECK(a.host_id == b.host_id);
    CHECK(a.sources[0].format == b.sources[0].format);
    CHECK(a.sources[0].max_document_bytes == b.sources[0].max_document_bytes);
    CHECK(a.sources[0].utc_offset_seconds == b.sources[0].utc_offset_seconds);
    CHECK(b.sources[0].map.size() == 4);  // no default: an example
    CHECK(a.outputs[0].transport == b.outputs[0].transport);
    CHECK(a.outputs[0].framing == b.outputs[0].framing);
    CHECK(a.outputs[0].facility == b.outputs[0].facility);
    CHECK(a.outputs[0].max_event_bytes == b.outputs[0].max_event_bytes);
    CHECK(a.outputs[0].required == b.outputs[0].required);
    CHECK(b.outputs[0].only.empty());
    CHECK(a.spool.directory == b.spool.directory);
    CHECK(a.spool.max_size_bytes == b.spool.max_size_bytes);
    CHECK(a.spool.min_free_bytes == b.spool.min_free_bytes);
    CHECK(a.spool.sync_interval_ms == b.spool.sync_interval_ms);
    CHECK(a.spool.seal_interval_ms == b.spool.seal_interval_ms);
    CHECK(a.spool.checkpoint_interval_ms == b.spool.checkpoint_interval_ms);
    CHECK(a.spool.segment_bytes_max == b.spool.segment_bytes_max);
    CHECK(a.spool.segment_age_max_ms == b.spool.segment_age_max_ms);
    CHECK(a.spool.compression_level == b.spool.compression_level);
    check_every_key(full);
}
