// `check --effective`: every value in force as agent.yaml would have it, each with where it comes
// from. What it prints can be read again and means the same. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/effective_values.h"
#include "platform/file_system.h"

namespace llmtrail {

// Where values stand in the files, by EffectiveValue::key(): "FILE:LINE". Of files that
// load_settings() has taken.
std::map<std::string, std::string> value_origins(const std::string& path, FileSystem& files,
                                                 uint32_t own_user);

std::string effective_yaml(const std::vector<EffectiveValue>& values,
                           const std::map<std::string, std::string>& origins);

}  // namespace llmtrail
