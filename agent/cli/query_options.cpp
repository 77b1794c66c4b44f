// The options of verify, search, show, prove and deadletter.
#include <CLI/CLI.hpp>

#include "cli/command_options.h"

namespace llmtrail {

static void add_anchors(CLI::App& command, std::vector<std::string>& anchors) {
    command
        .add_option("--anchor", anchors,
                    "checkpoints kept outside: notes, or an export of the SIEM; may be repeated")
        ->type_name("FILE");
}

// What all of them have.
static void add_query_options(CLI::App& command, QueryArguments& query) {
    command.add_option("--spool", query.spool, "spool directory, best a copy off its host")
        ->type_name("DIR");
    command.add_option("--key", query.key, "role key file (`keys new`), or a local key")
        ->type_name("FILE");
    command
        .add_option("--passphrase-file", query.passphrase_file,
                    "passphrase of the role key; asked for unless told")
        ->type_name("FILE");
    command.add_option("--keys", query.keys, "key directory; `keys` beside the spool unless told")
        ->type_name("DIR");
    command.add_option("--trust", query.trust, "public identity key to trust")->type_name("FILE");
    command.add_flag("--json", query.json, "as JSON; search: one object a line");
}

void add_options(CLI::App& command, VerifyArguments& verify) {
    add_query_options(command, verify);
    add_anchors(command, verify.anchors);
    command.add_flag("--require-anchor", verify.require_anchor, "UNANCHORED is 6, cannot verify");
    command.add_flag("--live", verify.live,
                     "a running agent holds the spool: its open tail is in order");
    command.add_flag("--salvage", verify.salvage,
                     "print the records of a damaged spool that still match, as parse does");
}

void add_options(CLI::App& command, SearchArguments& search) {
    add_query_options(command, search);
    command
        .add_option(
            "--field", search.fields,
            "an envelope field (docs/record-schema.md); VALUE may end in *; may be repeated")
        ->type_name("NAME=VALUE");
    command.add_option("--kind", search.kinds, "event.kind: inference, tool, guardrail, ...")
        ->type_name("KIND");
    command.add_option("--user", search.users, "identifier, e-mail address or name of the user")
        ->type_name("USER");
    command.add_option("--model", search.models, "model asked for or answering")
        ->type_name("MODEL");
    command.add_option("--since", search.since, "from this time on: 2026-01-31T10:00:00Z")
        ->type_name("TIME");
    command.add_option("--until", search.until, "before this time")->type_name("TIME");
    command
        .add_option("--text", search.texts, "words in the sections of content that the key opens")
        ->type_name("WORDS");
    command.add_option("--in", search.in_sections, "look for --text in this section only")
        ->type_name("SECTION");
    command.add_flag("--content", search.content,
                     "with --json: the content too, not the envelope "
                     "alone");
    command.add_option("--limit", search.limit, "stop after so many matches")->type_name("N");
}

void add_options(CLI::App& command, ShowArguments& show) {
    add_query_options(command, show);
    command.add_option("INDEX|EVENT_ID", show.which, "which record")->type_name("");
}

void add_options(CLI::App& command, ProveArguments& prove) {
    add_query_options(command, prove);
    command.add_option("--open", prove.open, "lay this section open in the proof")
        ->type_name("SECTION");
    add_anchors(command, prove.anchors);
    command.add_option("--check", prove.check, "check this proof against --trust; reads no spool")
        ->type_name("FILE");
    command.add_option("INDEX", prove.what, "index of the record, or: consistency A B")
        ->type_name("");
}

void add_options(CLI::App& command, DeadletterArguments& deadletter) {
    command.add_option("list|resend", deadletter.action, "what to do")
        ->type_name("")
        ->required()
        ->transform(CLI::CheckedTransformer(std::vector<std::pair<std::string, DeadletterAction>>{
                                                {"list", DeadletterAction::kList},
                                                {"resend", DeadletterAction::kResend}})
                        .description(""));
    command
        .add_option("INDEX", deadletter.indexes,
                    "resend these records; all that list shows unless told")
        ->type_name("");
    command.add_option("--output", deadletter.output, "of this output alone")->type_name("ID");
    add_query_options(command, deadletter);
    command
        .add_option("--config", deadletter.config,
                    "configuration file: where the spool and the outputs are")
        ->type_name("FILE");
}

}  // namespace llmtrail
