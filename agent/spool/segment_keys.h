// The ciphers of one segment, made once from its four data keys. Writers seal, readers open; both
// commit. One thread per object.
#pragma once

#include <array>
#include <vector>

#include "crypto/aead.h"
#include "crypto/keystream.h"
#include "spool/frame.h"
#include "spool/key_file.h"

namespace llmtrail {

struct SegmentSealers {
    explicit SegmentSealers(const DataKeys& keys);

    std::vector<AeadSealer> aead;  // by section
    std::vector<Keystream> keystreams;
};

class SegmentOpeners {
 public:
    explicit SegmentOpeners(const DataKeys& keys);

    // Opens one section of a frame; `chain` is the value before it. kCrypto: the tag is wrong.
    Result<void> open(const Digest& header_hash, const Digest& chain, const FrameView& frame,
                      Section section, Bytes& plaintext);

    Keystream& keystream(Section section) { return keystreams_[index_of(section)]; }

 private:
    std::vector<AeadOpener> aead_;
    std::vector<Keystream> keystreams_;
};

}  // namespace llmtrail
