// LogWalker: a pruned segment, of which a leaf file is left.
#include <utility>

#include "spool/verify_log.h"

namespace llmtrail {

LogWalker::Fault LogWalker::walk_leaf() {
    content_.begin_pruned_segment();
    Result<LeafFile> file = LeafFile::open(files_, path());
    if (!file && file.error().code == ErrorCode::kCorrupt) {
        return tampered(file.error().message);
    }
    if (!file) {
        return unusable_header(file.error(), kLeafPrefixBytes);
    }
    if (wholly_void() != !file->header()) {
        return tampered(wholly_void() ? "a recovery makes the segment void, its leaf file does not"
                                      : "the leaf file of a segment that counts is empty");
    }
    ++pruned_;
    if (wholly_void()) {
        return std::nullopt;
    }
    if (Fault fault = check_header(*file->header())) {
        return fault;
    }
    if (Fault fault = walk_items(*file)) {
        return fault;
    }
    generation_ = header_.generation;
    whole_segment_ = !outline_.void_range;
    end_segment_ = outline_.segment_no;
    end_offset_ = 0;
    end_frame_ = frame_no_;
    ++segments_;
    bytes_ += file->size_bytes();
    return check_first_frames(false);
}

LogWalker::Fault LogWalker::walk_items(LeafFile& file) {
    LeafItem item;
    for (;;) {
        Result<bool> more = file.next(item);
        offset_ = item.offset;
        if (!more) {
            return more.error().code == ErrorCode::kCorrupt ? tampered(more.error().message)
                                                            : unverifiable(more.error().message);
        }
        if (!*more) {
            return std::nullopt;
        }
        if (closed()) {
            return tampered("frames stand after the segment's closing seal");
        }
        StreamedFrame frame;
        frame.view = item.frame;
        if (Fault fault = item.is_batch ? check_batch_item(item) : check_frame(frame)) {
            return fault;
        }
        ++frame_no_;
        ++frames_;
    }
}

// Its digest is believed as far as a SEAL's chain goes, its leaves as far as the tree.
LogWalker::Fault LogWalker::check_batch_item(const LeafItem& item) {
    FrameHeader header;
    header.frame_no = static_cast<uint32_t>(frame_no_);
    header.index = head_.tree.size();
    header.leaf_count = static_cast<uint32_t>(item.leaves.size());
    if (Fault fault = check_place(header)) {
        return fault;
    }
    ByteView table(item.leaves.front().data(), item.leaves.size() * kDigestBytes);
    if (Fault fault = add_batch(table)) {
        return fault;
    }
    head_.chain = chain_after(hash_, head_.chain, item.batch_digest);
    return std::nullopt;
}

}  // namespace llmtrail
