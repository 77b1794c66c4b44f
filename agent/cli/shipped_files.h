// The configuration files of conf/ as they were when the program was built: `llmtrail init` writes
// from them, the package installs them. Made by cmake/embed.cmake. Pure.
#pragma once

#include <span>
#include <string_view>

namespace llmtrail {

struct ShippedFile {
    std::string_view name;  // in the source tree: conf/agent.yaml
    std::string_view text;
};

std::span<const ShippedFile> shipped_files();

}  // namespace llmtrail
