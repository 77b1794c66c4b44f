#include "spool/verify_removals.h"

#include <algorithm>

namespace llmtrail {

namespace {

bool holds(const std::map<uint64_t, uint64_t>& ranges, uint64_t number) {
    auto after = ranges.upper_bound(number);
    return after != ranges.begin() && std::prev(after)->second >= number;
}

}  // namespace

std::optional<std::string> RemovalCheck::add_prune(ByteView clear, uint64_t holder) {
    Result<PruneBody> body = decode_prune(clear);
    if (!body) {
        return "prune: " + body.error().message;
    }
    if (body->last_segment >= holder || body->last_segment >= ends_.size()) {
        return "a pruning names segments that do not come before it";
    }
    auto after = named_.lower_bound(body->first_segment);
    bool overlaps = holds(named_, body->first_segment) ||
                    (after != named_.end() && after->first <= body->last_segment);
    if (overlaps) {
        return "a pruning names a segment for the second time";
    }
    const auto& [tree_size, root] = ends_[static_cast<size_t>(body->last_segment)];
    if (body->end_index != tree_size || body->root != root) {
        return "a pruning states another end than that of the segments it names";
    }
    named_[body->first_segment] = body->last_segment;
    waiting_prunes_.push_back({body->first_segment, body->last_segment});
    return std::nullopt;
}

std::optional<std::string> RemovalCheck::add_erase(ByteView clear, uint64_t holder) {
    Result<EraseBody> body = decode_erase(clear);
    if (!body) {
        return "erase: " + body.error().message;
    }
    if (body->last_segment >= holder) {
        return "an erasure names segments that do not come before it";
    }
    waiting_erases_.push_back({{body->first_segment, body->last_segment}, body->section_mask});
    return std::nullopt;
}

void RemovalCheck::seal() {
    for (const SegmentRange& range : waiting_prunes_) {
        pruned_[range.first] = range.last;
    }
    waiting_prunes_.clear();
    erased_.insert(erased_.end(), waiting_erases_.begin(), waiting_erases_.end());
    waiting_erases_.clear();
}

bool RemovalCheck::is_pruned(uint64_t segment_no) const {
    return holds(pruned_, segment_no);
}

uint8_t RemovalCheck::erased_sections(uint64_t segment_no) const {
    uint8_t mask = 0;
    for (const ErasedRange& range : erased_) {
        if (range.segments.contains(segment_no)) {
            mask = static_cast<uint8_t>(mask | range.section_mask);
        }
    }
    return mask;
}

}  // namespace llmtrail
