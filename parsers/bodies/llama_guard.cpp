#include "bodies/llama_guard.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace llmtrail {

namespace {

constexpr size_t kVerdictBytesMax = 256;
constexpr size_t kModelBytesMax = 128;

// MLCommons hazards as versions 3 and 4 number them; earlier ones number them differently.
constexpr auto kHazards = std::to_array<std::string_view>({
    "violent_crimes",
    "non_violent_crimes",
    "sex_related_crimes",
    "child_sexual_exploitation",
    "defamation",
    "specialized_advice",
    "privacy",
    "intellectual_property",
    "indiscriminate_weapons",
    "hate",
    "suicide_and_self_harm",
    "sexual_content",
    "elections",
    "code_interpreter_abuse",
});

// "meta-llama/Llama-Guard-3-8B", "llamaguard-7b", "llama_guard" → "llamaguard38b", …
std::string letters_of(std::string_view model) {
    std::string out;
    for (char c : model.substr(0, kModelBytesMax)) {
        if (c >= 'A' && c <= 'Z') {
            out.push_back(static_cast<char>(c | 0x20));
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            out.push_back(c);
        }
    }
    return out;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    size_t from = std::min(text.find_first_not_of(kSpace), text.size());
    size_t to = text.find_last_not_of(kSpace);
    return to == std::string_view::npos ? std::string_view() : text.substr(from, to + 1 - from);
}

std::string_view hazard_of(std::string_view code, bool named) {
    size_t number = 0;
    const char* end = code.data() + code.size();
    bool whole = code.size() > 1 && code.front() == 'S' &&
                 std::from_chars(code.data() + 1, end, number).ptr == end;
    return named && whole && number >= 1 && number <= kHazards.size() ? kHazards[number - 1] : code;
}

// The conversation's last message is what was judged. Quotes inside texts are escaped, so that a
// message's beginning is not found in one.
std::string_view target_of(MessagesWriter& input) {
    constexpr std::string_view kRole = "{\"role\":\"";
    std::string_view json = input.json();
    size_t at = json.rfind(kRole);
    if (input.empty() || at == std::string_view::npos) {
        return {};
    }
    return json.substr(at + kRole.size()).starts_with("assistant\"") ? "output" : "input";
}

}  // namespace

bool read_llama_guard(std::string_view model, BodyScratch& scratch) {
    std::string_view answer = trimmed(scratch.output.all_text());
    bool safe = answer == "safe";
    bool unsafe =
        answer.size() <= kVerdictBytesMax && (answer == "unsafe" || answer.starts_with("unsafe\n"));
    if (!safe && !unsafe) {
        return false;
    }
    std::string letters = letters_of(model);
    size_t at = letters.find("llamaguard");
    if (at == std::string::npos) {
        return false;
    }
    char version = at + 10 < letters.size() ? letters[at + 10] : ' ';
    bool named = version == '3' || version == '4';
    GuardrailResult result;
    result.name = "llama-guard";
    result.target = target_of(scratch.input);
    result.verdict = safe ? "allow" : "deny";
    std::string_view codes = safe ? std::string_view() : trimmed(answer.substr(6));
    if (codes.empty()) {
        add_guardrail(scratch, result);
    }
    while (!codes.empty()) {
        size_t comma = std::min(codes.find(','), codes.size());
        std::string_view code = trimmed(codes.substr(0, comma));
        codes.remove_prefix(std::min(comma + 1, codes.size()));
        result.rule_id = code;
        result.category = hazard_of(code, named);
        add_guardrail(scratch, result);
    }
    return true;
}

}  // namespace llmtrail
