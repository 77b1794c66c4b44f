// What differs between two settings, by the names of the keys, and which sources and outputs it
// touches: what is not named here goes on as it is. Pure, any thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/settings.h"

namespace llmtrail {

struct SettingsChange {
    std::vector<std::string> keys;     // "outputs.soc.address"
    std::vector<std::string> restart;  // those of them that only a start takes over
    std::set<std::string> sources;     // ids: added, changed and removed
    std::set<std::string> outputs;
};

SettingsChange compare_settings(const Settings& before, const Settings& after);

// "spool.max_size, outputs.soc.address and 3 more".
std::string describe_keys(const std::vector<std::string>& keys);

}  // namespace llmtrail
