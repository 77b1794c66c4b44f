// Globs over paths, as shells read them: * ? and [a-z] or [!a-z] within one component, no **, no
// braces; a leading dot is matched by a literal dot alone. Used by the tail, ingest thread.
// Matching is pure and cannot fail.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace llmtrail {

bool has_glob(std::string_view component);
bool glob_matches_name(std::string_view pattern, std::string_view name);

// Component by component; a pattern without '/' is held against the last component alone.
bool glob_matches_path(std::string_view pattern, std::string_view path);

// Lists a directory: names, or why not.
using DirectoryLister =
    std::function<Result<std::vector<std::string>>(const std::string& directory)>;

// Paths that may match the absolute `pattern`, appended to `paths`, at most `paths_max` in all.
// Names that hold no glob are taken as they are, existing or not. Directories that cannot be listed
// match nothing.
void expand_glob(std::string_view pattern, const DirectoryLister& list, size_t paths_max,
                 std::vector<std::string>& paths);

}  // namespace llmtrail
