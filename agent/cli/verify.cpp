#include "spool/verify.h"

#include "anchor/anchor_file.h"
#include "anchor/checkpoint_note.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/query_source.h"
#include "cli/read_progress.h"
#include "cli/verify_report.h"
#include "cli/verify_salvage.h"
#include "spool/local_keys.h"
#include "spool/segment_header.h"

namespace llmtrail {

namespace {

// The checkpoints of all anchor files. Without a trusted key there is nothing to check them with:
// then the verifier says so.
Result<void> read_anchors(const VerifyArguments& arguments, CommandSeams seams,
                          VerifyOptions& options, AnchorWords& words) {
    words.any_file = !arguments.anchors.empty();
    std::string trust = options.trust_file.empty() ? identity_public_path(options.key_directory)
                                                   : options.trust_file;
    Result<PublicKey> key = read_public_key(seams.files, trust);
    if (!words.any_file || !key) {
        return {};
    }
    std::array<char, kLogIdBytes> log_id = log_id_of(*key);
    std::string origin = checkpoint_origin({log_id.data(), log_id.size()});
    for (const std::string& file : arguments.anchors) {
        Result<void> added =
            add_anchor_file(seams.files, absolute_path(file), origin, *key, options.kept);
        if (!added) {
            return fail(std::move(added).error().with_context("reading --anchor " + file));
        }
    }
    for (std::string& file : options.kept.files) {
        file = terminal_safe(file);
    }
    words.foreign = options.kept.foreign;
    words.refused = options.kept.refused;
    words.foreign_origin = terminal_safe(options.kept.foreign_origin);
    words.refused_place = terminal_safe(options.kept.refused_place);
    return {};
}

// Records on stdout, the verdict on stderr.
ExitCode salvage(const std::string& directory, const QuerySource& source,
                 const VerifyReport& report, const AnchorWords& words, CommandSeams seams) {
    Result<void> printed = print_salvaged(directory, *source.key, seams);
    if (!printed) {
        return seams.talk.refuse(printed.error());
    }
    std::string text = report_text(report, words);
    for (size_t at = 0; at < text.size();) {
        size_t end = text.find('\n', at);
        seams.talk.say(std::string_view(text).substr(at, end - at));
        at = end + 1;
    }
    return static_cast<ExitCode>(report_exit_code(report, words));
}

}  // namespace

ExitCode verify_command(const VerifyArguments& arguments, CommandSeams seams) {
    VerifyOptions options;
    options.directory = absolute_path(arguments.spool);
    options.key_directory = arguments.keys.empty() ? keys_beside(options.directory, seams.files)
                                                   : absolute_path(arguments.keys);
    options.trust_file = arguments.trust.empty() ? "" : absolute_path(arguments.trust);
    options.live = arguments.live;
    AnchorWords words;
    words.required = arguments.require_anchor;
    words.live = arguments.live;
    QuerySource source;
    if (!arguments.key.empty() || arguments.salvage) {
        ExitCode opened = open_query_source(arguments, seams, true, source);
        if (opened != ExitCode::kOk) {
            return opened;
        }
        options.key = source.key_or_null();
    }
    VerifyReport report;
    Result<void> anchors = read_anchors(arguments, seams, options, words);
    if (anchors) {
        ReadProgress files("verifying", options.directory, seams);
        report = verify_spool(options, files);
    } else {
        report.reason = terminal_safe(anchors.error().message);
    }
    if (arguments.salvage) {
        return salvage(options.directory, source, report, words, seams);
    }
    auto written =
        seams.data.write(arguments.json ? report_json(report, words) : report_text(report, words));
    if (!written) {
        return seams.talk.refuse(written.error());
    }
    return static_cast<ExitCode>(report_exit_code(report, words));
}

}  // namespace llmtrail
