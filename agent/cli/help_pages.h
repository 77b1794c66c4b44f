// What `llmtrail COMMAND --help` says below its options: how the command is meant, examples, exit
// codes. Pure.
#pragma once

#include <string>
#include <string_view>

namespace llmtrail {

std::string help_page(std::string_view command);  // "" for a command whose options say it all

}  // namespace llmtrail
