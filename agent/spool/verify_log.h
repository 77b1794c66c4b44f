// The verifier's walk: one segment after another, keeping what docs/spool-format.md ("Verdicts")
// says a walker keeps. Used by verify_spool() alone. Stops at the first violation. Work is bounded
// by the bytes of the files: each frame is read once (a large one, and one that a RECOVERY speaks
// of, twice), memory by the limits of a clear body and of one section. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "spool/frame.h"
#include "spool/frame_encoder.h"
#include "spool/frame_stream.h"
#include "spool/leaf_file.h"
#include "spool/seal.h"
#include "spool/segment_file.h"
#include "spool/verify.h"
#include "spool/verify_anchors.h"
#include "spool/verify_content.h"
#include "spool/verify_outline.h"
#include "spool/verify_removals.h"

namespace llmtrail {

struct Violation {
    Verdict verdict = Verdict::kTampered;
    std::string reason;
    std::string file;
    uint64_t frame_no = 0;
    uint64_t offset = 0;
    std::string section;
    std::optional<uint64_t> record;
};

class LogWalker {
 public:
    // `key` null: without opening any section.
    LogWalker(FileSystem& files, std::string directory, const LogOutline& log,
              const PublicKey& trusted, const SpoolKey* key, AnchorCheck& anchors);

    // Nothing: the segment holds. A violation of verdict kCannotVerify says what is missing.
    std::optional<Violation> walk(const SegmentOutline& outline, bool last);

    // After the walk, when it met no violation or a torn tail: leaf files that no PRUNE explains,
    // kept checkpoints that the log does not reach.
    std::optional<Violation> check_end() const;

    // Keys that are there and do not open, or are not there at all: CANNOT_VERIFY unless something
    // worse is found.
    std::optional<Violation> key_problem() const;

    bool ends_cleanly() const {
        return last_seal_ && (last_seal_->reasons & kSealCleanShutdown) != 0 && at_seal_;
    }

    uint64_t leaves_after_last_seal() const {
        return head_.tree.size() - (last_seal_ ? last_seal_->tree_size : 0);
    }

    void report(VerifyReport& report) const;

 private:
    using Fault = std::optional<Violation>;

    // verify_log.cpp
    Fault walk_segment(bool last);
    Fault check_void_segment();
    Fault open_segment(bool last);
    Fault unusable_header(const Error& error, uint64_t header_at);
    Fault later_version(const SegmentHeader& header);
    Fault check_header(const SegmentHeader& header);
    Fault check_place_in_log(const SegmentHeader& header);
    Fault check_continuation(const SegmentHeader& header);
    Fault walk_frames(bool last);
    Fault check_first_frames(bool last) const;
    Fault broken_frame(FrameFault fault, bool last);
    Fault torn_end(std::string reason, bool last) const;

    bool left_open() const;

    bool first_segment() const { return outline_.segment_no == 0; }

    bool wholly_void() const { return outline_.void_range && outline_.void_range->begins_at == 0; }

    bool closed() const { return at_seal_ && last_seal_ && last_seal_->closes_segment(); }

    // verify_leaf.cpp
    Fault walk_leaf();
    Fault walk_items(LeafFile& file);
    Fault check_batch_item(const LeafItem& item);

    // verify_frames.cpp
    Fault check_frame(const StreamedFrame& frame);
    Fault check_place(const FrameHeader& header);
    Fault check_type(const StreamedFrame& frame);
    Fault check_positions(const FrameView& frame) const;
    Fault check_genesis(const FrameView& frame);
    Fault check_seal(const StreamedFrame& frame);
    Fault check_content(const StreamedFrame& frame, ByteView leaves, Digest& digest);
    Fault check_removal(const std::optional<std::string>& wrong) const;
    Fault add_batch(ByteView leaves);
    Fault add_leaf(const Digest& leaf);

    // verify_recovery.cpp
    Fault check_recovery(const FrameView& frame);
    Fault check_stated_end(const RecoveryBody& recovery);
    Fault check_tail(const RecoveryBody& recovery);
    Fault check_reason(const RecoveryBody& recovery, ReadableFile& file, uint64_t file_bytes);

    std::string path() const { return directory_ + "/" + outline_.file_name(); }

    Fault tampered(std::string reason) const { return violation(Verdict::kTampered, reason); }

    Fault unverifiable(std::string reason) const {
        return violation(Verdict::kCannotVerify, reason);
    }

    Fault violation(Verdict verdict, std::string reason) const {
        return Violation{verdict, std::move(reason), outline_.file_name(), frame_no_, offset_, {},
                         {}};
    }

    FileSystem& files_;
    std::string directory_;
    const LogOutline& log_;
    PublicKey trusted_;
    AnchorCheck& anchors_;
    ContentCheck content_;
    RemovalCheck removals_;
    Sha256 hash_;

    // Where the walk stands.
    SegmentOutline outline_;
    std::optional<FrameStream> stream_;
    SegmentHeader header_;
    uint64_t frame_no_ = 0;
    uint64_t offset_ = 0;

    // The log so far.
    bool new_generation_ = false;
    uint64_t generation_ = 0;
    LogHead head_;
    Digest chain_before_{};  // the segment at hand
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
    bool end_closed_ = false;

    uint64_t segments_ = 0;
    uint64_t pruned_ = 0;
    uint64_t frames_ = 0;
    uint64_t records_ = 0;
    uint64_t seals_ = 0;
    uint64_t bytes_ = 0;
    uint64_t unknown_frames_ = 0;
    uint64_t recoveries_ = 0;
};

}  // namespace llmtrail
