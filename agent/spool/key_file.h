// seg-N.keys: the data keys of a segment, wrapped for those who may open them. Used by writer,
// reader, recovery and verifier. Pure but for the randomness given; any thread. Decoding takes
// hostile bytes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/role.h"
#include "base/section.h"
#include "crypto/secret.h"
#include "platform/random.h"
#include "spool/key_stanza.h"
#include "spool/local_keys.h"
#include "spool/segment_header.h"

namespace llmtrail {

// By section; an empty one is not to be had (erased, or not given to who opens).
using DataKeys = std::array<Secret, kSectionCount>;

// Wraps data keys; itself wrapped by the local key in every key file. In memory only.
struct DailyKey {
    Secret key;
    std::array<char, kDailyIdBytes> id{};
};

Result<DailyKey> make_daily_key(Random& random);
Result<DataKeys> make_data_keys(Random& random);
Digest key_commitment(const Secret& data_key, Section section);

// What a key file holds beside the local wrap of the data keys.
struct KeyFileExtras {
    const std::vector<Recipient>* recipients = nullptr;
    const Secret* position_key = nullptr;
};

// log_id, segment_no and key_commitments of `header` must be set. kLimit for too many recipients,
// kCrypto for one whose key cannot be wrapped for.
Result<Bytes> encode_key_file(const SegmentHeader& header, const DataKeys& data_keys,
                              const DailyKey& daily, const LocalKeys& local, Random& random,
                              const KeyFileExtras& extras = {});

// With the local wrap. kCorrupt: no key file of this segment; kNotFound: no wrap for a local key of
// this host, or none of the envelope's key; kCrypto: a wrap does not open or gives a key that the
// header does not commit to.
Result<DataKeys> open_key_file(ByteView bytes, const SegmentHeader& header, const LocalKeys& local);
Result<DataKeys> open_key_file(ByteView bytes, const SegmentHeader& header,
                               const std::vector<LocalKey>& local);

// The position key of the log as this segment has it. Errors as open_key_file().
Result<Secret> open_position_key(ByteView bytes, const SegmentHeader& header,
                                 const std::vector<LocalKey>& local);

// Single stanzas, for what rewrites key files.
Result<KeyStanza> make_daily_stanza(const SegmentHeader& header, const DailyKey& daily,
                                    const LocalKey& local, Random& random);
Result<KeyStanza> make_position_stanza(const SegmentHeader& header, const Secret& position_key,
                                       const LocalKey& local, Random& random);
Result<KeyStanza> make_recipient_stanza(const SegmentHeader& header, Section section,
                                        const Secret& data_key, const Recipient& recipient,
                                        Random& random);
Result<DailyKey> open_daily_stanza(const KeyStanza& stanza, const SegmentHeader& header,
                                   const LocalKey& local);
Result<Secret> open_position_stanza(const KeyStanza& stanza, const SegmentHeader& header,
                                    const LocalKey& local);

// The id of the local key that a stanza 1 or 5 is wrapped under; empty for others.
ByteView local_id_of(const KeyStanza& stanza);

// info of the recipient wrap.
Bytes recipient_wrap_info(const SegmentHeader& header, Section section);

// A data key that was unwrapped, held against the header.
Result<Secret> committed_key(Secret key, const SegmentHeader& header, Section section);

// As decode_key_stanzas(), and of this segment: kCorrupt otherwise.
Result<KeyStanzas> key_stanzas_of(ByteView bytes, const SegmentHeader& header);

}  // namespace llmtrail
