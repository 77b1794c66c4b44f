// Checkpoints that were kept off the host, against the log as it is walked. Used by verify_spool()
// alone. Their signatures were checked before. One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "spool/merkle.h"
#include "spool/verify.h"

namespace llmtrail {

class AnchorCheck {
 public:
    explicit AnchorCheck(KeptCheckpoints kept);

    bool due(uint64_t tree_size) const { return tree_size == next_size_; }

    // The tree has a size that is due. False: a checkpoint names another root for it.
    bool agrees(MerkleTree& tree);

    // A checkpoint repeats a SEAL. False: the SEAL of one that lies below is not in the log.
    bool note_seal(uint64_t tree_size, UnixNanos at);

    // At the end: every checkpoint's leaves and its SEAL were there.
    bool all_found() const { return sealed_ == kept_.size(); }

    bool none_kept() const { return kept_.empty(); }

    // The first checkpoint that the log does not agree with, and the file it stood in.
    const KeptCheckpoint& accuser() const { return kept_[accuser_]; }

    const std::string& accuser_file() const { return file_of(kept_[accuser_]); }

    void report(uint64_t tree_size, VerifyReport& report) const;

 private:
    void advance();

    const std::string& file_of(const KeptCheckpoint& one) const { return files_[one.file]; }

    std::vector<KeptCheckpoint> kept_;  // by tree size
    std::vector<std::string> files_;
    size_t next_ = 0;
    uint64_t next_size_ = std::numeric_limits<uint64_t>::max();
    size_t accuser_ = 0;
    size_t sealed_ = 0;  // so many agree, seals included
    UnixNanos anchored_at_;
    UnixNanos sealed_at_;
    uint64_t sealed_size_ = 0;
};

}  // namespace llmtrail
