// Reads one segment from its beginning as its own writer would after a crash: frames are adopted in
// order while structure, checksums, chain, tree and envelope tag are right. Used by recovery at
// start. Errors: those of reading files; what is wrong inside the segment is part of the answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "platform/file_system.h"
#include "spool/control.h"
#include "spool/frame_encoder.h"
#include "spool/local_keys.h"

namespace llmtrail {

struct SegmentScan {
    SegmentHeader header;
    bool usable = false;  // header and first POSITIONS authenticate
    RecoveryReason reason = RecoveryReason::kNotClosed;
    bool closed_cleanly = false;  // ends with a clean-shutdown SEAL and nothing after it
    uint64_t end_offset = 0;      // after the last adopted frame
    uint64_t file_bytes = 0;
    Digest tail_hash{};  // of [end_offset, file_bytes)
    LogHead head;
    std::map<Bytes, Bytes> positions;
    Cursors cursors;
    Bytes ledger;
};

// kCrypto: the segment belongs to another identity, or its keys do not open with this local key.
Result<SegmentScan> scan_segment(FileSystem& files, const std::string& directory,
                                 uint64_t segment_no, const LocalKeys& keys);

// Applies entries in order; an empty value forgets.
void apply_positions(const std::vector<PositionEntry>& entries, std::map<Bytes, Bytes>& positions);

}  // namespace llmtrail
