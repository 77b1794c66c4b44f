// The real file system, but one path cannot be opened and below another nothing made: for tests
// that run as root too, whom no mode keeps out. Counts what is opened for reading.
#pragma once

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "platform/file_system.h"
#include "platform/posix.h"

namespace llmtrail {

class GuardedFileSystem : public FileSystem {
 public:
    using Opened = Result<std::unique_ptr<ReadableFile>>;
    using Appended = Result<std::unique_ptr<AppendFile>>;

    Opened open_readable(const std::string& path, bool follow) override {
        ++opens;
        if (path == unreadable) {
            return fail(error_from_errno(EACCES, "opening " + path));
        }
        return real_->open_readable(path, follow);
    }

    Appended create_exclusive(const std::string& path, uint32_t mode) override {
        if (!unwritable.empty() && path.starts_with(unwritable)) {
            return fail(error_from_errno(EROFS, "creating " + path));
        }
        return real_->create_exclusive(path, mode);
    }

    Appended open_append(const std::string& path, uint32_t mode) override {
        return real_->open_append(path, mode);
    }

    Result<Bytes> read_file(const std::string& path, size_t max) override {
        return real_->read_file(path, max);
    }

    Result<void> replace_file(const std::string& path, ByteView content, uint32_t mode) override {
        return real_->replace_file(path, content, mode);
    }

    Result<void> rename(const std::string& from, const std::string& to) override {
        return real_->rename(from, to);
    }

    Result<void> remove(const std::string& path) override { return real_->remove(path); }

    Result<void> sync_directory(const std::string& path) override {
        return real_->sync_directory(path);
    }

    Result<void> make_directories(const std::string& path, uint32_t mode) override {
        return real_->make_directories(path, mode);
    }

    Result<std::vector<std::string>> list(const std::string& directory) override {
        return real_->list(directory);
    }

    Result<FileInfo> info(const std::string& path, bool follow) override {
        return real_->info(path, follow);
    }

    Result<void> release_reserved(const std::string& path) override {
        return real_->release_reserved(path);
    }

    Result<uint64_t> free_bytes(const std::string& path) override {
        return real_->free_bytes(path);
    }

    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
        return real_->lock(path);
    }

    std::string unreadable;
    std::string unwritable;  // no file whose path begins so can be made
    size_t opens = 0;

 private:
    std::unique_ptr<FileSystem> real_ = make_posix_file_system();
};

}  // namespace llmtrail
