// Where a source was read to: the durable half of a tail, carried inside the spool's frames next to the records it
// speaks of (docs/spool-format.md, "Positions": all fields are there from the first version). Pure, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "platform/file_system.h"

namespace llmtrail {

inline constexpr size_t kFingerprintBytesMax = 1024;  // of the file's head; shorter files: what there is
inline constexpr size_t kTailHashBytes = 256;         // hashed before `offset`
inline constexpr size_t kOpenRangesMax = 64;

// Bytes before `offset` whose records a join still holds in memory: re-read after a restart.
struct OpenRange {
    uint64_t begin = 0;
    uint64_t end = 0;
};

struct FilePosition {
    std::string source_id;
    std::string path;  // where it was last seen: a hint for people, never the identity
    FileId file;       // handle and generation
    uint32_t fingerprint_bytes = 0;
    std::array<char, 32> fingerprint{};  // keyed hash of the first fingerprint_bytes
    std::array<char, 32> tail_hash{};    // keyed hash of the kTailHashBytes before offset
    uint64_t offset = 0;                 // next byte to read, decompressed
    uint64_t open_document = 0;          // start of the document whose records are partly sealed; == offset: none
    uint32_t open_document_records = 0;  // how many of them are sealed
    std::vector<OpenRange> open_ranges;  // at most kOpenRangesMax
    bool finished = false;               // rotated away and read to its end: may be forgotten when it is gone
};

void encode_position(Bytes& out, const FilePosition& position);
Result<FilePosition> decode_position(ByteReader& in);  // kCorrupt

}  // namespace llmtrail
