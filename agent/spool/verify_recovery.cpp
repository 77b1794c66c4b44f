// LogWalker: what a RECOVERY states about the end before it.
#include <utility>

#include "spool/format.h"
#include "spool/verify_log.h"

namespace llmtrail {

// The RECOVERY of this generation must state exactly where the walk stands.
LogWalker::Fault LogWalker::check_recovery(const FrameView& frame) {
    Result<RecoveryBody> body = decode_recovery(frame.clear);
    if (!body) {
        return tampered("recovery: " + body.error().message);
    }
    ++recoveries_;
    if (Fault fault = check_stated_end(*body)) {
        return fault;
    }
    if (body->reason == RecoveryReason::kDamaged || body->reason == RecoveryReason::kNotOurs) {
        Fault fault = tampered("the agent found, when it started, what no crash leaves");
        fault->file = log_.file_name(body->segment_no);
        fault->frame_no = body->end_offset == 0 ? 0 : end_frame_;
        fault->offset = body->end_offset;
        return fault;
    }
    return log_.is_leaf(body->segment_no) ? std::nullopt : check_tail(*body);
}

// The offset cannot be compared any more when the segment was pruned.
LogWalker::Fault LogWalker::check_stated_end(const RecoveryBody& recovery) {
    bool whole_segment_void = recovery.end_offset == 0;
    if (recovery.segment_no >= outline_.segment_no || recovery.end_index != header_.first_index ||
        recovery.end_chain != header_.prev_chain) {
        return tampered("the recovery does not state where the log ended");
    }
    bool offset_known = !log_.is_leaf(recovery.segment_no);
    if (!whole_segment_void && (recovery.segment_no != end_segment_ ||
                                (offset_known && recovery.end_offset != end_offset_))) {
        return tampered("the recovery states another end than the one found");
    }
    if (whole_segment_void && recovery.segment_no <= end_segment_) {
        return tampered("the recovery voids a segment that counts");
    }
    return std::nullopt;
}

LogWalker::Fault LogWalker::check_tail(const RecoveryBody& recovery) {
    bool described = recovery.file_bytes != kNotDescribed;
    if (!described && recovery.reason == RecoveryReason::kWriteError) {
        return std::nullopt;
    }
    std::string name = segment_file_name(recovery.segment_no);
    Result<std::unique_ptr<ReadableFile>> raw =
        files_.open_readable(directory_ + "/" + name, false);
    Result<FileInfo> info = raw ? (*raw)->info() : Result<FileInfo>(fail(raw.error()));
    if (!info) {
        return unverifiable(info.error().message);
    }
    if (described && info->size_bytes != recovery.file_bytes) {
        return tampered("the torn tail of " + name +
                        " has another size than when it was described");
    }
    Result<Digest> hash = described ? hash_range(**raw, recovery.end_offset, recovery.file_bytes)
                                    : recovery.tail_hash;
    if (!hash) {
        return unverifiable(hash.error().message);
    }
    if (*hash != recovery.tail_hash) {
        return tampered("the torn tail of " + name + " was changed after it was described");
    }
    return check_reason(recovery, **raw, info->size_bytes);
}

// "Whole" and "torn" are claims about the bytes that are still there: no intact frame, so no seal,
// lies in what they make void. A whole segment that is void was looked at when the walk came to it.
LogWalker::Fault LogWalker::check_reason(const RecoveryBody& recovery, ReadableFile& file,
                                         uint64_t file_bytes) {
    bool holds = true;
    if (recovery.reason == RecoveryReason::kNotClosed) {
        holds = recovery.end_offset == file_bytes;
    } else if (recovery.reason == RecoveryReason::kTorn && recovery.end_offset != 0) {
        Result<bool> crash = has_crash_shape(file, recovery.end_offset, file_bytes);
        if (!crash) {
            return unverifiable(crash.error().message);
        }
        // Behind a closing SEAL nothing can have been torn.
        holds = *crash && (recovery.end_offset == file_bytes || !end_closed_);
    }
    return holds ? std::nullopt
                 : tampered("the recovery's reason is not what the bytes it describes show");
}

}  // namespace llmtrail
