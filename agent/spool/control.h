// Clear bodies of control frames: POSITIONS, GENESIS, RECOVERY, and the position entries of a
// BATCH: bytes <-> struct. Used by writer, recovery and verifier. Pure, any thread. Decoding takes
// hostile bytes: kCorrupt.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/digest.h"
#include "spool/format.h"
#include "spool/spool.h"

namespace llmtrail {

using Cursors = std::vector<std::pair<std::string, uint64_t>>;

struct PositionsBody {
    std::vector<PositionEntry> entries;
    Cursors cursors;
    Bytes ledger;
};

Bytes encode_positions(const PositionsBody& body);
Result<PositionsBody> decode_positions(ByteView clear);

inline constexpr uint32_t kGenesisFirstStart = 1;
inline constexpr uint32_t kGenesisAfterClean = 2;
inline constexpr uint32_t kGenesisKeysExisted = 4;
inline constexpr uint32_t kGenesisSameProcess = 8;

struct GenesisBody {
    uint32_t flags = 0;
    uint64_t previous_generation = 0;
    uint64_t previous_segment_no = 0;
    std::string agent_version;
};

Bytes encode_genesis(const GenesisBody& body);
Result<GenesisBody> decode_genesis(ByteView clear);

enum class RecoveryReason : uint32_t {
    kNotClosed = 1,   // whole, but no clean-shutdown SEAL at its end
    kTorn = 2,        // crash shape
    kDamaged = 3,     // no crash leaves this
    kNotOurs = 4,     // well-formed frames that the key did not open
    kWriteError = 5,  // a write or sync failed; same process or a later one
};

inline constexpr uint64_t kNotDescribed = ~uint64_t{0};

struct RecoveryBody {
    RecoveryReason reason = RecoveryReason::kNotClosed;
    int32_t os_error = 0;
    uint64_t segment_no = 0;
    uint64_t end_offset = 0;              // the stated end
    uint64_t file_bytes = kNotDescribed;  // size of that file
    Digest tail_hash{};                   // of [end_offset, file_bytes)
    uint64_t end_index = 0;
    Digest end_chain{};
};

Bytes encode_recovery(const RecoveryBody& body);
Result<RecoveryBody> decode_recovery(ByteView clear);

// Entries to the end of `bytes`, as a BATCH carries them after its leaf table.
void put_position_entries(Bytes& out, const std::vector<PositionEntry>& entries);
Result<std::vector<PositionEntry>> decode_position_entries(ByteReader& reader, uint64_t count);

void put_cursors(Bytes& out, const Cursors& cursors);
Result<Cursors> decode_cursors(ByteReader& reader);

// BATCH: position count, leaf table, entries.
struct BatchBody {
    std::vector<Digest> leaves;
    std::vector<PositionEntry> positions;
};

Result<BatchBody> decode_batch_body(ByteView clear, uint32_t leaf_count);

}  // namespace llmtrail
