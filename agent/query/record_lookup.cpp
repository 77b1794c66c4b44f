#include "query/record_lookup.h"

#include <algorithm>

#include "spool/batch.h"

namespace llmtrail {
namespace {

constexpr size_t kProblemsKept = 100;

}  // namespace

void RecordLookup::leaf(uint64_t index, const Digest& leaf) {
    if (seen_) {
        return;
    }
    if (index_ ? index == *index_ : event_id_of(leaf) == event_id_) {
        index_ = index;
        leaf_ = leaf;
        seen_ = true;
    }
}

bool RecordLookup::wants(uint64_t first_index, const std::vector<Digest>& leaves) {
    if (index_) {
        return *index_ >= first_index && *index_ - first_index < leaves.size();
    }
    return std::any_of(leaves.begin(), leaves.end(),
                       [&](const Digest& leaf) { return event_id_of(leaf) == event_id_; });
}

void RecordLookup::batch(const OpenedBatch& batch, SegmentOpeners&) {
    uint64_t first = batch.batch.first_index;
    if (!seen_ || *index_ < first || *index_ >= batch.batch.end_index()) {
        return;
    }
    FoundRecord found;
    Result<void> taken = take_record(batch, static_cast<size_t>(*index_ - first), found);
    if (taken) {
        record_ = std::move(found);
    } else {
        problems_.push_back({segment_file_name(batch.batch.segment_no), 0, taken.error().message,
                             taken.error().code});
    }
}

void RecordLookup::control(const FrameView& frame, const Digest& frame_digest) {
    if (seen_ && !control_ && frame.header.index == *index_) {
        control_ =
            FoundControl{*index_, frame.header.type, UnixNanos{frame.header.wall_ns}, frame_digest};
    }
}

void RecordLookup::settled(Evidence evidence, const SealBody*) {
    if (seen_ && !evidence_) {
        evidence_ = evidence;
    }
}

void RecordLookup::problem(const ScanProblem& problem) {
    if (problems_.size() < kProblemsKept) {
        problems_.push_back(problem);
    }
}

}  // namespace llmtrail
