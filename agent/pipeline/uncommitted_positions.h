// Source positions on their way into a frame. A tail tells each change once, so they are kept here
// until a commit took them; of each file the latest counts. Ingest thread only.
#pragma once

#include <map>
#include <vector>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "log/log.h"
#include "spool/spool.h"
#include "tail/position.h"

namespace llmtrail {

class UncommittedPositions {
 public:
    void note(const FilePosition& position);
    std::vector<PositionEntry> entries() const;

    bool empty() const { return values_.empty(); }

    void clear() { values_.clear(); }

 private:
    std::map<Bytes, Bytes> values_;  // by source and identity of the file
};

// Hashes in positions tell nothing about the text to whoever has not the spool's position key.
PositionHasher position_hasher(const Secret& key);

// Positions as the spool gives them back. One that cannot be read is logged and left out.
std::vector<FilePosition> decode_positions(const std::vector<Bytes>& encoded, Log& log);

}  // namespace llmtrail
