// LogWalker: segments and what joins them.
#include "spool/verify_log.h"

#include <utility>

#include "base/hex.h"
#include "spool/format.h"

namespace llmtrail {

LogWalker::LogWalker(FileSystem& files, std::string directory, const LogOutline& log,
                     const PublicKey& trusted, const SpoolKey* key, AnchorCheck& anchors)
    : files_(files),
      directory_(std::move(directory)),
      log_(log),
      trusted_(trusted),
      anchors_(anchors),
      content_(files, directory_, key) {}

LogWalker::Fault LogWalker::walk(const SegmentOutline& outline, bool last) {
    outline_ = outline;
    frame_no_ = 0;
    offset_ = 0;
    chain_before_ = head_.chain;
    if (outline.irregular) {
        return tampered("a link, a pipe or a folder is in the place of a segment");
    }
    if (outline.unread) {
        return unverifiable(*outline.unread);
    }
    if (first_segment() && wholly_void()) {
        return tampered("a recovery makes the first segment void: no writer goes on without it");
    }
    Fault fault = outline.is_leaf ? walk_leaf() : walk_segment(last);
    if (!fault) {
        removals_.end_segment(head_.tree.size(), head_.tree.root());
    }
    return fault;
}

LogWalker::Fault LogWalker::walk_segment(bool last) {
    if (wholly_void()) {
        return check_void_segment();
    }
    if (Fault fault = open_segment(last)) {
        return fault;
    }
    if (Fault fault = check_header(stream_->header())) {
        return fault;
    }
    content_.begin_segment(header_);
    if (Fault fault = walk_frames(last)) {
        return fault;
    }
    generation_ = header_.generation;
    end_segment_ = outline_.segment_no;
    end_offset_ = offset_;
    end_frame_ = frame_no_;
    end_closed_ = closed();
    ++segments_;
    bytes_ += offset_;
    return std::nullopt;
}

// Set aside as a whole. Where the agent says that a crash did this, the bytes must look like it.
LogWalker::Fault LogWalker::check_void_segment() {
    RecoveryReason reason = outline_.void_range->reason;
    if (reason != RecoveryReason::kNotClosed && reason != RecoveryReason::kTorn) {
        return std::nullopt;
    }
    Result<std::unique_ptr<ReadableFile>> raw = files_.open_readable(path(), false);
    Result<FileInfo> info = raw ? (*raw)->info() : Result<FileInfo>(fail(raw.error()));
    if (!info) {
        return unverifiable(info.error().message);
    }
    Result<bool> crash = has_void_shape(**raw, info->size_bytes);
    if (!crash) {
        return unverifiable(crash.error().message);
    }
    return *crash ? std::nullopt
                  : tampered("a whole segment was set aside, and no crash leaves it like this");
}

// A header that is cut short in the last file is what a crash leaves; any other bad one is not.
LogWalker::Fault LogWalker::open_segment(bool last) {
    Result<FrameStream> file = FrameStream::open(files_, path());
    if (file) {
        stream_ = std::move(*file);
        return std::nullopt;
    }
    if (Fault fault = unusable_header(file.error(), 0)) {
        return fault;
    }
    Result<std::unique_ptr<ReadableFile>> raw = files_.open_readable(path(), false);
    Result<FileInfo> info = raw ? (*raw)->info() : Result<FileInfo>(fail(raw.error()));
    Result<bool> torn =
        info ? has_torn_header(**raw, info->size_bytes) : Result<bool>(fail(info.error()));
    if (!torn) {
        return unverifiable(torn.error().message);
    }
    return *torn ? torn_end("the segment ends inside its header", last)
                 : tampered("segment header: " + file.error().message);
}

// Why a header is none that can be used here; nothing: its bytes are wrong.
LogWalker::Fault LogWalker::unusable_header(const Error& error, uint64_t header_at) {
    if (error.code != ErrorCode::kUnsupported && error.code != ErrorCode::kCorrupt) {
        return unverifiable(error.message);
    }
    Result<SegmentHeader> later = read_later_header(files_, path(), header_at);
    if (later) {
        return later_version(*later);
    }
    return error.code == ErrorCode::kCorrupt ? std::nullopt : unverifiable(error.message);
}

// A version that is not known here is believed where it may stand: signed by the key that must
// begin this segment, and going on with the log as it is.
LogWalker::Fault LogWalker::later_version(const SegmentHeader& header) {
    if (wholly_void()) {
        return tampered("a recovery makes the segment void, its leaf file does not");
    }
    if (outline_.successor_known) {
        return tampered(
            "the segment is of a later version of the format, but segments after it are of this "
            "one: no writer goes back");
    }
    Fault fault = check_place_in_log(header);
    return fault ? fault
                 : unverifiable("the segment needs a later version of this program to be read");
}

LogWalker::Fault LogWalker::check_header(const SegmentHeader& header) {
    header_ = header;
    if (Fault fault = check_place_in_log(header)) {
        return fault;
    }
    if (header.frontier != head_.tree.frontier()) {
        return tampered("the segment does not continue the tree before it");
    }
    head_.chain = header.header_hash;
    seal_key_ = header.first_seal_pk;
    at_seal_ = false;
    return std::nullopt;
}

// Of a header of any version: whose it is, who signed it, what it continues.
LogWalker::Fault LogWalker::check_place_in_log(const SegmentHeader& header) {
    Digest identity = sha256(view(trusted_));
    if (first_segment() && header.identity_hash != identity) {
        return anchors_.none_kept()
                   ? unverifiable("the log belongs to another identity than the trusted key")
                   : tampered(
                         "another log is in the place of the trusted one, whose checkpoints "
                         "are kept off the host");
    }
    if (header.segment_no != outline_.segment_no) {
        return tampered("the segment's number is not its file's");
    }
    if (header.identity_hash != identity || header.log_id != log_id_of(trusted_)) {
        return tampered("the segment belongs to another log");
    }
    if (!header.signature_valid) {
        return tampered("the segment header's signature is wrong");
    }
    if (Fault fault = check_continuation(header)) {
        return fault;
    }
    if (header.prev_chain != head_.chain || header.first_index != head_.tree.size()) {
        return tampered(first_segment() ? "the log does not begin at its beginning"
                                        : "the segment does not continue what stands before it");
    }
    return std::nullopt;
}

// Same generation: the segment-end SEAL before it names the key. New generation: the identity key
// signs.
LogWalker::Fault LogWalker::check_continuation(const SegmentHeader& header) {
    bool sealed_off = closed() && whole_segment_;
    bool clean = sealed_off && (last_seal_->reasons & kSealCleanShutdown) != 0;
    new_generation_ = first_segment() || header.generation != generation_;
    recovery_due_ = new_generation_ && !first_segment() && !clean;
    if (new_generation_) {
        if (header.generation <= generation_) {
            return tampered("the generation went back");
        }
        if (!header.identity_signed()) {
            return tampered("a generation begins without the identity key's signature");
        }
        seal_no_ = 0;
        return std::nullopt;
    }
    if (!sealed_off || clean || header.segment_pk != last_seal_->next_pk) {
        return tampered("the segment before does not certify this one");
    }
    return std::nullopt;
}

// Up to the stated end when the rest is void, else to the end that the file had when it was opened.
LogWalker::Fault LogWalker::walk_frames(bool last) {
    offset_ = header_.header_bytes;
    uint64_t size_bytes = stream_->size_bytes();
    uint64_t stop = outline_.void_range ? outline_.void_range->begins_at : size_bytes;
    while (offset_ != stop && offset_ < size_bytes) {
        StreamedFrame frame;
        Result<FrameFault> fault = stream_->frame_at(offset_, frame);
        if (!fault) {
            return unverifiable(fault.error().message);
        }
        if (closed()) {
            return tampered("bytes stand after the segment's closing seal");
        }
        if (*fault != FrameFault::kNone) {
            return broken_frame(*fault, last);
        }
        uint32_t frame_bytes = frame.view.header.frame_bytes;
        if (stop < offset_ + frame_bytes) {
            return tampered("the stated end of a recovery is not a frame boundary");
        }
        if (Fault found = check_frame(frame)) {
            return found;
        }
        offset_ += frame_bytes;
        ++frame_no_;
        ++frames_;
    }
    if (offset_ != stop) {
        return tampered("the segment ends before the end that a recovery states");
    }
    whole_segment_ = stop == size_bytes;
    return check_first_frames(last);
}

// A file gets its name only when these frames are on disk: without them it was cut.
LogWalker::Fault LogWalker::check_first_frames(bool last) const {
    uint64_t due = 1;
    if (new_generation_) {
        due = recovery_due_ ? 3 : 2;
    }
    if (frame_no_ >= due || outline_.void_range) {
        return std::nullopt;
    }
    return torn_end("the segment ends before the frames that it must begin with", last);
}

LogWalker::Fault LogWalker::broken_frame(FrameFault fault, bool last) {
    std::string reason(frame_fault_text(fault));
    if ((!last && !left_open()) || fault == FrameFault::kFields || fault == FrameFault::kEnd) {
        return tampered(std::move(reason));
    }
    Result<std::unique_ptr<ReadableFile>> raw = files_.open_readable(path(), false);
    if (!raw) {
        return unverifiable(raw.error().message);
    }
    Result<bool> crash = has_crash_shape(**raw, offset_, stream_->size_bytes());
    if (!crash) {
        return unverifiable(crash.error().message);
    }
    if (!*crash) {
        return tampered(std::move(reason));
    }
    return torn_end(std::move(reason), last);
}

// Can what follows say how this segment ended, and not be asked?
bool LogWalker::left_open() const {
    const Following& after = outline_.following;
    return !outline_.void_range && (after.later_chain || after.unread);
}

// Torn where a crash may have been. Before another segment only that one can tell, and not when it
// cannot be read, or needs a later version to be. A segment without its first frame counts from
// nowhere.
LogWalker::Fault LogWalker::torn_end(std::string reason, bool last) const {
    if (last) {
        return violation(Verdict::kTornTail, std::move(reason));
    }
    const Following& after = outline_.following;
    if (left_open() && after.unread) {
        return Violation{Verdict::kCannotVerify,
                         reason + ", and what may explain it cannot be read",
                         log_.file_name(*after.unread),
                         0,
                         0,
                         {},
                         {}};
    }
    bool goes_on =
        left_open() && after.later_chain == (frame_no_ == 0 ? chain_before_ : head_.chain);
    return goes_on ? unverifiable(std::move(reason)) : tampered(std::move(reason));
}

std::optional<Violation> LogWalker::check_end() const {
    for (uint64_t number : log_.leaf_files) {
        if (!removals_.is_pruned(number)) {
            return Violation{Verdict::kTampered,
                             "a leaf file that no sealed pruning in the log speaks of",
                             leaf_file_name(number),
                             0,
                             0,
                             {},
                             {}};
        }
    }
    if (anchors_.all_found()) {
        return std::nullopt;
    }
    return tampered("a checkpoint kept off the host (" + anchors_.accuser_file() +
                    ") repeats a seal of " + std::to_string(anchors_.accuser().tree_size) +
                    " leaves, the log has " + std::to_string(head_.tree.size()) +
                    " and no such seal: its end was taken away");
}

std::optional<Violation> LogWalker::key_problem() const {
    std::optional<std::pair<uint64_t, std::string>> problem = content_.key_problem(removals_);
    if (!problem) {
        return std::nullopt;
    }
    return Violation{
        Verdict::kCannotVerify, problem->second, segment_file_name(problem->first), 0, 0, {}, {}};
}

void LogWalker::report(VerifyReport& report) const {
    anchors_.report(head_.tree.size(), report);
    content_.report(removals_, report);
    report.erased = removals_.erased();
    report.segments = segments_;
    report.pruned_segments = pruned_;
    report.frames = frames_;
    report.records = records_;
    report.seals = seals_;
    report.bytes = bytes_;
    report.unknown_frames = unknown_frames_;
    report.recoveries = recoveries_;
    report.tree_size = last_seal_ ? last_seal_->tree_size : 0;
    report.root_hex = last_seal_ ? to_hex(view(last_seal_->root)) : "";
}

}  // namespace llmtrail
