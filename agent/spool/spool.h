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
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/section.h"
#include "crypto/digest.h"
#include "platform/clock.h"
#include "platform/file_system.h"
#include "platform/random.h"
#include "spool/batch.h"

namespace llmtrail {

struct SpoolSeams {
    FileSystem& files;
    Clock& clock;
    Random& random;
};

struct SpoolOptions {
    std::string directory;  // spool.dir
    std::string
        key_directory;  // state_dir/keys; made with mode 0700, a local key made at first start
    uint64_t max_size_bytes = uint64_t{8} << 30;
    uint64_t min_free_bytes = uint64_t{1} << 30;
    uint64_t segment_bytes_max = uint64_t{64} << 20;
    int64_t segment_age_max_ms = 3'600'000;
    int64_t seal_interval_ms = 1000;
    int compression_level = 1;  // zstd; 0 = none
};

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

    // End of what is durable: the next record gets this index, or a little more after control
    // records.
    virtual uint64_t next_index() const = 0;
    virtual uint64_t stored_bytes() const = 0;  // of all segments
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
};

}  // namespace llmtrail
