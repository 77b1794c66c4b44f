// Each command's options for CLI11, and the places where their values go: `arguments`, which must
// stay where they are until the command line is read. For the table of command_line.cpp alone.
#pragma once

#include "cli/command_line.h"

namespace llmtrail {

void add_options(CLI::App& command, InitArguments& arguments);
void add_options(CLI::App& command, RunArguments& arguments);
void add_options(CLI::App& command, CheckArguments& arguments);
void add_options(CLI::App& command, ParseArguments& arguments);
void add_options(CLI::App& command, VerifyArguments& arguments);
void add_options(CLI::App& command, KeysArguments& arguments);
void add_options(CLI::App& command, SearchArguments& arguments);
void add_options(CLI::App& command, ShowArguments& arguments);
void add_options(CLI::App& command, ProveArguments& arguments);
void add_options(CLI::App& command, HoldArguments& arguments);
void add_options(CLI::App& command, EraseArguments& arguments);
void add_options(CLI::App& command, StatusArguments& arguments);
void add_options(CLI::App& command, ReloadArguments& arguments);
void add_options(CLI::App& command, TestEventArguments& arguments);
void add_options(CLI::App& command, DeadletterArguments& arguments);
void add_options(CLI::App& command, DiagArguments& arguments);
void add_options(CLI::App& command, VersionArguments& arguments);

}  // namespace llmtrail
