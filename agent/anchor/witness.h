// A witness (c2sp.org/tlog-witness, add-checkpoint): it signs a checkpoint only after it has seen,
// by a consistency proof, that the log still holds everything it signed before. So no two parties
// can be shown different logs, and a log that was rolled back is noticed by the witness itself.
// What comes back is checked against the witness's configured key. Anchor thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "anchor/anchor_holder.h"
#include "anchor/http_post.h"

namespace llmtrail {

inline constexpr size_t kWitnessProofLinesMax = 63;

struct WitnessOptions {
    std::string id;
    std::string url;          // submission prefix; "/add-checkpoint" is appended
    VerifierKey key;          // of type kNoteTypeCosignature
    std::string tls_ca_file;  // empty: the system's
    bool allow_http = false;
};

// That the tree of `to` leaves begins with that of `from`; 0 < from < to. Called on the anchor
// thread.
using ConsistencyProof = std::function<Result<std::vector<Digest>>(uint64_t from, uint64_t to)>;

std::unique_ptr<AnchorHolder> make_witness_holder(WitnessOptions options, HttpPoster& http,
                                                  ConsistencyProof prove);

// The request's body.
Bytes encode_add_checkpoint(uint64_t old_size, const std::vector<Digest>& proof, ByteView note);

// The cosignature of `key` among signature lines, over the checkpoint's text; others are ignored.
// kCrypto: none, or a wrong one.
struct Cosignature {
    NoteSignature line;
    uint64_t at_seconds = 0;  // since 1970, the witness's clock
};

Result<Cosignature> open_cosignature(ByteView lines, std::string_view checkpoint_text,
                                     const VerifierKey& key);
Bytes cosigned_text(uint64_t at_seconds, std::string_view checkpoint_text);

}  // namespace llmtrail
