// One function a command: arguments in, exit code out, everything else through the seams. One .cpp
// file each. Main thread; never throw.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/command_line.h"
#include "cli/console.h"
#include "cli/exit_code.h"
#include "cli/talk.h"
#include "config/settings.h"
#include "platform/clock.h"
#include "platform/file_system.h"
#include "platform/random.h"

namespace llmtrail {

struct CommandSeams {
    TextSink& data;  // stdout
    Talk& talk;      // stderr
    Inputs& inputs;
    FileSystem& files;
    Clock& clock;
    Random& random;
    uint32_t own_user;  // effective user id
};

ExitCode init_command(const InitArguments& arguments, CommandSeams seams);
ExitCode run_command(const RunArguments& arguments, CommandSeams seams);
ExitCode check_command(const CheckArguments& arguments, CommandSeams seams);
ExitCode parse_command(const ParseArguments& arguments, CommandSeams seams);
ExitCode verify_command(const VerifyArguments& arguments, CommandSeams seams);
ExitCode keys_command(const KeysArguments& arguments, CommandSeams seams);
ExitCode search_command(const SearchArguments& arguments, CommandSeams seams);
ExitCode show_command(const ShowArguments& arguments, CommandSeams seams);
ExitCode prove_command(const ProveArguments& arguments, CommandSeams seams);
ExitCode hold_command(const HoldArguments& arguments, CommandSeams seams);
ExitCode erase_command(const EraseArguments& arguments, CommandSeams seams);
ExitCode reload_command(const ReloadArguments& arguments, CommandSeams seams);
ExitCode status_command(const StatusArguments& arguments, CommandSeams seams);
ExitCode test_event_command(const TestEventArguments& arguments, CommandSeams seams);
ExitCode deadletter_command(const DeadletterArguments& arguments, CommandSeams seams);
ExitCode diag_command(const DiagArguments& arguments, CommandSeams seams);
ExitCode version_command(CommandSeams seams);

// argv to exit code: reads the command line, runs the command, flushes stdout.
ExitCode run_command_line(std::span<const std::string> arguments, CommandSeams seams);

// A path of the command line, from the caller's working directory.
std::string absolute_path(const std::string& path);

// Names that load_settings() checks but config does not own.
ConfigVocabulary config_vocabulary();

// Reads the configuration named on the command line (relative paths are the caller's working
// directory's). On errors they have been told, and the exit code is what is left to return.
struct LoadedForCommand {
    std::shared_ptr<const Settings> settings;  // null: return `exit_code`
    ExitCode exit_code = ExitCode::kOk;
    Bytes digest = {};  // LoadedSettings::digest
};

// Where `reload` asks the agent that listens for `status` at `status_socket`.
std::string reload_socket(const std::string& status_socket);

LoadedForCommand load_for_command(const std::string& path, CommandSeams seams);

}  // namespace llmtrail
