#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/posix.h"
#include "platform/posix_file.h"

namespace llmtrail {

namespace {

constexpr size_t kDirectoryNamesMax = 1'000'000;
constexpr size_t kReadChunkBytes = size_t{64} << 10;

std::string directory_of(const std::string& path) {
    size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
        return ".";
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> fsync_retrying(int fd, const std::string& path) {
    while (fsync(fd) != 0) {
        if (errno != EINTR) {
            return fail(error_from_errno(errno, "syncing " + path));
        }
    }
    return {};
}

class PosixFileLock : public FileLock {
 public:
    explicit PosixFileLock(Descriptor fd) : fd_(std::move(fd)) {}

    ~PosixFileLock() override {
        // The number is for people only; a stale one is harmless, so a failure here is too.
        [[maybe_unused]] int ignored = ftruncate(fd_.get(), 0);
    }

    PosixFileLock(const PosixFileLock&) = delete;
    PosixFileLock& operator=(const PosixFileLock&) = delete;

    Result<void> name_holder(const std::string& path) {
        if (ftruncate(fd_.get(), 0) != 0) {
            return fail(error_from_errno(errno, "writing " + path));
        }
        return write_all(fd_.get(), std::to_string(getpid()) + "\n", path);
    }

 private:
    Descriptor fd_;
};

std::string holder_of(int fd) {
    char text[24] = {};
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    size_t digits = 0;
    while (got > 0 && digits < static_cast<size_t>(got) && text[digits] >= '0' &&
           text[digits] <= '9') {
        ++digits;
    }
    return {text, digits};
}

// True when the path still names the file that is open: somebody may have removed it in between.
bool still_named(int fd, const std::string& path) {
    struct stat open_file {};

    struct stat named {};

    return fstat(fd, &open_file) == 0 && stat(path.c_str(), &named) == 0 &&
           open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

Result<Descriptor> create_with_mode(const std::string& path, uint32_t mode) {
    auto fd = open_descriptor(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, 0600);
    if (!fd) {
        return fd;
    }
    if (auto set = set_mode(fd->get(), mode, path); !set) {
        unlink(path.c_str());
        return fail(set.error());
    }
    return fd;
}

constexpr int64_t kStatBlockBytes = 512;  // stat(2)

class PosixFileSystem : public FileSystem {
 public:
    Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& path,
                                                        bool follow_symlink) override {
        auto fd = open_descriptor(path, O_RDONLY | O_NONBLOCK | (follow_symlink ? 0 : O_NOFOLLOW));
        if (!fd) {
            return fail(fd.error());
        }
        if (auto regular = expect_regular(fd->get(), path); !regular) {
            return fail(regular.error());
        }
        return make_readable(std::move(*fd), path);
    }

    Result<std::unique_ptr<AppendFile>> create_exclusive(const std::string& path,
                                                         uint32_t mode) override {
        auto fd = create_with_mode(path, mode);
        if (!fd) {
            return fail(fd.error());
        }
        return make_append(std::move(*fd), path, 0);
    }

    Result<std::unique_ptr<AppendFile>> open_append(const std::string& path,
                                                    uint32_t mode) override {
        auto created = create_with_mode(path, mode);
        if (created) {
            return make_append(std::move(*created), path, 0);
        }
        if (created.error().code != ErrorCode::kExists) {
            return fail(created.error());
        }
        auto fd = open_descriptor(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW);
        if (!fd) {
            return fail(fd.error());
        }
        if (auto regular = expect_regular(fd->get(), path); !regular) {
            return fail(regular.error());
        }
        auto now = info_of(fd->get(), path);
        if (!now) {
            return fail(now.error());
        }
        return make_append(std::move(*fd), path, now->size_bytes);
    }

    Result<Bytes> read_file(const std::string& path, size_t size_bytes_max) override;
    Result<void> replace_file(const std::string& path, ByteView content, uint32_t mode) override;
    Result<void> make_directories(const std::string& path, uint32_t mode) override;
    Result<std::vector<std::string>> list(const std::string& directory) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

    Result<void> rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) {
            return fail(error_from_errno(errno, "renaming " + from + " to " + to));
        }
        return {};
    }

    Result<void> remove(const std::string& path) override {
        if (unlink(path.c_str()) != 0) {
            return fail(error_from_errno(errno, "removing " + path));
        }
        return {};
    }

    // ext4 and xfs free the blocks behind the end when a file is truncated to the size it has.
    Result<void> release_reserved(const std::string& path) override {
        auto fd = open_descriptor(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
        auto regular = fd ? expect_regular(fd->get(), path) : Result<void>(fail(fd.error()));
        if (!regular) {
            return regular;
        }

        struct stat status {};

        bool done = fstat(fd->get(), &status) == 0;
        if (done && status.st_blocks * kStatBlockBytes >= status.st_size + status.st_blksize) {
            // When it was last written stays as it is.
            const timespec times[] = {{0, UTIME_OMIT}, status.st_mtim};
            done = ftruncate(fd->get(), status.st_size) == 0 && futimens(fd->get(), times) == 0;
        }
        return done ? Result<void>{}
                    : fail(error_from_errno(errno, "releasing what was reserved for " + path));
    }

    Result<void> sync_directory(const std::string& path) override {
        auto fd = open_descriptor(path, O_RDONLY | O_DIRECTORY);
        if (!fd) {
            return fail(fd.error());
        }
        return fsync_retrying(fd->get(), path);
    }

    Result<FileInfo> info(const std::string& path, bool follow_symlink) override {
        // O_PATH first, so that the facts and the handle are of the same file.
        auto fd = open_descriptor(path, O_PATH | (follow_symlink ? 0 : O_NOFOLLOW));
        if (!fd) {
            return fail(fd.error());
        }
        return info_of(fd->get(), path);
    }

    Result<uint64_t> free_bytes(const std::string& path) override {
        struct statvfs status {};

        while (statvfs(path.c_str(), &status) != 0) {
            if (errno != EINTR) {
                return fail(error_from_errno(errno, "asking for the free space of " + path));
            }
        }
        return uint64_t{status.f_bavail} * status.f_frsize;
    }
};

Result<Bytes> PosixFileSystem::read_file(const std::string& path, size_t size_bytes_max) {
    auto file = open_readable(path, true);
    if (!file) {
        return fail(file.error());
    }
    Bytes content;
    for (;;) {
        size_t had = content.size();
        size_t want = std::min(kReadChunkBytes, size_bytes_max - had + 1);
        content.resize(had + want);
        auto got = (*file)->read_at(had, content.data() + had, want);
        if (!got) {
            return fail(got.error());
        }
        content.resize(had + *got);
        if (*got == 0) {
            return content;
        }
        if (content.size() > size_bytes_max) {
            return fail(ErrorCode::kLimit,
                        path + " is larger than " + std::to_string(size_bytes_max) + " bytes");
        }
    }
}

Result<void> PosixFileSystem::replace_file(const std::string& path, ByteView content,
                                           uint32_t mode) {
    std::string temporary = path + ".tmp";
    auto fd = create_with_mode(temporary, mode);
    if (!fd && fd.error().code == ErrorCode::kExists) {
        unlink(temporary.c_str());  // left by a crash between creation and rename
        fd = create_with_mode(temporary, mode);
    }
    if (!fd) {
        return fail(fd.error());
    }
    auto done = write_all(fd->get(), content, temporary);
    if (done) {
        done = fsync_retrying(fd->get(), temporary);
    }
    if (done) {
        done = rename(temporary, path);
    }
    if (!done) {
        unlink(temporary.c_str());
        return done;
    }
    return sync_directory(directory_of(path));
}

Result<void> PosixFileSystem::make_directories(const std::string& path, uint32_t mode) {
    for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        std::string part = path.substr(0, end);
        if (mkdir(part.c_str(), 0700) == 0) {
            if (chmod(part.c_str(), mode & 07777) != 0) {
                return fail(error_from_errno(errno, "setting the mode of " + part));
            }
            if (auto synced = sync_directory(directory_of(part)); !synced) {
                return synced;
            }
        } else if (errno != EEXIST) {
            return fail(error_from_errno(errno, "making the directory " + part));
        }
        if (end == std::string::npos) {
            break;
        }
    }

    struct stat status {};

    if (stat(path.c_str(), &status) != 0) {
        return fail(error_from_errno(errno, "looking at " + path));
    }
    if (!S_ISDIR(status.st_mode)) {
        return fail(ErrorCode::kExists, path + " exists and is not a directory");
    }
    return {};
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
    std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), &closedir);
    if (!stream) {
        return fail(error_from_errno(errno, "listing " + directory));
    }
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* entry = readdir(stream.get());
        if (entry == nullptr) {
            break;
        }
        std::string_view name = entry->d_name;
        if (name == "." || name == "..") {
            continue;
        }
        if (names.size() == kDirectoryNamesMax) {
            return fail(ErrorCode::kLimit, directory + " holds more than " +
                                               std::to_string(kDirectoryNamesMax) + " names");
        }
        names.emplace_back(name);
    }
    if (errno != 0) {
        return fail(error_from_errno(errno, "listing " + directory));
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
    for (;;) {
        auto fd = open_descriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
        if (!fd) {
            return fail(fd.error());
        }
        if (flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EINTR) {
                continue;
            }
            if (errno != EWOULDBLOCK) {
                return fail(error_from_errno(errno, "locking " + path));
            }
            std::string holder = holder_of(fd->get());
            return fail(
                ErrorCode::kBusy,
                path + " is held by " + (holder.empty() ? "another process" : "process " + holder));
        }
        if (!still_named(fd->get(), path)) {
            continue;
        }
        auto lock = std::make_unique<PosixFileLock>(std::move(*fd));
        if (auto named = lock->name_holder(path); !named) {
            return fail(named.error());
        }
        return std::unique_ptr<FileLock>(std::move(lock));
    }
}

}  // namespace

std::unique_ptr<FileSystem> make_posix_file_system() {
    return std::make_unique<PosixFileSystem>();
}

}  // namespace llmtrail
