#include "spool/verify_outline.h"

#include <algorithm>
#include <map>
#include <utility>

#include "spool/frame_stream.h"
#include "spool/leaf_file.h"
#include "spool/segment_file.h"

namespace llmtrail {

namespace {

constexpr uint32_t kRecoveryFrameNo = 2;

// The beginning of a segment.
struct Beginning {
    bool readable = false;
    Digest identity_hash{};
    bool starts_generation = false;
    std::optional<SegmentHeader> later;  // of a later version
    std::optional<RecoveryBody> recovery;
    uint64_t recovery_end = 0;  // byte after it; 0 in a leaf file, which holds what counts alone
};

// What is wrong with the bytes is found out when the segment is walked.
bool is_about_content(const Error& error) {
    return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kUnsupported;
}

Result<Beginning> nothing_of(Error error) {
    return is_about_content(error) ? Result<Beginning>(Beginning{})
                                   : Result<Beginning>(fail(std::move(error)));
}

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

Result<Beginning> read_segment(FileSystem& files, const std::string& path) {
    Beginning beginning;
    Result<FrameStream> file = FrameStream::open(files, path);
    if (!file) {
        Result<SegmentHeader> later = read_later_header(files, path, 0);
        if (later) {
            beginning.later = std::move(*later);
            return beginning;
        }
        return nothing_of(std::move(file.error()));
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
        return nothing_of(std::move(file.error()));
    }
    if (!file->header()) {
        return beginning;
    }
    take_header(*file->header(), beginning);
    LeafItem item;
    for (uint32_t no = 0; beginning.starts_generation && no <= kRecoveryFrameNo; ++no) {
        Result<bool> more = file->next(item);
        if (!more && !is_about_content(more.error())) {
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

// Notes in `segment` what stands in the place of a segment and is none, or cannot be read.
Beginning read_beginning(FileSystem& files, const std::string& path, SegmentOutline& segment) {
    Result<FileInfo> info = files.info(path, false);
    if (info && info->type != FileType::kRegular) {
        segment.irregular = true;
        return {};
    }
    Result<Beginning> read =
        info ? segment.is_leaf ? read_leaf(files, path) : read_segment(files, path)
             : Result<Beginning>(fail(std::move(info.error())));
    if (!read) {
        segment.unread = read.error().message;
        return {};
    }
    return std::move(*read);
}

bool is_void_shaped(FileSystem& files, const std::string& path) {
    Result<std::unique_ptr<ReadableFile>> file = files.open_readable(path, false);
    Result<FileInfo> info = file ? (*file)->info() : Result<FileInfo>(fail(file.error()));
    Result<bool> shape =
        info ? has_void_shape(**file, info->size_bytes) : Result<bool>(fail(info.error()));
    return shape && *shape;
}

// What `segment` is to the one before it.
Following as_following(FileSystem& files, const std::string& path, const SegmentOutline& segment,
                       const Beginning& beginning, const PublicKey& trusted) {
    if (segment.irregular) {
        return {};
    }
    if (segment.unread) {
        return {std::nullopt, segment.segment_no};
    }
    if (beginning.later) {
        const SegmentHeader& header = *beginning.later;
        bool ours = !segment.successor_known && header.segment_no == segment.segment_no &&
                    header.segment_pk == trusted && header.signature_valid;
        return ours ? Following{header.prev_chain, std::nullopt} : Following{};
    }
    bool after = segment.following.later_chain || segment.following.unread;
    return after && is_void_shaped(files, path) ? segment.following : Following{};
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
        SegmentOutline segment;
        segment.segment_no = number;
        segment.is_leaf = is_leaf;
        log.segments.push_back(std::move(segment));
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
LogOutline outline_log(FileSystem& files, const std::string& directory,
                       const std::vector<std::string>& names, const PublicKey& trusted) {
    LogOutline log = list_log(names);
    std::vector<SegmentOutline>& segments = log.segments;
    Digest identity = sha256(view(trusted));
    bool known = false;
    Following following;
    for (size_t i = segments.size(); i-- > 0;) {
        SegmentOutline& segment = segments[i];
        std::string path = directory + "/" + segment.file_name();
        bool next_is_there =
            i + 1 < segments.size() && segments[i + 1].segment_no == segment.segment_no + 1;
        segment.successor_known = known;
        if (next_is_there && !segment.is_leaf) {
            segment.following = following;
        }
        Beginning read = read_beginning(files, path, segment);
        known = known || (read.readable && read.identity_hash == identity);
        following = as_following(files, path, segment, read, trusted);
        const std::optional<VoidRange>& range = segment.void_range;
        bool is_void = range && (range->begins_at == 0 || range->begins_at < read.recovery_end);
        if (!read.recovery || is_void) {
            continue;
        }
        const RecoveryBody& body = *read.recovery;
        for (size_t j = i; j-- > 0 && segments[j].segment_no >= body.segment_no;) {
            bool stated = segments[j].segment_no == body.segment_no;
            segments[j].void_range = VoidRange{stated ? body.end_offset : 0, body.reason};
        }
    }
    return log;
}

}  // namespace llmtrail
