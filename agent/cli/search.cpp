#include "cli/query_source.h"
#include "query/record_search.h"

namespace llmtrail {

namespace {

Result<RecordFilter> filter_of(const SearchArguments& arguments) {
    RecordFilter filter;
    Result<void> read;
    for (const std::string& field : arguments.fields) {
        read = filter.add_field(field);
        if (!read) {
            return fail(std::move(read.error()));
        }
    }
    if (!arguments.since.empty()) {
        read = filter.set_since(arguments.since);
    }
    if (read && !arguments.until.empty()) {
        read = filter.set_until(arguments.until);
    }
    if (!read) {
        return fail(std::move(read.error()));
    }
    for (const std::string& kind : arguments.kinds) {
        filter.add_kind(kind);
    }
    for (const std::string& user : arguments.users) {
        filter.add_user(user);
    }
    for (const std::string& model : arguments.models) {
        filter.add_model(model);
    }
    for (const std::string& words : arguments.texts) {
        filter.add_text(words);
    }
    return filter;
}

// Words can only be found where the role may look. False: it has been told.
bool check_text_right(const SearchArguments& arguments, const QuerySource& source,
                      SearchOptions& options, CommandSeams seams) {
    const auto* role = std::get_if<RoleKey>(&*source.key);
    std::string closed;
    bool any = false;
    for (Section section : kSections) {
        bool& wanted = options.words_in[static_cast<size_t>(section)];
        bool opens = role == nullptr || role_opens(role->role(), section);
        if (wanted && !opens) {
            closed += (closed.empty() ? "" : ", ") + std::string(section_name(section));
        }
        wanted = wanted && opens;
        any = any || wanted;
    }
    if (!closed.empty() && (!any || !arguments.in_sections.empty())) {
        seams.talk.error(source.key_name + " does not open: " + closed);
        seams.talk.hint("--text can be used on the sections of the role only (docs/search.md)");
        return false;
    }
    if (!closed.empty()) {
        seams.talk.warning("--text does not look into: " + closed + ": sealed for another role");
    }
    return true;
}

void tell_search(const SearchTotals& totals, bool limited, Talk& talk) {
    talk.say("matches: " + std::to_string(totals.matches) +
             (limited ? "; the search ended there, as --limit says" : ""));
    if (totals.unsealed > 0) {
        talk.say("unsealed: " + std::to_string(totals.unsealed) +
                 ", behind the last seal: not proven yet");
    }
    if (totals.unproven > 0) {
        talk.warning("UNPROVEN: " + std::to_string(totals.unproven) +
                     " of the records printed stand behind damage");
    }
    if (totals.undecoded > 0) {
        talk.warning("NOT READ: " + std::to_string(totals.undecoded) +
                     " records opened and are none that this version understands");
    }
}

ExitCode run_search(const SearchArguments& arguments, const QuerySource& source,
                    SearchOptions options, CommandSeams seams) {
    ScanOptions scan_options;
    scan_options.directory = source.directory;
    scan_options.trusted = source.trusted;
    if (!arguments.content) {
        scan_options.sections = arguments.texts.empty() ? SectionChoice{} : options.words_in;
    }
    Result<void> written;
    auto print = [&](const std::string& text) {
        written = write_line(text, seams.data);
        return written.has_value();
    };
    auto tell = [&](const ScanProblem& problem) { tell_problem(problem, seams.talk); };
    RecordSearch search(std::move(options), print, tell);
    SpoolScan scan(seams.files, std::move(scan_options), source.key_or_null());
    Result<ScanTotals> totals = scan.run(search);
    if (!totals) {
        return seams.talk.refuse(totals.error());
    }
    if (!written) {
        return seams.talk.refuse(written.error());
    }
    tell_search(search.totals(), search.totals().matches >= arguments.limit, seams.talk);
    ExitCode code = tell_totals(*totals, source, seams.talk);
    bool unread = search.totals().undecoded > 0;
    return code == ExitCode::kOk && unread ? ExitCode::kCannotVerify : code;
}

}  // namespace

ExitCode search_command(const SearchArguments& arguments, CommandSeams seams) {
    SearchOptions options;
    Result<RecordFilter> filter = filter_of(arguments);
    if (!filter) {
        seams.talk.error(filter.error().message);
        seams.talk.hint("llmtrail search --help explains the filters");
        return ExitCode::kUsage;
    }
    options.filter = std::move(*filter);
    options.print_content = arguments.content;
    options.json = arguments.json;
    options.limit = arguments.limit;
    if (!arguments.in_sections.empty() &&
        !choose_sections(arguments.in_sections, options.words_in, seams.talk)) {
        return ExitCode::kUsage;
    }
    QuerySource source;
    ExitCode opened = open_query_source(arguments, seams, true, source);
    if (opened != ExitCode::kOk) {
        return opened;
    }
    if (!arguments.texts.empty() && !check_text_right(arguments, source, options, seams)) {
        return ExitCode::kPermission;
    }
    return run_search(arguments, source, std::move(options), seams);
}

}  // namespace llmtrail
