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

namespace CLI {
class App;
}  // namespace CLI

namespace llmtrail {

inline constexpr std::string_view kDefaultConfigPath = "/etc/llmtrail/agent.yaml";
inline constexpr std::string_view kDefaultSpoolPath = "/var/lib/llmtrail/spool";
inline constexpr std::string_view kDefaultStatusSocket = "/run/llmtrail/status.sock";
inline constexpr std::string_view kDefaultKeysPath = "/var/lib/llmtrail/keys";
inline constexpr int64_t kDeadlineSecondsMax = 7 * 86'400;

struct InitArguments {
    std::string config{kDefaultConfigPath};
    std::vector<std::string> sources;  // globs
    std::vector<std::string> outputs;  // types
    std::string address;
    std::string url;
    std::string path;
    std::string endpoint;
    std::string rule_id;
    std::vector<std::string> brokers;
    std::string topic;
    std::string ca_file;
    bool force = false;
};

struct RunArguments {
    std::string config{kDefaultConfigPath};
    bool once = false;
    int64_t deadline_seconds = 300;
};

struct CheckArguments {
    std::string config{kDefaultConfigPath};
    std::string sample;  // empty: none
    bool connect = false;
    std::string explain;  // a key; empty: none
    bool effective = false;
    bool schema = false;
};

enum class ParseTo : uint8_t { kRecord, kCef, kLeef };

struct ParseArguments {
    std::string format;  // "list": print the names; empty: as configured, else auto
    ParseTo to = ParseTo::kRecord;
    bool coverage = false;           // instead of records
    std::string config;              // empty: none
    std::vector<std::string> files;  // "-" alone when none were named
};

enum class KeysAction : uint8_t { kList, kCheck, kNew, kInit, kRotate, kRewrap };

struct KeysArguments {
    KeysAction action = KeysAction::kList;
    std::string config;           // empty: the usual one, when it is there
    std::string keys;             // key directory; empty: as the configuration says
    bool json = false;            // list, check
    std::string role;             // new
    bool local = false;           // new
    std::string out;              // new; - is standard output
    std::string passphrase_file;  // new; empty: asked for
    std::string which;            // rotate
    bool recipients = false;      // rewrap
};

// What verify, search, show and prove read and open.
struct QueryArguments {
    std::string spool{kDefaultSpoolPath};
    std::string keys;             // this host's key directory; empty: `keys` beside the spool
    std::string key;              // a role key file, or a local key; empty: that of `keys`
    std::string passphrase_file;  // of a role key; empty: asked for
    std::string trust;            // empty: identity.pub of `keys`
    bool json = false;
};

struct VerifyArguments : QueryArguments {
    bool live = false;
    std::vector<std::string> anchors;
    bool require_anchor = false;
    bool salvage = false;
};

struct SearchArguments : QueryArguments {
    std::vector<std::string> fields;  // NAME=VALUE
    std::vector<std::string> kinds;
    std::vector<std::string> users;
    std::vector<std::string> models;
    std::string since;
    std::string until;
    std::vector<std::string> texts;
    std::vector<std::string> in_sections;
    bool content = false;
    uint64_t limit = ~uint64_t{0};
};

struct ShowArguments : QueryArguments {
    std::string which;  // index or event id
};

struct ProveArguments : QueryArguments {
    std::vector<std::string> what;  // INDEX, or consistency A B
    std::vector<std::string> open;  // sections
    std::vector<std::string> anchors;
    std::string check;  // a proof to check; empty: make one
};

enum class HoldAction : uint8_t { kList, kAdd, kRelease };

struct HoldArguments {
    HoldAction action = HoldAction::kList;
    std::string id;
    std::string segments;  // "A-B"; empty: all, those to come included
    std::string reason;
    std::string by;  // empty: who runs the command
    std::string config{kDefaultConfigPath};
};

struct EraseArguments {
    std::string segments;
    std::vector<std::string> sections;
    std::string basis;
    std::string approver;
    std::string config{kDefaultConfigPath};
};

struct StatusArguments {
    std::string socket{kDefaultStatusSocket};
    bool json = false;
    bool watch = false;  // again each second
};

struct ReloadArguments {
    std::string socket{kDefaultStatusSocket};
};

struct TestEventArguments {
    std::string config{kDefaultConfigPath};
    std::string output;  // empty: all of them
};

enum class DeadletterAction : uint8_t { kList, kResend };

struct DeadletterArguments : QueryArguments {
    DeadletterArguments() { spool.clear(); }  // empty: as the configuration says

    DeadletterAction action = DeadletterAction::kList;
    std::vector<std::string> indexes;  // resend; empty: all
    std::string output;                // empty: all
    std::string config{kDefaultConfigPath};
};

struct DiagArguments {
    std::string out;
    std::string config{kDefaultConfigPath};
    bool journal = false;
    bool no_verify = false;
};

struct VersionArguments {};

using CommandLine =
    std::variant<InitArguments, RunArguments, CheckArguments, ParseArguments, VerifyArguments,
                 KeysArguments, SearchArguments, ShowArguments, ProveArguments, HoldArguments,
                 EraseArguments, StatusArguments, ReloadArguments, TestEventArguments,
                 DeadletterArguments, DiagArguments, VersionArguments>;

struct CommandRow {
    std::string_view name;
    std::string_view usage;  // behind the name
    std::string_view meaning;
    // Makes `line` the command's arguments and tells CLI11 where their values go.
    void (*begin)(CLI::App& app, CommandLine& line);
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
