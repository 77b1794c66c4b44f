// agent.yaml and conf.d/*.yaml beside it, read and merged into one tree: items of `sources` and
// `outputs` add up, other maps are joined key by key, and what is set in two files is a problem
// that names both places. Inside config only. One thread.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "config/config_tree.h"
#include "config/problems.h"
#include "platform/file_system.h"

namespace llmtrail {

struct ConfigFiles {
    // Nothing when a file could not be read, trusted or understood: the problems say which.
    std::optional<ConfigNode> root;
    Bytes digest;  // SHA-256 of what was read, one file after another; empty: none was read
};

ConfigFiles read_config_files(const std::string& path, FileSystem& files, uint32_t own_user,
                              Problems& problems);

}  // namespace llmtrail
