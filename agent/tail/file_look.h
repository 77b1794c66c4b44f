// One look at what a source's globs name now: expands them, watches the folders, sorts out what is
// no regular file, and tells each problem once. Used by SourceTail, ingest thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "platform/clock.h"
#include "platform/file_system.h"
#include "platform/file_watch.h"
#include "tail/generations.h"
#include "tail/source_tail.h"

namespace llmtrail {

inline constexpr size_t kFilesPerSourceMax = 65'536;
inline constexpr int64_t kLookCostFactor =
    200;  // a look that took 0.1 ms is followed by 20 ms without one: half a percent of a core
inline constexpr int64_t kLookPauseMillisMax = 1'000;
inline constexpr size_t kProblemsMax = 4'096;  // remembered at once; further ones are not told

// A problem is told when it begins or changes, and again only after it has been gone.
class ProblemBook {
 public:
    void begin_look() { ++look_; }

    void tell(TailSink& sink, const std::string& path, const Error& error);
    void end_look();  // forgets those that neither this look nor the one before met

    // Those of files and folders that are there and cannot be read: permission, I/O, a limit.
    size_t unreadable() const;

 private:
    struct Entry {
        ErrorCode code;
        uint64_t look;
    };

    std::map<std::string, Entry> entries_;
    uint64_t look_ = 0;
};

// How often it is worth looking: a look is followed by a pause that its cost decides.
class LookPace {
 public:
    // False: not yet.
    bool begin(MonotonicNanos now);
    void end(MonotonicNanos now);

 private:
    MonotonicNanos began_;
    MonotonicNanos next_{INT64_MIN};
};

class FileLook {
 public:
    FileLook(const SourceTailOptions& options, FileSystem& files, FileWatch& watch)
        : options_(options), files_(files), watch_(watch) {}

    // Regular files, each identity once, in the order of the globs.
    std::vector<FoundFile> find(ProblemBook& problems, TailSink& sink);

    bool excluded(std::string_view path) const;

 private:
    Result<std::vector<std::string>> list_watched(const std::string& directory,
                                                  ProblemBook& problems, TailSink& sink);

    const SourceTailOptions& options_;
    FileSystem& files_;
    FileWatch& watch_;
};

}  // namespace llmtrail
