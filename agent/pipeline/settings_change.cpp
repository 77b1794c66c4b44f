#include "pipeline/settings_change.h"

#include <algorithm>
#include <string_view>

#include "config/effective_values.h"
#include "config/key_table.h"

namespace llmtrail {

namespace {

constexpr size_t kKeysNamedMax = 20;

// "soc" of "outputs.soc.address"; "" when the key is not below `list`.
std::string id_below(std::string_view list, std::string_view key) {
    if (!key.starts_with(list) || key.size() <= list.size() || key[list.size()] != '.') {
        return "";
    }
    key.remove_prefix(list.size() + 1);
    return std::string(key.substr(0, key.find('.')));
}

// What no row stands for belongs to a whole list: then it says nothing of its own.
bool needs_restart(const std::string& key) {
    std::vector<const KeyRow*> rows = find_keys(key);
    bool known = std::any_of(rows.begin(), rows.end(),
                             [](const KeyRow* row) { return row->change == KeyChange::kRestart; });
    return known || key == "anchors";
}

}  // namespace

SettingsChange compare_settings(const Settings& before, const Settings& after) {
    SettingsChange change;
    change.keys = changed_keys(effective_values(before), effective_values(after));
    for (const std::string& key : change.keys) {
        if (needs_restart(key)) {
            change.restart.push_back(key);
        }
        if (std::string id = id_below("sources", key); !id.empty()) {
            change.sources.insert(id);
        }
        if (std::string id = id_below("outputs", key); !id.empty()) {
            change.outputs.insert(id);
        }
    }
    return change;
}

std::string describe_keys(const std::vector<std::string>& keys) {
    std::string text;
    for (size_t i = 0; i < std::min(keys.size(), kKeysNamedMax); ++i) {
        text.append(i > 0 ? ", " : "").append(keys[i]);
    }
    if (keys.size() > kKeysNamedMax) {
        text += " and " + std::to_string(keys.size() - kKeysNamedMax) + " more";
    }
    return text;
}

}  // namespace llmtrail
