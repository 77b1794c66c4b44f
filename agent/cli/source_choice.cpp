#include "cli/source_choice.h"

#include <algorithm>

#include "tail/glob.h"

namespace llmtrail {

namespace {

bool matches_any(const std::vector<std::string>& globs, const std::string& path) {
    return std::any_of(globs.begin(), globs.end(),
                       [&path](const std::string& glob) { return glob_matches_path(glob, path); });
}

void note(const std::string& path, const Error& error, MatchingFiles& found) {
    if (error.code == ErrorCode::kPermission) {
        found.forbidden.push_back(path);
    } else if (error.code == ErrorCode::kNotFound) {
        found.absent.push_back(path);
    }
}

void sort_unique(std::vector<std::string>& paths) {
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
}

}  // namespace

ExitCode refuse_without_sources(Talk& talk) {
    talk.error("no source is configured, so there is nothing to read");
    talk.hint(kAddSourceHint);
    return ExitCode::kConfig;
}

bool source_takes(const SourceSettings& source, const std::string& path) {
    return matches_any(source.paths, path) && !matches_any(source.exclude, path);
}

const SourceSettings* source_for_file(const Settings& settings, const std::string& path) {
    for (const SourceSettings& source : settings.sources) {
        if (source_takes(source, path)) {
            return &source;
        }
    }
    return settings.sources.size() == 1 ? &settings.sources.front() : nullptr;
}

const Result<std::vector<std::string>>& ListedFolders::of(const std::string& folder) {
    auto known = listed_.find(folder);
    return known != listed_.end() ? known->second
                                  : listed_.emplace(folder, files_.list(folder)).first->second;
}

MatchingFiles matching_files(const SourceSettings& source, ListedFolders& folders,
                             FileSystem& files) {
    MatchingFiles found;
    std::vector<std::string> candidates;
    auto list = [&](const std::string& directory) {
        const auto& names = folders.of(directory);
        if (!names) {
            note(directory, names.error(), found);
        }
        return names;
    };
    for (const std::string& glob : source.paths) {
        expand_glob(glob, list, kMatchingFilesMax, candidates);
    }
    for (std::string& path : candidates) {
        if (matches_any(source.exclude, path)) {
            continue;
        }
        auto info = files.info(path, false);
        if (!info) {
            note(path, info.error(), found);
        } else if (info->type == FileType::kRegular) {
            found.paths.push_back(std::move(path));
        }
    }
    sort_unique(found.paths);
    sort_unique(found.forbidden);
    sort_unique(found.absent);
    return found;
}

std::vector<MapRule> map_rules(const SourceSettings& source) {
    std::vector<MapRule> rules;
    for (const auto& [name, path] : source.map) {
        if (auto field = field_by_name(name)) {
            rules.push_back({*field, split_path(path)});
        }
    }
    return rules;
}

}  // namespace llmtrail
