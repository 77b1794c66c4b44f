// Where a source was read to: the durable half of a tail, carried inside the spool's frames next to
// the records it speaks of. The bytes are described in docs/positions.md; for the spool they are
// opaque. Pure, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "platform/file_system.h"

namespace llmtrail {

inline constexpr size_t kFingerprintBytesMax =
    1024;  // of the file's head; shorter files: what there is
inline constexpr size_t kTailHashBytes =
    256;  // hashed before `offset`; fewer at a file's beginning
inline constexpr size_t kOpenRangesMax = 64;
inline constexpr size_t kPositionPathBytesMax = 4096;
inline constexpr size_t kPositionSourceIdBytesMax = 256;

using PositionHash = std::array<char, 32>;

// HMAC-SHA-256 or the like under a key of this spool, so that hashes in positions tell nothing
// about the text.
using PositionHasher = std::function<PositionHash(ByteView)>;

// Bytes before `offset` with pieces of records that a join still holds in memory: handed out again
// after a restart (docs/joining.md).
struct OpenRange {
    enum class Held : uint8_t {
        kAll,        // every piece in its documents
        kLoose,      // some of them, perhaps not all
        kSome,       // one document: its pieces from first_piece on
        kSomeLoose,  // of those some, perhaps not all
    };

    uint64_t begin = 0;
    uint64_t end = 0;
    Held held = Held::kAll;
    uint32_t first_piece = 0;  // of one document only
    uint32_t pieces = 0;

    bool of_one_document() const { return held == Held::kSome || held == Held::kSomeLoose; }

    bool loose() const { return held == Held::kLoose || held == Held::kSomeLoose; }

    bool operator==(const OpenRange&) const = default;
};

inline constexpr uint64_t kNoOpenDocument = UINT64_MAX;

// Sorts them, and makes loose ones of those with the least between them until there are at most
// kOpenRangesMax. The document at `open_document` is read again anyway: its ranges stay apart.
void limit_open_ranges(std::vector<OpenRange>& ranges, uint64_t open_document = kNoOpenDocument);

struct FilePosition {
    std::string source_id;
    std::string path;         // where it was last seen: names its folder, never the identity
    FileId file;              // handle and generation
    uint64_t size_bytes = 0;  // when it was last looked at
    UnixNanos modified;       // likewise: orders the generations of a rotated log
    uint32_t fingerprint_bytes = 0;
    PositionHash fingerprint{};  // keyed hash of the first fingerprint_bytes
    PositionHash tail_hash{};    // keyed hash of the kTailHashBytes before offset
    uint64_t offset = 0;         // next byte to read, decompressed
    uint64_t open_document =
        0;  // start of the document whose records are partly sealed; == offset: none
    uint32_t open_document_records = 0;  // how many of them are sealed
    std::vector<OpenRange>
        open_ranges;        // at most kOpenRangesMax, as limit_open_ranges() leaves them
    bool finished = false;  // this file is gone: its position is to be forgotten
    bool complete =
        false;  // a whole file that was read to its end (docs/tailing.md, "Whole files")

    bool operator==(const FilePosition&) const = default;
};

void encode_position(Bytes& out, const FilePosition& position);
Result<FilePosition> decode_position(ByteReader& in);  // kCorrupt; kUnsupported for a newer version

}  // namespace llmtrail
