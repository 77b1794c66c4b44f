// seg-N.keys: the data keys of a segment, wrapped for those who may open them. Used by writer,
// reader, recovery and verifier. Pure but for the randomness given; any thread. Decoding takes
// hostile bytes.
#pragma once

#include <array>
#include <cstdint>

#include "base/result.h"
#include "base/section.h"
#include "crypto/secret.h"
#include "platform/random.h"
#include "spool/local_keys.h"
#include "spool/segment_header.h"

namespace llmtrail {

using DataKeys = std::array<Secret, kSectionCount>;

// Wraps data keys; itself wrapped by the local key in every key file. In memory only.
struct DailyKey {
    Secret key;
    std::array<char, 16> id{};
};

Result<DailyKey> make_daily_key(Random& random);
Result<DataKeys> make_data_keys(Random& random);
Digest key_commitment(const Secret& data_key, Section section);

// log_id, segment_no and key_commitments of `header` must be set.
Result<Bytes> encode_key_file(const SegmentHeader& header, const DataKeys& data_keys,
                              const DailyKey& daily, const LocalKeys& local, Random& random);

// kCorrupt: no key file of this segment; kNotFound: no wrap for the local key; kCrypto: a wrap does
// not open or gives a key that the header does not commit to.
Result<DataKeys> open_key_file(ByteView bytes, const SegmentHeader& header, const LocalKeys& local);

}  // namespace llmtrail
