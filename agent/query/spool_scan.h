// Reads a spool, or a copy of one that lies away from its host, from front to back: frames, the
// sections that a key opens, and the evidence for them. Files are hostile input, read only; each
// segment is read once (the bytes up to a SEAL once more when a visitor cannot wait for it), memory
// holds one frame. What fails a check is told as a problem and never handed out; reading goes on
// behind it where that can be done. Used by search, show and prove. One
// thread. Which bytes count is docs/spool-format.md's ("Verdicts"); whether anything was altered is
// for verify to say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spool/batch_reader.h"
#include "spool/frame_encoder.h"
#include "spool/leaf_file.h"
#include "spool/seal.h"
#include "spool/spool_key.h"
#include "spool/verify_outline.h"

namespace llmtrail {

// What stands behind a record whose tags, commitments and leaf are right.
enum class Evidence : uint8_t {
    kSealed,    // a SEAL covers it, and keys lead from the identity key to that SEAL
    kUnsealed,  // nothing covers it yet: the end of the log
    kUnproven,  // it stands behind damage: no checked SEAL covers it
};

std::string_view evidence_name(Evidence evidence);  // sealed unsealed unproven

struct ScanProblem {
    std::string file;
    uint64_t offset = 0;
    std::string reason;
    ErrorCode code = ErrorCode::kCorrupt;  // another: it could not be read or opened
};

using SectionChoice = std::array<bool, kSectionCount>;

// What was opened of a batch, and what this key does with its segment's sections.
struct OpenedBatch {
    const Batch& batch;
    UnixNanos written;
    SectionChoice key_opens{};  // though it may not have been asked to
    SectionChoice erased{};     // no wrap of the section's key is left for anybody
};

class ScanVisitor {
 public:
    virtual ~ScanVisitor() = default;

    // A segment begins, with the tree of the leaves before it.
    virtual void begins(const SegmentHeader& /*header*/, const MerkleTree& /*tree*/) {}

    // Every leaf in order, also of what no key opens.
    virtual void leaf(uint64_t /*index*/, const Digest& /*leaf*/) {}

    // Whether to open a batch; else it is only hashed.
    virtual bool wants(uint64_t first_index, const std::vector<Digest>& leaves) = 0;

    virtual void batch(const OpenedBatch& /*batch*/, SegmentOpeners& /*openers*/) {}

    // A frame with one leaf of its own.
    virtual void control(const FrameView& /*frame*/, const Digest& /*frame_digest*/) {}

    // The leaves handed out since the last call have this evidence. A SEAL that was checked calls
    // it with the tree that it signs.
    virtual void settled(Evidence /*evidence*/, const SealBody* /*seal*/) {}

    virtual void problem(const ScanProblem& /*problem*/) {}

    // Too much waits for its evidence: look ahead for it.
    virtual bool waits_long() const { return false; }

    virtual bool done() const { return false; }  // asked after each frame
};

struct ScanOptions {
    std::string directory;
    std::optional<PublicKey> trusted;  // none: the log's own, which proves little
    uint64_t first_index = 0;          // begin with the segment that holds this leaf
    bool from_there = false;           // true: do not read what stands before it
    SectionChoice sections = {true, true, true, true};  // open these where the key does
};

struct ScanTotals {
    uint64_t segments = 0;
    uint64_t records = 0;            // of batches that were read, opened or not
    uint64_t unopened_segments = 0;  // the key does not open their envelope
    uint64_t unopened_records = 0;
    std::string first_unopened;
    uint64_t pruned_segments = 0;  // only their leaves are left
    uint64_t pruned_records = 0;
    uint64_t failed_records = 0;  // opened, and not what they should be
    uint64_t damages = 0;         // problems told: something is not what was written
    uint64_t unread = 0;          // problems told: a file or key file that could not be read
    uint64_t torn_bytes = 0;      // at the end, cut short as by a crash or a copy
    uint64_t leaves = 0;          // end of what was read
    uint64_t bytes = 0;
};

class SpoolScan {
 public:
    // `key` null: nothing is opened.
    SpoolScan(FileSystem& files, ScanOptions options, const SpoolKey* key);

    // kNotFound: no segment; kIo, kPermission: the directory cannot be read.
    Result<ScanTotals> run(ScanVisitor& visitor);

 private:
    Result<std::vector<SegmentOutline>> outlines_to_read();
    std::optional<uint64_t> first_index_of(const SegmentOutline& outline) const;
    void read_next(const SegmentOutline& outline, bool last);
    void read_segment(const SegmentOutline& outline, bool last);
    void read_leaf_file(uint64_t segment_no);
    bool take_header(uint64_t segment_no);
    bool certifies();
    void open_keys();
    Result<DataKeys> read_keys();
    void read_frames(const SegmentOutline& outline, bool last);
    void look_ahead(uint64_t stop);
    bool add_frame(const FrameView& frame, LogHead& head);
    bool seal_holds(const FrameView& frame, LogHead& head) const;
    void broken_frame(FrameFault fault, bool last);
    void take_frame(const FrameView& frame);
    void take_control(const FrameView& frame, const Digest& digest);
    void take_item(const LeafItem& item);
    void take_batch(const FrameView& frame);
    void take_seal(const FrameView& frame);
    void take_leaf(const Digest& leaf);
    void settle(Evidence evidence, const SealBody* seal = nullptr);
    void lose_thread();
    void tell(std::string reason, ErrorCode code = ErrorCode::kCorrupt);

    FileSystem& files_;
    ScanOptions options_;
    const SpoolKey* key_;
    ScanVisitor* visitor_ = nullptr;
    ScanTotals totals_;

    std::optional<SegmentFile> file_;
    SegmentHeader header_;
    std::optional<SegmentOpeners> openers_;
    SectionChoice key_opens_{};
    SectionChoice erased_{};
    BatchReader batches_;
    Sha256 hash_;
    Bytes plaintext_;
    std::string file_name_;
    uint64_t offset_ = 0;
    uint32_t frame_no_ = 0;

    std::optional<uint64_t> next_segment_no_;
    std::optional<Digest> identity_hash_;
    bool head_known_ = false;  // head_ is the end of what stands before
    LogHead head_;
    uint64_t generation_ = 0;
    PublicKey seal_key_{};
    bool certified_ = false;  // signatures lead from the identity key to seal_key_
    bool closed_ = false;     // the last frame was a SEAL that ends its segment
    bool seal_failed_ = false;
    bool unsettled_ = false;
    Evidence ahead_ = Evidence::kUnsealed;  // of what stands below ahead_end_
    uint64_t ahead_end_ = 0;
};

}  // namespace llmtrail
