// Where a spool's bytes go. Used by bench_stages; one thread. What fails ends the program.
#pragma once

#include <cstdint>
#include <string>

#include "platform/file_system.h"

namespace llmtrail {

struct SpoolSpace {
    uint64_t segment_bytes = 0;      // whole segments: headers, frames of every type
    uint64_t key_file_bytes = 0;     // seg-*.keys
    uint64_t ciphertext_bytes = 0;   // of the sections of all BATCH frames, their tags excluded
    uint64_t batch_clear_bytes = 0;  // clear bodies of BATCH frames: leaf tables and positions
    uint64_t batches = 0;
    uint64_t records = 0;

    // All that is not ciphertext of a record's section, a record.
    double above_sections() const {
        return static_cast<double>(segment_bytes + key_file_bytes - ciphertext_bytes) /
               static_cast<double>(records);
    }
};

// Of a closed spool, from the frames of its segments; no key is needed.
SpoolSpace measure_space(FileSystem& files, const std::string& directory);

}  // namespace llmtrail
