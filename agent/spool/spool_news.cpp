// The part of LogWriter that tells what the spool itself has to say, as records of its own.
#include <algorithm>
#include <utility>

#include "spool/spool_writer.h"

namespace llmtrail {
namespace {

constexpr uint64_t kFilledPercents[] = {90, 75};
constexpr uint64_t kLeafFilesPercent = 50;  // they never go, so that more time is left

uint64_t percent_of(uint64_t bytes, uint64_t bytes_max) {
    return bytes_max == 0 ? 0 : bytes / (bytes_max / 100 + 1);
}

}  // namespace

// What start() found could not be told then.
void LogWriter::narrate(SpoolNarrator narrator) {
    narrator_ = std::move(narrator);
    refused_.clear();
}

// Told in a BATCH of its own, which may use the reserve. What cannot be told is in the log all the
// same: a PRUNE says what went.
Result<void> LogWriter::tell(const SpoolNews& news) {
    if (!narrator_) {
        return {};
    }
    std::array<Bytes, kSectionCount> sections = narrator_(news);
    words_.append({sections[0], sections[1], sections[2], sections[3]});
    Result<std::shared_ptr<const Batch>> told = commit_once(words_, {}, true);
    if (!told) {
        words_.clear();
        return fail(told.error());
    }
    told_.push_back(std::move(*told));
    return {};
}

std::vector<std::shared_ptr<const Batch>> LogWriter::take_told() {
    return std::exchange(told_, {});
}

void LogWriter::tell_full() {
    if (std::exchange(full_told_, true)) {
        return;
    }
    std::string detail = "the spool is full, sources wait";
    for (const KeptBytes& kept :
         sum_kept(catalog_.closed(), options_.retention, retention_facts())) {
        detail += "; " + std::to_string(kept.segments) + " segments " +
                  std::string(keep_reason_text(kept.reason));
    }
    detail += "; leaf files: " + std::to_string(catalog_.leaf_bytes()) + " bytes";
    (void)tell({SpoolNewsKind::kFull, detail, 1});
}

// What may be removed at need fills nothing.
void LogWriter::tell_filling() {
    uint64_t kept_bytes = catalog_.leaf_bytes() + (segment_ ? segment_->durable_bytes : 0);
    std::string reasons = "; leaf files: " + std::to_string(catalog_.leaf_bytes()) + " bytes";
    for (const KeptBytes& kept :
         sum_kept(catalog_.closed(), options_.retention, retention_facts())) {
        if (kept.reason != KeepReason::kNone) {
            kept_bytes += kept.bytes;
            reasons += "; " + std::to_string(kept.segments) + " segments " +
                       std::string(keep_reason_text(kept.reason));
        }
    }
    uint64_t percent = percent_of(kept_bytes, options_.max_size_bytes);
    bool leaf_files =
        percent_of(catalog_.leaf_bytes(), options_.max_size_bytes) >= kLeafFilesPercent;
    uint64_t reached = leaf_files ? kLeafFilesPercent : 0;
    if (leaf_files) {
        reasons += ", which stay: raise max_size before they fill it";
    }
    for (uint64_t level : kFilledPercents) {
        reached = std::max(reached, percent >= level ? level : 0);
    }
    if (reached > filled_told_percent_) {
        (void)tell({SpoolNewsKind::kFilling,
                    std::to_string(reached) + " % of max_size may not be removed" + reasons,
                    reached});
    }
    filled_told_percent_ = reached;
}

}  // namespace llmtrail
