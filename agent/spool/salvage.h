// What a damaged spool still holds: records whose own commitments and leaf are right, from frames
// that may be damaged, stand behind damage or have lost their neighbours. Tags and chain are not
// asked, so what comes out was written with the segment's keys but need not be sealed: whether and
// where the log was altered is for verify to say. Used by `verify --salvage`. Reads only; files are
// hostile input; memory holds one frame. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "platform/file_system.h"
#include "spool/batch_codec.h"
#include "spool/spool_key.h"

namespace llmtrail {

struct SalvagedRecord {
    uint64_t segment_no = 0;
    uint64_t index = 0;
    Digest leaf{};
    std::array<ByteView, kSectionCount> sections;  // empty: none, or lost
    uint8_t lost = 0;  // bit s: the record has section s, and it does not match or did not open
};

class SalvageVisitor {
 public:
    virtual ~SalvageVisitor() = default;
    virtual Result<void> record(const SalvagedRecord& record) = 0;  // an error ends the reading
};

struct SalvageTotals {
    uint64_t records = 0;         // handed out
    uint64_t whole_records = 0;   // of which nothing was lost
    uint64_t lost_records = 0;    // in frames that were found, and nothing of them matches
    uint64_t damaged_frames = 0;  // found, with a wrong checksum
    uint64_t skipped_bytes = 0;   // in which no frame begins
    uint64_t unopened_segments = 0;
    std::string first_unopened;
    std::string why_unopened;
};

// Errors: those of reading the directory, and the visitor's.
Result<SalvageTotals> salvage_spool(FileSystem& files, const std::string& directory,
                                    const SpoolKey& key, SalvageVisitor& visitor);

}  // namespace llmtrail
