#include "spool/segment_keys.h"

#include <string>

namespace llmtrail {

SegmentSealers::SegmentSealers(const DataKeys& keys) {
    for (const Secret& key : keys) {
        aead.emplace_back(hkdf_expand(key, kAeadInfo));
        keystreams.emplace_back(hkdf_expand(key, kCommitKeyInfo));
    }
}

SegmentOpeners::SegmentOpeners(const DataKeys& keys) {
    for (size_t s = 0; s < kSectionCount; ++s) {
        if (!keys[s].empty()) {
            aead_[s].emplace(hkdf_expand(keys[s], kAeadInfo));
            keystreams_[s].emplace(hkdf_expand(keys[s], kCommitKeyInfo));
        }
    }
}

Result<void> SegmentOpeners::open(const Digest& header_hash, const Digest& chain,
                                  const FrameView& frame, Section section, Bytes& plaintext) {
    plaintext.assign(frame.sections[index_of(section)]);
    return open_in_place(header_hash, chain, frame, section, plaintext);
}

Result<void> SegmentOpeners::open_in_place(const Digest& header_hash, const Digest& chain,
                                           const FrameView& frame, Section section, Bytes& bytes) {
    size_t s = index_of(section);
    if (!aead_[s]) {
        bytes.clear();
        return fail(ErrorCode::kNotFound,
                    "no key for section " + std::string(section_name(section)));
    }
    return aead_[s]->open_in_place(frame.header.salt, frame.header.frame_no,
                                   {view(header_hash), view(chain), frame.head, frame.clear},
                                   bytes);
}

}  // namespace llmtrail
