// The leaves of a JSON document, with the paths they stand under: members joined by `.`, `[]` for
// an array step, `{}` where JSON inside a text is entered, as are the data lines of server-sent
// events. Null and empty values are no leaves. Used by coverage.cpp, main thread; nothing can fail.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "json_tree/json_tree.h"

namespace llmtrail {

inline constexpr int kEmbeddedLevelsMax = 4;  // of JSON in a text of JSON in a text

// `path` is valid during the call only.
using OnLeaf = std::function<void(std::string_view path, JsonValue leaf)>;

void walk_leaves(JsonValue root, const OnLeaf& on_leaf);

}  // namespace llmtrail
