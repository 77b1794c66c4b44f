// What no field holds, on its way to Unmapped: as it stands, but for the values of secrets
// (is_secret_name), of which only "[redacted]" is kept. Also pairs such as {"name":
// "Authorization", "value": "…"}. Ingest thread.
#pragma once

#include <string>
#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

// Adds the leaves of `value`, which stands under `path`.`key`.
void keep_redacted(std::string_view path, std::string_view key, JsonValue value,
                   Unmapped& unmapped);

// "a" and "b" as "a.b"; an empty path adds no point.
std::string joined_path(std::string_view path, std::string_view key);

}  // namespace llmtrail
