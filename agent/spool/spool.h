// The spool: sealed batches on disk, the only queue of the agent. It knows bytes and sections, not
// AuditRecord. docs/spool-format.md is the authority on every byte; this is the face that pipeline,
// audit and cli see.
//
//   ingest thread:   SpoolWriter::open ─> append* ─> commit ─> (seal when due) ─> ... ─> close
//   deliver thread:  SpoolReader::read(index) for what is no longer in memory
//
// A committed batch is synced. No key, no plaintext: without a usable local key open() fails.
// Errors: kNoSpace (disk or max_size: stop reading sources, try again), kBusy (another instance,
// named), kCorrupt, kCrypto (a key that does not open), kIo. After a sync error the writer goes on
// in a new segment by itself; what was not synced is written again there.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/role.h"
#include "base/section.h"
#include "crypto/digest.h"
#include "platform/clock.h"
#include "platform/file_system.h"
#include "platform/random.h"
#include "spool/anchor_frame.h"
#include "spool/batch.h"
#include "spool/checkpoint.h"
#include "spool/local_keys.h"
#include "spool/removal_frames.h"
#include "spool/retention_policy.h"
#include "spool/spool_state.h"

namespace llmtrail {

struct SpoolSeams {
    FileSystem& files;
    Clock& clock;
    Random& random;
};

// Of max_size, for control frames and the spool's own news when it is full.
inline constexpr uint64_t kReserveShare = 64;
inline constexpr uint64_t kReserveBytesLeast = uint64_t{64} << 10;

constexpr uint64_t reserve_bytes(uint64_t max_size_bytes) {
    uint64_t wanted = max_size_bytes / kReserveShare;
    wanted = wanted < kReserveBytesLeast ? kReserveBytesLeast : wanted;
    return wanted < max_size_bytes / 2 ? wanted : max_size_bytes / 2;
}

struct SpoolOptions {
    std::string directory;  // spool.dir
    std::string
        key_directory;  // state_dir/keys; made with mode 0700, a local key made at first start
    uint64_t max_size_bytes = uint64_t{8} << 30;
    uint64_t min_free_bytes = uint64_t{1} << 30;
    uint64_t segment_bytes_max = uint64_t{64} << 20;
    int64_t segment_age_max_ms = 3'600'000;
    uint64_t segment_records_max = uint64_t{1} << 20;
    int64_t seal_interval_ms = 1000;
    int compression_level = 1;  // zstd; 0 = none
    RetentionPolicy retention;
    std::vector<std::string> local_keys;  // keys.local; empty: auto
    std::string credentials_directory;    // $CREDENTIALS_DIRECTORY
    std::vector<Recipient> recipients;    // new segments are wrapped for them
};

inline KeyPlaces key_places(const SpoolOptions& options) {
    return {options.key_directory, options.local_keys, options.credentials_directory};
}

// What the last segment said, believed only where it authenticates.
struct RecoveredSpool {
    bool first_start = false;
    bool clean = true;         // the last generation ended with a clean-shutdown seal
    uint64_t torn_bytes = 0;   // described by RECOVERY, left in place
    std::string torn_segment;  // file name, when torn_bytes > 0
    uint64_t generation = 0;   // of this start
    uint64_t next_index = 0;
    std::vector<Bytes> positions;  // one encoded source position each, latest per key
    std::vector<std::pair<std::string, uint64_t>> cursors;  // output id, confirmed end
    Bytes ledger;                                           // opaque totals as last written
};

// A position in a frame: the key decides which earlier one it replaces.
struct PositionEntry {
    Bytes key;    // identity of the thing tailed
    Bytes value;  // encoded position; empty: forget this key
};

enum class SealReason : uint8_t { kInterval, kHeartbeat, kSegmentEnd, kShutdown, kForced };

class SpoolWriter {
 public:
    virtual ~SpoolWriter() = default;

    // Takes the lock, recovers, makes keys at first start, opens a new generation (GENESIS,
    // RECOVERY when the last one ended uncleanly, first SEAL) and syncs it.
    static Result<std::unique_ptr<SpoolWriter>> open(const SpoolOptions& options, SpoolSeams seams);

    virtual const RecoveredSpool& recovered() const = 0;
    virtual Bytes host_id() const = 0;               // 16 bytes, the spool's log id
    virtual const Secret& position_key() const = 0;  // keyed hashes in positions and document ids

    // Adds one record to the open batch; only while !batch_full(), sections of at most
    // kSectionBytesMax.
    virtual void append(const std::array<ByteView, kSectionCount>& sections) = 0;
    virtual bool batch_full() const = 0;
    virtual uint32_t batch_records() const = 0;

    // Writes and syncs the open batch together with these positions (either may be empty, not
    // both). Afterwards the batch is durable and may be sent; without records it is an empty one.
    // Any error: nothing was taken, the batch stays open, call again later (kNoSpace: when there is
    // space).
    virtual Result<std::shared_ptr<const Batch>> commit(
        const std::vector<PositionEntry>& positions) = 0;

    // Writes and syncs a SEAL; when due (seal_interval after the first unsealed frame) or as asked.
    // kInterval with nothing unsealed does nothing; kSegmentEnd begins a new segment; the shutdown
    // seal itself is close()'s.
    virtual bool seal_due(MonotonicNanos now) const = 0;
    virtual Result<void> seal(SealReason reason) = 0;

    // Goes into the next SEAL and POSITIONS: what outputs confirmed, and ledger totals.
    virtual void note_cursors(std::vector<std::pair<std::string, uint64_t>> cursors) = 0;
    virtual void note_ledger(Bytes totals) = 0;

    // Of the last SEAL, signed: what may leave the host.
    virtual Checkpoint checkpoint() const = 0;
    virtual uint64_t sealed_size() const = 0;  // leaves under it
    // Writes and syncs an ANCHOR: somebody outside holds that checkpoint. kNoSpace and the rest: it
    // is not in the log, and may be tried again.
    virtual Result<void> append_anchor(const AnchorBody& body) = 0;

    // How far the log is vouched for outside the host: without it nothing is pruned.
    virtual void note_coverage(Coverage coverage) = 0;

    // Sizes, ages, seal_interval and retention from now on. Where the spool is, its keys,
    // recipients and compression stay what it was opened with.
    virtual void adopt(const SpoolOptions& options) = 0;

    // Removes what the policy allows and max_age or the want of space asks for, and finishes what
    // was interrupted. seal() does so about once a minute, a commit without space at once.
    virtual Result<void> retain() = 0;

    // Sets or, without one, releases a legal hold: with the next commit, in the same frame as the
    // record that tells of it.
    virtual Result<void> stage_hold(const std::string& id, std::optional<LegalHold> hold) = 0;
    virtual const std::vector<LegalHold>& holds() const = 0;

    // Destroys the keys of these sections, after an ERASE was sealed. kPermission: a hold stands;
    // kBusy: a required output has not confirmed the records; kInvalidArgument: not closed. Returns
    // how many segments had such keys.
    virtual Result<uint64_t> erase(const EraseBody& body) = 0;

    // Turns the spool's own news into records; without one they are not told. Batches made so are
    // committed already, in the reserve when the spool is full, and stand before any later one.
    virtual void narrate(SpoolNarrator narrator) = 0;
    virtual std::vector<std::shared_ptr<const Batch>> take_told() = 0;

    // End of what is durable: the next record gets this index, or a little more after control
    // records.
    virtual uint64_t next_index() const = 0;
    virtual uint64_t stored_bytes() const = 0;  // of all segments, leaf files included
    virtual uint64_t syncs() const = 0;

    // Final SEAL (clean shutdown), sync, unlock. Records not committed are dropped: their positions
    // did not move. The writer is unusable afterwards.
    virtual Result<void> close() = 0;
};

// Reads committed batches of a spool that this host's key opens. Deliver thread; also the audit
// commands.
class SpoolReader {
 public:
    virtual ~SpoolReader() = default;
    static Result<std::unique_ptr<SpoolReader>> open(const SpoolOptions& options, SpoolSeams seams);

    // The batch that holds record `index`, or the first one after it when `index` is a control
    // record's; decrypted and checked against its commitments. kNotFound: no such record yet (or
    // pruned: then the message says so). Sequential reading is cheap; a jump scans one segment.
    // While a writer is at work ask only below what it has committed: a frame that is written but
    // not yet synced can be seen here.
    virtual Result<std::shared_ptr<const Batch>> read(uint64_t index) = 0;
    virtual uint64_t first_index() const = 0;

    // How many records with an index in [from, to) were pruned, as their leaf files say.
    virtual Result<uint64_t> pruned_records(uint64_t from, uint64_t to) = 0;
};

}  // namespace llmtrail
