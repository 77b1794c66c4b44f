// The inside of a BATCH: compressing and expanding sections, commitments of records. Used by
// writer, reader and verifier. Contexts are kept; one thread per object. Expanding takes
// authenticated but not trusted bytes: kCorrupt, and never more memory than the limits in format.h.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "crypto/hash_lanes.h"
#include "crypto/keystream.h"
#include "spool/batch.h"
#include "spool/format.h"

namespace llmtrail {

using Commitments = std::array<Digest, kSectionCount>;

class SectionCompressor {
 public:
    explicit SectionCompressor(int level);  // 0: stored
    ~SectionCompressor();

    // Replaces `out` by a section's plaintext: method, sizes, commitments, payload.
    Result<void> compress(ByteView raw, ByteView commitments, Bytes& out);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

// A section's plaintext taken apart; views into it. The sizes that it announces are within limits
// and agree with each other; the payload itself was not looked at.
struct SectionParts {
    bool compressed = false;
    uint32_t raw_bytes = 0;
    ByteView commitments;
    ByteView payload;
};

// At most `raw_bytes_max` are accepted.
Result<SectionParts> split_section(ByteView plaintext, size_t raw_bytes_max);

class SectionExpander {
 public:
    SectionExpander();
    ~SectionExpander();

    // From a section's plaintext; at most `raw_bytes_max` are accepted. `commitments` views into
    // `plaintext`.
    Result<void> expand(ByteView plaintext, size_t raw_bytes_max, ByteView& commitments,
                        Bytes& raw);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

// Makes c_s of every record of a frame, one keystream call a section.
class Committer {
 public:
    // For one section: `commitments[i][section]` of each record, zero where the record has no
    // bytes.
    void commit(Keystream& keystream, Section section, uint64_t first_index, ByteView raw,
                std::vector<BatchRecord>& records);

    void put_leaves(uint64_t first_index, std::vector<BatchRecord>& records);

 private:
    HashLanes lanes_;
    Bytes randoms_;
};

void encode_commitments(const std::vector<BatchRecord>& records, Bytes& out);

// Compares with what was computed: presence bits and stored hashes; sections in `known` were
// computed, the others are taken over into the records. kCorrupt names the first record that
// differs.
Result<void> check_commitments(ByteView stored, uint8_t known, std::vector<BatchRecord>& records);

// Finds each record in a section's raw bytes: offsets and sizes. kCorrupt unless they fill it
// exactly.
Result<void> locate_records(ByteView raw, Section section, std::vector<BatchRecord>& records);

}  // namespace llmtrail
