// seg-N.leaf: what remains of a pruned segment (docs/spool-format.md, "Leaf file"): its header, its
// frames without the content of batches, the leaves of their records. Written by the pruning of
// spool_writer, read by catalogue, verifier and proofs. Streaming: memory holds one frame or one
// leaf table. One thread per object. Errors: kCorrupt for what is not as the format says,
// kUnsupported for a later version, else those of the files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/file_system.h"
#include "spool/frame.h"
#include "spool/frame_encoder.h"
#include "spool/segment_file.h"
#include "spool/segment_header.h"

namespace llmtrail {

inline constexpr std::string_view kLeafMagic{"\x89LSL\r\n\x1a\n", 8};
inline constexpr uint16_t kLeafVersion = 1;
inline constexpr size_t kLeafPrefixBytes = 16;  // magic, version, zero, header_len
inline constexpr std::string_view kLeafSuffix = ".leaf";

inline std::string leaf_file_name(uint64_t segment_no) {
    return segment_stem(segment_no) + std::string(kLeafSuffix);
}

// Where what counts of a segment ends, as the next segment that counts says.
struct SegmentEnd {
    std::optional<uint64_t> stated_end;  // by a RECOVERY: byte offset, 0: nothing of it counts
    uint64_t index = 0;
    Digest chain{};
    std::vector<Digest> frontier;
};

// Walks a segment without keys and compares its end. `out` null: only that. kCorrupt: the segment
// is not what it was. `segment` null: nothing of it counts.
Result<void> write_leaf(SegmentFile* segment, const SegmentEnd& end, AppendFile* out);

struct LeafItem {
    uint64_t item_no = 0;
    uint64_t offset = 0;  // of its kind byte
    bool is_batch = false;
    FrameView frame;             // not a batch: views into the reader until the next call
    Digest batch_digest{};       // a batch
    std::vector<Digest> leaves;  // a batch
};

class LeafFile {
 public:
    // Reads the file once for its checksum.
    static Result<LeafFile> open(FileSystem& files, const std::string& path);

    // Nothing: the segment was wholly void, and there is no item.
    const std::optional<SegmentHeader>& header() const { return header_; }

    uint64_t size_bytes() const { return size_bytes_; }

    // False: there is no further one. After an error `item` has number and offset of what is wrong.
    Result<bool> next(LeafItem& item);

 private:
    Result<void> check_sum();
    Result<void> read_header();
    Result<void> read_frame(uint32_t size, LeafItem& item);
    Result<void> read_batch(uint32_t size, LeafItem& item);

    std::unique_ptr<ReadableFile> file_;
    std::optional<SegmentHeader> header_;
    uint64_t size_bytes_ = 0;
    uint64_t at_ = 0;
    uint64_t items_ = 0;
    Bytes buffer_;
};

}  // namespace llmtrail
