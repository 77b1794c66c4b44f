// What the spool takes of the disk, as its folder says: for metrics and `llmtrail diag`. It only
// looks at names and sizes, so a writer may be at work meanwhile. Errors: those of listing it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/file_system.h"

namespace llmtrail {

struct SpoolUsage {
    uint64_t payload_bytes = 0;  // segments and key files; max_size is about them and leaf files
    uint64_t segments = 0;       // whose payload stands
    std::optional<UnixNanos> oldest;  // when the oldest of them was last written
    uint64_t free_bytes = 0;          // of its filesystem; 0: not known
    uint64_t leaf_bytes = 0;          // leaf files: what is left of pruned segments
};

Result<SpoolUsage> spool_usage(const std::string& directory, FileSystem& files);

}  // namespace llmtrail
