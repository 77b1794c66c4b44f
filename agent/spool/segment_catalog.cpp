#include "spool/segment_catalog.h"

#include <algorithm>
#include <utility>

namespace llmtrail {
namespace {

constexpr uint32_t kRecoveryFrameNo = 2;

// Notes what the frame says; true once the beginning has been seen.
bool take_first_frame(const FrameView& frame, std::optional<RecoveryBody>& recovery) {
    if (frame.header.frame_no != kRecoveryFrameNo) {
        return frame.header.frame_no > kRecoveryFrameNo;
    }
    if (frame.header.type == FrameType::kRecovery) {
        Result<RecoveryBody> body = decode_recovery(frame.clear);
        if (body) {
            recovery = *body;
        }
    }
    return true;
}

// What the file says is no header; anything else may go away by itself.
bool is_unreadable(const Error& error) {
    return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kUnsupported;
}

bool is_about_evidence(const RecoveryBody& recovery) {
    return recovery.reason == RecoveryReason::kDamaged ||
           recovery.reason == RecoveryReason::kNotOurs;
}

}  // namespace

Result<std::map<uint64_t, SegmentCatalog::Files>> SegmentCatalog::list() {
    Result<std::vector<std::string>> names = files_.list(directory_);
    if (!names) {
        return fail(names.error());
    }
    std::map<uint64_t, Files> found;
    for (const std::string& name : *names) {
        std::optional<uint64_t> payload = segment_number_of(name, kSegmentSuffix);
        std::optional<uint64_t> keys = segment_number_of(name, kKeysSuffix);
        std::optional<uint64_t> leaf = segment_number_of(name, kLeafSuffix);
        if (!payload && !keys && !leaf) {
            continue;
        }
        Result<FileInfo> info = files_.info(directory_ + "/" + name, false);
        if (!info && info.error().code == ErrorCode::kNotFound) {
            continue;
        }
        if (!info) {
            return fail(info.error());
        }
        if (payload) {
            found[*payload].has_payload = true;
            found[*payload].payload_bytes = info->size_bytes;
        } else if (leaf) {
            found[*leaf].has_leaf = true;
            found[*leaf].leaf_bytes = info->size_bytes;
        } else {
            found[*keys].keys_bytes = info->size_bytes;
        }
    }
    return found;
}

Result<SegmentCatalog::Head> SegmentCatalog::read_payload_head(uint64_t segment_no) {
    Head head;
    Result<SegmentFile> file =
        SegmentFile::open(files_, directory_ + "/" + segment_file_name(segment_no));
    if (!file) {
        return is_unreadable(file.error()) ? Result<Head>(head) : fail(file.error());
    }
    const SegmentHeader& header = file->header();
    head.readable = header.segment_no == segment_no;
    head.first_index = header.first_index;
    head.begun_at.value = header.wall_ns;
    if (!header.identity_signed()) {
        return head;
    }
    uint64_t offset = header.header_bytes;
    for (bool seen = false; !seen;) {
        FrameView frame;
        Result<FrameFault> fault = file->frame_at(offset, frame);
        if (!fault) {
            return fail(fault.error());
        }
        if (*fault != FrameFault::kNone) {
            break;
        }
        offset += frame.header.frame_bytes;
        seen = take_first_frame(frame, head.recovery);
        head.recovery_end = offset;
    }
    return head;
}

Result<SegmentCatalog::Head> SegmentCatalog::read_leaf_head(uint64_t segment_no) {
    Head head;
    Result<LeafFile> leaf = LeafFile::open(files_, directory_ + "/" + leaf_file_name(segment_no));
    if (!leaf) {
        return is_unreadable(leaf.error()) ? Result<Head>(head) : fail(leaf.error());
    }
    if (!leaf->header()) {
        return head;
    }
    head.readable = leaf->header()->segment_no == segment_no;
    head.first_index = leaf->header()->first_index;
    head.begun_at.value = leaf->header()->wall_ns;
    LeafItem item;
    for (bool seen = !leaf->header()->identity_signed(); !seen;) {
        Result<bool> more = leaf->next(item);
        if (!more && !is_unreadable(more.error())) {
            return fail(more.error());
        }
        if (!more || !*more || item.is_batch) {
            break;
        }
        seen = take_first_frame(item.frame, head.recovery);
        head.recovery_end = item.offset;
    }
    return head;
}

Result<SegmentCatalog::Head> SegmentCatalog::read_head(uint64_t segment_no, const Files& files) {
    auto known = heads_.find(segment_no);
    if (known != heads_.end()) {
        return known->second;
    }
    Result<Head> head =
        files.has_payload ? read_payload_head(segment_no) : read_leaf_head(segment_no);
    if (head) {
        heads_[segment_no] = *head;
    }
    return head;
}

// Newest first: what stands in a void segment says nothing about earlier ones.
Result<void> SegmentCatalog::refresh(uint64_t open_segment) {
    Result<std::map<uint64_t, Files>> found = list();
    if (!found) {
        return fail(found.error());
    }
    closed_.clear();
    successors_.clear();
    payload_bytes_ = 0;
    leaf_bytes_ = 0;
    uint64_t next = open_segment;
    Head next_head;
    std::optional<RecoveryBody> recovery;  // of the oldest generation begun so far
    for (auto at = found->rbegin(); at != found->rend(); ++at) {
        const auto& [number, files] = *at;
        payload_bytes_ += files.payload_bytes + files.keys_bytes;
        leaf_bytes_ += files.leaf_bytes;
        if (number > open_segment || (!files.has_payload && !files.has_leaf)) {
            continue;
        }
        bool open = number == open_segment;
        SegmentFacts facts;
        facts.segment_no = number;
        facts.has_payload = files.has_payload;
        facts.has_leaf = files.has_leaf;
        facts.payload_bytes = files.payload_bytes + files.keys_bytes;
        facts.leaf_bytes = files.leaf_bytes;
        if (recovery && number >= recovery->segment_no) {
            facts.stated_end = number == recovery->segment_no ? recovery->end_offset : 0;
            facts.evidence = is_about_evidence(*recovery);
        }
        facts.end_index = next_head.first_index;
        facts.closed_at = next_head.begun_at;
        facts.first_index = next_head.first_index;
        if (!open) {
            successors_[number] = next;
        }
        if (!facts.stated_end || *facts.stated_end != 0) {
            Result<Head> head = read_head(number, files);
            if (!head) {
                return fail(head.error());
            }
            facts.evidence = facts.evidence || !head->readable;
            facts.first_index = head->readable ? head->first_index : facts.first_index;
            bool counts =
                head->recovery && (!facts.stated_end || *facts.stated_end >= head->recovery_end);
            recovery = counts ? head->recovery : recovery;
            if (head->readable) {
                next = number;
                next_head = *head;
            }
        }
        if (!open) {
            closed_.push_back(facts);
        }
    }
    std::reverse(closed_.begin(), closed_.end());
    return {};
}

const SegmentFacts* SegmentCatalog::find(uint64_t segment_no) const {
    for (const SegmentFacts& facts : closed_) {
        if (facts.segment_no == segment_no) {
            return &facts;
        }
    }
    return nullptr;
}

void SegmentCatalog::mark_evidence(uint64_t segment_no) {
    for (SegmentFacts& facts : closed_) {
        facts.evidence = facts.evidence || facts.segment_no == segment_no;
    }
}

Result<SegmentHeader> SegmentCatalog::read_header(uint64_t segment_no, bool has_payload) {
    if (has_payload) {
        Result<SegmentFile> file =
            SegmentFile::open(files_, directory_ + "/" + segment_file_name(segment_no));
        return file ? Result<SegmentHeader>(file->header())
                    : Result<SegmentHeader>(fail(file.error()));
    }
    Result<LeafFile> leaf = LeafFile::open(files_, directory_ + "/" + leaf_file_name(segment_no));
    if (!leaf) {
        return fail(leaf.error());
    }
    return leaf->header() ? Result<SegmentHeader>(*leaf->header())
                          : Result<SegmentHeader>(fail(ErrorCode::kCorrupt, "no header"));
}

Result<SegmentEnd> SegmentCatalog::end_of(const SegmentFacts& segment) {
    auto next = successors_.find(segment.segment_no);
    if (next == successors_.end()) {
        return fail(ErrorCode::kInvalidArgument, "the segment is not closed");
    }
    const SegmentFacts* closed = find(next->second);  // null: the open one
    Result<SegmentHeader> header =
        read_header(next->second, closed == nullptr || closed->has_payload);
    if (!header) {
        return fail(header.error());
    }
    if (!header->signature_valid) {
        return fail(ErrorCode::kCorrupt, "the header of the next segment is not signed");
    }
    SegmentEnd end;
    end.stated_end = segment.stated_end;
    end.index = header->first_index;
    end.chain = header->prev_chain;
    end.frontier = header->frontier;
    return end;
}

}  // namespace llmtrail
