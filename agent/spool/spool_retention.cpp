// The part of LogWriter that removes: pruning, erasing, holds, and the news about them. Each
// removal follows a frame that is sealed and synced (docs/spool-format.md, "Pruning"), so it may be
// stopped anywhere: finish_removals() reads from positions_ what is to be finished.
#include <algorithm>
#include <utility>

#include "spool/local_wrap.h"
#include "spool/segment_removal.h"
#include "spool/spool_writer.h"

namespace llmtrail {
namespace {

constexpr int64_t kRetentionIntervalMs = 60'000;
constexpr uint64_t kPruneBytesAtOnce = uint64_t{64} << 20;  // so that ingest does not stand long
constexpr std::string_view kLeafNewSuffix = ".leaf.new";

// As many of the oldest as are read quickly, at least one.
PruneChoice first_part(const PruneChoice& choice, const SegmentCatalog& catalog) {
    PruneChoice part = choice;
    uint64_t bytes = 0;
    for (uint64_t number = choice.segments.first; number <= choice.segments.last; ++number) {
        const SegmentFacts* facts = catalog.find(number);
        part.segments.last = number;
        bytes += facts != nullptr ? facts->payload_bytes : 0;
        if (bytes >= kPruneBytesAtOnce) {
            break;
        }
    }
    return part;
}

}  // namespace

Result<void> LogWriter::note_own_entries() {
    Result<SpoolState> state = spool_state_of(positions_);
    if (!state) {
        return fail(state.error());
    }
    state_ = std::move(*state);
    return {};
}

RetentionFacts LogWriter::retention_facts() const {
    return {seams_.clock.wall_now(), cursors_, coverage_, state_.holds};
}

Result<void> LogWriter::refresh_catalog() {
    Result<void> refreshed = catalog_.refresh(next_segment_no_ - 1);
    if (refreshed) {
        for (uint64_t number : refused_) {
            catalog_.mark_evidence(number);
        }
        stored_bytes_ = catalog_.payload_bytes() + catalog_.leaf_bytes();
    }
    return refreshed;
}

void LogWriter::retain_when_due() {
    MonotonicNanos now = seams_.clock.monotonic_now();
    bool due =
        !retained_at_ || more_to_prune_ || now.millis_since(*retained_at_) >= kRetentionIntervalMs;
    if (due) {
        (void)retain();  // tried again in a while
    }
}

Result<void> LogWriter::retain() {
    retained_at_ = seams_.clock.monotonic_now();
    Result<void> done = finish_removals(false);
    if (!done) {
        return done;
    }
    Result<bool> pruned = prune_some(0);
    more_to_prune_ = pruned && *pruned;
    destroy_wraps();
    tell_filling();
    return pruned ? Result<void>{} : Result<void>(fail(pruned.error()));
}

// A segment that is not what it was stays, and so does whatever says so.
Result<void> LogWriter::finish_removals(bool at_start) {
    Result<void> refreshed = refresh_catalog();
    if (!refreshed) {
        return refreshed;
    }
    if (at_start) {
        Result<std::vector<std::string>> names = seams_.files.list(options_.directory);
        for (const std::string& name : names ? *names : std::vector<std::string>()) {
            if (name.ends_with(kLeafNewSuffix)) {
                (void)seams_.files.remove(options_.directory + "/" + name);
            }
        }
    }
    bool removed = false;
    for (const SegmentFacts& facts : catalog_.closed()) {
        bool pending = facts.payload_bytes > 0 && state_.is_pruned(facts.segment_no);
        if (!pending || refused_.count(facts.segment_no) != 0) {
            continue;
        }
        Result<void> done = remove_payload(facts);
        if (!done && done.error().code != ErrorCode::kCorrupt) {
            return done;
        }
        removed = true;
    }
    if (at_start) {
        Result<void> erased = finish_erasures();
        if (!erased) {
            return erased;
        }
    }
    return removed ? refresh_catalog() : Result<void>{};
}

Result<void> LogWriter::remove_payload(const SegmentFacts& segment) {
    Result<void> done = replace_by_leaf(seams_.files, options_.directory, catalog_, segment);
    if (!done && done.error().code == ErrorCode::kCorrupt &&
        refused_.insert(segment.segment_no).second) {
        (void)tell({SpoolNewsKind::kKept,
                    segment_file_name(segment.segment_no) +
                        " is not what it was and stays: " + done.error().message,
                    1});
    }
    return done;
}

// Steps 0 to 7 for what the policy allows and asks for. True: something changed, ask again.
Result<bool> LogWriter::prune_some(uint64_t bytes_needed) {
    Result<void> done = ensure_segment();
    if (done) {
        done = refresh_catalog();
    }
    if (!done) {
        return fail(done.error());
    }
    std::vector<PruneChoice> choices =
        choose_segments(catalog_.closed(), options_.retention, retention_facts(), bytes_needed);
    std::erase_if(choices, [&](const PruneChoice& choice) {
        return state_.is_pruned(choice.segments.first);  // could not be finished just now
    });
    if (choices.empty()) {
        return false;
    }
    PruneChoice choice = first_part(choices.front(), catalog_);
    Result<bool> prunable = all_prunable(choice);
    if (!prunable || !*prunable) {
        return prunable ? Result<bool>(true) : prunable;
    }
    done = prune(choice);
    return done ? Result<bool>(true) : Result<bool>(fail(done.error()));
}

// Nothing is said to be pruned before it is known that it can be: false when a segment is not what
// it was.
Result<bool> LogWriter::all_prunable(const PruneChoice& choice) {
    for (const SegmentFacts& facts : catalog_.closed()) {
        if (!choice.segments.contains(facts.segment_no)) {
            continue;
        }
        Result<void> checked = check_prunable(seams_.files, options_.directory, catalog_, facts);
        if (checked) {
            continue;
        }
        if (checked.error().code != ErrorCode::kCorrupt) {
            return fail(checked.error());
        }
        refused_.insert(facts.segment_no);
        (void)tell({SpoolNewsKind::kKept,
                    segment_file_name(facts.segment_no) +
                        " is not what it was and is not pruned: " + checked.error().message,
                    1});
        return false;
    }
    return true;
}

Result<void> LogWriter::prune(const PruneChoice& choice) {
    const SegmentFacts* last = catalog_.find(choice.segments.last);
    Result<SegmentEnd> end = last != nullptr
                                 ? catalog_.end_of(*last)
                                 : Result<SegmentEnd>(fail(ErrorCode::kInternal, "no segment"));
    std::optional<MerkleTree> tree =
        end ? MerkleTree::resume(end->index, end->frontier) : std::nullopt;
    if (!end || !tree) {
        return end ? Result<void>(fail(ErrorCode::kCorrupt, "the next header has no tree"))
                   : Result<void>(fail(end.error()));
    }
    if (choice.reason == PruneReason::kDropped) {
        // Nothing is dropped that the log does not tell.
        Result<void> told = tell({SpoolNewsKind::kDropping,
                                  segment_range_text(choice.segments) +
                                      ": records removed before every required output "
                                      "had them, because the spool is full",
                                  choice.unconfirmed});
        if (!told) {
            return told;
        }
    }
    PruneBody body;
    body.first_segment = choice.segments.first;
    body.last_segment = choice.segments.last;
    body.end_index = end->index;
    body.root = tree->root();
    body.reason = choice.reason;
    body.policy = choice.policy;
    if (choice.reason == PruneReason::kDropped) {
        body.policy += "; dropped leaves: " + std::to_string(choice.unconfirmed);
    }
    Result<void> done = append_control(FrameType::kPrune, 0, encode_prune(body));
    if (done) {
        done = apply_prune(body, positions_);
    }
    if (done) {
        done = note_own_entries();
    }
    if (done) {
        done = seal_once(kSealForced);
    }
    if (done) {
        done = finish_removals(false);
    }
    if (done && choice.reason != PruneReason::kDropped) {
        uint64_t count = choice.segments.last - choice.segments.first + 1;
        (void)tell({SpoolNewsKind::kPruned,
                    segment_range_text(choice.segments) + " pruned: " + choice.policy, count});
    }
    return done;
}

// True: try again.
bool LogWriter::make_room(uint64_t frame_bytes) {
    uint64_t limit = options_.max_size_bytes - reserve_bytes(options_.max_size_bytes);
    uint64_t wanted = stored_bytes_ + frame_bytes;
    uint64_t needed = wanted > limit ? wanted - limit : 1;
    Result<uint64_t> free = seams_.files.free_bytes(options_.directory);
    uint64_t wanted_free = options_.min_free_bytes + frame_bytes;
    if (free && *free < wanted_free) {
        needed = std::max(needed, wanted_free - *free);
    }
    Result<bool> pruned = prune_some(needed);
    return pruned && *pruned;
}

void LogWriter::destroy_wraps() {
    uint64_t confirmed = confirmed_end(options_.retention.required_outputs, cursors_);
    if (options_.retention.required_outputs.empty()) {
        for (const auto& [id, end] : cursors_) {
            confirmed = std::min(confirmed, end);
        }
    }
    const std::vector<SegmentFacts>& closed = catalog_.closed();
    // A start may have to open the newest closed one.
    for (size_t i = 0; i + 1 < closed.size(); ++i) {
        const SegmentFacts& facts = closed[i];
        if (!facts.has_payload || facts.evidence || facts.end_index > confirmed ||
            wraps_seen_.count(facts.segment_no) != 0) {
            continue;
        }
        Result<SegmentHeader> header = catalog_.header_of(facts);
        if (header && destroy_local_wrap(seams_.files, options_.directory, *header)) {
            wraps_seen_.insert(facts.segment_no);
        }
    }
}

}  // namespace llmtrail
