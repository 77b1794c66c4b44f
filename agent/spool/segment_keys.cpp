#include "spool/segment_keys.h"

namespace llmtrail {

SegmentSealers::SegmentSealers(const DataKeys& keys) {
    for (const Secret& key : keys) {
        aead.emplace_back(hkdf_expand(key, kAeadInfo));
        keystreams.emplace_back(hkdf_expand(key, kCommitKeyInfo));
    }
}

SegmentOpeners::SegmentOpeners(const DataKeys& keys) {
    for (const Secret& key : keys) {
        aead_.emplace_back(hkdf_expand(key, kAeadInfo));
        keystreams_.emplace_back(hkdf_expand(key, kCommitKeyInfo));
    }
}

Result<void> SegmentOpeners::open(const Digest& header_hash, const Digest& chain,
                                  const FrameView& frame, Section section, Bytes& plaintext) {
    size_t s = index_of(section);
    return aead_[s].open(frame.header.salt, frame.header.frame_no,
                         {view(header_hash), view(chain), frame.head, frame.clear},
                         frame.sections[s], plaintext);
}

}  // namespace llmtrail
