// The two proof files of docs/proofs.md as structs: text <-> struct, and the check that somebody
// without the spool makes. Used by `llmtrail prove` and its tests. Pure, any thread. Decoding takes
// hostile bytes: kCorrupt.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/section.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "spool/batch_codec.h"

namespace llmtrail {

inline constexpr size_t kProofBytesMax = size_t{256} << 20;

// A section of the record, laid open: c_s = H(tag || blinding || bytes).
struct Opening {
    Digest blinding{};  // r_s
    Bytes bytes;        // never empty
};

struct RecordPreimage {
    Commitments commitments{};
    std::array<std::optional<Opening>, kSectionCount> opened;
};

struct FramePreimage {
    Digest frame_digest{};
};

struct BareLeaf {
    Digest leaf{};
};

struct InclusionProof {
    std::variant<RecordPreimage, FramePreimage, BareLeaf> preimage;
    uint64_t index = 0;
    std::vector<Digest> path;
    Bytes checkpoint;  // a signed note, verbatim
};

struct ConsistencyProof {
    Bytes old_checkpoint;
    uint64_t old_size = 0;
    std::vector<Digest> hashes;
    Bytes new_checkpoint;
};

using Proof = std::variant<InclusionProof, ConsistencyProof>;

Bytes encode_proof(const Proof& proof);
Result<Proof> decode_proof(ByteView text);

Digest leaf_of(const InclusionProof& proof);
Digest commitment_of(Section section, const Opening& opening);

enum class ProofVerdict : uint8_t { kHolds, kDoesNotHold, kCannotCheck };

std::string_view proof_verdict_name(ProofVerdict verdict);  // HOLDS DOES_NOT_HOLD CANNOT_CHECK

struct ProofReport {
    ProofVerdict verdict = ProofVerdict::kCannotCheck;
    std::string reason;          // one sentence
    std::optional<Proof> proof;  // when it could be read
    uint64_t tree_size = 0;      // of the (newer) checkpoint, once its signature was right
    uint64_t old_size = 0;       // of a consistency proof
};

// docs/proofs.md, "Checking": the same steps in the same order.
ProofReport check_proof(ByteView text, const PublicKey& trusted);

}  // namespace llmtrail
