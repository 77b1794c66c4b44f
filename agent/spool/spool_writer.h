// The SpoolWriter behind spool.h: one log, one segment open at a time. Ingest thread only.
// A failed write or sync finishes the segment at hand; the next call starts a generation in a new
// one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "spool/batch_builder.h"
#include "spool/new_segment.h"
#include "spool/recovery.h"
#include "spool/retention.h"
#include "spool/segment_catalog.h"
#include "spool/spool.h"

namespace llmtrail {

class LogWriter final : public SpoolWriter {
 public:
    LogWriter(SpoolOptions options, SpoolSeams seams, std::unique_ptr<FileLock> lock,
              LocalKeys keys, DailyKey daily, Secret position_key);

    // Once, after construction: opens the new generation.
    Result<void> start(Recovery recovery);

    const RecoveredSpool& recovered() const override { return recovered_; }

    Bytes host_id() const override;

    const Secret& position_key() const override { return position_key_; }

    void append(const std::array<ByteView, kSectionCount>& sections) override {
        batch_.append(sections);
    }

    bool batch_full() const override { return batch_.full(); }

    uint32_t batch_records() const override { return batch_.records(); }

    Result<std::shared_ptr<const Batch>> commit(
        const std::vector<PositionEntry>& positions) override;
    bool seal_due(MonotonicNanos now) const override;
    Result<void> seal(SealReason reason) override;
    void note_cursors(Cursors cursors) override;
    void note_ledger(Bytes totals) override;

    Checkpoint checkpoint() const override;

    uint64_t sealed_size() const override { return sealed_.tree_size; }

    Result<void> append_anchor(const AnchorBody& body) override;

    void note_coverage(Coverage coverage) override { coverage_ = std::move(coverage); }

    void adopt(const SpoolOptions& options) override;

    Result<void> retain() override;
    Result<void> stage_hold(const std::string& id, std::optional<LegalHold> hold) override;

    const std::vector<LegalHold>& holds() const override { return state_.holds; }

    Result<uint64_t> erase(const EraseBody& body) override;

    void narrate(SpoolNarrator narrator) override;

    std::vector<std::shared_ptr<const Batch>> take_told() override;

    uint64_t next_index() const override { return head().tree.size(); }

    uint64_t stored_bytes() const override { return stored_bytes_; }

    uint64_t syncs() const override { return syncs_; }

    Result<void> close() override;

 private:
    const LogHead& head() const { return segment_ ? segment_->durable : head_; }

    Result<void> ensure_segment();
    Result<void> start_generation();
    Result<void> adopt(NewSegment& made, OpenSegment segment, const Bytes& first_bytes);
    Result<void> rotate();
    bool rotation_due(uint64_t frame_bytes) const;
    Result<void> check_space(uint64_t frame_bytes, bool control) const;
    Result<void> write_frame(const Bytes& frame);
    Result<void> write_seal(uint32_t reasons, const PublicKey& next_pk,
                            std::optional<SigningKey> next_key);
    Result<void> seal_once(uint32_t reasons);
    void note_seal(const OpenSegment& segment);
    Result<void> encode_seal_frame(OpenSegment& segment, uint32_t reasons, const PublicKey& next_pk,
                                   Bytes& out);
    Result<void> encode_all_positions(OpenSegment& segment, Bytes& out);
    Result<void> prepare_frame(uint64_t frame_bytes, bool control);
    Result<void> append_control(FrameType type, uint16_t flags, ByteView clear);
    // `control`: may use the reserve.
    Result<std::shared_ptr<const Batch>> commit_once(BatchBuilder& batch,
                                                     const std::vector<PositionEntry>& positions,
                                                     bool control);

    // spool_retention.cpp, spool_erase.cpp, spool_news.cpp
    Result<void> note_own_entries();
    RetentionFacts retention_facts() const;
    Result<void> refresh_catalog();
    Result<void> finish_removals(bool at_start);
    Result<void> finish_erasures();
    Result<bool> prune_some(uint64_t bytes_needed);
    Result<void> prune(const PruneChoice& choice);
    Result<bool> all_prunable(const PruneChoice& choice);
    Result<void> remove_payload(const SegmentFacts& segment);
    bool make_room(uint64_t frame_bytes);
    void retain_when_due();
    void destroy_wraps();
    Result<void> tell(const SpoolNews& news);
    void tell_filling();
    void tell_full();
    Result<void> refresh_daily_key();
    void finish_segment(int os_error);
    void release_reserved(uint64_t segment_no);
    void write_cursor_hint(bool now);

    SpoolOptions options_;
    SpoolSeams seams_;
    std::unique_ptr<FileLock> lock_;
    LocalKeys keys_;
    DailyKey daily_;
    MonotonicNanos daily_made_at_;
    Secret position_key_;
    RecoveredSpool recovered_;

    std::optional<OpenSegment> segment_;
    LogHead head_;                            // where the log ends while no segment is open
    std::optional<RecoveryBody> unfinished_;  // to be stated by the next generation
    uint32_t genesis_flags_ = 0;
    uint64_t generation_ = 0;  // of the last segment
    uint64_t next_segment_no_ = 0;
    uint64_t seal_no_ = 0;
    SealBody sealing_;  // encoded last
    SealBody sealed_;   // the last one on disk, and its segment
    uint64_t sealed_generation_ = 0;
    std::array<char, kBootIdBytes> sealed_boot_id_{};

    BatchBuilder batch_;
    BatchBuilder words_;  // the spool's own news
    Bytes frame_;
    PositionMap positions_;
    std::vector<PositionEntry> staged_;  // of the spool's own, for the next commit
    Cursors cursors_;
    Bytes ledger_;
    std::optional<MonotonicNanos> unsealed_since_;
    std::optional<MonotonicNanos> hint_written_at_;
    bool hint_stale_ = false;
    uint64_t stored_bytes_ = 0;  // of segments and key files: max_size is about these
    uint64_t syncs_ = 0;

    SegmentCatalog catalog_;
    SpoolState state_;  // as positions_ say
    Coverage coverage_;
    SpoolNarrator narrator_;
    std::vector<std::shared_ptr<const Batch>> told_;
    std::optional<MonotonicNanos> retained_at_;
    std::set<uint64_t> refused_;     // segments that are not what they were
    std::set<uint64_t> wraps_seen_;  // closed segments whose local wrap needs no further look
    bool more_to_prune_ = false;
    bool full_told_ = false;
    uint64_t filled_told_percent_ = 0;
};

}  // namespace llmtrail
