// Settings as flat values with the names of their keys, secrets as the references they are: what
// `check --effective` prints, and what a reload compares. Every setting is among them; a test holds
// them against the key table. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace llmtrail {

struct EffectiveValue {
    std::vector<std::string> path;  // items by id: {"outputs", "soc", "tls", "ca_file"}
    std::string value;              // YAML on one line; empty: none is set

    std::string key() const;  // "outputs.soc.tls.ca_file"

    bool operator==(const EffectiveValue&) const = default;
};

// In the order of the key table. Of an output only the keys that its type takes.
std::vector<EffectiveValue> effective_values(const Settings& settings);

// Keys whose values differ, or that only one of the two has; in their order.
std::vector<std::string> changed_keys(const std::vector<EffectiveValue>& before,
                                      const std::vector<EffectiveValue>& after);

// A scalar that YAML reads back as this text.
std::string yaml_scalar(std::string_view text);

}  // namespace llmtrail
