// What no field holds, on its way to Unmapped, which leaves secrets out (bodies/redaction.h); and
// the paths it goes under. Ingest thread.
#pragma once

#include <string>
#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

// Adds the leaves of `value`, which stands under `path`.`key`.
void keep_redacted(std::string_view path, std::string_view key, JsonValue value,
                   Unmapped& unmapped);

// "a" and "b" as "a.b"; an empty path adds no point. Bounded: a path above kUnmappedPathBytesMax is
// cut, and Unmapped refuses what is left of it.
std::string joined_path(std::string_view path, std::string_view key);

}  // namespace llmtrail
