// One BATCH frame on its way out of a damaged spool. Used by salvage alone. One thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "spool/frame.h"
#include "spool/key_file.h"
#include "spool/salvage.h"

namespace llmtrail {

// The keys of one segment as salvage needs them; none for a section that the key does not open.
struct SalvageKeys {
    explicit SalvageKeys(const DataKeys& keys);

    std::array<Secret, kSectionCount> aead;
    std::array<std::optional<Keystream>, kSectionCount> commit;
};

class BatchSalvage {
 public:
    BatchSalvage();
    ~BatchSalvage();

    // `frame` is split by its header; its checksum may be wrong. Hands out what matches.
    Result<void> take(uint64_t segment_no, const FrameView& frame, SalvageKeys& keys,
                      SalvageVisitor& visitor, SalvageTotals& totals);

 private:
    struct Zstd;

    void open_section(const FrameView& frame, SalvageKeys& keys, Section section);
    ByteView expand(ByteView plaintext, Section section, Bytes& raw);
    void read_stored(size_t records);
    bool match(const FrameView& frame, size_t record, SalvagedRecord& out);

    std::unique_ptr<Zstd> zstd_;
    Sha256 hash_;
    Bytes plaintext_;
    Bytes randoms_;
    Bytes stored_;  // commitments, as the envelope has them
    std::array<Bytes, kSectionCount> raw_;
    std::array<std::vector<ByteView>, kSectionCount> records_;  // as far as they could be read
    std::array<std::vector<Digest>, kSectionCount> computed_;
    std::vector<uint8_t> present_;
    std::vector<Commitments> expected_;
};

}  // namespace llmtrail
