// What is known of a log before it is walked: which segments are there and as what, and which of
// their bytes a later RECOVERY makes void. Used by verify_spool() alone. Reads the directory and
// the beginning of every segment. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/signature.h"
#include "platform/file_system.h"
#include "spool/control.h"

namespace llmtrail {

// From some offset on a segment's bytes do not count: a later generation said so.
struct VoidRange {
    uint64_t begins_at = 0;
    RecoveryReason reason = RecoveryReason::kNotClosed;
};

// Why nobody here can tell how a segment ended: past what starts that died may have left, the next
// one may say it and cannot be asked.
struct Following {
    std::optional<Digest>
        later_chain;  // a later version, begun by the identity key: what it continues
    std::optional<uint64_t> unread;  // its number: it could not be read
};

struct SegmentOutline {
    uint64_t segment_no = 0;
    bool is_leaf = false;               // pruned: what stands is seg-N.leaf
    bool irregular = false;             // a link, a pipe, a folder: no writer makes one
    std::optional<std::string> unread;  // why it could not be read
    std::optional<VoidRange> void_range;
    bool successor_known = false;  // some later segment of this log can be read by this version
    Following following;           // of a .lsp

    std::string file_name() const;
};

struct LogOutline {
    std::vector<SegmentOutline> segments;  // ascending
    std::vector<uint64_t> leaf_files;      // ascending; a .lsp may stand beside one

    bool is_leaf(uint64_t segment_no) const;
    std::string file_name(uint64_t segment_no) const;
};

// `names`: what the directory holds. A RECOVERY that is void itself says nothing. What cannot be
// read is noted in its segment.
LogOutline outline_log(FileSystem& files, const std::string& directory,
                       const std::vector<std::string>& names, const PublicKey& trusted);

}  // namespace llmtrail
