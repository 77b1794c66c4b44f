#include "spool/verify.h"

#include <utility>

#include "spool/format.h"
#include "spool/recovery.h"
#include "spool/verify_log.h"

namespace llmtrail {

namespace {

constexpr uint32_t kRecoveryFrameNo = 2;

struct StatedRecovery {
    RecoveryBody body;
    uint64_t frame_end = 0;  // byte after the RECOVERY
};

// The RECOVERY at the beginning of a generation, when there is one. Whether it may be believed is
// found out when its segment is walked.
Result<std::optional<StatedRecovery>> recovery_of(SegmentFile& file) {
    uint64_t offset = file.header().header_bytes;
    for (uint32_t frame_no = 0; frame_no <= kRecoveryFrameNo; ++frame_no) {
        FrameView frame;
        Result<FrameFault> fault = file.frame_at(offset, frame);
        if (!fault) {
            return fail(fault.error());
        }
        if (*fault != FrameFault::kNone) {
            break;
        }
        offset += frame.header.frame_bytes;
        if (frame_no == kRecoveryFrameNo && frame.header.type == FrameType::kRecovery) {
            Result<RecoveryBody> body = decode_recovery(frame.clear);
            return body ? std::optional(StatedRecovery{*body, offset}) : std::nullopt;
        }
    }
    return std::optional<StatedRecovery>();
}

struct Trust {
    PublicKey key{};
    std::optional<LocalKeys> keys;
};

Result<Trust> establish_trust(const VerifyOptions& options, FileSystem& files,
                              VerifyReport& report) {
    report.trust_is_local = options.trust_file.empty();
    if (options.trust_file.empty() && options.key_directory.empty()) {
        return fail(ErrorCode::kInvalidArgument, "no trusted key was given");
    }
    Trust trust;
    std::string path =
        report.trust_is_local ? identity_public_path(options.key_directory) : options.trust_file;
    Result<PublicKey> key = read_public_key(files, path);
    if (!key) {
        return fail(std::move(key.error()).with_context("reading the trusted key"));
    }
    trust.key = *key;
    if (!options.key_directory.empty()) {
        Result<LocalKeys> keys = load_local_keys(files, options.key_directory);
        if (keys) {
            trust.keys = std::move(*keys);
        } else if (keys.error().code != ErrorCode::kNotFound) {
            return fail(std::move(keys.error()));
        }
    }
    return trust;
}

void put(const Violation& violation, VerifyReport& report) {
    report.verdict = violation.verdict;
    report.reason = violation.reason;
    report.segment = segment_file_name(violation.segment_no);
    report.frame = violation.frame_no;
    report.offset = violation.offset;
    report.section = violation.section;
    report.record = violation.record;
}

VerifyReport cannot_verify(VerifyReport report, std::string reason) {
    report.verdict = Verdict::kCannotVerify;
    report.reason = std::move(reason);
    return report;
}

void conclude(const LogWalker& walker, VerifyReport& report) {
    if (report.frames == 0 || report.seals == 0) {
        report.verdict = Verdict::kCannotVerify;
        report.reason = "nothing was there to check";
    } else if (walker.ends_cleanly()) {
        report.verdict = Verdict::kClean;
        report.reason = "everything is in its place up to an orderly stop";
    } else {
        report.verdict = Verdict::kOpenTail;
        report.reason =
            "everything is in its place, and the log was not closed; records and control frames "
            "after the last seal: " +
            std::to_string(walker.leaves_after_last_seal());
    }
}

VerifyReport verify_once(const VerifyOptions& options, FileSystem& files) {
    VerifyReport report;
    Result<std::vector<uint64_t>> numbers = list_segments(files, options.directory);
    if (!numbers) {
        return cannot_verify(report, numbers.error().message);
    }
    if (numbers->empty()) {
        return cannot_verify(report, "no segment is there");
    }
    Result<Trust> trust = establish_trust(options, files, report);
    if (!trust) {
        return cannot_verify(report, trust.error().message);
    }
    Result<std::vector<SegmentOutline>> outlines = outline_log(files, options.directory, *numbers);
    if (!outlines) {
        return cannot_verify(report, outlines.error().message);
    }
    LogWalker walker(files, options.directory, trust->key, trust->keys ? &*trust->keys : nullptr);
    std::optional<Violation> violation;
    uint64_t expected = 0;
    for (size_t i = 0; i < outlines->size() && !violation; ++i, ++expected) {
        const SegmentOutline& outline = (*outlines)[i];
        if (outline.segment_no != expected) {
            violation =
                Violation{Verdict::kTampered, "a segment is missing", expected, 0, 0, {}, {}};
        } else {
            violation = walker.walk(outline, i + 1 == outlines->size());
        }
    }
    walker.report(report);
    if (violation && (violation->verdict == Verdict::kTampered || !walker.key_problem())) {
        put(*violation, report);
    } else if (walker.key_problem()) {
        put(*walker.key_problem(), report);
    } else {
        conclude(walker, report);
    }
    return report;
}

}  // namespace

// Newest first: what a void segment says about earlier ones does not count, and no segment is
// visited twice.
Result<std::vector<SegmentOutline>> outline_log(FileSystem& files, const std::string& directory,
                                                const std::vector<uint64_t>& numbers) {
    std::vector<SegmentOutline> outlines;
    outlines.reserve(numbers.size());
    for (uint64_t number : numbers) {
        outlines.push_back({number, std::nullopt, false});
    }
    for (size_t i = outlines.size(); i-- > 0;) {
        const std::optional<VoidRange>& range = outlines[i].void_range;
        if (range && range->begins_at == 0) {
            continue;
        }
        Result<SegmentFile> file =
            SegmentFile::open(files, directory + "/" + segment_file_name(numbers[i]));
        if (!file && file.error().code == ErrorCode::kIo) {
            return fail(file.error());
        }
        if (!file && file.error().code == ErrorCode::kUnsupported && i > 0) {
            outlines[i - 1].successor_unknown = true;
        }
        if (!file || !file->header().identity_signed()) {
            continue;
        }
        Result<std::optional<StatedRecovery>> recovery = recovery_of(*file);
        if (!recovery) {
            return fail(recovery.error());
        }
        if (!*recovery || (range && range->begins_at < (*recovery)->frame_end)) {
            continue;
        }
        const RecoveryBody& body = (*recovery)->body;
        for (size_t j = i; j-- > 0 && numbers[j] >= body.segment_no;) {
            outlines[j].void_range =
                VoidRange{numbers[j] == body.segment_no ? body.end_offset : 0, body.reason};
        }
    }
    return outlines;
}

std::string_view verdict_name(Verdict verdict) {
    switch (verdict) {
        case Verdict::kClean:
            return "CLEAN";
        case Verdict::kOpenTail:
            return "OPEN_TAIL";
        case Verdict::kTornTail:
            return "TORN_TAIL";
        case Verdict::kTampered:
            return "TAMPERED";
        case Verdict::kCannotVerify:
            return "CANNOT_VERIFY";
    }
    return "";
}

int verdict_exit_code(Verdict verdict) {
    switch (verdict) {
        case Verdict::kClean:
            return 0;
        case Verdict::kOpenTail:
            return 3;
        case Verdict::kTornTail:
            return 4;
        case Verdict::kTampered:
            return 5;
        case Verdict::kCannotVerify:
            return 6;
    }
    return 6;
}

VerifyReport verify_spool(const VerifyOptions& options, FileSystem& files) {
    VerifyReport report = verify_once(options, files);
    // A running agent may have been in the middle of a frame.
    bool retry = options.live &&
                 (report.verdict == Verdict::kTornTail || report.verdict == Verdict::kTampered);
    return retry ? verify_once(options, files) : report;
}

}  // namespace llmtrail
