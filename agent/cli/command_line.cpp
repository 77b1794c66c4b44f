#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "cli/help_pages.h"
#include "cli/keys_options.h"
#include "config/nearest_name.h"

namespace llmtrail {

namespace {

constexpr std::array<CommandRow, 11> kCommands = {{
    {"llmtrail run     [--config FILE] [--once [--deadline SECONDS]]",
     "the daemon, in the foreground; --once: read every source to its end, deliver, exit"},
    {"llmtrail check   [--config FILE] [--sample FILE]",
     "what the configuration means on this host; --sample: try each source's map on a file"},
    {"llmtrail parse   [--as FORMAT|list] [--to record|cef|leef] [--coverage] [--config FILE] "
     "[FILE|-]...",
     "logs in, one record a line out; nothing is stored, nothing is sent"},
    {"llmtrail verify  [--spool DIR] [--key FILE] [--trust FILE] [--anchor FILE]... "
     "[--require-anchor] [--keys DIR] [--live] [--salvage] [--json]",
     "was anything in the spool altered, cut or lost"},
    {"llmtrail keys    list | check | new | init | rotate local | rewrap [--config FILE]",
     "the keys of this host and their limits; a key for a role; other keys for this host"},
    {"llmtrail search  [--key FILE] [--field NAME=VALUE] [--since TIME] [--until TIME] [--json]",
     "records of a copied spool by who, when and what; needs a role key"},
    {"llmtrail show    INDEX|EVENT_ID [--key FILE] [--json]",
     "one record: every section that the key opens, and what stands behind it"},
    {"llmtrail prove   INDEX [--open SECTION] | consistency A B | [--check FILE] [--trust FILE]",
     "a proof that a record is in the log, or that the log only grew; --check: check one"},
    {"llmtrail hold    list | add ID | release ID [--segments A-B] [--reason TEXT] [--by NAME]",
     "legal holds: what they name is neither pruned nor erased"},
    {"llmtrail erase   --segments A-B --section NAME... --basis TEXT --approver NAME",
     "destroy the keys of a section of closed segments"},
    {"llmtrail version", "version and build"},
}};

std::string first_word_after_name(std::string_view usage) {
    usage.remove_prefix(std::string_view("llmtrail ").size());
    return std::string(usage.substr(0, usage.find(' ')));
}

void add_query_options(CLI::App& command, QueryArguments& query) {
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
    command.add_flag("--json", query.json, "JSON, one object a line");
}

void add_search_options(CLI::App& command, SearchArguments& search) {
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

void add_prove_options(CLI::App& command, ProveArguments& prove) {
    command.add_option("--open", prove.open, "lay this section open in the proof")
        ->type_name("SECTION");
    command
        .add_option("--anchor", prove.anchors,
                    "checkpoints kept outside: notes, or an export of the SIEM; may be repeated")
        ->type_name("FILE");
    command.add_option("--check", prove.check, "check this proof against --trust; reads no spool")
        ->type_name("FILE");
    command.add_option("INDEX", prove.what, "index of the record, or: consistency A B")
        ->type_name("");
}

std::string meaning_of(std::string_view command) {
    for (const CommandRow& row : kCommands) {
        if (first_word_after_name(row.usage) == command) {
            return std::string(row.meaning);
        }
    }
    return {};
}

void add_hold_options(CLI::App& command, HoldArguments& hold) {
    command.add_option("list|add|release", hold.action, "what to do")
        ->type_name("")
        ->required()
        ->transform(CLI::CheckedTransformer(std::vector<std::pair<std::string, HoldAction>>{
                                                {"list", HoldAction::kList},
                                                {"add", HoldAction::kAdd},
                                                {"release", HoldAction::kRelease}})
                        .description(""));
    command.add_option("ID", hold.id, "name of the hold: a-z, 0-9, _ and -")->type_name("");
    command
        .add_option("--segments", hold.segments,
                    "first and last; all, those to come included, unless told")
        ->type_name("A-B");
    command.add_option("--reason", hold.reason, "why; goes into the record")->type_name("TEXT");
    command.add_option("--by", hold.by, "who ordered it; who runs the command unless told")
        ->type_name("NAME");
    command.add_option("--config", hold.config, "configuration file")->type_name("FILE");
}

void add_erase_options(CLI::App& command, EraseArguments& erase) {
    command.add_option("--segments", erase.segments, "first and last, all closed")
        ->type_name("A-B");
    command.add_option("--section", erase.sections, "prompt, sources, output; may be repeated")
        ->type_name("NAME");
    command.add_option("--basis", erase.basis, "on what ground; goes into the record")
        ->type_name("TEXT");
    command.add_option("--approver", erase.approver, "who approved it; goes into the record")
        ->type_name("NAME");
    command.add_option("--config", erase.config, "configuration file")->type_name("FILE");
}

// CLI11's application with the places its values go to.
struct Application {
    Application();

    CLI::App app{"tamper-evident audit forwarder for LLM application logs"};
    RunArguments run;
    CheckArguments check;
    ParseArguments parse;
    VerifyArguments verify;
    KeysArguments keys;
    SearchArguments search;
    ShowArguments show;
    ProveArguments prove;
    HoldArguments hold;
    EraseArguments erase;

    CLI::App* run_command = app.add_subcommand("run", std::string(kCommands[0].meaning));
    CLI::App* check_command = app.add_subcommand("check", std::string(kCommands[1].meaning));
    CLI::App* parse_command = app.add_subcommand("parse", std::string(kCommands[2].meaning));
    CLI::App* verify_command = app.add_subcommand("verify", std::string(kCommands[3].meaning));
    CLI::App* keys_command = app.add_subcommand("keys", std::string(kCommands[4].meaning));
    CLI::App* search_command = app.add_subcommand("search", std::string(kCommands[5].meaning));
    CLI::App* show_command = app.add_subcommand("show", std::string(kCommands[6].meaning));
    CLI::App* prove_command = app.add_subcommand("prove", std::string(kCommands[7].meaning));
    CLI::App* hold_command = app.add_subcommand("hold", meaning_of("hold"));
    CLI::App* erase_command = app.add_subcommand("erase", meaning_of("erase"));
    CLI::App* version_command = app.add_subcommand("version", meaning_of("version"));
};

Application::Application() {
    app.require_subcommand(1);
    run_command->add_option("--config", run.config, "configuration file")->type_name("FILE");
    CLI::Option* once =
        run_command->add_flag("--once", run.once, "read every source to its end, deliver, exit");
    run_command
        ->add_option("--deadline", run.deadline_seconds, "give up after this long; 300 unless told")
        ->type_name("SECONDS")
        ->check(CLI::Range(int64_t{1}, kDeadlineSecondsMax))
        ->needs(once);

    check_command->add_option("--config", check.config, "configuration file")->type_name("FILE");
    check_command->add_option("--sample", check.sample, "a log file to try the maps on")
        ->type_name("FILE");

    parse_command->add_option("--as", parse.format, "format of the logs; list: print the names")
        ->type_name("FORMAT");
    parse_command->add_option("--to", parse.to, "record (JSON), cef or leef; record unless told")
        ->type_name("record|cef|leef")
        ->transform(
            CLI::CheckedTransformer(
                std::vector<std::pair<std::string, ParseTo>>{
                    {"record", ParseTo::kRecord}, {"cef", ParseTo::kCef}, {"leef", ParseTo::kLeef}})
                .description(""));
    parse_command
        ->add_flag("--coverage", parse.coverage,
                   "instead of records: how many values became fields, and which did not")
        ->excludes("--to");
    parse_command->add_option("--config", parse.config, "take format and map from its sources")
        ->type_name("FILE");
    parse_command->add_option("FILE", parse.files, "log files; - is standard input")->type_name("");

    verify_command->add_option("--spool", verify.spool, "spool directory")->type_name("DIR");
    verify_command
        ->add_option("--keys", verify.keys, "key directory; `keys` beside the spool unless told")
        ->type_name("DIR");
    verify_command->add_option("--key", verify.key, "role key file (`keys new`), or a local key")
        ->type_name("FILE");
    verify_command
        ->add_option("--passphrase-file", verify.passphrase_file, "passphrase of the role key")
        ->type_name("FILE");
    verify_command
        ->add_option("--anchor", verify.anchors,
                     "checkpoints kept outside: notes, or an export of the SIEM; may be repeated")
        ->type_name("FILE");
    verify_command->add_flag("--require-anchor", verify.require_anchor,
                             "UNANCHORED is 6, cannot verify");
    verify_command->add_flag("--live", verify.live,
                             "a running agent holds the spool: its open tail is in order");
    verify_command->add_flag(
        "--salvage", verify.salvage,
        "print the records of a damaged spool that still match, as parse does");
    verify_command->add_option("--trust", verify.trust, "public identity key to trust")
        ->type_name("FILE");
    verify_command->add_flag("--json", verify.json, "the report as JSON");

    add_keys_options(*keys_command, keys);

    add_query_options(*search_command, search);
    add_search_options(*search_command, search);
    add_query_options(*show_command, show);
    show_command->add_option("INDEX|EVENT_ID", show.which, "which record")->type_name("");
    add_query_options(*prove_command, prove);
    add_prove_options(*prove_command, prove);
    add_hold_options(*hold_command, hold);
    add_erase_options(*erase_command, erase);
}

CommandLine taken(Application& application) {
    if (application.run_command->parsed()) {
        return application.run;
    }
    if (application.check_command->parsed()) {
        return application.check;
    }
    if (application.parse_command->parsed()) {
        if (application.parse.files.empty()) {
            application.parse.files = {"-"};
        }
        return application.parse;
    }
    if (application.verify_command->parsed()) {
        return application.verify;
    }
    if (application.keys_command->parsed()) {
        return application.keys;
    }
    if (application.search_command->parsed()) {
        return application.search;
    }
    if (application.show_command->parsed()) {
        return application.show;
    }
    if (application.prove_command->parsed()) {
        return application.prove;
    }
    if (application.hold_command->parsed()) {
        return application.hold;
    }
    if (application.erase_command->parsed()) {
        return application.erase;
    }
    return VersionArguments{};
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    names.reserve(std::size(kCommands));
    for (const CommandRow& row : kCommands) {
        names.push_back(first_word_after_name(row.usage));
    }
    return names;
}

std::string help_of(Application& application, std::string_view command) {
    for (size_t i = 0; i < kCommands.size(); ++i) {
        if (first_word_after_name(kCommands[i].usage) == command) {
            CLI::App* subcommand = application.app.get_subcommand(std::string(command));
            std::string text = "usage: " + std::string(kCommands[i].usage) + "\n" +
                               std::string(kCommands[i].meaning) + "\n";
            CLI::Formatter formatter;
            std::string options = formatter.make_positionals(subcommand) +
                                  formatter.make_groups(subcommand, CLI::AppFormatMode::Normal);
            return text + options + help_page(command);
        }
    }
    return help_text();
}

}  // namespace

std::span<const CommandRow> command_table() {
    return kCommands;
}

std::string help_text() {
    std::string text = "llmtrail: tamper-evident audit forwarder for LLM application logs\n\n";
    for (const CommandRow& row : kCommands) {
        text.append(row.usage).append("\n        ").append(row.meaning).append("\n");
    }
    return text +
           "\nEach command explains its options with --help.\n"
           "Exit codes: 0 ok, 2 usage, 70 internal, 74 I/O, 77 permission, 78 configuration;\n"
           "verify: 0 CLEAN, 3 OPEN_TAIL, 4 TORN_TAIL, 5 TAMPERED, 6 cannot verify.\n"
           "search, show, prove: 5 something is not what was written, 6 something did not open.\n";
}

ReadCommandLine read_command_line(std::span<const std::string> arguments) {
    ReadCommandLine read;
    std::string command = arguments.empty() ? "" : arguments[0];
    if (command == "--help" || command == "-h" || command == "help") {
        read.help = help_text();
        return read;
    }
    if (command == "--version") {
        read.command = VersionArguments{};
        return read;
    }
    std::vector<std::string> names = command_names();
    if (std::find(names.begin(), names.end(), command) == names.end()) {
        read.usage_error = command.empty() ? "no command" : "unknown command `" + command + "`";
        read.usage_hint = command.empty() ? "llmtrail --help lists the commands"
                                          : name_hint(command, names, "commands");
        return read;
    }
    Application application;
    try {
        std::vector<std::string> reversed(arguments.rbegin(),
                                          arguments.rend());  // as CLI11 wants them
        application.app.parse(reversed);
        read.command = taken(application);
    } catch (const CLI::CallForHelp&) {
        read.help = help_of(application, command);
    } catch (const CLI::Error& error) {
        read.usage_error = error.what();
        read.usage_hint = "llmtrail " + command + " --help explains the options";
    } catch (const std::exception& error) {
        read.usage_error = error.what();
        read.usage_hint = "llmtrail --help lists the commands";
    }
    return read;
}

}  // namespace llmtrail
