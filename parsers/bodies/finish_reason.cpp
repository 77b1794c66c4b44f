#include <algorithm>
#include <array>

#include "bodies/body.h"

namespace llmtrail {

namespace {

struct ReasonRow {
    std::string_view raw;  // lower case, '-' and ' ' as '_'
    std::string_view normalized;
};

// Sorted. OpenAI, Azure, Anthropic, Gemini, Bedrock and its models,
// Cohere, Mistral, Ollama, TGI.
constexpr std::array kReasons = {
    ReasonRow{"blocklist", "content_filter"},
    ReasonRow{"cancelled", "other"},
    ReasonRow{"complete", "stop"},
    ReasonRow{"completed", "stop"},
    ReasonRow{"content_filter", "content_filter"},
    ReasonRow{"content_filtered", "content_filter"},
    ReasonRow{"done", "stop"},
    ReasonRow{"end_turn", "stop"},
    ReasonRow{"endoftext", "stop"},
    ReasonRow{"eos", "stop"},
    ReasonRow{"eos_token", "stop"},
    ReasonRow{"error", "error"},
    ReasonRow{"error_limit", "length"},
    ReasonRow{"error_toxic", "content_filter"},
    ReasonRow{"failed", "error"},
    ReasonRow{"finish", "stop"},
    ReasonRow{"finished", "stop"},
    ReasonRow{"function_call", "tool_call"},
    ReasonRow{"guardrail_intervened", "content_filter"},
    ReasonRow{"image_prohibited_content", "content_filter"},
    ReasonRow{"image_recitation", "content_filter"},
    ReasonRow{"image_safety", "content_filter"},
    ReasonRow{"length", "length"},
    ReasonRow{"malformed_function_call", "error"},
    ReasonRow{"malformed_model_output", "error"},
    ReasonRow{"malformed_tool_use", "error"},
    ReasonRow{"max_new_tokens", "length"},
    ReasonRow{"max_output_tokens", "length"},
    ReasonRow{"max_tokens", "length"},
    ReasonRow{"model_armor", "content_filter"},
    ReasonRow{"model_context_window_exceeded", "length"},
    ReasonRow{"model_length", "length"},
    ReasonRow{"prohibited_content", "content_filter"},
    ReasonRow{"recitation", "content_filter"},
    ReasonRow{"refusal", "content_filter"},
    ReasonRow{"safety", "content_filter"},
    ReasonRow{"spii", "content_filter"},
    ReasonRow{"stop", "stop"},
    ReasonRow{"stop_sequence", "stop"},
    ReasonRow{"timeout", "error"},
    ReasonRow{"tool_call", "tool_call"},
    ReasonRow{"tool_calls", "tool_call"},
    ReasonRow{"tool_use", "tool_call"},
};

static_assert(std::is_sorted(kReasons.begin(), kReasons.end(),
                             [](const ReasonRow& a, const ReasonRow& b) { return a.raw < b.raw; }));

constexpr size_t kRawReasonBytesMax = 64;
constexpr size_t kRawReasonsBytesMax = 4096;  // of one record; further ones are not listed

}  // namespace

std::string_view normalized_finish_reason(std::string_view raw) {
    std::array<char, kRawReasonBytesMax> lower{};
    if (raw.size() > lower.size()) {
        return "other";
    }
    std::transform(raw.begin(), raw.end(), lower.begin(), [](char c) {
        if (c >= 'A' && c <= 'Z') {
            return static_cast<char>(c - 'A' + 'a');
        }
        return c == '-' || c == ' ' ? '_' : c;
    });
    std::string_view key(lower.data(), raw.size());
    const auto* row = std::lower_bound(
        kReasons.begin(), kReasons.end(), key,
        [](const ReasonRow& a, std::string_view wanted) { return a.raw < wanted; });
    return row != kReasons.end() && row->raw == key ? row->normalized : "other";
}

void add_finish_reason(AuditRecord& record, std::string_view raw) {
    if (raw.empty()) {
        return;
    }
    record.append_to_list(Field::kGenAiResponseFinishReasons, normalized_finish_reason(raw));
    if (record.text(Field::kFinishReasonRaw).size() + raw.size() < kRawReasonsBytesMax) {
        record.append_to_list(Field::kFinishReasonRaw, raw);
    }
}

}  // namespace llmtrail
