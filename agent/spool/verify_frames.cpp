// LogWalker: what must hold for each frame.
#include <utility>

#include "spool/format.h"
#include "spool/verify_log.h"

namespace llmtrail {

LogWalker::Fault LogWalker::check_frame(const FrameView& frame) {
    if (Fault fault = check_place(frame)) {
        return fault;
    }
    if (Fault fault = check_content(frame)) {
        return fault;
    }
    if (Fault fault = check_type(frame)) {
        return fault;
    }
    Digest digest = frame_digest(hash_, frame.head, frame.body);
    if (Fault fault = add_leaves(frame, digest)) {
        return fault;
    }
    head_.chain = chain_after(hash_, head_.chain, digest);
    return std::nullopt;
}

// Order within the segment and the log.
LogWalker::Fault LogWalker::check_place(const FrameView& frame) {
    const FrameHeader& header = frame.header;
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

LogWalker::Fault LogWalker::check_type(const FrameView& frame) {
    switch (frame.header.type) {
        case FrameType::kPositions:
            return check_positions(frame);
        case FrameType::kGenesis:
            return check_genesis(frame);
        case FrameType::kRecovery:
            return check_recovery(frame);
        case FrameType::kSeal:
            return check_seal(frame);
        case FrameType::kBatch:
        case FrameType::kAnchor:
        case FrameType::kPrune:
        case FrameType::kErase:
            return std::nullopt;
    }
    ++unknown_frames_;
    return std::nullopt;
}

LogWalker::Fault LogWalker::check_positions(const FrameView& frame) const {
    Result<PositionsBody> body = decode_positions(frame.clear);
    if (!body) {
        return tampered("positions: " + body.error().message);
    }
    if (frame.header.delta()) {
        return std::nullopt;
    }
    for (size_t i = 0; i < body->entries.size(); ++i) {
        const PositionEntry& entry = body->entries[i];
        if (entry.value.empty() || (i > 0 && entry.key <= body->entries[i - 1].key)) {
            return tampered("positions: not in order, or one without a value");
        }
    }
    return std::nullopt;
}

LogWalker::Fault LogWalker::check_genesis(const FrameView& frame) {
    Result<GenesisBody> body = decode_genesis(frame.clear);
    if (!body) {
        return tampered("genesis: " + body.error().message);
    }
    bool first = (body->flags & kGenesisFirstStart) != 0;
    bool after_clean = (body->flags & kGenesisAfterClean) != 0;
    if (first != !any_segment_ || after_clean != (any_segment_ && !recovery_due_)) {
        return tampered("the genesis does not agree with what stands before it");
    }
    return std::nullopt;
}

// The RECOVERY of this generation must state exactly where the walk stands.
LogWalker::Fault LogWalker::check_recovery(const FrameView& frame) {
    Result<RecoveryBody> body = decode_recovery(frame.clear);
    if (!body) {
        return tampered("recovery: " + body.error().message);
    }
    const SegmentHeader& header = file_->header();
    bool whole_segment_void = body->end_offset == 0;
    if (body->segment_no >= segment_no_ || body->end_index != header.first_index ||
        body->end_chain != header.prev_chain) {
        return tampered("the recovery does not state where the log ended");
    }
    if (!whole_segment_void &&
        (body->segment_no != end_segment_ || body->end_offset != end_offset_)) {
        return tampered("the recovery states another end than the one found");
    }
    if (whole_segment_void && body->segment_no <= end_segment_) {
        return tampered("the recovery voids a segment that counts");
    }
    if (body->reason == RecoveryReason::kDamaged || body->reason == RecoveryReason::kNotOurs) {
        Fault fault = tampered("the agent found, when it started, what no crash leaves");
        fault->segment_no = body->segment_no;
        fault->frame_no = whole_segment_void ? 0 : end_frame_;
        fault->offset = body->end_offset;
        return fault;
    }
    return check_described_tail(*body);
}

LogWalker::Fault LogWalker::check_described_tail(const RecoveryBody& recovery) {
    if (recovery.file_bytes == kNotDescribed) {
        return std::nullopt;
    }
    std::string name = segment_file_name(recovery.segment_no);
    Result<std::unique_ptr<ReadableFile>> raw =
        files_.open_readable(directory_ + "/" + name, false);
    Result<FileInfo> info = raw ? (*raw)->info() : Result<FileInfo>(fail(raw.error()));
    if (!info && info.error().code == ErrorCode::kIo) {
        return unverifiable(info.error().message);
    }
    if (!info) {
        return tampered(name +
                        ", described by a recovery, cannot be read: " + info.error().message);
    }
    if (info->size_bytes != recovery.file_bytes) {
        return tampered("the torn tail of " + name +
                        " has another size than when it was described");
    }
    Result<Digest> hash = hash_range(**raw, recovery.end_offset, recovery.file_bytes);
    if (!hash) {
        return unverifiable(hash.error().message);
    }
    if (*hash != recovery.tail_hash) {
        return tampered("the torn tail of " + name + " was changed after it was described");
    }
    return check_reason(recovery, **raw);
}

// "Whole" and "torn" are claims about the bytes that are still there: no intact frame, so no seal,
// lies in what they make void. A whole segment that is void was looked at when the walk came to it.
LogWalker::Fault LogWalker::check_reason(const RecoveryBody& recovery, ReadableFile& file) {
    bool holds = true;
    if (recovery.reason == RecoveryReason::kNotClosed) {
        holds = recovery.end_offset == recovery.file_bytes;
    } else if (recovery.reason == RecoveryReason::kTorn && recovery.end_offset != 0) {
        Result<bool> crash = has_crash_shape(file, recovery.end_offset, recovery.file_bytes);
        if (!crash) {
            return unverifiable(crash.error().message);
        }
        holds = *crash;
    }
    return holds ? std::nullopt
                 : tampered("the recovery's reason is not what the bytes it describes show");
}

LogWalker::Fault LogWalker::check_seal(const FrameView& frame) {
    Result<SealBody> body = decode_seal(frame.clear);
    if (!body) {
        return tampered("seal: " + body.error().message);
    }
    if (!seal_signature_valid(file_->header(), frame, seal_key_)) {
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
    seal_key_ = body->next_pk;
    ++seal_no_;
    ++seals_;
    last_seal_ = std::move(*body);
    at_seal_ = true;
    return std::nullopt;
}

// Every tag; for a BATCH every commitment and leaf, recomputed from the opened bytes.
LogWalker::Fault LogWalker::check_content(const FrameView& frame) {
    if (!openers_) {
        return std::nullopt;
    }
    const SegmentHeader& header = file_->header();
    if (frame.header.type == FrameType::kBatch) {
        BatchFault where;
        auto batch = batches_.read(header, *openers_, head_.chain, frame, &where);
        if (batch) {
            return std::nullopt;
        }
        Fault fault = tampered(batch.error().message);
        fault->section = where.section;
        fault->record = where.record;
        return fault;
    }
    if (!openers_->open(header.header_hash, head_.chain, frame, Section::kEnvelope, plaintext_)) {
        Fault fault = tampered("the frame was not made with the segment's key");
        fault->section = section_name(Section::kEnvelope);
        return fault;
    }
    return std::nullopt;
}

LogWalker::Fault LogWalker::add_leaves(const FrameView& frame, const Digest& digest) {
    const FrameHeader& header = frame.header;
    if (header.type == FrameType::kSeal) {
        return std::nullopt;
    }
    if (header.type != FrameType::kBatch) {
        head_.tree.add(control_leaf(hash_, header.index, digest));
        return std::nullopt;
    }
    Result<BatchBody> body = decode_batch_body(frame.clear, header.leaf_count);
    if (!body) {
        return tampered("batch: " + body.error().message);
    }
    for (const Digest& leaf : body->leaves) {
        head_.tree.add(leaf);
    }
    records_ += header.leaf_count;
    if (head_.tree.size() - file_->header().first_index > kSegmentLeavesMax) {
        return tampered("the segment holds more leaves than any writer puts there");
    }
    return std::nullopt;
}

}  // namespace llmtrail
