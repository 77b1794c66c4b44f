// The verifier's walk: one segment after another, keeping what docs/spool-format.md ("Verdicts")
// says a walker keeps. Used by verify_spool() alone. Stops at the first violation. Work is bounded
// by the bytes of the files: each frame is read once (twice where a RECOVERY speaks of it), memory
// holds one frame. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spool/batch_reader.h"
#include "spool/control.h"
#include "spool/frame.h"
#include "spool/frame_encoder.h"
#include "spool/local_keys.h"
#include "spool/seal.h"
#include "spool/segment_file.h"
#include "spool/segment_keys.h"
#include "spool/verify.h"

namespace llmtrail {

// From some offset on a segment's bytes do not count: a later generation said so.
struct VoidRange {
    uint64_t begins_at = 0;
    RecoveryReason reason = RecoveryReason::kNotClosed;
};

// What is known of a segment before it is walked.
struct SegmentOutline {
    uint64_t segment_no = 0;
    std::optional<VoidRange> void_range;
    bool successor_unknown =
        false;  // what follows needs a later version to be read: it may say more about the end
};

struct Violation {
    Verdict verdict = Verdict::kTampered;
    std::string reason;
    uint64_t segment_no = 0;
    uint64_t frame_no = 0;
    uint64_t offset = 0;
    std::string section;
    std::optional<uint64_t> record;
};

// Reads the beginning of every segment that starts a generation and notes which bytes its RECOVERY
// makes void. A RECOVERY that is void itself says nothing.
Result<std::vector<SegmentOutline>> outline_log(FileSystem& files, const std::string& directory,
                                                const std::vector<uint64_t>& numbers);

class LogWalker {
 public:
    // `keys` null: without opening any section.
    LogWalker(FileSystem& files, std::string directory, const PublicKey& trusted,
              const LocalKeys* keys);

    // Nothing: the segment holds. A violation of verdict kCannotVerify says what is missing.
    std::optional<Violation> walk(const SegmentOutline& outline, bool last);

    bool ends_cleanly() const {
        return last_seal_ && (last_seal_->reasons & kSealCleanShutdown) != 0 && at_seal_;
    }

    uint64_t leaves_after_last_seal() const {
        return head_.tree.size() - (last_seal_ ? last_seal_->tree_size : 0);
    }

    // A wrap that is there and does not open: CANNOT_VERIFY unless something worse is found.
    const std::optional<Violation>& key_problem() const { return key_problem_; }

    void report(VerifyReport& report) const;

 private:
    using Fault = std::optional<Violation>;

    Fault check_void_segment(const SegmentOutline& outline);
    Fault open_segment(const SegmentOutline& outline, bool last);
    Fault check_header(const SegmentOutline& outline);
    Fault check_continuation();
    void open_keys();

    bool closed() const { return at_seal_ && last_seal_ && last_seal_->closes_segment(); }

    Fault walk_frames(const SegmentOutline& outline, bool last);
    Fault check_first_frames(const SegmentOutline& outline, bool last) const;
    Fault check_frame(const FrameView& frame);
    Fault check_place(const FrameView& frame);
    Fault check_type(const FrameView& frame);
    Fault check_positions(const FrameView& frame) const;
    Fault check_genesis(const FrameView& frame);
    Fault check_recovery(const FrameView& frame);
    Fault check_described_tail(const RecoveryBody& recovery);
    Fault check_seal(const FrameView& frame);
    Fault check_content(const FrameView& frame);
    Fault add_leaves(const FrameView& frame, const Digest& digest);
    Fault check_reason(const RecoveryBody& recovery, ReadableFile& file);
    Fault broken_frame(FrameFault fault, const SegmentOutline& outline, bool last);
    Fault tampered(std::string reason) const;
    Fault unverifiable(std::string reason) const;

    FileSystem& files_;
    std::string directory_;
    PublicKey trusted_;
    const LocalKeys* keys_;

    std::optional<SegmentFile> file_;
    std::optional<SegmentOpeners> openers_;
    BatchReader batches_;
    Sha256 hash_;
    Bytes plaintext_;

    // Where the walk stands.
    uint64_t segment_no_ = 0;
    uint64_t frame_no_ = 0;
    uint64_t offset_ = 0;

    // The log so far.
    bool any_segment_ = false;
    bool new_generation_ = false;
    uint64_t generation_ = 0;
    LogHead head_;
    PublicKey seal_key_{};
    uint64_t seal_no_ = 0;
    bool recovery_due_ = false;
    std::optional<SealBody> last_seal_;
    bool at_seal_ = false;  // the last frame walked was last_seal_
    bool whole_segment_ =
        false;  // what counts of the segment walked last reached the end of its file
    uint64_t end_segment_ = 0;  // where what counts ended, at which byte, after how many frames
    uint64_t end_offset_ = 0;
    uint64_t end_frame_ = 0;

    uint64_t segments_ = 0;
    uint64_t frames_ = 0;
    uint64_t records_ = 0;
    uint64_t seals_ = 0;
    uint64_t bytes_ = 0;
    uint64_t opened_segments_ = 0;
    uint64_t unopened_segments_ = 0;
    std::string first_unopened_;
    uint64_t unknown_frames_ = 0;
    std::optional<Violation> key_problem_;
};

}  // namespace llmtrail
