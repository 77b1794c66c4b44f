// What the spool remembers about itself in its own position entries (docs/spool-format.md,
// "Positions"): what was pruned and erased, and legal holds. Kept in the same map as the sources'
// positions, so that the last segment alone says what is to be finished. Used by writer, recovery
// and the commands. Pure; one thread per object. Values come from frames whose tag opened; one that
// cannot be read is kCorrupt.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "spool/removal_frames.h"

namespace llmtrail {

inline constexpr uint64_t kWithoutEnd = ~uint64_t{0};
inline constexpr size_t kHoldIdBytesMax = 64;
inline constexpr size_t kHoldsMax = 1024;

struct SegmentRange {  // both included
    uint64_t first = 0;
    uint64_t last = 0;

    bool contains(uint64_t segment_no) const { return first <= segment_no && segment_no <= last; }

    bool touches(const SegmentRange& other) const {
        return first <= other.last && other.first <= last;
    }
};

// "segment 3", "segments 3 to 7", "segments from 3 on", "all segments".
std::string segment_range_text(const SegmentRange& range);

struct ErasedRange {
    SegmentRange segments;
    uint8_t section_mask = 0;
};

struct LegalHold {
    std::string id;
    SegmentRange segments{0, kWithoutEnd};
    UnixNanos since;
    std::string reason;
    std::string by;
};

struct SpoolState {
    std::vector<SegmentRange> pruned;  // ascending, not touching
    std::vector<ErasedRange> erased;
    std::vector<LegalHold> holds;  // by id

    bool is_pruned(uint64_t segment_no) const;
    uint8_t erased_sections(uint64_t segment_no) const;
    const LegalHold* hold_on(const SegmentRange& segments) const;  // the first one; null: none
};

using PositionMap = std::map<Bytes, Bytes>;

bool is_own_key(ByteView position_key);  // begins with NUL: not a source's
Result<SpoolState> spool_state_of(const PositionMap& positions);

// What a PRUNE or ERASE frame changes.
Result<void> apply_prune(const PruneBody& body, PositionMap& positions);
Result<void> apply_erase(const EraseBody& body, PositionMap& positions);

// The entry that sets a hold; the same key with an empty value releases it.
bool is_hold_id(std::string_view id);
Bytes hold_key(std::string_view id);
Bytes encode_hold(const LegalHold& hold);

}  // namespace llmtrail
