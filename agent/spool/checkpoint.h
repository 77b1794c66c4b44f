// What leaves the host of a seal: its tree as a signed note, and the rest of what it says
// (docs/checkpoints.md). Made by the writer, sent as a record by the pipeline. Plain data.
#pragma once

#include <array>
#include <cstdint>

#include "anchor/checkpoint_note.h"
#include "platform/clock.h"
#include "spool/format.h"

namespace llmtrail {

struct Checkpoint {
    CheckpointBody body;
    Bytes note;  // of `body`, signed by the identity key
    uint64_t generation = 0;
    uint64_t seal_no = 0;
    Digest chain{};
    uint64_t durable_index = 0;
    PublicKey next_pk{};
    ClockState clock;
    std::array<char, kBootIdBytes> boot_id{};
};

}  // namespace llmtrail
