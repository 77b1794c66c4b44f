// Files in memory with owner, mode and folders that may not be entered: what configuration and the
// commands that look at a host ask of a FileSystem. Nothing can be written.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "platform/file_system.h"

namespace llmtrail {

struct MemoryFile {
    std::string text;
    uint32_t mode = 0644;
    uint32_t owner = 0;
    ErrorCode refusal = ErrorCode::kInternal;  // anything else: opening fails so
};

class MemoryFiles : public FileSystem {
 public:
    std::map<std::string, MemoryFile> files;
    std::set<std::string>
        closed_folders;  // without the right to enter; a folder exists when something lies in it
    uint32_t folder_mode = 0755;
    uint32_t folder_owner = 0;
    uint64_t free = uint64_t{100} << 30;

    Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& path, bool) override {
        if (is_closed(path)) {
            return closed(path);
        }
        auto found = files.find(path);
        if (found == files.end()) {
            return fail(ErrorCode::kNotFound, "opening " + path + ": no such file or directory");
        }
        if (found->second.refusal != ErrorCode::kInternal) {
            return fail(found->second.refusal, "opening " + path + ": refused");
        }
        return std::make_unique<Open>(found->second);
    }

    Result<std::vector<std::string>> list(const std::string& directory) override {
        if (is_closed(directory + "/x")) {
            return closed(directory);
        }
        std::set<std::string> names;
        std::string prefix = directory.ends_with('/') ? directory : directory + "/";
        for (const auto& [path, file] : files) {
            if (path.starts_with(prefix)) {
                names.insert(
                    path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
            }
        }
        if (names.empty()) {
            return fail(ErrorCode::kNotFound,
                        "listing " + directory + ": no such file or directory");
        }
        return std::vector<std::string>(names.begin(), names.end());
    }

    Result<FileInfo> info(const std::string& path, bool) override {
        if (is_closed(path)) {
            return closed(path);
        }
        FileInfo info;
        auto found = files.find(path);
        if (found != files.end()) {
            info.type = FileType::kRegular;
            info.size_bytes = found->second.text.size();
            info.mode = found->second.mode;
            info.owner = found->second.owner;
            return info;
        }
        auto below = files.lower_bound(path == "/" ? path : path + "/");
        if (below == files.end() || !below->first.starts_with(path == "/" ? path : path + "/")) {
            return fail(ErrorCode::kNotFound, path + ": no such file or directory");
        }
        info.type = FileType::kDirectory;
        info.mode = folder_mode;
        info.owner = folder_owner;
        return info;
    }

    Result<Bytes> read_file(const std::string& path, size_t) override {
        auto found = files.find(path);
        return found == files.end() ? Result<Bytes>(no()) : Result<Bytes>(found->second.text);
    }

    Result<uint64_t> free_bytes(const std::string&) override { return free; }

    Result<void> release_reserved(const std::string&) override { return {}; }

    Result<std::unique_ptr<AppendFile>> create_exclusive(const std::string&, uint32_t) override {
        return no();
    }

    Result<std::unique_ptr<AppendFile>> open_append(const std::string&, uint32_t) override {
        return no();
    }

    Result<void> replace_file(const std::string&, ByteView, uint32_t) override { return no(); }

    Result<void> rename(const std::string&, const std::string&) override { return no(); }

    Result<void> remove(const std::string&) override { return no(); }

    Result<void> sync_directory(const std::string&) override { return no(); }

    Result<void> make_directories(const std::string&, uint32_t) override { return no(); }

    Result<std::unique_ptr<FileLock>> lock(const std::string&) override { return no(); }

 private:
    class Open : public ReadableFile {
     public:
        explicit Open(const MemoryFile& file) : file_(file) {}

        Result<size_t> read_at(uint64_t offset, char* out, size_t size) override {
            size_t left = file_.text.size() - std::min<size_t>(offset, file_.text.size());
            size_t some = std::min({size, left, size_t{1000}});  // short reads are allowed
            std::memcpy(out, file_.text.data() + file_.text.size() - left, some);
            return some;
        }

        Result<FileInfo> info() override {
            FileInfo info;
            info.type = FileType::kRegular;
            info.size_bytes = file_.text.size();
            info.mode = file_.mode;
            info.owner = file_.owner;
            return info;
        }

     private:
        const MemoryFile& file_;
    };

    bool is_closed(const std::string& path) const {
        return std::any_of(
            closed_folders.begin(), closed_folders.end(),
            [&path](const std::string& folder) { return path.starts_with(folder + "/"); });
    }

    static tl::unexpected<Error> closed(const std::string& path) {
        return fail(ErrorCode::kPermission, path + ": permission denied");
    }

    static tl::unexpected<Error> no() {
        return fail(ErrorCode::kUnsupported, "not part of this fake");
    }
};

}  // namespace llmtrail
