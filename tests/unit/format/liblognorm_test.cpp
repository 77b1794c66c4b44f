#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/utf8.h"
#include "fakes/fake_random.h"
#include "format/formatter.h"
#include "sample_record.h"

using namespace llmtrail;

namespace {

constexpr const char* kProgram = "/usr/bin/lognormalizer";

// liblognorm 2.0.6 takes the first byte after the header for a blank.
std::string with_blank_after_header(const std::string& event) {
    size_t at = 0;
    for (int pipes = 0; pipes < 7; ++at) {
        pipes += event[at] == '|' ? 1 : 0;
    }
    return event.substr(0, at) + " " + event.substr(at);
}

std::vector<std::string> make_events() {
    FormatOptions options = sample_options();
    options.prompt_preview_characters = 400;
    options.response_preview_characters = 400;
    auto formatter = make_cef_formatter(options);
    SampleReference sample;
    FakeRandom random(5);
    std::vector<std::string> events;
    for (int i = 0; i < 200; ++i) {
        AuditRecord record = sample_interaction();
        for (Field field :
             {Field::kUserName, Field::kPromptText, Field::kResponseText, Field::kPurpose}) {
            std::string text;
            for (uint64_t n = 1 + random.below(60); n > 0; --n) {
                append_utf8(text, random.below(2) == 0
                                      ? static_cast<uint32_t>("\\=|\n\r\t \" a"[random.below(10)])
                                      : static_cast<uint32_t>(random.below(0x3000)));
            }
            record.set_text(field, text);
        }
        formatter->format(record, sample.get(), events.emplace_back());
    }
    for (unsigned id = 1; id < 1000; ++id) {
        if (event_class_by_id(static_cast<uint16_t>(id)) != nullptr) {
            AuditRecord record;
            record.set_text(Field::kEventKind, "agent");
            record.set_integer(Field::kAgentClass, id);
            formatter->format(record, sample.get(), events.emplace_back());
        }
    }
    return events;
}

std::vector<std::string> run_lognormalizer(const std::string& directory) {
    std::string command =
        std::string(kProgram) + " -r " + directory + "/rulebase -e json < " + directory + "/events";
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
    REQUIRE(pipe != nullptr);
    std::vector<std::string> lines(1);
    for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
        if (c == '\n') {
            lines.emplace_back();
        } else {
            lines.back().push_back(static_cast<char>(c));
        }
    }
    lines.pop_back();
    return lines;
}

}  // namespace

TEST_CASE("liblognorm, which rejects more than any other reader, accepts every event") {
    if (::access(kProgram, X_OK) != 0) {
        MESSAGE("SKIPPED: needs the package liblognorm-utils");
        return;
    }
    std::string pattern = std::filesystem::temp_directory_path() / "llmtrail-lognorm-XXXXXX";
    std::string directory = ::mkdtemp(pattern.data());
    std::ofstream(directory + "/rulebase") << "version=2\nrule=:%f:cef%\n";
    std::vector<std::string> events = make_events();
    {
        std::ofstream out(directory + "/events", std::ios::binary);
        for (const std::string& event : events) {
            out << with_blank_after_header(event) << "\n";
        }
    }
    std::vector<std::string> lines = run_lognormalizer(directory);
    std::filesystem::remove_all(directory);
    REQUIRE(lines.size() == events.size());
    for (size_t i = 0; i < lines.size(); ++i) {
        bool accepted = lines[i].find("unparsed-data") == std::string::npos &&
                        lines[i].find("\"externalId\": \"aebagbafaydqqcikbmga2dqpcaireeyu\"") !=
                            std::string::npos;
        CHECK_MESSAGE(accepted, events[i]);
    }
}
