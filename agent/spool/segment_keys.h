// The ciphers of one segment, made once from its data keys. Writers seal, readers open; both
// commit. One thread per object.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "crypto/aead.h"
#include "crypto/keystream.h"
#include "spool/frame.h"
#include "spool/key_file.h"

namespace llmtrail {

struct SegmentSealers {
    explicit SegmentSealers(const DataKeys& keys);  // all four

    std::vector<AeadSealer> aead;  // by section
    std::vector<Keystream> keystreams;
};

class SegmentOpeners {
 public:
    explicit SegmentOpeners(const DataKeys& keys);  // as many as there are

    bool has(Section section) const { return aead_[index_of(section)].has_value(); }

    // Opens one section of a frame; `chain` is the value before it. kCrypto: the tag is wrong;
    // kNotFound: the key of this section is not at hand.
    Result<void> open(const Digest& header_hash, const Digest& chain, const FrameView& frame,
                      Section section, Bytes& plaintext);

    // The same where the sealed bytes of the section stand, not in `frame`.
    Result<void> open_in_place(const Digest& header_hash, const Digest& chain,
                               const FrameView& frame, Section section, Bytes& bytes);

    // Only of a section that has() a key.
    Keystream& keystream(Section section) { return *keystreams_[index_of(section)]; }

 private:
    std::array<std::optional<AeadOpener>, kSectionCount> aead_;
    std::array<std::optional<Keystream>, kSectionCount> keystreams_;
};

}  // namespace llmtrail
