#include "cli/command_options.h"

#include <CLI/CLI.hpp>

namespace llmtrail {

static void add_config(CLI::App& command, std::string& path) {
    command.add_option("--config", path, "configuration file")->type_name("FILE");
}

void add_options(CLI::App& command, InitArguments& init) {
    command
        .add_option("--source", init.sources,
                    "logs to tail, in quotes so that the shell leaves it as it is; may be repeated")
        ->type_name("GLOB")
        ->allow_extra_args(false);
    command
        .add_option("--output", init.outputs,
                    "where events go: a name of conf/outputs, as syslog; may be repeated")
        ->type_name("TYPE")
        ->allow_extra_args(false);
    command.add_option("--address", init.address, "of the receiver")->type_name("HOST:PORT");
    command.add_option("--url", init.url, "of the receiver")->type_name("URL");
    command.add_option("--path", init.path, "of an output file")->type_name("FILE");
    command.add_option("--endpoint", init.endpoint, "of a data collection rule, for sentinel")
        ->type_name("URL");
    command.add_option("--rule-id", init.rule_id, "its immutable ID")->type_name("ID");
    command.add_option("--broker", init.brokers, "of kafka, to begin with; may be repeated")
        ->type_name("HOST:PORT")
        ->allow_extra_args(false);
    command.add_option("--topic", init.topic, "of kafka")->type_name("NAME");
    command.add_option("--ca-file", init.ca_file, "PEM: what the receiver's certificate leads to")
        ->type_name("FILE");
    add_config(command, init.config);
    command.add_flag("--force", init.force, "replace a configuration in use, and keep a copy");
}

void add_options(CLI::App& command, RunArguments& run) {
    add_config(command, run.config);
    CLI::Option* once =
        command.add_flag("--once", run.once, "read every source to its end, deliver, exit");
    command
        .add_option("--deadline", run.deadline_seconds, "give up after this long; 300 unless told")
        ->type_name("SECONDS")
        ->check(CLI::Range(int64_t{1}, kDeadlineSecondsMax))
        ->needs(once);
}

void add_options(CLI::App& command, CheckArguments& check) {
    add_config(command, check.config);
    CLI::Option* sample =
        command.add_option("--sample", check.sample, "a log file to try the maps on")
            ->type_name("FILE");
    CLI::Option* connect = command
                               .add_flag("--connect", check.connect,
                                         "also connect to each output, without sending an event")
                               ->excludes(sample);
    CLI::Option* effective =
        command
            .add_flag("--effective", check.effective,
                      "print every value in force with the line it stands in, or default")
            ->excludes(sample, connect);
    CLI::Option* explain = command
                               .add_option("--explain", check.explain,
                                           "what a key means: spool.max_size, or its end: max_size")
                               ->type_name("KEY")
                               ->excludes(sample, connect, effective);
    command.add_flag("--schema", check.schema, "print a JSON Schema of agent.yaml, for editors")
        ->excludes(sample, connect, effective, explain);
}

void add_options(CLI::App& command, ParseArguments& parse) {
    command.add_option("--as", parse.format, "format of the logs; list: print the names")
        ->type_name("FORMAT");
    command.add_option("--to", parse.to, "record (JSON), cef or leef; record unless told")
        ->type_name("record|cef|leef")
        ->transform(
            CLI::CheckedTransformer(
                std::vector<std::pair<std::string, ParseTo>>{
                    {"record", ParseTo::kRecord}, {"cef", ParseTo::kCef}, {"leef", ParseTo::kLeef}})
                .description(""));
    command
        .add_flag("--coverage", parse.coverage,
                  "instead of records: how many values became fields, and which did not")
        ->excludes("--to");
    command.add_option("--config", parse.config, "take format and map from its sources")
        ->type_name("FILE");
    command.add_option("FILE", parse.files, "log files; - is standard input")->type_name("");
    command.callback([&parse] {
        if (parse.files.empty()) {
            parse.files = {"-"};
        }
    });
}

void add_options(CLI::App& command, HoldArguments& hold) {
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
    add_config(command, hold.config);
}

void add_options(CLI::App& command, EraseArguments& erase) {
    command.add_option("--segments", erase.segments, "first and last, all closed")
        ->type_name("A-B");
    command.add_option("--section", erase.sections, "prompt, sources, output; may be repeated")
        ->type_name("NAME");
    command.add_option("--basis", erase.basis, "on what ground; goes into the record")
        ->type_name("TEXT");
    command.add_option("--approver", erase.approver, "who approved it; goes into the record")
        ->type_name("NAME");
    add_config(command, erase.config);
}

void add_options(CLI::App& command, StatusArguments& status) {
    command.add_option("--socket", status.socket, "status_socket of its configuration")
        ->type_name("FILE");
    command.add_flag("--json", status.json, "as the agent says it, docs/status.md");
    command.add_flag("--watch", status.watch, "again each second, until interrupted");
}

void add_options(CLI::App& command, ReloadArguments& reload) {
    command.add_option("--socket", reload.socket, "status_socket of its configuration")
        ->type_name("FILE");
}

void add_options(CLI::App& command, TestEventArguments& test) {
    add_config(command, test.config);
    command.add_option("--output", test.output, "this one; all of them unless told")
        ->type_name("ID");
}

void add_options(CLI::App& command, DiagArguments& diag) {
    command.add_option("--out", diag.out, "a new file, in a folder that only you may write to")
        ->type_name("FILE");
    add_config(command, diag.config);
    command.add_flag("--journal", diag.journal, "also the last 300 lines that the agent logged");
    command.add_flag("--no-verify", diag.no_verify, "do not read the whole spool to verify it");
}

void add_options(CLI::App& /*command*/, VersionArguments& /*version*/) {}

}  // namespace llmtrail
