// The text that `llmtrail init` writes: conf/agent.yaml, with active blocks for the sources and
// outputs that were asked for above its commented ones. Output blocks are those of conf/outputs; a
// block of which something must still be filled in stays commented. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command_line.h"

namespace llmtrail {

struct FirstConfig {
    std::string text;
    std::vector<std::string> source_ids;
    std::vector<std::string> output_ids;
    std::vector<std::string> unfinished;  // "output `splunk`: url"
};

// kInvalidArgument: no such type of output, or an option that none of them takes.
Result<FirstConfig> first_config(const InitArguments& arguments);

// Whether nothing of a configuration would be lost: only comments.
bool is_only_comments(std::string_view yaml);

std::string_view shipped_config();  // conf/agent.yaml

}  // namespace llmtrail
