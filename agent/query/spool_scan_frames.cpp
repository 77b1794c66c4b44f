// SpoolScan: the frames of one segment.
#include <utility>

#include "query/spool_scan.h"

namespace llmtrail {

// Up to the stated end when the rest is void, else to the end that the file has now.
void SpoolScan::read_frames(const SegmentOutline& outline, bool last) {
    offset_ = header_.header_bytes;
    uint64_t stop = outline.void_range ? outline.void_range->begins_at : file_->size_bytes();
    while (offset_ < stop && !visitor_->done()) {
        FrameView frame;
        Result<FrameFault> fault = file_->frame_at(offset_, frame);
        if (!fault) {
            tell(fault.error().message, fault.error().code);
            lose_thread();
            return;
        }
        if (*fault != FrameFault::kNone) {
            broken_frame(*fault, last);
            return;
        }
        const FrameHeader& header = frame.header;
        if (closed_ || header.frame_no != frame_no_ || header.index != head_.tree.size() ||
            header.frame_bytes > stop - offset_) {
            tell(closed_ ? "bytes stand after the segment's closing seal"
                         : "the frame is not in its place");
            lose_thread();
            return;
        }
        uint64_t frame_bytes = header.frame_bytes;
        take_frame(frame);
        offset_ += frame_bytes;
        ++frame_no_;
        if (unsettled_ && visitor_->waits_long()) {
            look_ahead(stop);
        }
    }
}

// Reads on to the next SEAL, hashing only, and settles what was handed out by what it says. Every
// byte is read in this way at most once: what was found serves until that SEAL is reached.
void SpoolScan::look_ahead(uint64_t stop) {
    if (head_.tree.size() <= ahead_end_) {
        settle(ahead_);
        return;
    }
    ahead_ = Evidence::kUnsealed;
    ahead_end_ = 0;
    Result<SegmentFile> file = SegmentFile::open(files_, options_.directory + "/" + file_name_);
    LogHead head = head_;
    uint32_t frame_no = frame_no_;
    FrameView frame;
    for (uint64_t at = offset_; file && at < stop; at += frame.header.frame_bytes, ++frame_no) {
        Result<FrameFault> fault = file->frame_at(at, frame);
        if (!fault || *fault != FrameFault::kNone || frame.header.frame_no != frame_no ||
            frame.header.index != head.tree.size()) {
            break;
        }
        if (frame.header.type == FrameType::kSeal) {
            bool holds = seal_holds(frame, head);
            ahead_ = certified_ && holds ? Evidence::kSealed : Evidence::kUnproven;
            ahead_end_ = head.tree.size();
            break;
        }
        if (!add_frame(frame, head)) {
            break;
        }
    }
    settle(ahead_);
}

// Chain and leaves alone. False: a batch that cannot be read.
bool SpoolScan::add_frame(const FrameView& frame, LogHead& head) {
    Digest digest = frame_digest(hash_, frame.head, frame.body);
    if (frame.header.type == FrameType::kBatch) {
        Result<BatchBody> body = decode_batch_body(frame.clear, frame.header.leaf_count);
        if (!body) {
            return false;
        }
        for (const Digest& leaf : body->leaves) {
            head.tree.add(leaf);
        }
    } else {
        head.tree.add(control_leaf(hash_, frame.header.index, digest));
    }
    head.chain = chain_after(hash_, head.chain, digest);
    return true;
}

bool SpoolScan::seal_holds(const FrameView& frame, LogHead& head) const {
    Result<SealBody> body = decode_seal(frame.clear);
    return body && seal_signature_valid(header_, frame, seal_key_) &&
           body->tree_size == head.tree.size() && body->root == head.tree.root() &&
           body->chain == head.chain;
}

void SpoolScan::broken_frame(FrameFault fault, bool last) {
    Result<std::unique_ptr<ReadableFile>> raw =
        files_.open_readable(options_.directory + "/" + file_name_, false);
    Result<bool> crash =
        raw && last ? has_crash_shape(**raw, offset_, file_->size_bytes()) : Result<bool>(false);
    if (last && crash && *crash) {
        totals_.torn_bytes = file_->size_bytes() - offset_;
        return;
    }
    tell(std::string(frame_fault_text(fault)) + "; the rest of this segment was not read");
    lose_thread();
}

void SpoolScan::take_frame(const FrameView& frame) {
    Digest digest = frame_digest(hash_, frame.head, frame.body);
    if (frame.header.type == FrameType::kBatch) {
        take_batch(frame);
    } else {
        take_control(frame, digest);
    }
    head_.chain = chain_after(hash_, head_.chain, digest);
}

void SpoolScan::take_control(const FrameView& frame, const Digest& digest) {
    bool ours = !openers_ || openers_->open(header_.header_hash, head_.chain, frame,
                                            Section::kEnvelope, plaintext_);
    if (!ours) {
        tell("the frame was not made with the segment's key");
    }
    if (frame.header.type == FrameType::kSeal) {
        take_seal(frame);
        return;
    }
    take_leaf(control_leaf(hash_, frame.header.index, digest));
    if (ours) {
        visitor_->control(frame, digest);
    }
}

void SpoolScan::take_leaf(const Digest& leaf) {
    unsettled_ = true;
    visitor_->leaf(head_.tree.size(), leaf);
    head_.tree.add(leaf);
}

void SpoolScan::take_batch(const FrameView& frame) {
    Result<BatchBody> body = decode_batch_body(frame.clear, frame.header.leaf_count);
    if (!body) {
        tell(body.error().message);
        lose_thread();
        return;
    }
    uint64_t count = body->leaves.size();
    totals_.records += count;
    bool wants = visitor_->wants(frame.header.index, body->leaves);
    for (const Digest& leaf : body->leaves) {
        take_leaf(leaf);
    }
    if (!openers_) {
        totals_.unopened_records += count;
        return;
    }
    if (!wants) {
        return;
    }
    Result<std::shared_ptr<const Batch>> read =
        batches_.read(header_, *openers_, head_.chain, frame);
    if (!read) {
        totals_.failed_records += count;
        tell(read.error().message);
        return;
    }
    visitor_->batch({**read, UnixNanos{frame.header.wall_ns}, key_opens_, erased_}, *openers_);
}

void SpoolScan::take_seal(const FrameView& frame) {
    Result<SealBody> body = decode_seal(frame.clear);
    if (!seal_holds(frame, head_)) {
        if (!seal_failed_) {
            tell("the seal is wrong: what it should cover is not proven");
        }
        seal_failed_ = true;
        certified_ = false;
        settle(Evidence::kUnproven);
    } else {
        settle(certified_ ? Evidence::kSealed : Evidence::kUnproven, &*body);
    }
    if (body) {
        seal_key_ = body->next_pk;
        closed_ = body->closes_segment();
    }
}

}  // namespace llmtrail
