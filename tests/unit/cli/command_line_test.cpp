#include "cli/command_line.h"

#include "command_case.h"

using namespace llmtrail;

namespace {

ReadCommandLine read(std::vector<std::string> arguments) {
    return read_command_line(arguments);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

}  // namespace

TEST_CASE("the command list of docs/contract.md is the one that help prints") {
    std::vector<std::string> documented;
    for (const std::string& line : lines_of(project_file("docs/contract.md"))) {
        if (line.starts_with("    llmtrail ")) {
            documented.push_back(line.substr(4));
        }
    }
    std::vector<std::string> printed;
    for (const std::string& line : lines_of(help_text())) {
        if (line.starts_with("llmtrail ")) {
            printed.push_back(line);
        }
    }
    CHECK(documented == printed);
    CHECK(printed.size() == command_table().size());
}

TEST_CASE("each option that a usage line names is taken, and explained by --help") {
    for (const CommandRow& row : command_table()) {
        std::string usage(row.usage);
        std::vector<std::string> base = {std::string(row.name)};
        if (contains(usage, "list ")) {
            base.push_back("list");
        }
        std::vector<std::string> help_arguments = base;
        help_arguments.push_back("--help");
        std::string help = read(help_arguments).help;
        CAPTURE(usage);
        CAPTURE(help);
        CHECK(contains(help, usage));
        for (size_t at = usage.find("--"); at != std::string::npos; at = usage.find("--", at + 2)) {
            size_t end = usage.find_first_of(" ]", at);
            std::string option = usage.substr(at, end - at);
            CAPTURE(option);
            CHECK(contains(help, option));
            std::vector<std::string> arguments = base;
            if (option == "--deadline") {
                arguments.push_back("--once");
            }
            arguments.push_back(option);
            if (usage[end] == ' ' && usage[end + 1] >= 'A' && usage[end + 1] <= 'Z') {
                arguments.push_back(option == "--deadline" ? "5" : "x");
            } else if (option == "--to") {
                arguments.push_back("cef");
            }
            ReadCommandLine given = read(arguments);
            CHECK_MESSAGE(given.command.has_value(), given.usage_error);
        }
    }
}

TEST_CASE("values reach their places") {
    auto run = std::get<RunArguments>(
        *read({"run", "--config", "/a.yaml", "--once", "--deadline", "7"}).command);
    CHECK(run.config == "/a.yaml");
    CHECK(run.once);
    CHECK(run.deadline_seconds == 7);
    auto parse = std::get<ParseArguments>(
        *read({"parse", "--as", "json", "--to", "cef", "a.log", "-"}).command);
    CHECK(parse.format == "json");
    CHECK(parse.to == ParseTo::kCef);
    CHECK(parse.files == std::vector<std::string>{"a.log", "-"});
    CHECK(std::get<ParseArguments>(*read({"parse"}).command).files ==
          std::vector<std::string>{"-"});
    CHECK(std::get<ParseArguments>(*read({"parse"}).command).to == ParseTo::kRecord);
    auto verify = std::get<VerifyArguments>(
        *read({"verify", "--spool", "/s", "--live", "--trust", "t", "--json"}).command);
    CHECK(verify.spool == "/s");
    CHECK(verify.live);
    CHECK(verify.trust == "t");
    CHECK(verify.json);
    CHECK(verify.keys.empty());
    CHECK(std::get<CheckArguments>(*read({"check", "--sample", "x"}).command).sample == "x");
    CHECK(std::get<CheckArguments>(*read({"check"}).command).config == "/etc/llmtrail/agent.yaml");
    CHECK(std::get<KeysArguments>(*read({"keys", "list", "--keys", "/k"}).command).keys == "/k");
    CHECK(std::holds_alternative<VersionArguments>(*read({"version"}).command));
}

TEST_CASE("what cannot be understood is a usage error with a hint") {
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {},
             {"verfy"},
             {"--nonsense"},
             {"run", "--deadline", "5"},
             {"run", "--once", "--deadline", "0"},
             {"run", "--once", "--deadline", "-1"},
             {"run", "--once", "--deadline", "1e999"},
             {"run", "--config"},
             {"run", "extra"},
             {"parse", "--to", "hec"},
             {"keys"},
             {"keys", "rotate"},
             {"keys", "list", "--role", "auditor"},
             {"keys", "new", "--json"},
             {"keys", "rewrap", "local"},
             {"keys", "check", "--recipients"},
             {"version", "--loud"},
             {"report"},
             {"diag", "--journal"},
         }) {
        CommandCase command;
        CAPTURE(arguments.size());
        CHECK(command.run(arguments) == ExitCode::kUsage);
        CHECK(command.data.text.empty());
        CHECK(command.talk_text.text.starts_with("llmtrail: error: "));
        CHECK(contains(command.talk_text.text, "\nllmtrail: hint: "));
    }
    CHECK(read({"verfy"}).usage_hint == "did you mean `verify`?");
}

TEST_CASE("help and version go to stdout") {
    CommandCase command;
    CHECK(command.run({"--help"}) == ExitCode::kOk);
    CHECK(command.data.text == help_text());
    CHECK(command.run({"--version"}) == ExitCode::kOk);
    CHECK(command.data.text.starts_with("llmtrail " LLMTRAIL_VERSION "\n"));
    CHECK(command.run({"version"}) == ExitCode::kOk);
    CHECK(contains(command.data.text, "compiler: "));
    CHECK(command.talk_text.text.empty());
}
