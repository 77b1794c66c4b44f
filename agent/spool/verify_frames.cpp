// LogWalker: what must hold for each frame.
#include <utility>

#include "spool/format.h"
#include "spool/verify_control.h"
#include "spool/verify_log.h"

namespace llmtrail {

LogWalker::Fault LogWalker::check_frame(const StreamedFrame& frame) {
    const FrameView& view = frame.view;
    if (Fault fault = check_place(view.header)) {
        return fault;
    }
    ByteView leaves;
    if (view.header.type == FrameType::kBatch) {
        std::optional<ByteView> table = leaf_table_of(view.clear, view.header.leaf_count);
        if (!table) {
            return tampered("batch: a batch cannot be read");
        }
        leaves = *table;
    }
    Digest digest;
    if (Fault fault = check_content(frame, leaves, digest)) {
        return fault;
    }
    if (Fault fault = check_type(frame)) {
        return fault;
    }
    Fault fault;
    if (view.header.type == FrameType::kBatch) {
        fault = add_batch(leaves);
    } else if (view.header.type != FrameType::kSeal) {
        fault = add_leaf(control_leaf(hash_, view.header.index, digest));
    }
    if (fault) {
        return fault;
    }
    head_.chain = chain_after(hash_, head_.chain, digest);
    return std::nullopt;
}

// Order within the segment and the log.
LogWalker::Fault LogWalker::check_place(const FrameHeader& header) {
    at_seal_ = false;
    if (header.frame_no != frame_no_) {
        return tampered("the frame's number is not its place");
    }
    if (header.index != head_.tree.size()) {
        return tampered("the frame's index does not follow");
    }
    bool full = header.type == FrameType::kPositions && !header.delta();
    if (full != (frame_no_ == 0)) {
        return tampered("a segment begins with its positions, and only there");
    }
    bool genesis = header.type == FrameType::kGenesis;
    if (genesis != (new_generation_ && frame_no_ == 1)) {
        return tampered("a generation begins with its genesis, and only there");
    }
    bool recovery = header.type == FrameType::kRecovery;
    if (recovery != (recovery_due_ && frame_no_ == 2)) {
        return tampered(recovery ? "a recovery where nothing was to recover"
                                 : "the end before this generation is not accounted for");
    }
    return std::nullopt;
}

LogWalker::Fault LogWalker::check_type(const StreamedFrame& streamed) {
    const FrameView& frame = streamed.view;
    switch (frame.header.type) {
        case FrameType::kPositions:
            return check_positions(frame);
        case FrameType::kGenesis:
            return check_genesis(frame);
        case FrameType::kRecovery:
            return check_recovery(frame);
        case FrameType::kSeal:
            return check_seal(streamed);
        case FrameType::kPrune:
            return check_removal(removals_.add_prune(frame.clear, outline_.segment_no));
        case FrameType::kErase:
            return check_removal(removals_.add_erase(frame.clear, outline_.segment_no));
        case FrameType::kBatch:
        case FrameType::kAnchor:
            return std::nullopt;
    }
    ++unknown_frames_;
    return std::nullopt;
}

LogWalker::Fault LogWalker::check_positions(const FrameView& frame) const {
    switch (check_positions_body(frame.clear, !frame.header.delta())) {
        case PositionsFault::kNone:
            return std::nullopt;
        case PositionsFault::kUnreadable:
            return tampered("positions: positions cannot be read");
        case PositionsFault::kOrder:
            return tampered("positions: not in order, or one without a value");
    }
    return std::nullopt;
}

LogWalker::Fault LogWalker::check_removal(const std::optional<std::string>& wrong) const {
    return wrong ? tampered(*wrong) : std::nullopt;
}

LogWalker::Fault LogWalker::check_genesis(const FrameView& frame) {
    Result<GenesisBody> body = decode_genesis(frame.clear);
    if (!body) {
        return tampered("genesis: " + body.error().message);
    }
    bool first = (body->flags & kGenesisFirstStart) != 0;
    bool after_clean = (body->flags & kGenesisAfterClean) != 0;
    if (first != first_segment() || after_clean != (!first_segment() && !recovery_due_)) {
        return tampered("the genesis does not agree with what stands before it");
    }
    return std::nullopt;
}

LogWalker::Fault LogWalker::check_seal(const StreamedFrame& streamed) {
    const FrameView& frame = streamed.view;
    Result<SealBody> body = decode_seal(frame.clear);
    if (!body || streamed.large) {
        return tampered("seal: a seal cannot be read");
    }
    if (!seal_signature_valid(header_, frame, seal_key_)) {
        return tampered("the seal's signature is wrong");
    }
    if (body->tree_size != head_.tree.size() || body->root != head_.tree.root()) {
        return tampered("the seal's tree is not the records' tree");
    }
    if (body->chain != head_.chain) {
        return tampered("the seal's chain is not the frames' chain");
    }
    if ((body->reasons & kSealCleanShutdown) != 0 && body->next_pk != PublicKey{}) {
        return tampered("a seal of an orderly stop names a next key");
    }
    if (body->seal_no != seal_no_ || body->durable_index > body->tree_size) {
        return tampered("the seal contradicts the seals before it");
    }
    removals_.seal();
    seal_key_ = body->next_pk;
    ++seal_no_;
    ++seals_;
    if (!anchors_.note_seal(body->tree_size, {frame.header.wall_ns})) {
        return tampered("the seal of " + std::to_string(anchors_.accuser().tree_size) +
                        " leaves that a checkpoint kept off the host (" + anchors_.accuser_file() +
                        ") repeats is not in the log");
    }
    last_seal_ = std::move(*body);
    at_seal_ = true;
    return std::nullopt;
}

// `digest` is made on the way. A leaf file holds no content.
LogWalker::Fault LogWalker::check_content(const StreamedFrame& frame, ByteView leaves,
                                          Digest& digest) {
    bool batch = frame.view.header.type == FrameType::kBatch;
    if (!content_.opens() || !batch) {
        digest =
            frame.digest ? *frame.digest : frame_digest(hash_, frame.view.head, frame.view.body);
    }
    if (!content_.opens()) {
        return std::nullopt;
    }
    Result<std::optional<ContentFault>> found =
        batch ? content_.check_batch(*stream_, frame, head_.chain, leaves, digest)
              : content_.check_control(*stream_, frame, head_.chain);
    if (!found) {
        return unverifiable(found.error().message);
    }
    if (!*found) {
        return std::nullopt;
    }
    Fault fault = tampered((*found)->reason);
    fault->section = (*found)->section;
    fault->record = (*found)->record;
    return fault;
}

LogWalker::Fault LogWalker::add_batch(ByteView leaves) {
    for (size_t at = 0; at < leaves.size(); at += kDigestBytes) {
        Digest leaf;
        leaves.copy(leaf.data(), leaf.size(), at);
        if (Fault fault = add_leaf(leaf)) {
            return fault;
        }
    }
    records_ += leaves.size() / kDigestBytes;
    if (head_.tree.size() - header_.first_index > kSegmentLeavesMax) {
        return tampered("the segment holds more leaves than any writer puts there");
    }
    return std::nullopt;
}

LogWalker::Fault LogWalker::add_leaf(const Digest& leaf) {
    head_.tree.add(leaf);
    if (!anchors_.due(head_.tree.size()) || anchors_.agrees(head_.tree)) {
        return std::nullopt;
    }
    return tampered("a checkpoint kept off the host (" + anchors_.accuser_file() +
                    ") names another root for the first " + std::to_string(head_.tree.size()) +
                    " leaves: the log was rewritten");
}

}  // namespace llmtrail
