#include <charconv>

#include "base/hex.h"
#include "base/json_text.h"
#include "cli/query_source.h"
#include "query/record_lookup.h"

namespace llmtrail {

namespace {

constexpr size_t kEventIdCharacters = 32;

std::optional<uint64_t> index_of_text(std::string_view text) {
    uint64_t index = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && text.size() < kEventIdCharacters ? std::optional(index) : std::nullopt;
}

bool is_event_id(std::string_view text) {
    return text.size() == kEventIdCharacters &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string_view::npos;
}

std::string_view frame_type_name(FrameType type) {
    switch (type) {
        case FrameType::kPositions:
            return "POSITIONS";
        case FrameType::kBatch:
            return "BATCH";
        case FrameType::kSeal:
            return "SEAL";
        case FrameType::kGenesis:
            return "GENESIS";
        case FrameType::kRecovery:
            return "RECOVERY";
        case FrameType::kAnchor:
            return "ANCHOR";
        case FrameType::kPrune:
            return "PRUNE";
        case FrameType::kErase:
            return "ERASE";
    }
    return "a frame of a type unknown here";
}

std::string control_text(const FoundControl& control, Evidence evidence, bool json) {
    std::string text;
    if (json) {
        text = "{\"index\":" + std::to_string(control.index) + ",\"evidence\":\"" +
               std::string(evidence_name(evidence)) + "\",\"frame\":\"" +
               std::string(frame_type_name(control.type)) + "\",\"frame_digest\":\"" +
               to_hex(view(control.frame_digest)) + "\"}\n";
        return text;
    }
    return "leaf " + std::to_string(control.index) + " is no record: it is the control frame " +
           std::string(frame_type_name(control.type)) +
           "\nwritten: " + format_iso_millis(control.written) +
           "\nframe digest: " + to_hex(view(control.frame_digest)) +
           "\nevidence: " + std::string(evidence_name(evidence)) + "\n";
}

ExitCode refuse_usage(const std::string& which, Talk& talk) {
    talk.error(which.empty() ? "no record was named"
                             : "`" + which + "` is neither an index nor an event id");
    talk.hint("llmtrail show 4711, or llmtrail show with the event.id of a SIEM's event");
    return ExitCode::kUsage;
}

// It is not there to be shown: why.
ExitCode explain_absence(const RecordLookup& lookup, const ScanTotals& totals,
                         const QuerySource& source, Talk& talk) {
    for (const ScanProblem& problem : lookup.problems()) {
        tell_problem(problem, talk);
    }
    ExitCode code = tell_totals(totals, source, talk);
    if (!lookup.seen()) {
        talk.error("no such record");
        return code == ExitCode::kTampered ? code : ExitCode::kIo;
    }
    talk.error("record " + std::to_string(lookup.index()) +
               " is in the log, and nothing of it can be shown");
    if (code == ExitCode::kOk) {
        talk.hint(
            "its segment was pruned: the leaf is left, `llmtrail prove` proves that it was "
            "there");
    }
    return code == ExitCode::kTampered ? code : ExitCode::kCannotVerify;
}

}  // namespace

ExitCode show_command(const ShowArguments& arguments, CommandSeams seams) {
    std::optional<uint64_t> index = index_of_text(arguments.which);
    if (!index && !is_event_id(arguments.which)) {
        return refuse_usage(arguments.which, seams.talk);
    }
    QuerySource source;
    ExitCode opened = open_query_source(arguments, seams, true, source);
    if (opened != ExitCode::kOk) {
        return opened;
    }
    RecordLookup lookup = index ? RecordLookup(*index) : RecordLookup(arguments.which);
    ScanOptions options;
    options.directory = source.directory;
    options.trusted = source.trusted;
    SpoolScan scan(seams.files, std::move(options), source.key_or_null());
    Result<ScanTotals> totals = scan.run(lookup);
    if (!totals) {
        return seams.talk.refuse(totals.error());
    }
    bool found = lookup.record() || lookup.control();
    if (!found || !lookup.evidence()) {
        return explain_absence(lookup, *totals, source, seams.talk);
    }
    for (const ScanProblem& problem : lookup.problems()) {
        tell_problem(problem, seams.talk);
    }
    std::string text = lookup.control()
                           ? control_text(*lookup.control(), *lookup.evidence(), arguments.json)
                           : with_evidence(arguments.json ? found_json(*lookup.record())
                                                          : found_page(*lookup.record()),
                                           *lookup.evidence());
    Result<void> written = arguments.json ? write_line(text, seams.data) : seams.data.write(text);
    if (!written) {
        return seams.talk.refuse(written.error());
    }
    bool proven = *lookup.evidence() != Evidence::kUnproven && lookup.problems().empty();
    return proven ? ExitCode::kOk : ExitCode::kTampered;
}

}  // namespace llmtrail
