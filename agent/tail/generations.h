// What rotation does to names: which siblings of a log may be its earlier generations, and a
// folder's files by identity. Used by SourceTail, ingest thread. Folders that cannot be listed have
// no siblings.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform/file_system.h"

namespace llmtrail {

inline constexpr size_t kSiblingsMax = 65'536;  // of one folder; more are not looked at

struct FoundFile {
    std::string path;
    FileInfo info;
};

std::string_view directory_of(std::string_view path);  // without the last '/', "/" for the root
std::string_view name_of(std::string_view path);
bool in_same_folder(std::string_view a, std::string_view b);

// app.log: app.log.1, app.log-20260101, app-20260101.log; not app.log.1.gz, whose bytes are not
// those that were read.
bool may_be_generation_of(std::string_view current_name, std::string_view sibling_name);

// By time of last change; within one tick of the clock by number, app.log.2 before app.log.1, or by
// name.
bool is_older_generation(const FoundFile& a, const FoundFile& b);

// Made for one look, so that each folder is listed at most once, and only when something has moved.
class Siblings {
 public:
    explicit Siblings(FileSystem& files) : files_(files) {}

    const std::vector<FoundFile>& in(std::string_view directory);  // regular files only
    const FoundFile* find(std::string_view directory, const FileId& id);

 private:
    FileSystem& files_;
    std::map<std::string, std::vector<FoundFile>, std::less<>> folders_;
};

}  // namespace llmtrail
