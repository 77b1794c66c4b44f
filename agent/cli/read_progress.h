// A file system that passes everything on and, where talk goes to a terminal, shows on one line how
// much of a spool was read through it. Used by commands that read a whole spool. The line goes with
// the object. Main thread.
#pragma once

#include <cstdint>
#include <string>

#include "cli/commands.h"

namespace llmtrail {

inline constexpr int64_t kProgressIntervalMs = 200;

class ReadProgress : public FileSystem {
 public:
    // `doing` stands before the share: "verifying".
    ReadProgress(std::string doing, const std::string& spool_directory, CommandSeams seams);
    ~ReadProgress() override;
    ReadProgress(const ReadProgress&) = delete;
    ReadProgress& operator=(const ReadProgress&) = delete;

    void note_read(uint64_t bytes);

    Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& path,
                                                        bool follow_symlink) override;
    Result<Bytes> read_file(const std::string& path, size_t size_bytes_max) override;
    Result<std::unique_ptr<AppendFile>> create_exclusive(const std::string& path,
                                                         uint32_t mode) override;
    Result<std::unique_ptr<AppendFile>> open_append(const std::string& path,
                                                    uint32_t mode) override;
    Result<void> replace_file(const std::string& path, ByteView content, uint32_t mode) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> remove(const std::string& path) override;
    Result<void> release_reserved(const std::string& path) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<void> make_directories(const std::string& path, uint32_t mode) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Result<FileInfo> info(const std::string& path, bool follow_symlink) override;
    Result<uint64_t> free_bytes(const std::string& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

 private:
    std::string doing_;
    CommandSeams seams_;
    uint64_t total_bytes_ = 0;  // 0: nothing is shown
    uint64_t read_bytes_ = 0;
    MonotonicNanos shown_;
};

}  // namespace llmtrail
