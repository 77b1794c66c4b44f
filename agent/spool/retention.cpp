#include "spool/retention.h"

#include <algorithm>

namespace llmtrail {
namespace {

constexpr uint64_t kLeafBytes = 32;
constexpr uint64_t kLeafFileOverheadBytes = 4096;  // header, control frames

int64_t age_ms(const SegmentFacts& segment, const RetentionFacts& facts) {
    return (facts.now.value - segment.closed_at.value) / kNanosPerMilli;
}

uint64_t bytes_freed(const SegmentFacts& segment) {
    uint64_t leaf = kLeafBytes * (segment.end_index - segment.first_index) + kLeafFileOverheadBytes;
    return segment.payload_bytes > leaf ? segment.payload_bytes - leaf : 0;
}

std::string text_of(const RetentionPolicy& policy, const RetentionFacts& facts, bool dropped) {
    std::string outputs;
    for (const std::string& id : policy.required_outputs) {
        outputs += outputs.empty() ? id : ", " + id;
    }
    std::string text = "older than " + std::to_string(policy.min_age_ms / 1000) + " s";
    if (dropped) {
        return text + "; on_full drop_oldest: not confirmed by all of " + outputs +
               ", or not covered";
    }
    text += outputs.empty() ? "; no output is required" : "; confirmed by " + outputs;
    return text + "; covered to leaf " + std::to_string(facts.coverage.end_index) + " by " +
           facts.coverage.by;
}

struct Chooser {
    const RetentionPolicy& policy;
    const RetentionFacts& facts;
    std::vector<PruneChoice> choices;
    uint64_t freed = 0;

    void take(const SegmentFacts& segment, PruneReason reason) {
        freed += bytes_freed(segment);
        bool joins = !choices.empty() && choices.back().reason == reason &&
                     choices.back().segments.last + 1 == segment.segment_no;
        if (!joins) {
            PruneChoice choice;
            choice.segments.first = segment.segment_no;
            choice.reason = reason;
            choice.policy = text_of(policy, facts, reason == PruneReason::kDropped);
            choices.push_back(choice);
        }
        PruneChoice& choice = choices.back();
        choice.segments.last = segment.segment_no;
        choice.bytes += bytes_freed(segment);
        if (reason == PruneReason::kDropped) {
            uint64_t confirmed = confirmed_end(policy.required_outputs, facts.cursors);
            uint64_t from = std::max(confirmed, segment.first_index);
            choice.unconfirmed += segment.end_index > from ? segment.end_index - from : 0;
        }
    }
};

}  // namespace

std::string_view keep_reason_text(KeepReason reason) {
    switch (reason) {
        case KeepReason::kNone:
            return "may be removed";
        case KeepReason::kNewest:
            return "the newest closed segment";
        case KeepReason::kEvidence:
            return "damaged, kept as evidence";
        case KeepReason::kHeld:
            return "under legal hold";
        case KeepReason::kTooYoung:
            return "younger than retention.min_age";
        case KeepReason::kUnconfirmed:
            return "not confirmed by every required output";
        case KeepReason::kUncovered:
            return "not yet covered by an anchor or a checkpoint outside this host";
    }
    return "";
}

uint64_t confirmed_end(const std::vector<std::string>& required_outputs, const Cursors& cursors) {
    uint64_t end = kWithoutEnd;
    for (const std::string& id : required_outputs) {
        auto cursor = std::find_if(cursors.begin(), cursors.end(),
                                   [&](const auto& known) { return known.first == id; });
        end = std::min(end, cursor == cursors.end() ? 0 : cursor->second);
    }
    return end;
}

KeepReason why_kept(const SegmentFacts& segment, uint64_t newest, const RetentionPolicy& policy,
                    const RetentionFacts& facts) {
    if (segment.segment_no == newest) {
        return KeepReason::kNewest;
    }
    if (segment.evidence) {
        return KeepReason::kEvidence;
    }
    bool held = std::any_of(facts.holds.begin(), facts.holds.end(), [&](const LegalHold& hold) {
        return hold.segments.contains(segment.segment_no);
    });
    if (held) {
        return KeepReason::kHeld;
    }
    // A clock that was set back makes a segment young, never old.
    if (age_ms(segment, facts) < policy.min_age_ms) {
        return KeepReason::kTooYoung;
    }
    if (confirmed_end(policy.required_outputs, facts.cursors) < segment.end_index) {
        return KeepReason::kUnconfirmed;
    }
    return facts.coverage.end_index < segment.end_index ? KeepReason::kUncovered
                                                        : KeepReason::kNone;
}

std::vector<PruneChoice> choose_segments(const std::vector<SegmentFacts>& closed,
                                         const RetentionPolicy& policy, const RetentionFacts& facts,
                                         uint64_t bytes_needed) {
    if (closed.empty()) {
        return {};
    }
    uint64_t newest = closed.back().segment_no;
    Chooser chooser{policy, facts, {}};
    for (const SegmentFacts& segment : closed) {
        if (!segment.has_payload || why_kept(segment, newest, policy, facts) != KeepReason::kNone) {
            continue;
        }
        if (age_ms(segment, facts) >= policy.max_age_ms) {
            chooser.take(segment, PruneReason::kAge);
        } else if (chooser.freed < bytes_needed) {
            chooser.take(segment, PruneReason::kSpace);
        }
    }
    if (!policy.drop_oldest || !chooser.choices.empty()) {
        return chooser.choices;
    }
    for (const SegmentFacts& segment : closed) {
        KeepReason reason = why_kept(segment, newest, policy, facts);
        bool may_drop = reason == KeepReason::kUnconfirmed || reason == KeepReason::kUncovered;
        if (segment.has_payload && may_drop && chooser.freed < bytes_needed) {
            chooser.take(segment, PruneReason::kDropped);
        }
    }
    return chooser.choices;
}

std::vector<KeptBytes> sum_kept(const std::vector<SegmentFacts>& closed,
                                const RetentionPolicy& policy, const RetentionFacts& facts) {
    std::vector<KeptBytes> sums;
    for (const SegmentFacts& segment : closed) {
        if (!segment.has_payload) {
            continue;
        }
        KeepReason reason = why_kept(segment, closed.back().segment_no, policy, facts);
        auto sum = std::find_if(sums.begin(), sums.end(),
                                [&](const KeptBytes& known) { return known.reason == reason; });
        if (sum == sums.end()) {
            sum = sums.insert(sums.end(), {reason, 0, 0});
        }
        sum->segments += 1;
        sum->bytes += segment.payload_bytes;
    }
    return sums;
}

}  // namespace llmtrail
