// The SpoolWriter behind spool.h: one log, one segment open at a time. Ingest thread only.
// A failed write or sync finishes the segment at hand; the next call starts a generation in a new
// one.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "spool/new_segment.h"
#include "spool/open_batch.h"
#include "spool/recovery.h"
#include "spool/spool.h"

namespace llmtrail {

class LogWriter final : public SpoolWriter {
 public:
    LogWriter(SpoolOptions options, SpoolSeams seams, std::unique_ptr<FileLock> lock,
              LocalKeys keys, DailyKey daily);

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
    Result<void> encode_seal_frame(OpenSegment& segment, uint32_t reasons, const PublicKey& next_pk,
                                   Bytes& out);
    Result<void> encode_all_positions(OpenSegment& segment, Bytes& out);
    Result<std::shared_ptr<const Batch>> commit_once(const std::vector<PositionEntry>& positions);
    Result<void> refresh_daily_key();
    void finish_segment(int os_error);
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

    OpenBatch batch_;
    Bytes frame_;
    std::map<Bytes, Bytes> positions_;
    Cursors cursors_;
    Bytes ledger_;
    std::optional<MonotonicNanos> unsealed_since_;
    std::optional<MonotonicNanos> hint_written_at_;
    bool hint_stale_ = false;
    uint64_t stored_bytes_ = 0;
    uint64_t syncs_ = 0;
};

}  // namespace llmtrail
