// The single `llmtrail keys` commands behind keys_command(). Main thread; never throw.
#pragma once

#include "cli/commands.h"

namespace llmtrail {

ExitCode keys_list_or_check(const KeysArguments& arguments, CommandSeams seams);
ExitCode keys_new(const KeysArguments& arguments, CommandSeams seams);
ExitCode keys_init(const KeysArguments& arguments, CommandSeams seams);
ExitCode keys_rotate(const KeysArguments& arguments, CommandSeams seams);
ExitCode keys_rewrap(const KeysArguments& arguments, CommandSeams seams);

}  // namespace llmtrail
