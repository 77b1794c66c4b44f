#include "spool/verify_log.h"

#include <bit>
#include <utility>

#include "base/hex.h"
#include "spool/format.h"
#include "spool/key_file.h"

namespace llmtrail {

namespace {

constexpr size_t kFirstIndexAt = 56;

// From a whole file that is smaller than the largest header. A header's length follows from its
// first index: a length that does not is no crash.
bool ends_inside_header(ByteView file) {
    if (file.size() < kHeaderBytesMin) {
        return true;
    }
    Result<size_t> size = segment_header_size(file);
    uint64_t first_index = ByteReader(file.substr(kFirstIndexAt)).u64();
    size_t frontier_hashes = static_cast<size_t>(std::popcount(first_index));
    return size && *size == kHeaderBytesMin + kDigestBytes * frontier_hashes && file.size() < *size;
}

}  // namespace

LogWalker::LogWalker(FileSystem& files, std::string directory, const PublicKey& trusted,
                     const LocalKeys* keys)
    : files_(files), directory_(std::move(directory)), trusted_(trusted), keys_(keys) {}

LogWalker::Fault LogWalker::tampered(std::string reason) const {
    return Violation{
        Verdict::kTampered, std::move(reason), segment_no_, frame_no_, offset_, {}, {}};
}

LogWalker::Fault LogWalker::unverifiable(std::string reason) const {
    return Violation{
        Verdict::kCannotVerify, std::move(reason), segment_no_, frame_no_, offset_, {}, {}};
}

LogWalker::Fault LogWalker::walk(const SegmentOutline& outline, bool last) {
    segment_no_ = outline.segment_no;
    frame_no_ = 0;
    offset_ = 0;
    if (outline.void_range && outline.void_range->begins_at == 0) {
        return check_void_segment(outline);
    }
    if (Fault fault = open_segment(outline, last)) {
        return fault;
    }
    if (Fault fault = check_header(outline)) {
        return fault;
    }
    if (Fault fault = walk_frames(outline, last)) {
        return fault;
    }
    any_segment_ = true;
    generation_ = file_->header().generation;
    end_segment_ = segment_no_;
    end_offset_ = offset_;
    end_frame_ = frame_no_;
    ++segments_;
    bytes_ += offset_;
    return std::nullopt;
}

// Set aside as a whole. Where the agent says that a crash did this, the bytes must look like it.
LogWalker::Fault LogWalker::check_void_segment(const SegmentOutline& outline) {
    RecoveryReason reason = outline.void_range->reason;
    if (reason != RecoveryReason::kNotClosed && reason != RecoveryReason::kTorn) {
        return std::nullopt;
    }
    std::string path = directory_ + "/" + segment_file_name(outline.segment_no);
    Result<std::unique_ptr<ReadableFile>> raw = files_.open_readable(path, false);
    Result<FileInfo> info = raw ? (*raw)->info() : Result<FileInfo>(fail(raw.error()));
    if (!info) {
        return unverifiable(info.error().message);
    }
    Result<bool> crash = has_crash_shape(**raw, 0, info->size_bytes);
    if (!crash) {
        return unverifiable(crash.error().message);
    }
    bool is_short = info->size_bytes < kHeaderBytesMin;
    return *crash || is_short
               ? std::nullopt
               : tampered("a whole segment was set aside, and no crash leaves it like this");
}

// A header that is cut short in the last file is what a crash leaves; any other bad one is not.
LogWalker::Fault LogWalker::open_segment(const SegmentOutline& outline, bool last) {
    std::string path = directory_ + "/" + segment_file_name(outline.segment_no);
    Result<SegmentFile> file = SegmentFile::open(files_, path);
    if (file) {
        file_ = std::move(*file);
        return std::nullopt;
    }
    if (file.error().code != ErrorCode::kCorrupt) {
        return unverifiable(file.error().message);
    }
    Result<Bytes> head = files_.read_file(path, kHeaderBytesMax);
    if (last && head && ends_inside_header(*head)) {
        return Violation{
            Verdict::kTornTail, "the segment ends inside its header", segment_no_, 0, 0, {}, {}};
    }
    return tampered("segment header: " + file.error().message);
}

LogWalker::Fault LogWalker::check_header(const SegmentOutline& outline) {
    const SegmentHeader& header = file_->header();
    Digest identity = sha256(view(trusted_));
    if (!any_segment_ && header.identity_hash != identity) {
        return unverifiable("the log belongs to another identity than the trusted key");
    }
    if (header.segment_no != outline.segment_no) {
        return tampered("the segment's number is not its file's");
    }
    if (header.identity_hash != identity || header.log_id != log_id_of(trusted_)) {
        return tampered("the segment belongs to another log");
    }
    if (!header.signature_valid) {
        return tampered("the segment header's signature is wrong");
    }
    if (Fault fault = check_continuation()) {
        return fault;
    }
    if (any_segment_) {
        if (header.prev_chain != head_.chain || header.first_index != head_.tree.size() ||
            header.frontier != head_.tree.frontier()) {
            return tampered("the segment does not continue what stands before it");
        }
    } else if (header.segment_no != 0 || header.first_index != 0 || header.prev_chain != Digest{}) {
        return tampered("the log does not begin at its beginning");
    }
    head_.chain = header.header_hash;
    seal_key_ = header.first_seal_pk;
    at_seal_ = false;
    open_keys();
    return std::nullopt;
}

// Same generation: the segment-end SEAL before it names the key. New generation: the identity key
// signs.
LogWalker::Fault LogWalker::check_continuation() {
    const SegmentHeader& header = file_->header();
    bool sealed_off = closed() && whole_segment_;
    bool clean = sealed_off && (last_seal_->reasons & kSealCleanShutdown) != 0;
    new_generation_ = !any_segment_ || header.generation != generation_;
    recovery_due_ = new_generation_ && any_segment_ && !clean;
    if (new_generation_) {
        if (any_segment_ && header.generation < generation_) {
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

void LogWalker::open_keys() {
    openers_.reset();
    if (keys_ == nullptr) {
        return;
    }
    std::string name = keys_file_name(segment_no_);
    Result<Bytes> bytes = files_.read_file(directory_ + "/" + name, kKeyFileBytesMax);
    Result<DataKeys> opened = bytes ? open_key_file(*bytes, file_->header(), *keys_)
                                    : Result<DataKeys>(fail(bytes.error()));
    if (opened) {
        openers_.emplace(*opened);
        ++opened_segments_;
        return;
    }
    if (unopened_segments_++ == 0) {
        first_unopened_ = segment_file_name(segment_no_);
    }
    if (opened.error().code != ErrorCode::kNotFound && !key_problem_) {
        key_problem_ = unverifiable(name + ": " + opened.error().message);
    }
}

// Up to the stated end when the rest is void, else to the end that the file had when it was opened.
LogWalker::Fault LogWalker::walk_frames(const SegmentOutline& outline, bool last) {
    offset_ = file_->header().header_bytes;
    uint64_t stop = outline.void_range ? outline.void_range->begins_at : file_->size_bytes();
    if (stop < offset_ || stop > file_->size_bytes()) {
        return tampered("the stated end of a recovery is not a frame boundary");
    }
    while (offset_ < stop) {
        FrameView frame;
        Result<FrameFault> fault = file_->frame_at(offset_, frame);
        if (!fault) {
            return unverifiable(fault.error().message);
        }
        if (closed()) {
            return tampered("bytes stand after the segment's closing seal");
        }
        if (*fault != FrameFault::kNone) {
            return broken_frame(*fault, outline, last);
        }
        if (frame.header.frame_bytes > stop - offset_) {
            return tampered("the stated end of a recovery is not a frame boundary");
        }
        if (Fault violation = check_frame(frame)) {
            return violation;
        }
        offset_ += frame.header.frame_bytes;
        ++frame_no_;
        ++frames_;
    }
    whole_segment_ = stop == file_->size_bytes();
    return check_first_frames(outline, last);
}

// A file gets its name only when these frames are on disk: without them it was cut.
LogWalker::Fault LogWalker::check_first_frames(const SegmentOutline& outline, bool last) const {
    uint64_t due = 1;
    if (new_generation_) {
        due = recovery_due_ ? 3 : 2;
    }
    if (frame_no_ >= due || outline.void_range) {
        return std::nullopt;
    }
    Fault violation = tampered("the segment ends before the frames that it must begin with");
    violation->verdict = last ? Verdict::kTornTail : Verdict::kTampered;
    return violation;
}

LogWalker::Fault LogWalker::broken_frame(FrameFault fault, const SegmentOutline& outline,
                                         bool last) {
    std::string reason(frame_fault_text(fault));
    if ((!last && !outline.successor_unknown) || fault == FrameFault::kFields ||
        fault == FrameFault::kEnd) {
        return tampered(std::move(reason));
    }
    Result<std::unique_ptr<ReadableFile>> raw =
        files_.open_readable(directory_ + "/" + segment_file_name(segment_no_), false);
    if (!raw) {
        return unverifiable(raw.error().message);
    }
    Result<bool> crash = has_crash_shape(**raw, offset_, file_->size_bytes());
    if (!crash) {
        return unverifiable(crash.error().message);
    }
    Fault violation = tampered(std::move(reason));
    if (*crash) {
        violation->verdict = last ? Verdict::kTornTail : Verdict::kCannotVerify;
    }
    return violation;
}

void LogWalker::report(VerifyReport& report) const {
    report.segments = segments_;
    report.frames = frames_;
    report.records = records_;
    report.seals = seals_;
    report.bytes = bytes_;
    report.unknown_frames = unknown_frames_;
    report.unopened_segments = unopened_segments_;
    report.first_unopened = first_unopened_;
    report.content_checked = opened_segments_ > 0 && unopened_segments_ == 0;
    report.tree_size = last_seal_ ? last_seal_->tree_size : 0;
    report.root_hex = last_seal_ ? to_hex(view(last_seal_->root)) : "";
}

}  // namespace llmtrail
