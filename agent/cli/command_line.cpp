#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "cli/command_options.h"
#include "cli/help_pages.h"
#include "config/nearest_name.h"

namespace llmtrail {

namespace {

template <typename Arguments>
void begin(CLI::App& app, CommandLine& line) {
    add_options(app, line.emplace<Arguments>());
}

constexpr auto kCommands = std::to_array<CommandRow>({
    {"init",
     "[--source GLOB]... [--output TYPE]... [--address HOST:PORT] [--url URL] [--path FILE] "
     "[--endpoint URL] [--rule-id ID] [--broker HOST:PORT]... [--topic NAME] [--ca-file FILE] "
     "[--config FILE] [--force]",
     "a first, commented configuration, and the commands to run next", &begin<InitArguments>},
    {"run", "[--config FILE] [--once [--deadline SECONDS]]",
     "the daemon, in the foreground; --once: read every source to its end, deliver, exit",
     &begin<RunArguments>},
    {"check",
     "[--config FILE] [--connect] [--sample FILE] [--effective] [--explain KEY] [--schema]",
     "what the configuration means on this host; --connect: is each receiver reached, and does it "
     "let us in; --sample: try each source's map on a file; --effective: every value in force, and "
     "where it stands; --explain: what a key means",
     &begin<CheckArguments>},
    {"parse", "[--as FORMAT|list] [--to record|cef|leef] [--coverage] [--config FILE] [FILE|-]...",
     "logs in, one record a line out; nothing is stored, nothing is sent", &begin<ParseArguments>},
    {"status", "[--socket FILE] [--json] [--watch]",
     "what the running agent does: sources, log, outputs", &begin<StatusArguments>},
    {"reload", "[--socket FILE]",
     "the running agent reads its configuration again: what came of it", &begin<ReloadArguments>},
    {"test-event", "[--config FILE] [--output ID]",
     "a marked event through every output, until it is confirmed", &begin<TestEventArguments>},
    {"verify",
     "[--spool DIR] [--key FILE] [--trust FILE] [--anchor FILE]... [--require-anchor] [--keys DIR] "
     "[--live] [--salvage] [--json]",
     "was anything in the spool altered, cut or lost", &begin<VerifyArguments>},
    {"keys", "list | check | new | init | rotate local | rewrap [--config FILE]",
     "the keys of this host and their limits; a key for a role; other keys for this host",
     &begin<KeysArguments>},
    {"search", "[--key FILE] [--field NAME=VALUE] [--since TIME] [--until TIME] [--json]",
     "records of a copied spool by who, when and what; needs a role key", &begin<SearchArguments>},
    {"show", "INDEX|EVENT_ID [--key FILE] [--json]",
     "one record: every section that the key opens, and what stands behind it",
     &begin<ShowArguments>},
    {"prove", "INDEX [--open SECTION] | consistency A B | [--check FILE] [--trust FILE]",
     "a proof that a record is in the log, or that the log only grew; --check: check one",
     &begin<ProveArguments>},
    {"hold", "list | add ID | release ID [--segments A-B] [--reason TEXT] [--by NAME]",
     "legal holds: what they name is neither pruned nor erased", &begin<HoldArguments>},
    {"erase", "--segments A-B --section NAME... --basis TEXT --approver NAME",
     "destroy the keys of a section of closed segments", &begin<EraseArguments>},
    {"deadletter",
     "list | resend [INDEX]... [--output ID] [--spool DIR] [--key FILE] [--json] [--config FILE]",
     "events that a receiver refused for good; send them again", &begin<DeadletterArguments>},
    {"diag", "--out FILE [--config FILE] [--journal] [--no-verify]",
     "a bundle for whoever helps: what this host and the agent are, no content, no secret",
     &begin<DiagArguments>},
    {"version", "", "version and build", &begin<VersionArguments>},
});

// In columns, as docs/contract.md has them.
std::string usage_of(const CommandRow& row) {
    constexpr size_t kNameColumns = 8;
    std::string usage(row.name);
    if (!row.usage.empty()) {
        usage.resize(std::max(kNameColumns, usage.size() + 1), ' ');
    }
    return "llmtrail " + usage.append(row.usage);
}

std::string help_of(const CommandRow& row, const CLI::App& app) {
    CLI::Formatter formatter;
    return "usage: " + usage_of(row) + "\n" + std::string(row.meaning) + "\n" +
           formatter.make_positionals(&app) +
           formatter.make_groups(&app, CLI::AppFormatMode::Normal) + help_page(row.name);
}

ReadCommandLine no_such_command(const std::string& word) {
    std::vector<std::string> names;
    names.reserve(kCommands.size());
    for (const CommandRow& row : kCommands) {
        names.emplace_back(row.name);
    }
    ReadCommandLine read;
    read.usage_error = word.empty() ? "no command" : "unknown command `" + word + "`";
    read.usage_hint =
        word.empty() ? "llmtrail --help lists the commands" : name_hint(word, names, "commands");
    return read;
}

ReadCommandLine read_arguments(const CommandRow& row, std::span<const std::string> arguments) {
    ReadCommandLine read;
    CommandLine line;
    CLI::App app;
    row.begin(app, line);
    try {
        // As CLI11 wants them.
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
        read.command = std::move(line);
    } catch (const CLI::CallForHelp&) {
        read.help = help_of(row, app);
    } catch (const std::exception& error) {
        read.usage_error = error.what();
        read.usage_hint = "llmtrail " + std::string(row.name) + " --help explains the options";
    }
    return read;
}

}  // namespace

std::span<const CommandRow> command_table() {
    return kCommands;
}

std::string help_text() {
    std::string text = "llmtrail: tamper-evident audit forwarder for LLM application logs\n\n";
    for (const CommandRow& row : kCommands) {
        text.append(usage_of(row)).append("\n        ").append(row.meaning).append("\n");
    }
    return text +
           "\nEach command explains its options with --help.\n"
           "Exit codes: 0 ok, 2 usage, 70 internal, 74 I/O, 77 permission, 78 configuration;\n"
           "verify: 0 CLEAN, 3 OPEN_TAIL, 4 TORN_TAIL, 5 TAMPERED, 6 cannot verify.\n"
           "search, show, prove: 5 something is not what was written, 6 something did not open.\n";
}

ReadCommandLine read_command_line(std::span<const std::string> arguments) {
    const std::string word = arguments.empty() ? "" : arguments[0];
    ReadCommandLine read;
    if (word == "--help" || word == "-h" || word == "help") {
        read.help = help_text();
        return read;
    }
    if (word == "--version") {
        read.command = VersionArguments{};
        return read;
    }
    const auto* row = std::find_if(kCommands.begin(), kCommands.end(),
                                   [&](const CommandRow& known) { return known.name == word; });
    return row == kCommands.end() ? no_such_command(word)
                                  : read_arguments(*row, arguments.subspan(1));
}

}  // namespace llmtrail
