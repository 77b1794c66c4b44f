// Formats the records of some golden cases and compares with
// tests/golden/<parser>/<case>/event.cef, one event a line: each record whole, with previews, then
// cut to the smallest size. With LLMTRAIL_UPDATE_GOLDEN=1 in the environment event.cef is written
// anew, and the difference is what a review reads.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cef_reader.h"
#include "format/formatter.h"
#include "golden_record.h"
#include "sample_record.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

constexpr const char* kCases[] = {"json/bench_interaction",
                                  "json/bench_blocked",
                                  "json/bench_edit",
                                  "json/bench_settings_change",
                                  "json/hostile_bytes",
                                  "json/not_json",
                                  "json/common_names",
                                  "exchange/azure_filter_results",
                                  "exchange/stream_tool_call",
                                  "bedrock/converse_guardrail",
                                  "otlp/log_events"};

std::string file_text(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The version of the build stands in every event; in a stored one there is a word instead.
std::string without_version(std::string event) {
    static constexpr std::string_view kVersion = "|" LLMTRAIL_VERSION "|";
    size_t at = event.find(kVersion);
    REQUIRE(at != std::string::npos);
    return event.replace(at, kVersion.size(), "|VERSION|");
}

std::string events_of(const std::vector<AuditRecord>& records) {
    FormatOptions whole = sample_options();
    whole.prompt_preview_characters = 120;
    whole.response_preview_characters = 120;
    FormatOptions small = whole;
    small.event_bytes_max = kEventBytesMin;
    SampleReference sample;
    std::string out;
    for (const FormatOptions& options : {whole, small}) {
        auto formatter = make_cef_formatter(options);
        for (const AuditRecord& record : records) {
            std::string event;
            formatter->format(record, sample.get(), event);
            CHECK(read_cef(event).problem == "");
            CHECK(event.size() <= options.event_bytes_max);
            out += without_version(event) + "\n";
        }
    }
    return out;
}

}  // namespace

TEST_CASE("golden records give their golden events") {
    const char* update = std::getenv("LLMTRAIL_UPDATE_GOLDEN");
    for (const char* name : kCases) {
        CAPTURE(name);
        fs::path folder = fs::path(LLMTRAIL_SOURCE_DIR) / "tests/golden" / name;
        auto records = read_golden_records(file_text(folder / "record.json"));
        REQUIRE(!records.empty());
        std::string now = events_of(records);
        if (update != nullptr && std::string_view(update) == "1") {
            std::ofstream(folder / "event.cef", std::ios::binary) << now;
        }
        CHECK(file_text(folder / "event.cef") == now);
    }
}
