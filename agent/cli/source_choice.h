// Which configured source a file named on the command line belongs to, which files a source has
// now, and how a source's logs are read: shared by `parse` and `check`. Main thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/talk.h"
#include "config/settings.h"
#include "parsers/parser.h"
#include "platform/file_system.h"

namespace llmtrail {

inline constexpr size_t kMatchingFilesMax = 100'000;  // of one source; more are not counted

// The first source whose paths match; else the only one there is; else null.
const SourceSettings* source_for_file(const Settings& settings, const std::string& path);

bool source_takes(const SourceSettings& source, const std::string& path);

// What to do where no source is configured: no error for the daemon, which is idle, but for
// commands that are there to read.
inline constexpr char kAddSourceHint[] =
    "add `sources:` with an `- id: NAME` and its `paths` to /etc/llmtrail/agent.yaml or a file in "
    "/etc/llmtrail/conf.d, or let `llmtrail init` do it; then `llmtrail check` and `systemctl "
    "reload llmtrail`";

ExitCode refuse_without_sources(Talk& talk);  // kConfig

struct MatchingFiles {
    std::vector<std::string> paths;      // sorted, each once
    std::vector<std::string> forbidden;  // folders and files that may not be looked into
    std::vector<std::string> absent;     // named without a glob, and not there
};

// Folders as they were when they were first asked for: many sources may read from one.
class ListedFolders {
 public:
    explicit ListedFolders(FileSystem& files) : files_(files) {}

    const Result<std::vector<std::string>>& of(const std::string& folder);

 private:
    FileSystem& files_;
    std::map<std::string, Result<std::vector<std::string>>> listed_;
};

MatchingFiles matching_files(const SourceSettings& source, ListedFolders& folders,
                             FileSystem& files);

std::vector<MapRule> map_rules(const SourceSettings& source);

}  // namespace llmtrail
