#include "pipeline/announcements.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "pipeline/agent_record.h"
#include "record/record_codec.h"

namespace llmtrail {

// `is_sum`: it is what a minute of repeats came to.
std::optional<AgentNews> Announcements::next(Which which, bool& is_sum) {
    is_sum = false;
    if (const DeadLetter* letter = dead_letters_.next()) {
        dead_letters_.note_appended(batch_.commits());
        return news_of(*letter);
    }
    if (which == Which::kDeadLetters) {
        return std::nullopt;
    }
    MonotonicNanos now = clock_.monotonic_now();
    std::optional<AgentNews> news = news_.take(now, which == Which::kAll);
    if (news) {
        return news;
    }
    is_sum = true;
    return repeats_.take(now, which == Which::kAll);
}

void Announcements::append_record(const AgentNews& news, bool is_sum) {
    AuditRecord record;
    fill_agent_record(record, news, clock_.wall_now());
    if (!is_sum) {
        repeats_.note(record, news.event_class, news.subject, clock_.monotonic_now());
    }
    std::array<Bytes, kSectionCount> sections;
    encode_record(record, sections);
    spool_.append({sections[0], sections[1], sections[2], sections[3]});
    batch_.note_records();
}

bool Announcements::append(Which which) {
    while (!spool_.batch_full()) {
        bool is_sum = false;
        std::optional<AgentNews> news = next(which, is_sum);
        if (!news) {
            return true;
        }
        append_record(*news, is_sum);
    }
    return false;
}

bool Announcements::commit(Which which) {
    for (bool told = false; !told;) {
        told = append(which);
        if (!batch_.commit()) {
            return false;
        }
    }
    settle();
    return true;
}

void Announcements::settle() {
    mailbox_.note_dead_letters_sealed(dead_letters_.settle(batch_.commits()));
}

Cursors Announcements::held_back(Cursors cursors) const {
    if (!batch_.full()) {
        dead_letters_.hold_back(cursors);
    }
    return cursors;
}

int64_t Announcements::wait_ms() const {
    if (dead_letters_.next() != nullptr) {
        return 0;
    }
    MonotonicNanos now = clock_.monotonic_now();
    int64_t news = news_.wait_ms(now);
    int64_t sums = repeats_.wait_ms(now);
    return news < 0 || sums < 0 ? std::max(news, sums) : std::min(news, sums);
}

}  // namespace llmtrail
