// The part of LogWriter that speaks of seals outside the log: checkpoints and ANCHOR frames.
#include "spool/spool_writer.h"

namespace llmtrail {

// Called once the SEAL that was encoded last is on disk.
void LogWriter::note_seal(const OpenSegment& segment) {
    sealed_ = sealing_;
    sealed_generation_ = segment.encoder->header().generation;
    sealed_boot_id_ = segment.encoder->header().boot_id;
}

Checkpoint LogWriter::checkpoint() const {
    auto log_id = log_id_of(keys_.identity.public_key());
    Checkpoint checkpoint;
    checkpoint.body.origin = checkpoint_origin({log_id.data(), log_id.size()});
    checkpoint.body.tree_size = sealed_.tree_size;
    checkpoint.body.root = sealed_.root;
    checkpoint.note = make_checkpoint_note(checkpoint.body, keys_.identity);
    checkpoint.generation = sealed_generation_;
    checkpoint.seal_no = sealed_.seal_no;
    checkpoint.chain = sealed_.chain;
    checkpoint.durable_index = sealed_.durable_index;
    checkpoint.next_pk = sealed_.next_pk;
    checkpoint.clock = sealed_.clock;
    checkpoint.boot_id = sealed_boot_id_;
    return checkpoint;
}

Result<void> LogWriter::append_anchor(const AnchorBody& body) {
    if (body.holder.empty() || body.holder.size() > kOutputIdBytesMax ||
        body.receipt.size() > kAnchorReceiptBytesMax) {
        return fail(ErrorCode::kInvalidArgument, "an anchor of an impossible size");
    }
    return append_control(FrameType::kAnchor, 0, encode_anchor(body));
}

}  // namespace llmtrail
