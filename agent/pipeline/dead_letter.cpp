#include "pipeline/dead_letter.h"

#include <charconv>
#include <string_view>

#include "pipeline/agent_record.h"

namespace llmtrail {

namespace {

// "dead letter: record INDEX, event ID, class CLASS: REASON"
constexpr std::string_view kBeforeIndex = "dead letter: record ";
constexpr std::string_view kBeforeEvent = ", event ";
constexpr std::string_view kBeforeClass = ", class ";
constexpr std::string_view kBeforeReason = ": ";

// Takes what stands before `end`, and `end`, off the front of `text`.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view end) {
    size_t at = text.find(end);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view taken = text.substr(0, at);
    text.remove_prefix(at + end.size());
    return taken;
}

template <typename Number>
bool read_number(std::optional<std::string_view> text, Number& out) {
    if (!text) {
        return false;
    }
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
    return error == std::errc() && end == text->data() + text->size();
}

}  // namespace

AgentNews news_of(const DeadLetter& letter) {
    std::string detail(kBeforeIndex);
    detail += std::to_string(letter.index);
    detail.append(kBeforeEvent).append(letter.event_id);
    detail.append(kBeforeClass).append(std::to_string(letter.event_class));
    detail.append(kBeforeReason).append(letter.reason);
    return {kClassEventsDropped, letter.output, std::move(detail), 1};
}

std::optional<DeadLetter> dead_letter_of(const AuditRecord& record) {
    if (!is_agent_record(record) || record.integer(Field::kAgentClass) != kClassEventsDropped) {
        return std::nullopt;
    }
    std::string_view text = record.text(Field::kAgentDetail);
    if (!text.starts_with(kBeforeIndex)) {
        return std::nullopt;
    }
    text.remove_prefix(kBeforeIndex.size());
    DeadLetter letter;
    letter.output = record.text(Field::kAgentSubject);
    bool read = read_number(take_until(text, kBeforeEvent), letter.index);
    std::optional<std::string_view> event_id = take_until(text, kBeforeClass);
    if (!read || !event_id || !read_number(take_until(text, kBeforeReason), letter.event_class)) {
        return std::nullopt;
    }
    letter.event_id = *event_id;
    letter.reason = text;
    return letter;
}

}  // namespace llmtrail
