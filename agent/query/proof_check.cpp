// Checking a proof file without the spool: docs/proofs.md, "Checking".
#include <algorithm>

#include "anchor/checkpoint_note.h"
#include "query/proof.h"
#include "spool/frame.h"
#include "spool/merkle_proof.h"
#include "spool/segment_header.h"

namespace llmtrail {
namespace {

// Something went wrong: with which verdict, and why.
struct Objection {
    ProofVerdict verdict;
    const char* reason;
};

// A checkpoint that the trusted key signed; else the objection to it.
std::optional<Objection> take_checkpoint(ByteView note, const PublicKey& trusted,
                                         CheckpointBody& body) {
    constexpr const char* kForeign = "the checkpoint is not one of the trusted key's log";
    Result<SignedNote> parsed = parse_signed_note(note);
    Result<CheckpointBody> decoded =
        parsed ? decode_checkpoint_text(parsed->text) : fail(parsed.error());
    if (!decoded) {
        return Objection{ProofVerdict::kCannotCheck, "the checkpoint cannot be read"};
    }
    auto log_id = log_id_of(trusted);
    std::string origin = checkpoint_origin({log_id.data(), log_id.size()});
    NoteKeyId key_id = note_key_id(origin, kNoteTypeEd25519, trusted);
    bool named = std::any_of(parsed->signatures.begin(), parsed->signatures.end(),
                             [&](const NoteSignature& signature) {
                                 return signature.name == origin && signature.key_id == key_id;
                             });
    if (decoded->origin != origin || !named) {
        return Objection{ProofVerdict::kCannotCheck, kForeign};
    }
    if (!check_note_signature(*parsed, origin, trusted)) {
        return Objection{ProofVerdict::kDoesNotHold, "the checkpoint's signature is wrong"};
    }
    body = std::move(*decoded);
    return std::nullopt;
}

std::optional<Objection> check_openings(const InclusionProof& proof) {
    const auto* record = std::get_if<RecordPreimage>(&proof.preimage);
    if (record == nullptr) {
        return std::nullopt;
    }
    for (size_t s = 0; s < kSectionCount; ++s) {
        const std::optional<Opening>& opening = record->opened[s];
        if (opening && commitment_of(kSections[s], *opening) != record->commitments[s]) {
            return Objection{ProofVerdict::kDoesNotHold,
                             "an opened section is not the one that the record commits to"};
        }
    }
    return std::nullopt;
}

std::optional<Objection> check_inclusion(const InclusionProof& proof, const PublicKey& trusted,
                                         ProofReport& report) {
    CheckpointBody checkpoint;
    if (auto objection = take_checkpoint(proof.checkpoint, trusted, checkpoint)) {
        return objection;
    }
    report.tree_size = checkpoint.tree_size;
    if (!inclusion_holds(proof.index, checkpoint.tree_size, leaf_of(proof), proof.path,
                         checkpoint.root)) {
        return Objection{ProofVerdict::kDoesNotHold,
                         "the path does not lead from the leaf to the checkpoint's root"};
    }
    return check_openings(proof);
}

std::optional<Objection> check_consistency(const ConsistencyProof& proof, const PublicKey& trusted,
                                           ProofReport& report) {
    CheckpointBody old_one;
    CheckpointBody new_one;
    auto old_objection = take_checkpoint(proof.old_checkpoint, trusted, old_one);
    auto new_objection = take_checkpoint(proof.new_checkpoint, trusted, new_one);
    // A foreign checkpoint comes before a wrong signature, whichever of the two it is.
    for (ProofVerdict verdict : {ProofVerdict::kCannotCheck, ProofVerdict::kDoesNotHold}) {
        for (const auto& objection : {old_objection, new_objection}) {
            if (objection && objection->verdict == verdict) {
                return objection;
            }
        }
    }
    report.old_size = old_one.tree_size;
    report.tree_size = new_one.tree_size;
    if (proof.old_size != old_one.tree_size ||
        !consistency_holds(old_one.tree_size, new_one.tree_size, old_one.root, new_one.root,
                           proof.hashes)) {
        return Objection{ProofVerdict::kDoesNotHold,
                         "the hashes do not lead from the older root to the newer one"};
    }
    return std::nullopt;
}

}  // namespace

std::string_view proof_verdict_name(ProofVerdict verdict) {
    switch (verdict) {
        case ProofVerdict::kHolds:
            return "HOLDS";
        case ProofVerdict::kDoesNotHold:
            return "DOES_NOT_HOLD";
        case ProofVerdict::kCannotCheck:
            return "CANNOT_CHECK";
    }
    return "";
}

Digest commitment_of(Section section, const Opening& opening) {
    char tag = static_cast<char>(kCommitmentPrefix + static_cast<char>(index_of(section)));
    Sha256 hash;
    return hash.update({&tag, 1}).update(view(opening.blinding)).update(opening.bytes).finish();
}

Digest leaf_of(const InclusionProof& proof) {
    Sha256 hash;
    if (const auto* record = std::get_if<RecordPreimage>(&proof.preimage)) {
        return record_leaf(hash, proof.index, record->commitments);
    }
    if (const auto* frame = std::get_if<FramePreimage>(&proof.preimage)) {
        return control_leaf(hash, proof.index, frame->frame_digest);
    }
    return std::get<BareLeaf>(proof.preimage).leaf;
}

ProofReport check_proof(ByteView text, const PublicKey& trusted) {
    ProofReport report;
    Result<Proof> proof = decode_proof(text);
    if (!proof) {
        report.reason = proof.error().message;
        return report;
    }
    const auto* inclusion = std::get_if<InclusionProof>(&*proof);
    std::optional<Objection> objection =
        inclusion != nullptr
            ? check_inclusion(*inclusion, trusted, report)
            : check_consistency(std::get<ConsistencyProof>(*proof), trusted, report);
    report.verdict = objection ? objection->verdict : ProofVerdict::kHolds;
    report.reason = objection ? objection->reason
                    : inclusion != nullptr
                        ? "the leaf is in the tree that the checkpoint signs"
                        : "the newer log begins with everything that the older one held";
    report.proof = std::move(*proof);
    return report;
}

}  // namespace llmtrail
