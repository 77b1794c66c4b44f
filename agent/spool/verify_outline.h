// What is known of a log before it is walked: which segments are there and as what, and which of
// their bytes a later RECOVERY makes void. Used by verify_spool() alone. Reads the directory and
// the beginning of every segment. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/signature.h"
#include "platform/file_system.h"
#include "spool/control.h"

namespace llmtrail {

// From some offset on a segment's bytes do not count: a later generation said so.
struct VoidRange {
    uint64_t begins_at = 0;
    RecoveryReason reason = RecoveryReason::kNotClosed;
};

struct SegmentOutline {
    uint64_t segment_no = 0;
    bool is_leaf = false;  // pruned: what stands is seg-N.leaf
    std::optional<VoidRange> void_range;
    bool successor_known = false;  // some later segment of this log can be read by this version
    // What follows needs a later version to be read, which may say more about the end. The identity
    // key began it; this is the chain value that it continues.
    std::optional<Digest> later_chain;

    std::string file_name() const;
};

struct LogOutline {
    std::vector<SegmentOutline> segments;  // ascending
    std::vector<uint64_t> leaf_files;      // ascending; a .lsp may stand beside one

    bool is_leaf(uint64_t segment_no) const;
    std::string file_name(uint64_t segment_no) const;
};

// `names`: what the directory holds. A RECOVERY that is void itself says nothing. Errors: those of
// reading.
Result<LogOutline> outline_log(FileSystem& files, const std::string& directory,
                               const std::vector<std::string>& names, const PublicKey& trusted);

}  // namespace llmtrail
