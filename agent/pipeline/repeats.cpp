#include "pipeline/repeats.h"

#include <algorithm>
#include <utility>

#include "pipeline/agent_record.h"

namespace llmtrail {

namespace {

constexpr std::string_view kRepeatFlag = "repeat";
constexpr std::string_view kRepeatItem = "\"repeat\"";

bool is_summed(uint16_t event_class) {
    return event_class == kClassUnparsable || event_class == kClassEventsDropped ||
           event_class == kClassOutputDown || event_class == kClassOutputRecovered;
}

std::string words_for(uint16_t event_class, uint32_t repeats) {
    std::string count = std::to_string(repeats);
    switch (event_class) {
        case kClassUnparsable:
            return count + " more documents of this source are no records; each is sealed";
        case kClassEventsDropped:
            return count + " more events are dead letters of this output; each is sealed";
        case kClassOutputDown:
            return "down " + count + " more times";
        default:
            return "recovered " + count + " more times";
    }
}

// What news were merged into it.
uint32_t news_count(const AuditRecord& record) {
    int64_t count = is_agent_record(record) ? record.integer(Field::kAgentCount).value_or(1) : 1;
    return static_cast<uint32_t>(std::clamp<int64_t>(count, 1, UINT32_MAX));
}

bool has_mark(const AuditRecord& record) {
    return record.text(Field::kRecordFlags).find(kRepeatItem) != std::string_view::npos;
}

}  // namespace

void Repeats::note(AuditRecord& record, uint16_t event_class, std::string_view subject,
                   MonotonicNanos now) {
    if (has_mark(record)) {
        record.remove(Field::kRecordFlags);  // a map of the configuration put it there
    }
    if (!is_summed(event_class)) {
        return;
    }
    auto [window, is_first] =
        windows_.try_emplace({event_class, std::string(subject)}, Window{now, 0});
    if (is_first) {
        return;
    }
    count_in(window->second.repeats, news_count(record));
    record.append_to_list(Field::kRecordFlags, kRepeatFlag);
}

std::optional<AgentNews> Repeats::take(MonotonicNanos now, bool all) {
    for (auto at = windows_.begin(); at != windows_.end();) {
        auto& [key, window] = *at;
        if (!all && now.millis_since(window.begun) < kRepeatWindowMs) {
            ++at;
            continue;
        }
        uint32_t repeats = std::exchange(window.repeats, 0);
        if (repeats == 0) {
            at = windows_.erase(at);
            continue;
        }
        window.begun = now;
        return AgentNews{key.first, key.second, words_for(key.first, repeats), repeats};
    }
    return std::nullopt;
}

int64_t Repeats::wait_ms(MonotonicNanos now) const {
    int64_t wait = -1;
    for (const auto& [key, window] : windows_) {
        int64_t left = std::max<int64_t>(0, kRepeatWindowMs - now.millis_since(window.begun));
        wait = wait < 0 ? left : std::min(wait, left);
    }
    return wait;
}

bool is_repeat(const AuditRecord& record) {
    return has_mark(record) &&
           (is_agent_record(record) || record.text(Field::kEventKind) == "rejected");
}

}  // namespace llmtrail
