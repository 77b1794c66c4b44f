// What the spool directory says at start: where the log ends, and what a RECOVERY must state about
// it. Used by spool_writer::open. Nothing is repaired, shortened or removed. Errors: kCorrupt when
// no segment can be believed, kCrypto for keys that do not open, kUnsupported, kIo.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "platform/file_system.h"
#include "spool/control.h"
#include "spool/frame_encoder.h"
#include "spool/local_keys.h"

namespace llmtrail {

struct Recovery {
    bool found = false;  // there is a segment
    bool clean = true;
    uint64_t generation = 0;
    uint64_t last_segment_no = 0;
    uint64_t stored_bytes = 0;
    LogHead head;
    std::map<Bytes, Bytes> positions;
    Cursors cursors;
    Bytes ledger;
    RecoveryBody body;  // when not clean
    uint64_t torn_bytes = 0;
    std::string torn_segment;
};

Result<std::vector<uint64_t>> list_segments(FileSystem& files, const std::string& directory);

// Makes what it adopts durable before it returns.
Result<Recovery> recover_log(FileSystem& files, const std::string& directory,
                             const LocalKeys& keys);

}  // namespace llmtrail
