// YAML text to a ConfigNode with places; the only code that knows yaml-cpp. Configuration needs
// little of YAML, and the rest is refused here: anchors, aliases, tags, several documents, keys
// that are not plain text, keys named twice, control characters, invalid UTF-8. Depth is limited to
// kConfigDepthMax, the size by the caller. One thread; never throws.
#pragma once

#include <optional>
#include <string_view>

#include "config/config_tree.h"
#include "config/problems.h"

namespace llmtrail {

inline constexpr size_t kConfigDepthMax = 16;

// Nothing when the text is no YAML (problems say why); a kNull node for a file of comments. A key
// named twice is a problem, but the tree is given, with the first value.
std::optional<ConfigNode> read_yaml(std::string_view text, int file, Problems& problems);

}  // namespace llmtrail
