// Somebody outside this host who can be asked to hold a checkpoint: a timestamp authority or a
// witness. Asking blocks; only the anchor thread does it. A receipt is handed out after it was
// checked against the holder's configured key or certificates, never before.
#pragma once

#include <string_view>

#include "anchor/checkpoint_note.h"
#include "base/time.h"

namespace llmtrail {

struct AnchorTask {
    CheckpointBody body;
    Bytes note;  // signed by the log
};

struct AnchorReceipt {
    Bytes bytes;         // for the ANCHOR frame
    UnixNanos given_at;  // as the holder says
};

class AnchorHolder {
 public:
    virtual ~AnchorHolder() = default;
    virtual std::string_view id() const = 0;

    // kCorrupt: the holder has proof that this log is not what it was. kCancelled: the agent stops.
    // Anything else: the holder could not be had, or its answer is not to be believed.
    virtual Result<AnchorReceipt> anchor(const AnchorTask& task) = 0;
};

}  // namespace llmtrail
