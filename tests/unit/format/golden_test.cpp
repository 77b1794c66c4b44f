// Formats the records of some golden cases and compares with
// tests/golden/<parser>/<case>/event.cef and event.leef, one event a line: each record whole, with
// previews, then cut to the smallest size. With LLMTRAIL_UPDATE_GOLDEN=1 in the environment they
// are written anew, and the difference is what a review reads.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cef_reader.h"
#include "format/formatter.h"
#include "golden_record.h"
#include "leef_reader.h"
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
                                  "otlp/log_events",
                                  "anthropic_activity/toggles_and_roles",
                                  "azure/activity_content_filter_lowered",
                                  "azure/gateway_blocked_prompt",
                                  "body/llama_guard",
                                  "cloudflare/failed_step",
                                  "cloudtrail/update_guardrail",
                                  "dify/console_message",
                                  "envoy/failed",
                                  "exchange/gemini_safety",
                                  "helicone/with_bodies",
                                  "kong/guards",
                                  "langfuse/export-trace",
                                  "langsmith/feedback",
                                  "librechat/parts_and_files",
                                  "litellm/guardrail_blocked",
                                  "m365_copilot/attack_and_policy",
                                  "nemo/generation_blocked",
                                  "openai_audit/key_lifecycle",
                                  "openwebui/rag",
                                  "openwebui/settings",
                                  "openwebui/sign_in",
                                  "otlp/guardrails",
                                  "portkey/guardrail_block",
                                  "server_log/ollama",
                                  "vertex/log_model_armor",
                                  "vertex/row_full",
                                  "otlp/who_and_where",
                                  "otlp/openinference_parts",
                                  "otlp/traceloop_indexed",
                                  "vertex/audit_predict",
                                  "cloudflare/api_log_bodies",
                                  "nemo/guardrails_ai",
                                  "openai_audit/chatgpt_conversation",
                                  "m365_copilot/graph_export",
                                  "azure/request_response",
                                  "server_log/vllm",
                                  "langsmith/user_and_model",
                                  "nemo/guardrails_ai_modified",
                                  "nemo/guardrails_ai_several"};

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

using MakeFormatter = std::unique_ptr<Formatter> (*)(FormatOptions);

std::string events_of(const std::vector<AuditRecord>& records, MakeFormatter make,
                      std::string (*problem_of)(std::string_view event)) {
    FormatOptions whole = sample_options();
    whole.prompt_preview_characters = 120;
    whole.response_preview_characters = 120;
    FormatOptions small = whole;
    small.event_bytes_max = kEventBytesMin;
    SampleReference sample;
    std::string out;
    for (const FormatOptions& options : {whole, small}) {
        auto formatter = make(options);
        for (const AuditRecord& record : records) {
            std::string event;
            formatter->format(record, sample.get(), event);
            CHECK(problem_of(event) == "");
            CHECK(event.size() <= options.event_bytes_max);
            out += without_version(event) + "\n";
        }
    }
    return out;
}

std::string cef_problem(std::string_view event) {
    return std::string(read_cef(event).problem);
}

std::string leef_problem(std::string_view event) {
    return read_leef(event).problem;
}

void compare(const fs::path& path, const std::string& now) {
    const char* update = std::getenv("LLMTRAIL_UPDATE_GOLDEN");
    if (update != nullptr && std::string_view(update) == "1") {
        std::ofstream(path, std::ios::binary) << now;
    }
    CHECK(file_text(path) == now);
}

}  // namespace

TEST_CASE("golden records give their golden events") {
    for (const char* name : kCases) {
        CAPTURE(name);
        fs::path folder = fs::path(LLMTRAIL_SOURCE_DIR) / "tests/golden" / name;
        auto records = read_golden_records(file_text(folder / "record.json"));
        REQUIRE(!records.empty());
        compare(folder / "event.cef", events_of(records, make_cef_formatter, cef_problem));
        compare(folder / "event.leef", events_of(records, make_leef_formatter, leef_problem));
    }
}
