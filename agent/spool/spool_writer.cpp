#include "spool/spool_writer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "spool/cursor_file.h"
#include "spool/segment_scan.h"

namespace llmtrail {
namespace {

constexpr int kAttemptsMax = 3;                   // of one commit or seal, each in a new segment
constexpr uint64_t kControlFrameBytesMax = 8192;  // a SEAL, without cursors and ledger
constexpr int64_t kCursorHintIntervalMs = 2000;
constexpr int kPruningsMax = 64;  // for the sake of one commit
constexpr size_t kPositionOverheadBytes = 16;

uint64_t entries_bytes(const std::vector<PositionEntry>& entries) {
    uint64_t bytes = 0;
    for (const PositionEntry& entry : entries) {
        bytes += entry.key.size() + entry.value.size() + kPositionOverheadBytes;
    }
    return bytes;
}

Result<void> check_positions(const std::vector<PositionEntry>& entries,
                             const std::map<Bytes, Bytes>& known) {
    for (const PositionEntry& entry : entries) {
        if (entry.key.empty() || entry.key.size() > kPositionKeyBytesMax ||
            entry.value.size() > kPositionValueBytesMax || is_own_key(entry.key)) {
            return fail(ErrorCode::kInvalidArgument, "a position of an impossible size or key");
        }
    }
    if (entries_bytes(entries) > kFramePositionsBytesMax ||
        known.size() + entries.size() > kFramePositionsMax) {
        return fail(ErrorCode::kLimit, "too many source positions for one frame");
    }
    return {};
}

uint32_t flags_of(SealReason reason) {
    switch (reason) {
        case SealReason::kInterval:
            return kSealInterval;
        case SealReason::kHeartbeat:
            return kSealHeartbeat;
        case SealReason::kSegmentEnd:
            return kSealSegmentEnd;
        case SealReason::kShutdown:
        case SealReason::kForced:
            return kSealForced;
    }
    return kSealForced;
}

bool is_worth_another_segment(const Error& error) {
    return error.code != ErrorCode::kNoSpace && error.code != ErrorCode::kLimit &&
           error.code != ErrorCode::kInvalidArgument && error.code != ErrorCode::kCrypto;
}

}  // namespace

Result<std::shared_ptr<const Batch>> LogWriter::commit(
    const std::vector<PositionEntry>& positions) {
    if (batch_.empty() && positions.empty() && staged_.empty()) {
        return fail(ErrorCode::kInvalidArgument, "nothing to commit");
    }
    Result<void> usable = check_positions(positions, positions_);
    if (!usable) {
        return fail(usable.error());
    }
    std::vector<PositionEntry> entries = positions;
    entries.insert(entries.end(), staged_.begin(), staged_.end());
    bool control = batch_.empty();
    Result<std::shared_ptr<const Batch>> committed = commit_once(batch_, entries, control);
    for (int i = 1; i < kAttemptsMax && !committed && is_worth_another_segment(committed.error());
         ++i) {
        committed = commit_once(batch_, entries, control);
    }
    uint64_t frame_bytes = batch_.frame_bytes_max() + entries_bytes(entries);
    for (int i = 0; i < kPruningsMax && !committed &&
                    committed.error().code == ErrorCode::kNoSpace && make_room(frame_bytes);
         ++i) {
        committed = commit_once(batch_, entries, control);
    }
    if (!committed) {
        if (committed.error().code == ErrorCode::kNoSpace) {
            tell_full();
        }
        return committed;
    }
    if (!std::exchange(staged_, {}).empty()) {
        // Entries of our own making can be read.
        LLMTRAIL_CHECK(note_own_entries().has_value());
    }
    full_told_ = full_told_ && control;
    return committed;
}

// Room for one frame, in this segment or the next.
Result<void> LogWriter::prepare_frame(uint64_t frame_bytes, bool control) {
    Result<void> done = check_space(frame_bytes, control);
    if (done) {
        done = ensure_segment();
    }
    if (done && rotation_due(frame_bytes)) {
        done = rotate();
    }
    if (done) {
        done = reserve_space(*segment_->file, segment_->durable_bytes + frame_bytes,
                             segment_->reserved_bytes);
    }
    return done;
}

Result<void> LogWriter::append_control(FrameType type, uint16_t flags, ByteView clear) {
    Result<void> done = prepare_frame(kControlFrameBytesMax + clear.size(), true);
    if (!done) {
        return done;
    }
    frame_.clear();
    done = segment_->encoder->control(type, flags, clear, frame_);
    if (done) {
        done = write_frame(frame_);
    }
    if (done && !unsealed_since_) {
        unsealed_since_ = seams_.clock.monotonic_now();
    }
    return done;
}

Result<std::shared_ptr<const Batch>> LogWriter::commit_once(
    BatchBuilder& batch, const std::vector<PositionEntry>& positions, bool control) {
    Result<void> done;
    uint64_t first_index = 0;
    if (batch.empty()) {
        PositionsBody body{positions, {}, {}};
        done = append_control(FrameType::kPositions, kFrameFlagDelta, encode_positions(body));
        first_index = next_index() - (done ? 1 : 0);
    } else {
        done = prepare_frame(batch.frame_bytes_max() + entries_bytes(positions), control);
        if (done) {
            frame_.clear();
            first_index = segment_->durable.tree.size();
            done = batch.encode(*segment_->encoder, positions, frame_);
        }
        if (done) {
            done = write_frame(frame_);
        }
    }
    if (!done) {
        return fail(done.error());
    }
    apply_positions(positions, positions_);
    if (!unsealed_since_) {
        unsealed_since_ = seams_.clock.monotonic_now();
    }
    return batch.take(segment_->encoder->header().segment_no, first_index);
}

Result<void> LogWriter::check_space(uint64_t frame_bytes, bool control) const {
    uint64_t limit = options_.max_size_bytes;
    if (!control) {
        limit -= reserve_bytes(limit);
    }
    if (stored_bytes_ + frame_bytes > limit) {
        return fail(ErrorCode::kNoSpace, "the spool has reached spool.max_size");
    }
    if (control) {
        return {};
    }
    Result<uint64_t> free = seams_.files.free_bytes(options_.directory);
    if (!free) {
        return fail(free.error());
    }
    if (*free < frame_bytes || *free - frame_bytes < options_.min_free_bytes) {
        return fail(ErrorCode::kNoSpace, "the spool's filesystem is down to spool.min_free");
    }
    return {};
}

bool LogWriter::rotation_due(uint64_t frame_bytes) const {
    const FrameEncoder& encoder = *segment_->encoder;
    int64_t age_ms = seams_.clock.monotonic_now().millis_since(segment_->made_at);
    bool has_data = encoder.leaves() > 1;
    // Some frames short of the format's limit, so that the closing SEAL always fits.
    bool many = encoder.frames() + 8 >= kSegmentFramesMax ||
                encoder.leaves() + kBatchRecordsMax > options_.segment_records_max;
    bool large = segment_->durable_bytes + frame_bytes > options_.segment_bytes_max;
    return many || (has_data && (large || age_ms >= options_.segment_age_max_ms));
}

Result<void> LogWriter::write_frame(const Bytes& frame) {
    Result<void> written = segment_->file->append(frame);
    if (written) {
        written = segment_->file->sync();
        syncs_ += 1;
    }
    if (!written) {
        finish_segment(written.error().os_error);
        return fail(std::move(written).error().with_context("writing the spool"));
    }
    segment_->durable = segment_->encoder->head();
    segment_->durable_bytes += frame.size();
    stored_bytes_ += frame.size();
    return {};
}

// Else every segment of a quiet host, and every one of a process that was killed, would keep some
// MiB for ever. Best effort: nothing depends on it.
void LogWriter::release_reserved(uint64_t segment_no) {
    (void)seams_.files.release_reserved(options_.directory + "/" + segment_file_name(segment_no));
}

void LogWriter::finish_segment(int os_error) {
    RecoveryBody body;
    body.reason = RecoveryReason::kWriteError;
    body.os_error = os_error;
    body.segment_no = segment_->encoder->header().segment_no;
    body.end_offset = segment_->durable_bytes;
    body.end_index = segment_->durable.tree.size();
    body.end_chain = segment_->durable.chain;
    unfinished_ = body;
    genesis_flags_ = kGenesisSameProcess;
    head_ = segment_->durable;
    segment_.reset();
}

bool LogWriter::seal_due(MonotonicNanos now) const {
    return unsealed_since_ && now.millis_since(*unsealed_since_) >= options_.seal_interval_ms;
}

Result<void> LogWriter::seal(SealReason reason) {
    if (reason == SealReason::kInterval && !unsealed_since_) {
        return {};
    }
    Result<void> sealed = seal_once(flags_of(reason));
    for (int i = 1; i < kAttemptsMax && !sealed && is_worth_another_segment(sealed.error()); ++i) {
        sealed = seal_once(flags_of(reason));
    }
    if (sealed) {
        retain_when_due();
    }
    return sealed;
}

Result<void> LogWriter::seal_once(uint32_t reasons) {
    if (!segment_) {
        return ensure_segment();  // begins with a SEAL
    }
    uint64_t frame_bytes = kControlFrameBytesMax + ledger_.size();
    Result<void> done = check_space(frame_bytes, true);
    if (!done) {
        return done;
    }
    if (reasons == kSealSegmentEnd || rotation_due(frame_bytes)) {
        return rotate();
    }
    Result<SigningKey> next = SigningKey::generate(seams_.random);
    if (!next) {
        return fail(next.error());
    }
    PublicKey next_pk = next->public_key();
    return write_seal(reasons, next_pk, std::move(*next));
}

Result<void> LogWriter::encode_seal_frame(OpenSegment& segment, uint32_t reasons,
                                          const PublicKey& next_pk, Bytes& out) {
    sealing_ = {};
    sealing_.seal_no = seal_no_;
    sealing_.monotonic_ns = seams_.clock.monotonic_now().value;
    sealing_.clock = seams_.clock.state();
    sealing_.reasons = reasons;
    sealing_.next_pk = next_pk;
    sealing_.cursors = cursors_;
    sealing_.ledger = ledger_;
    return segment.encoder->seal(sealing_, segment.seal_key, out);
}

Result<void> LogWriter::write_seal(uint32_t reasons, const PublicKey& next_pk,
                                   std::optional<SigningKey> next_key) {
    frame_.clear();
    Result<void> done = encode_seal_frame(*segment_, reasons, next_pk, frame_);
    if (done) {
        done = write_frame(frame_);
    }
    if (!done) {
        return done;
    }
    seal_no_ += 1;
    if (next_key) {
        segment_->seal_key = std::move(*next_key);
    }
    note_seal(*segment_);
    unsealed_since_.reset();
    return {};
}

void LogWriter::note_cursors(Cursors cursors) {
    LLMTRAIL_CHECK(cursors.size() <= kCursorsMax);
    if (cursors != cursors_) {
        cursors_ = std::move(cursors);
        hint_stale_ = true;
    }
    write_cursor_hint(false);
}

void LogWriter::note_ledger(Bytes totals) {
    LLMTRAIL_CHECK(totals.size() <= kLedgerBytesMax);
    ledger_ = std::move(totals);
}

void LogWriter::write_cursor_hint(bool now) {
    MonotonicNanos at = seams_.clock.monotonic_now();
    bool due = !hint_written_at_ || at.millis_since(*hint_written_at_) >= kCursorHintIntervalMs;
    if (hint_stale_ && (now || due)) {
        // Only a hint: without it events are sent again.
        hint_stale_ = !write_cursor_file(seams_.files, options_.directory, keys_, cursors_);
        hint_written_at_ = at;
    }
}

Result<void> LogWriter::close() {
    if (!lock_) {
        return {};
    }
    Result<void> closed;
    for (int i = 0; i < kAttemptsMax; ++i) {
        closed = ensure_segment();
        if (closed) {
            closed = write_seal(kSealCleanShutdown, PublicKey{}, std::nullopt);
        }
        if (closed || !is_worth_another_segment(closed.error())) {
            break;
        }
    }
    write_cursor_hint(true);
    segment_.reset();
    release_reserved(next_segment_no_ - 1);
    lock_.reset();
    return closed;
}

}  // namespace llmtrail
