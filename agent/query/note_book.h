// Checkpoints at hand while a proof is made: from files kept outside, and from the spool itself.
// Only those are kept that the log's identity key signed. Used by the provers. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/signature.h"

namespace llmtrail {

struct HeldNote {
    Bytes note;  // verbatim
    Digest root{};
};

class NoteBook {
 public:
    explicit NoteBook(const PublicKey& identity);

    const PublicKey& identity() const { return identity_; }

    // One note. kCorrupt, kNotFound (another log's) or kCrypto when it is not kept.
    Result<void> add(ByteView note);
    // Notes one after another, or an export of a SIEM; what is none of this log's is passed over.
    // How many were kept.
    size_t add_all(ByteView text);

    // For exactly this size; null: none.
    const HeldNote* of_size(uint64_t tree_size) const;
    // For the smallest tree that has this leaf.
    std::optional<uint64_t> first_size_above(uint64_t index) const;

    bool empty() const { return notes_.empty(); }

 private:
    PublicKey identity_;
    std::string origin_;
    std::map<uint64_t, HeldNote> notes_;  // by tree size
};

}  // namespace llmtrail
