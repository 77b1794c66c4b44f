#include "spool/verify_outline.h"

#include <algorithm>
#include <map>
#include <utility>

#include "spool/frame_stream.h"
#include "spool/leaf_file.h"

namespace llmtrail {

namespace {

constexpr uint32_t kRecoveryFrameNo = 2;

// The beginning of a segment.
struct Beginning {
    bool readable = false;
    Digest identity_hash{};
    bool starts_generation = false;
    std::optional<Digest> later_chain;
    std::optional<RecoveryBody> recovery;
    uint64_t recovery_end = 0;  // byte after it; 0 in a leaf file, which holds what counts alone
};

void take_header(const SegmentHeader& header, Beginning& beginning) {
    beginning.readable = true;
    beginning.identity_hash = header.identity_hash;
    beginning.starts_generation = header.identity_signed();
}

void take_recovery(const FrameView& frame, uint64_t end, Beginning& beginning) {
    Result<RecoveryBody> body = decode_recovery(frame.clear);
    if (body) {
        beginning.recovery = *body;
        beginning.recovery_end = end;
    }
}

// What a segment of a later version continues, if the identity key says so.
std::optional<Digest> later_chain_of(FileSystem& files, const std::string& path,
                                     uint64_t segment_no, const PublicKey& trusted) {
    Result<SegmentHeader> header = read_later_header(files, path, 0);
    bool ours = header && header->segment_no == segment_no && header->segment_pk == trusted &&
                header->signature_valid;
    return ours ? std::optional(header->prev_chain) : std::nullopt;
}

// Whether its RECOVERY may be believed is found out when the segment is walked.
Result<Beginning> read_segment(FileSystem& files, const std::string& path, uint64_t segment_no,
                               const PublicKey& trusted) {
    Beginning beginning;
    Result<FrameStream> file = FrameStream::open(files, path);
    if (!file) {
        if (file.error().code == ErrorCode::kUnsupported) {
            beginning.later_chain = later_chain_of(files, path, segment_no, trusted);
        }
        return file.error().code == ErrorCode::kIo ? Result<Beginning>(fail(file.error()))
                                                   : Result<Beginning>(beginning);
    }
    take_header(file->header(), beginning);
    uint64_t offset = file->header().header_bytes;
    for (uint32_t frame_no = 0; beginning.starts_generation && frame_no <= kRecoveryFrameNo;
         ++frame_no) {
        StreamedFrame frame;
        Result<FrameFault> fault = file->frame_at(offset, frame);
        if (!fault) {
            return fail(fault.error());
        }
        if (*fault != FrameFault::kNone) {
            break;
        }
        const FrameHeader& header = frame.view.header;
        offset += header.frame_bytes;
        if (frame_no == kRecoveryFrameNo && header.type == FrameType::kRecovery) {
            take_recovery(frame.view, offset, beginning);
        }
    }
    return beginning;
}

Result<Beginning> read_leaf(FileSystem& files, const std::string& path) {
    Beginning beginning;
    Result<LeafFile> file = LeafFile::open(files, path);
    if (!file) {
        return file.error().code == ErrorCode::kIo ? Result<Beginning>(fail(file.error()))
                                                   : Result<Beginning>(beginning);
    }
    if (!file->header()) {
        return beginning;
    }
    take_header(*file->header(), beginning);
    LeafItem item;
    for (uint32_t no = 0; beginning.starts_generation && no <= kRecoveryFrameNo; ++no) {
        Result<bool> more = file->next(item);
        if (!more && more.error().code == ErrorCode::kIo) {
            return fail(more.error());
        }
        if (!more || !*more) {
            break;
        }
        if (no == kRecoveryFrameNo && !item.is_batch &&
            item.frame.header.type == FrameType::kRecovery) {
            take_recovery(item.frame, 0, beginning);
        }
    }
    return beginning;
}

LogOutline list_log(const std::vector<std::string>& names) {
    std::map<uint64_t, bool> numbers;  // is it a leaf file alone?
    LogOutline log;
    for (const std::string& name : names) {
        if (std::optional<uint64_t> number = segment_number_of(name, kSegmentSuffix)) {
            numbers[*number] = false;
        } else if (std::optional<uint64_t> leaf = segment_number_of(name, kLeafSuffix)) {
            numbers.try_emplace(*leaf, true);
            log.leaf_files.push_back(*leaf);
        }
    }
    std::sort(log.leaf_files.begin(), log.leaf_files.end());
    log.segments.reserve(numbers.size());
    for (const auto& [number, is_leaf] : numbers) {
        log.segments.push_back({number, is_leaf, std::nullopt});
    }
    return log;
}

}  // namespace

std::string SegmentOutline::file_name() const {
    return is_leaf ? leaf_file_name(segment_no) : segment_file_name(segment_no);
}

bool LogOutline::is_leaf(uint64_t segment_no) const {
    auto at = std::lower_bound(
        segments.begin(), segments.end(), segment_no,
        [](const SegmentOutline& one, uint64_t number) { return one.segment_no < number; });
    return at != segments.end() && at->segment_no == segment_no && at->is_leaf;
}

std::string LogOutline::file_name(uint64_t segment_no) const {
    return is_leaf(segment_no) ? leaf_file_name(segment_no) : segment_file_name(segment_no);
}

// Newest first: what a void segment says about earlier ones does not count, and no segment is
// visited twice.
Result<LogOutline> outline_log(FileSystem& files, const std::string& directory,
                               const std::vector<std::string>& names, const PublicKey& trusted) {
    LogOutline log = list_log(names);
    std::vector<SegmentOutline>& segments = log.segments;
    Digest identity = sha256(view(trusted));
    bool known = false;
    for (size_t i = segments.size(); i-- > 0;) {
        segments[i].successor_known = known;
        const std::optional<VoidRange>& range = segments[i].void_range;
        if (range && range->begins_at == 0) {
            continue;
        }
        std::string path = directory + "/" + segments[i].file_name();
        Result<Beginning> read = segments[i].is_leaf
                                     ? read_leaf(files, path)
                                     : read_segment(files, path, segments[i].segment_no, trusted);
        if (!read) {
            return fail(read.error());
        }
        if (read->later_chain && !known && i > 0 && !segments[i - 1].is_leaf) {
            segments[i - 1].later_chain = read->later_chain;
        }
        known = known || (read->readable && read->identity_hash == identity);
        if (!read->recovery || (range && range->begins_at < read->recovery_end)) {
            continue;
        }
        const RecoveryBody& body = *read->recovery;
        for (size_t j = i; j-- > 0 && segments[j].segment_no >= body.segment_no;) {
            bool stated = segments[j].segment_no == body.segment_no;
            segments[j].void_range = VoidRange{stated ? body.end_offset : 0, body.reason};
        }
    }
    return log;
}

}  // namespace llmtrail
