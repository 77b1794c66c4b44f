// A FakeDisk on which some names are no regular files, or files that may not be read: what a
// verifier meets in a folder that is not its own. For tests that link llmtrail_platform; one
// thread.
#pragma once

#include <cerrno>
#include <map>
#include <string>

#include "fakes/fake_disk.h"

namespace llmtrail {

enum class OddFile : uint8_t { kFolder, kLink, kPipe, kUnreadable };

class OddDisk : public FakeDisk {
 public:
    // In the place of what stood there, if anything did.
    void put_odd(const std::string& path, OddFile kind) {
        put_file(path, "");
        odd_[path] = kind;
    }

    void make_plain(const std::string& path) { odd_.erase(path); }

    Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& path,
                                                        bool follow) override {
        auto odd = odd_.find(path);
        if (odd == odd_.end()) {
            return FakeDisk::open_readable(path, follow);
        }
        return odd->second == OddFile::kUnreadable
                   ? fail(error_from_errno(EACCES, "opening " + path))
                   : fail(ErrorCode::kUnsupported, path + " is not a regular file");
    }

    Result<FileInfo> info(const std::string& path, bool follow) override {
        Result<FileInfo> found = FakeDisk::info(path, follow);
        auto odd = odd_.find(path);
        if (found && odd != odd_.end() && odd->second != OddFile::kUnreadable) {
            found->type = odd->second == OddFile::kFolder ? FileType::kDirectory
                          : odd->second == OddFile::kLink ? FileType::kSymlink
                                                          : FileType::kOther;
        }
        return found;
    }

 private:
    std::map<std::string, OddFile> odd_;
};

}  // namespace llmtrail
