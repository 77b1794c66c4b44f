// argv to plain structs; the only code that knows CLI11. The table of commands here is what
// `llmtrail --help` prints and what docs/contract.md lists: a test compares them. Pure, main
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace llmtrail {

inline constexpr std::string_view kDefaultConfigPath = "/etc/llmtrail/agent.yaml";
inline constexpr std::string_view kDefaultSpoolPath = "/var/lib/llmtrail/spool";
inline constexpr std::string_view kDefaultKeysPath = "/var/lib/llmtrail/keys";
inline constexpr int64_t kDeadlineSecondsMax = 7 * 86'400;

struct RunArguments {
    std::string config{kDefaultConfigPath};
    bool once = false;
    int64_t deadline_seconds = 300;
};

struct CheckArguments {
    std::string config{kDefaultConfigPath};
    std::string sample;  // empty: none
};

enum class ParseTo : uint8_t { kRecord, kCef, kLeef };

struct ParseArguments {
    std::string format;  // "list": print the names; empty: as configured, else auto
    ParseTo to = ParseTo::kRecord;
    std::string config;              // empty: none
    std::vector<std::string> files;  // "-" alone when none were named
};

struct VerifyArguments {
    std::string spool{kDefaultSpoolPath};
    std::string keys;  // empty: `keys` beside the spool when it is there
    bool live = false;
    std::string trust;  // empty: this host's own key
    bool json = false;
};

struct KeysListArguments {
    std::string keys{kDefaultKeysPath};
};

struct VersionArguments {};

using CommandLine = std::variant<RunArguments, CheckArguments, ParseArguments, VerifyArguments,
                                 KeysListArguments, VersionArguments>;

struct CommandRow {
    std::string_view usage;
    std::string_view meaning;
};

std::span<const CommandRow> command_table();
std::string help_text();  // the table, and where to read on

// Exactly one of the three is set.
struct ReadCommandLine {
    std::optional<CommandLine> command;
    std::string help;         // asked for: goes to stdout, exit 0
    std::string usage_error;  // goes to stderr with the hint, exit 2
    std::string usage_hint;
};

// `arguments` without the program's name.
ReadCommandLine read_command_line(std::span<const std::string> arguments);

}  // namespace llmtrail
