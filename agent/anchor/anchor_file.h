// Checkpoints of a log as somebody off its host kept them: files of signed notes, or exports of a
// SIEM with checkpoint events in them (raw CEF or LEEF, JSON lines, CSV). Used by verify and prove.
// A note counts only when the log's identity key signed it; what stands around it counts for
// nothing. A file is read in pieces: time in proportion to its size, memory for the checkpoints
// found. One thread. Errors: those of reading, kLimit for more checkpoints than
// kKeptCheckpointsMax.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "platform/file_system.h"

namespace llmtrail {

inline constexpr size_t kKeptCheckpointsMax = size_t{1} << 19;  // a year of one a minute

struct KeptCheckpoint {
    uint64_t tree_size = 0;
    Digest root{};
    uint32_t file = 0;  // which file it stood in

    auto operator<=>(const KeptCheckpoint&) const = default;
};

struct KeptCheckpoints {
    std::vector<KeptCheckpoint> list;  // by tree size, equal ones once
    std::vector<std::string> files;    // their names
    uint64_t foreign = 0;              // notes of another log
    uint64_t refused = 0;              // notes of this log that its key did not sign
    std::string foreign_origin;        // of the first
    std::string refused_place;         // of the first: "FILE, byte N"
};

// Adds the checkpoints of one file. `origin` is checkpoint_origin() of the log that `identity`
// vouches for.
Result<void> add_anchor_file(FileSystem& files, const std::string& path, std::string_view origin,
                             const PublicKey& identity, KeptCheckpoints& kept);

}  // namespace llmtrail
