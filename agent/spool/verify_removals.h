// What a log says it removed: PRUNE and ERASE frames as they are walked, and what a later SEAL
// vouches for. Used by verify_spool() alone. One thread. Bounded by the frames and segments of the
// log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "spool/removal_frames.h"
#include "spool/spool_state.h"

namespace llmtrail {

class RemovalCheck {
 public:
    // The next segment, void or not, ends here.
    void end_segment(uint64_t tree_size, const Digest& root) {
        ends_.emplace_back(tree_size, root);
    }

    // A frame of the segment `holder`. What is wrong with it; nothing when it is right.
    std::optional<std::string> add_prune(ByteView clear, uint64_t holder);
    std::optional<std::string> add_erase(ByteView clear, uint64_t holder);

    void seal();  // a valid SEAL follows all that was added

    bool is_pruned(uint64_t segment_no) const;
    uint8_t erased_sections(uint64_t segment_no) const;

    const std::vector<ErasedRange>& erased() const { return erased_; }

 private:
    std::vector<std::pair<uint64_t, Digest>> ends_;  // by segment number
    std::map<uint64_t, uint64_t> named_;             // first to last of every PRUNE
    std::map<uint64_t, uint64_t> pruned_;            // of those that are sealed
    std::vector<SegmentRange> waiting_prunes_;
    std::vector<ErasedRange> erased_;
    std::vector<ErasedRange> waiting_erases_;
};

}  // namespace llmtrail
