#include "pipeline/checkpoint_record.h"

#include <sys/timex.h>

#include <algorithm>

#include "base/hex.h"
#include "pipeline/agent_record.h"

namespace llmtrail {

namespace {

std::string boot_id_text(const std::array<char, kBootIdBytes>& id) {
    std::string hex = to_hex({id.data(), id.size()});
    for (size_t at : std::initializer_list<size_t>{20, 16, 12, 8}) {
        hex.insert(at, "-");
    }
    return hex;
}

int64_t count(uint64_t value) {
    return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
}

}  // namespace

void fill_checkpoint_record(AuditRecord& record, const Checkpoint& checkpoint,
                            uint64_t confirmed_index, const AnchorTotals& anchors, UnixNanos now) {
    std::string detail =
        "checkpoint of " + std::to_string(checkpoint.body.tree_size) + " leaves; " + anchors.state;
    fill_agent_record(record, {kClassCheckpoint, "agent", std::move(detail), 1}, now);
    record.set_text(Field::kCheckpointNote, checkpoint.note);
    record.set_integer(Field::kCheckpointTreeSize, count(checkpoint.body.tree_size));
    record.set_integer(Field::kCheckpointSealNo, count(checkpoint.seal_no));
    record.set_integer(Field::kCheckpointGeneration, count(checkpoint.generation));
    record.set_text(Field::kCheckpointChain, to_hex(view(checkpoint.chain)));
    record.set_integer(Field::kCheckpointDurableIndex, count(checkpoint.durable_index));
    record.set_integer(Field::kCheckpointConfirmedIndex, count(confirmed_index));
    record.set_text(Field::kCheckpointNextKey, to_hex(view(checkpoint.next_pk)));
    record.set_text(Field::kCheckpointAnchoring, anchors.state);
    record.set_integer(Field::kCheckpointAnchoredSize, count(anchors.anchored_size));
    record.set_integer(Field::kCheckpointUnanchored, anchors.unanchored_seconds());
    bool synchronized = (checkpoint.clock.status & STA_UNSYNC) == 0;
    record.set_text(Field::kClockState, synchronized ? "synchronized" : "unsynchronized");
    record.set_integer(Field::kClockErrorMax, checkpoint.clock.maximum_error_us);
    if (checkpoint.boot_id != decltype(checkpoint.boot_id){}) {
        record.set_text(Field::kHostBootId, boot_id_text(checkpoint.boot_id));
    }
}

std::optional<CheckpointBody> checkpoint_of(const AuditRecord& record) {
    if (record.integer(Field::kAgentClass) != kClassCheckpoint || !is_agent_record(record)) {
        return std::nullopt;
    }
    Result<SignedNote> note = parse_signed_note(record.text(Field::kCheckpointNote));
    Result<CheckpointBody> body =
        note ? decode_checkpoint_text(note->text) : fail(std::move(note.error()));
    return body ? std::optional(std::move(*body)) : std::nullopt;
}

}  // namespace llmtrail
