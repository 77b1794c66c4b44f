// llmtrail deadletter: the events that a receiver refused for good, from the spool's own records of
// them (docs/outputs.md, "Dead letters"). `list` only reads; `resend` goes on in
// deadletter_resend.cpp.
#include "cli/deadletter.h"

#include "base/json_text.h"
#include "base/utf8.h"

namespace llmtrail {

namespace {

std::string line_of(const FoundLetter& found) {
    const DeadLetter& letter = found.letter;
    return terminal_safe(format_iso_millis(found.time) + "  " + letter.output + "  " +
                         std::to_string(letter.index) + "  " + letter.event_id + "  " +
                         std::to_string(letter.event_class) + "  " + letter.reason) +
           "\n";
}

std::string json_of(const FoundLetter& found) {
    const DeadLetter& letter = found.letter;
    std::string out = "{\"time\":";
    append_json_string(out, format_iso_nanos(found.time));
    append_json_string(out += ",\"output\":", letter.output);
    append_json_unsigned(out += ",\"index\":", letter.index);
    append_json_string(out += ",\"event.id\":", letter.event_id);
    append_json_unsigned(out += ",\"event.class\":", letter.event_class);
    append_json_string(out += ",\"reason\":", letter.reason);
    return out + "}\n";
}

// The spool and the keys of the configuration, where the command line names none.
void fill_in_places(QueryArguments& query, const Settings& settings) {
    if (query.spool.empty()) {
        query.spool = settings.spool.directory;
        query.keys = query.keys.empty() ? settings.state_directory + "/keys" : query.keys;
    }
}

ExitCode list_letters(const std::vector<FoundLetter>& letters, bool json, CommandSeams seams) {
    for (const FoundLetter& found : letters) {
        Result<void> written =
            json ? write_line(json_of(found), seams.data) : seams.data.write(line_of(found));
        if (!written) {
            return seams.talk.refuse(written.error());
        }
    }
    return ExitCode::kOk;
}

}  // namespace

ExitCode deadletter_command(const DeadletterArguments& arguments, CommandSeams seams) {
    bool resends = arguments.action == DeadletterAction::kResend;
    if (!resends && !arguments.indexes.empty()) {
        seams.talk.error("`list` takes no index");
        seams.talk.hint("llmtrail deadletter --help explains the options");
        return ExitCode::kUsage;
    }
    QueryArguments query = arguments;
    LoadedForCommand loaded;
    if (resends || query.spool.empty()) {
        loaded = load_for_command(arguments.config, seams);
        if (!loaded.settings) {
            return loaded.exit_code;
        }
        fill_in_places(query, *loaded.settings);
    }
    QuerySource source;
    ExitCode opened = open_query_source(query, seams, true, source);
    if (opened != ExitCode::kOk) {
        return opened;
    }
    ScanOptions options;
    options.directory = source.directory;
    options.trusted = source.trusted;
    options.sections = {true, false, false, false};
    DeadLetterScan letters(arguments.output,
                           [&](const ScanProblem& problem) { tell_problem(problem, seams.talk); });
    Result<ScanTotals> totals =
        SpoolScan(seams.files, std::move(options), source.key_or_null()).run(letters);
    if (!totals) {
        return seams.talk.refuse(totals.error());
    }
    ExitCode read = tell_totals(*totals, source, seams.talk);
    ExitCode done =
        resends ? resend_letters(arguments, *loaded.settings, source, letters.letters(), seams)
                : list_letters(letters.letters(), arguments.json, seams);
    return done == ExitCode::kOk ? read : done;
}

}  // namespace llmtrail
