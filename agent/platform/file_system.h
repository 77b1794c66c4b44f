// The file system seam: every file operation of the agent goes through here
// (posix_file_system.cpp), so that tests/fakes/fake_disk.h can forget what was not synced and fail
// the N-th operation. Paths are absolute. Objects are used by one thread at a time; the FileSystem
// itself by any. Errors are those of error_from_errno(); each operation says what it adds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace llmtrail {

// Which file this is, whatever its path: name_to_handle_at(2) where the filesystem gives handles
// (inode and generation, so a reused inode number is a different file), else device and inode.
struct FileId {
    uint64_t device = 0;
    uint64_t inode = 0;
    uint64_t generation = 0;

    auto operator<=>(const FileId&) const = default;
};

enum class FileType : uint8_t { kRegular, kDirectory, kSymlink, kOther };

struct FileInfo {
    FileId id;
    FileType type = FileType::kOther;
    uint64_t size_bytes = 0;
    UnixNanos modified;
    uint32_t mode = 0;  // permission bits only
    uint32_t owner = 0;
    uint32_t links = 0;
};

class ReadableFile {
 public:
    virtual ~ReadableFile() = default;
    // Reads up to `size` bytes at `offset`; 0 at the end of the file. Retries EINTR.
    virtual Result<size_t> read_at(uint64_t offset, char* out, size_t size) = 0;
    virtual Result<FileInfo> info() = 0;
};

class AppendFile {
 public:
    virtual ~AppendFile() = default;
    virtual Result<void> append(
        ByteView bytes) = 0;  // all of it, or an error: then the tail is unknown
    // fdatasync(2). After an error this file must not be written or synced again: the kernel may
    // have dropped the pages it could not write.
    virtual Result<void> sync() = 0;
    virtual Result<void> reserve(
        uint64_t size_bytes) = 0;  // FALLOC_FL_KEEP_SIZE; kUnsupported is harmless
    virtual uint64_t size()
        const = 0;  // of the file: what it had when it was opened, and what was appended since
};

class FileLock {
 public:
    virtual ~FileLock() = default;  // releases
};

class FileSystem {
 public:
    virtual ~FileSystem() = default;

    // Regular files only, never blocks on a FIFO, never follows a symlink in the last component
    // unless `follow_symlink`.
    virtual Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& path,
                                                                bool follow_symlink) = 0;
    virtual Result<std::unique_ptr<AppendFile>> create_exclusive(const std::string& path,
                                                                 uint32_t mode) = 0;
    // Creates or extends; for file outputs only, the spool never appends to an old file.
    virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path,
                                                            uint32_t mode) = 0;
    virtual Result<Bytes> read_file(const std::string& path, size_t size_bytes_max) = 0;
    // Temporary name, sync, rename, sync of the directory: the old or the new content, never a
    // mixture.
    virtual Result<void> replace_file(const std::string& path, ByteView content, uint32_t mode) = 0;
    virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<void> remove(const std::string& path) = 0;
    // Frees what was reserved beyond a file's end; its bytes stay. Nobody may be writing to it.
    virtual Result<void> release_reserved(const std::string& path) = 0;
    virtual Result<void> sync_directory(const std::string& path) = 0;
    virtual Result<void> make_directories(const std::string& path, uint32_t mode) = 0;
    virtual Result<std::vector<std::string>> list(
        const std::string& directory) = 0;  // names, sorted
    virtual Result<FileInfo> info(const std::string& path, bool follow_symlink) = 0;
    virtual Result<uint64_t> free_bytes(const std::string& path) = 0;
    // flock(2), held for the life of the object. kBusy names the holder's process id when it is
    // known.
    virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

}  // namespace llmtrail
