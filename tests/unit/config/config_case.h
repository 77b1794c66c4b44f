// Loads texts as agent.yaml and conf.d, and finds the errors of interest.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "config/settings.h"
#include "fakes/memory_files.h"

namespace llmtrail {

inline ConfigVocabulary test_vocabulary() {
    ConfigVocabulary vocabulary;
    vocabulary.map_fields = {"user.id",   "user.roles",   "user.name",
                             "device.id", "llm.audit.data_sources", "llm.audit.purpose"};
    vocabulary.formats = {"openai", "json"};
    vocabulary.kinds = {"inference", "rejected", "other"};
    vocabulary.classes = {100, 605};
    return vocabulary;
}

inline LoadedSettings load_text(const std::string& text) {
    MemoryFiles files;
    files.files["/etc/llmtrail/agent.yaml"].text = text;
    return load_settings("/etc/llmtrail/agent.yaml", test_vocabulary(), files);
}

inline std::string all_errors(const LoadedSettings& loaded) {
    std::string text;
    for (const ConfigError& error : loaded.errors) {
        text += describe(error);
    }
    return text;
}

inline std::string read_project_file(const std::string& path) {
    std::ifstream in(std::string(LLMTRAIL_SOURCE_DIR) + "/" + path);
    REQUIRE_MESSAGE(in.good(), path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// A source that needs no further thought, for tests about something else.
inline const std::string kOneSource = "sources:\n  - id: app\n    paths: [/var/log/app/*.jsonl]\n";

}  // namespace llmtrail
