#include "tail/file_look.h"

#include <algorithm>
#include <set>

#include "tail/glob.h"

namespace llmtrail {

void ProblemBook::tell(TailSink& sink, const std::string& path, const Error& error) {
    auto known = entries_.find(path);
    if (known == entries_.end()) {
        if (entries_.size() == kProblemsMax) {
            return;
        }
        entries_.emplace(path, Entry{error.code, look_});
    } else {
        known->second.look = look_;
        if (known->second.code == error.code) {
            return;
        }
        known->second.code = error.code;
    }
    sink.file_problem(path, error);
}

void ProblemBook::end_look() {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.look + 1 < look_; });
}

size_t ProblemBook::unreadable() const {
    return static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(), [](const auto& e) {
        const ErrorCode code = e.second.code;
        return code == ErrorCode::kPermission || code == ErrorCode::kIo ||
               code == ErrorCode::kLimit;
    }));
}

bool LookPace::begin(MonotonicNanos now) {
    if (now < next_) {
        return false;
    }
    began_ = now;
    return true;
}

void LookPace::end(MonotonicNanos now) {
    const int64_t pause_ns = std::min((now.value - began_.value) * kLookCostFactor,
                                      kLookPauseMillisMax * kNanosPerMilli);
    next_ = MonotonicNanos{now.value + pause_ns};
}

bool FileLook::excluded(std::string_view path) const {
    return std::any_of(
        options_.exclude.begin(), options_.exclude.end(),
        [&](const std::string& pattern) { return glob_matches_path(pattern, path); });
}

// Watched before it is listed, so that what appears in between is news.
Result<std::vector<std::string>> FileLook::list_watched(const std::string& directory,
                                                        ProblemBook& problems, TailSink& sink) {
    auto watched = watch_.watch_directory(directory);
    std::string_view above = directory;
    while (!watched && watched.error().code == ErrorCode::kNotFound && above != "/") {
        above = directory_of(above);  // news of its making will come from there
        watched = watch_.watch_directory(std::string(above));
    }
    if (!watched && watched.error().code == ErrorCode::kNoSpace) {
        problems.tell(sink, directory, watched.error());
    }
    auto names = files_.list(directory);
    if (!names && names.error().code != ErrorCode::kNotFound) {
        problems.tell(sink, directory, names.error());
    }
    return names;
}

std::vector<FoundFile> FileLook::find(ProblemBook& problems, TailSink& sink) {
    const auto list = [&](const std::string& directory) {
        return list_watched(directory, problems, sink);
    };
    std::vector<std::string> paths;
    for (const std::string& pattern : options_.paths) {
        expand_glob(pattern, list, kFilesPerSourceMax + 1, paths);
    }
    if (paths.size() > kFilesPerSourceMax) {
        paths.resize(kFilesPerSourceMax);
        problems.tell(
            sink, options_.paths.front(),
            {ErrorCode::kLimit,
             "the globs name more than " + std::to_string(kFilesPerSourceMax) + " files", 0});
    }
    std::vector<FoundFile> found;
    std::set<FileId> seen;
    for (std::string& path : paths) {
        if (excluded(path)) {
            continue;
        }
        const auto info = files_.info(path, options_.follow_symlinks);
        if (!info) {
            if (info.error().code != ErrorCode::kNotFound) {
                problems.tell(sink, path, info.error());
            }
            continue;
        }
        if (info->type == FileType::kSymlink) {
            problems.tell(
                sink, path,
                {ErrorCode::kUnsupported, "a symbolic link, and follow_symlinks is off", 0});
        } else if (info->type == FileType::kOther) {
            problems.tell(sink, path, {ErrorCode::kUnsupported, "not a regular file", 0});
        } else if (info->type == FileType::kRegular && seen.insert(info->id).second) {
            found.push_back({std::move(path), *info});
        }
    }
    return found;
}

}  // namespace llmtrail
