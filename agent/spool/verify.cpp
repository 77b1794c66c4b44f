#include "spool/verify.h"

#include <utility>

#include "base/hex.h"
#include "spool/format.h"
#include "spool/verify_log.h"

namespace llmtrail {

namespace {

constexpr int kLiveAttempts = 3;

struct Trust {
    PublicKey key{};
    std::optional<SpoolKey> local;
    const SpoolKey* opens = nullptr;  // null: nothing is opened
};

Result<void> establish_trust(const VerifyOptions& options, FileSystem& files, VerifyReport& report,
                             Trust& trust) {
    report.trust_is_local = options.trust_file.empty();
    if (options.trust_file.empty() && options.key_directory.empty()) {
        return fail(ErrorCode::kInvalidArgument, "no trusted key was given");
    }
    std::string path =
        report.trust_is_local ? identity_public_path(options.key_directory) : options.trust_file;
    Result<PublicKey> key = read_public_key(files, path);
    if (!key) {
        return fail(std::move(key.error()).with_context("reading the trusted key"));
    }
    trust.key = *key;
    trust.opens = options.key;
    if (trust.opens != nullptr || options.key_directory.empty()) {
        return {};
    }
    Result<std::vector<LocalKey>> local =
        load_local_secrets_as_reader(files, options.key_directory);
    if (local) {
        trust.local = std::move(*local);
        trust.opens = &*trust.local;
    } else if (local.error().code != ErrorCode::kNotFound) {
        return fail(std::move(local.error()));
    }
    return {};
}

void put(const Violation& violation, VerifyReport& report) {
    report.verdict = violation.verdict;
    report.reason = violation.reason;
    report.segment = violation.file;
    report.frame = violation.frame_no;
    report.offset = violation.offset;
    report.section = violation.section;
    report.record = violation.record;
}

// What was found stays comparable: the bytes from there to the end of the file.
void add_evidence(const VerifyOptions& options, FileSystem& files, VerifyReport& report) {
    if (report.segment.empty()) {
        return;
    }
    Result<std::unique_ptr<ReadableFile>> file =
        files.open_readable(options.directory + "/" + report.segment, false);
    Result<FileInfo> info = file ? (*file)->info() : Result<FileInfo>(fail(file.error()));
    if (!info || info->size_bytes < report.offset) {
        return;
    }
    Result<Digest> hash = hash_range(**file, report.offset, info->size_bytes);
    if (hash) {
        report.evidence_bytes = info->size_bytes - report.offset;
        report.evidence_sha256 = to_hex(view(*hash));
    }
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

// Contiguous from 0.
std::optional<Violation> walk_all(const LogOutline& log, LogWalker& walker) {
    uint64_t expected = 0;
    for (size_t i = 0; i < log.segments.size(); ++i, ++expected) {
        const SegmentOutline& outline = log.segments[i];
        if (outline.segment_no != expected) {
            return Violation{Verdict::kTampered,
                             "a segment is missing",
                             segment_file_name(expected),
                             0,
                             0,
                             {},
                             {}};
        }
        if (std::optional<Violation> found = walker.walk(outline, i + 1 == log.segments.size())) {
            return found;
        }
    }
    return std::nullopt;
}

// Manipulation and what could not be read before keys that do not open, these before what a crash
// leaves.
std::optional<Violation> worst_of(std::optional<Violation> found, const LogWalker& walker) {
    if (!found || found->verdict == Verdict::kTornTail) {
        if (std::optional<Violation> at_end = walker.check_end()) {
            return at_end;
        }
    }
    if (found && found->verdict != Verdict::kTornTail) {
        return found;
    }
    std::optional<Violation> key_problem = walker.key_problem();
    return key_problem ? key_problem : found;
}

VerifyReport verify_once(const VerifyOptions& options, FileSystem& files) {
    VerifyReport report;
    Trust trust;
    Result<std::vector<std::string>> names = files.list(options.directory);
    if (!names) {
        return cannot_verify(report, names.error().message);
    }
    if (Result<void> established = establish_trust(options, files, report, trust); !established) {
        return cannot_verify(report, established.error().message);
    }
    LogOutline log = outline_log(files, options.directory, *names, trust.key);
    AnchorCheck anchors(options.kept);
    if (log.segments.empty() && anchors.none_kept()) {
        return cannot_verify(report, "no segment is there");
    }
    if (log.segments.empty()) {
        put({Verdict::kTampered,
             "no segment is there, and checkpoints of the log are kept off the host",
             segment_file_name(0),
             0,
             0,
             {},
             {}},
            report);
        return report;
    }
    LogWalker walker(files, options.directory, log, trust.key, trust.opens, anchors);
    std::optional<Violation> found = worst_of(walk_all(log, walker), walker);
    walker.report(report);
    if (found) {
        put(*found, report);
        add_evidence(options, files, report);
    } else {
        conclude(walker, report);
    }
    return report;
}

}  // namespace

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

// A running agent may have been in the middle of a frame, of a new segment or of a pruning.
VerifyReport verify_spool(const VerifyOptions& options, FileSystem& files) {
    VerifyReport report = verify_once(options, files);
    for (int i = 1; i < kLiveAttempts && options.live; ++i) {
        if (report.verdict == Verdict::kClean || report.verdict == Verdict::kOpenTail) {
            break;
        }
        report = verify_once(options, files);
    }
    return report;
}

}  // namespace llmtrail
