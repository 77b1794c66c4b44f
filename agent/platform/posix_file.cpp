#include "platform/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace llmtrail {

namespace {

constexpr int kHandleInode32Generation = 1;  // FILEID_INO32_GEN: inode, generation (ext4, xfs, ...)

// A filesystem that gives handles never gives the same one twice, so a hash of it serves as
// generation.
uint64_t hash_of_handle(int type, ByteView bytes) {
    uint64_t hash = 0xCBF29CE484222325 ^ static_cast<uint32_t>(type);
    for (char byte : bytes) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
    }
    return hash;
}

uint64_t generation_of(int fd) {
    alignas(file_handle) char raw[sizeof(file_handle) + MAX_HANDLE_SZ] = {};
    auto* handle = reinterpret_cast<file_handle*>(raw);
    handle->handle_bytes = MAX_HANDLE_SZ;
    int mount_id = 0;
    if (name_to_handle_at(fd, "", handle, &mount_id, AT_EMPTY_PATH) != 0) {
        return 0;  // no handles here: device and inode have to do
    }
    ByteView bytes(raw + sizeof(file_handle),
                   std::min<size_t>(handle->handle_bytes, MAX_HANDLE_SZ));
    if (handle->handle_type == kHandleInode32Generation && bytes.size() == 8) {
        uint32_t generation = 0;
        std::memcpy(&generation, bytes.data() + 4, sizeof generation);
        return generation;
    }
    return hash_of_handle(handle->handle_type, bytes);
}

FileType type_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG:
            return FileType::kRegular;
        case S_IFDIR:
            return FileType::kDirectory;
        case S_IFLNK:
            return FileType::kSymlink;
        default:
            return FileType::kOther;
    }
}

class PosixReadableFile : public ReadableFile {
 public:
    PosixReadableFile(Descriptor fd, std::string path)
        : fd_(std::move(fd)), path_(std::move(path)) {}

    Result<size_t> read_at(uint64_t offset, char* out, size_t size) override {
        for (;;) {
            ssize_t got = pread(fd_.get(), out, size, static_cast<off_t>(offset));
            if (got >= 0) {
                return static_cast<size_t>(got);
            }
            if (errno != EINTR) {
                return fail(error_from_errno(errno, "reading " + path_));
            }
        }
    }

    Result<FileInfo> info() override { return info_of(fd_.get(), path_); }

 private:
    Descriptor fd_;
    std::string path_;
};

class PosixAppendFile : public AppendFile {
 public:
    PosixAppendFile(Descriptor fd, std::string path, uint64_t size_bytes)
        : fd_(std::move(fd)), path_(std::move(path)), size_bytes_(size_bytes) {}

    Result<void> append(ByteView bytes) override {
        auto written = write_all(fd_.get(), bytes, path_);
        if (written) {
            size_bytes_ += bytes.size();
        }
        return written;
    }

    Result<void> sync() override {
        while (fdatasync(fd_.get()) != 0) {
            if (errno != EINTR) {
                return fail(error_from_errno(errno, "syncing " + path_));
            }
        }
        return {};
    }

    Result<void> reserve(uint64_t size_bytes) override {
        while (fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size_bytes)) != 0) {
            if (errno == EOPNOTSUPP || errno == ENOSYS) {
                return fail(ErrorCode::kUnsupported,
                            "this filesystem cannot reserve space for " + path_);
            }
            if (errno != EINTR) {
                return fail(error_from_errno(errno, "reserving space for " + path_));
            }
        }
        return {};
    }

    uint64_t size() const override { return size_bytes_; }

 private:
    Descriptor fd_;
    std::string path_;
    uint64_t size_bytes_;
};

}  // namespace

Descriptor::~Descriptor() {
    if (fd_ >= 0) {
        close(fd_);
    }
}

Result<Descriptor> open_descriptor(const std::string& path, int flags, mode_t mode) {
    for (;;) {
        int fd = openat(AT_FDCWD, path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode);
        if (fd >= 0) {
            return Descriptor(fd);
        }
        if (errno == ELOOP && (flags & O_NOFOLLOW) != 0) {
            return fail(ErrorCode::kUnsupported,
                        path + " is a symbolic link, which is not followed here");
        }
        if (errno == ENXIO) {
            return fail(ErrorCode::kUnsupported, path + " is not a regular file");
        }
        if (errno != EINTR) {
            return fail(error_from_errno(errno, "opening " + path));
        }
    }
}

Result<FileInfo> info_of(int fd, const std::string& path) {
    struct stat status {};

    if (fstat(fd, &status) != 0) {
        return fail(error_from_errno(errno, "looking at " + path));
    }
    FileInfo info;
    info.id = {status.st_dev, status.st_ino, generation_of(fd)};
    info.type = type_of(status.st_mode);
    info.size_bytes = static_cast<uint64_t>(status.st_size);
    info.modified = {int64_t{status.st_mtim.tv_sec} * kNanosPerSecond + status.st_mtim.tv_nsec};
    info.mode = status.st_mode & 07777;
    info.owner = status.st_uid;
    info.links = static_cast<uint32_t>(status.st_nlink);
    return info;
}

Result<void> expect_regular(int fd, const std::string& path) {
    struct stat status {};

    if (fstat(fd, &status) != 0) {
        return fail(error_from_errno(errno, "looking at " + path));
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(ErrorCode::kUnsupported, path + " is not a regular file");
    }
    return {};
}

Result<void> write_all(int fd, ByteView bytes, const std::string& path) {
    while (!bytes.empty()) {
        ssize_t written = write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return fail(error_from_errno(errno, "writing " + path));
        }
        bytes.remove_prefix(static_cast<size_t>(written));
    }
    return {};
}

Result<void> set_mode(int fd, uint32_t mode, const std::string& path) {
    if (fchmod(fd, mode & 07777) != 0) {
        return fail(error_from_errno(errno, "setting the mode of " + path));
    }
    return {};
}

std::unique_ptr<ReadableFile> make_readable(Descriptor fd, std::string path) {
    return std::make_unique<PosixReadableFile>(std::move(fd), std::move(path));
}

std::unique_ptr<AppendFile> make_append(Descriptor fd, std::string path, uint64_t size_bytes) {
    return std::make_unique<PosixAppendFile>(std::move(fd), std::move(path), size_bytes);
}

}  // namespace llmtrail
