// What the posix_*.cpp files of the file side share: an owned descriptor and the open files made
// from it. Used inside agent/platform only, any thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "platform/file_system.h"

namespace llmtrail {

class Descriptor {
 public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}

    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();

    int get() const { return fd_; }

    explicit operator bool() const { return fd_ >= 0; }

 private:
    int fd_;
};

// openat(2) with O_CLOEXEC, retrying EINTR. A symlink refused by O_NOFOLLOW is kUnsupported.
Result<Descriptor> open_descriptor(const std::string& path, int flags, mode_t mode = 0);

// fstat(2) and name_to_handle_at(2) of an open descriptor (O_PATH is enough).
Result<FileInfo> info_of(int fd, const std::string& path);

// kUnsupported unless fd is a regular file.
Result<void> expect_regular(int fd, const std::string& path);

Result<void> write_all(int fd, ByteView bytes, const std::string& path);
Result<void> set_mode(int fd, uint32_t mode, const std::string& path);

std::unique_ptr<ReadableFile> make_readable(Descriptor fd, std::string path);
std::unique_ptr<AppendFile> make_append(Descriptor fd, std::string path, uint64_t size_bytes);

}  // namespace llmtrail
