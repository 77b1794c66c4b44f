// The options of `llmtrail keys` for CLI11, beside command_line.cpp. Inside cli only.
#pragma once

#include "cli/command_line.h"

namespace CLI {
class App;
}  // namespace CLI

namespace llmtrail {

// All in one: what does not belong to the action is refused where it would be ignored.
void add_keys_options(CLI::App& command, KeysArguments& keys);

}  // namespace llmtrail
