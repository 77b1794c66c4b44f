// Which files a source has: finds them, follows them through renaming, truncation, copying and
// removal, and knows what must be read before what (docs/tailing.md). It reads no documents;
// SourceTail does. Ingest thread only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tail/file_look.h"
#include "tail/generations.h"
#include "tail/tailed_file.h"

namespace llmtrail {

inline constexpr int64_t kQuietMillis =
    10'000;  // an abandoned file that did not grow for so long is at its end
inline constexpr int64_t kCopyGraceMillis =
    5'000;  // a file's twin may be the copy before a truncation
inline constexpr int64_t kIdleCloseMillis =
    300'000;                                     // read to its end: its descriptor is given back
inline constexpr size_t kOpenFilesMax = 256;     // of one source
inline constexpr int64_t kRotatedFilesMax = 64;  // kept in sight after they left the globs
inline constexpr size_t kStartAtEndSearchBytes = size_t{64}
                                                 << 10;  // for the newline to start after

class FileFollower {
 public:
    FileFollower(const SourceTailOptions& options, FileSystem& files, FileWatch& watch,
                 Clock& clock, PositionHasher hasher, std::vector<FilePosition> saved);

    void look(TailSink& sink);

    // Its bytes are not those that were read: goes on in the copy when there is one, and starts at
    // 0.
    void replaced(TailedFile& file, TailSink& sink);

    bool must_wait(TailedFile& file);
    TailedFile* find(const FileId& id);

    std::vector<std::unique_ptr<TailedFile>>& all() { return all_; }

    const std::vector<std::unique_ptr<TailedFile>>& all() const { return all_; }

    ProblemBook& problems() { return problems_; }

    const ProblemBook& problems() const { return problems_; }

    const PositionHasher& hasher() const { return hasher_; }

    std::vector<FilePosition> take_departed() { return std::exchange(departed_, {}); }

 private:
    struct Vacancy {  // a path, and who was there last
        FileId last;
        UnixNanos modified;  // before it left
        uint64_t look = 0;   // in which it left
    };

    void observe(TailedFile& file, const FileInfo& info);
    void look_at_open_files();
    void arrive(TailedFile& file, FoundFile& found);
    void miss(TailedFile& file, Siblings& siblings, TailSink& sink);
    void compare_saved(TailSink& sink);
    void add_generations(std::vector<FoundFile>& fresh, Siblings& siblings);
    void admit(FoundFile& found);
    bool take_over_saved(const FoundFile& found);
    bool may_be_copy(const FoundFile& found);
    TailedFile& add(std::unique_ptr<TailedFile> file, const FileInfo& info);
    TailedFile* add_continuing(const FilePosition& position, const FoundFile& found);
    uint64_t start_of(const FoundFile& found);
    void settle();
    bool has_successor(const TailedFile& file) const;
    void depart(const FileId& id);

    const SourceTailOptions& options_;
    FileSystem& files_;
    Clock& clock_;
    PositionHasher hasher_;
    FileLook finder_;
    LookPace pace_;
    ProblemBook problems_;
    std::vector<std::unique_ptr<TailedFile>> all_;
    std::map<FileId, TailedFile*> by_id_;
    std::map<std::string, Vacancy> vacated_;
    std::map<FileId, MonotonicNanos> twins_;  // since when they are held back
    std::vector<FilePosition> departed_;
    uint64_t look_ = 0;
    bool never_positioned_;
};

}  // namespace llmtrail
