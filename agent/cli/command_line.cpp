#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "config/nearest_name.h"

namespace llmtrail {

namespace {

constexpr std::array<CommandRow, 6> kCommands = {{
    {"llmtrail run     [--config FILE] [--once [--deadline SECONDS]]",
     "the daemon, in the foreground; --once: read every source to its end, deliver, exit"},
    {"llmtrail check   [--config FILE] [--sample FILE]",
     "what the configuration means on this host; --sample: try each source's map on a file"},
    {"llmtrail parse   [--as FORMAT|list] [--to record|cef] [--config FILE] [FILE|-]...",
     "logs in, one record a line out; nothing is stored, nothing is sent"},
    {"llmtrail verify  [--spool DIR] [--keys DIR] [--live] [--trust FILE] [--json]",
     "was anything in the spool altered, cut or lost"},
    {"llmtrail keys    list [--keys DIR]", "the keys of this host, their age and their limits"},
    {"llmtrail version", "version and build"},
}};

std::string first_word_after_name(std::string_view usage) {
    usage.remove_prefix(std::string_view("llmtrail ").size());
    return std::string(usage.substr(0, usage.find(' ')));
}

// CLI11's application with the places its values go to.
struct Application {
    Application();

    CLI::App app{"tamper-evident audit forwarder for LLM application logs"};
    RunArguments run;
    CheckArguments check;
    ParseArguments parse;
    VerifyArguments verify;
    KeysListArguments keys_list;

    CLI::App* run_command = app.add_subcommand("run", std::string(kCommands[0].meaning));
    CLI::App* check_command = app.add_subcommand("check", std::string(kCommands[1].meaning));
    CLI::App* parse_command = app.add_subcommand("parse", std::string(kCommands[2].meaning));
    CLI::App* verify_command = app.add_subcommand("verify", std::string(kCommands[3].meaning));
    CLI::App* keys_command = app.add_subcommand("keys", std::string(kCommands[4].meaning));
    CLI::App* keys_list_command =
        keys_command->add_subcommand("list", std::string(kCommands[4].meaning));
    CLI::App* version_command = app.add_subcommand("version", std::string(kCommands[5].meaning));
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
    parse_command->add_option("--config", parse.config, "take format and map from its sources")
        ->type_name("FILE");
    parse_command->add_option("FILE", parse.files, "log files; - is standard input")->type_name("");

    verify_command->add_option("--spool", verify.spool, "spool directory")->type_name("DIR");
    verify_command
        ->add_option("--keys", verify.keys, "key directory; `keys` beside the spool unless told")
        ->type_name("DIR");
    verify_command->add_flag("--live", verify.live, "a running agent holds the spool");
    verify_command->add_option("--trust", verify.trust, "public identity key to trust")
        ->type_name("FILE");
    verify_command->add_flag("--json", verify.json, "the report as JSON");

    keys_command->require_subcommand(1);
    keys_list_command->add_option("--keys", keys_list.keys, "key directory")->type_name("DIR");
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
    if (application.keys_list_command->parsed()) {
        return application.keys_list;
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
            if (subcommand == application.keys_command) {
                subcommand = application.keys_list_command;
            }
            std::string text = "usage: " + std::string(kCommands[i].usage) + "\n" +
                               std::string(kCommands[i].meaning) + "\n";
            CLI::Formatter formatter;
            std::string options = formatter.make_positionals(subcommand) +
                                  formatter.make_groups(subcommand, CLI::AppFormatMode::Normal);
            return text + options;
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
           "verify: 0 CLEAN, 3 OPEN_TAIL, 4 TORN_TAIL, 5 TAMPERED, 6 cannot verify.\n";
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
