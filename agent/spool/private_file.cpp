#include "spool/private_file.h"

#include <memory>
#include <utility>

namespace llmtrail {
namespace {

constexpr uint32_t kOthersMask = 0077;
constexpr uint32_t kCredentialMask = 0037;
constexpr uint32_t kWritableByOthers = 0022;
constexpr uint32_t kSticky = 01000;

tl::unexpected<Error> refuse(std::string message) {
    return fail(ErrorCode::kPermission, std::move(message));
}

Result<void> check_directory(const std::string& directory, const std::string& path,
                             const FileInfo& info, uint32_t own_user) {
    std::string on_the_way = directory + ", on the way to " + path + ", ";
    if (info.type != FileType::kDirectory) {
        return refuse(on_the_way + "is not a directory");
    }
    if (info.owner != 0 && info.owner != own_user && (info.mode & kSticky) == 0) {
        return refuse(on_the_way + "belongs to user " + std::to_string(info.owner) +
                      ", who can replace what lies in it");
    }
    if ((info.mode & kWritableByOthers) != 0 && (info.mode & kSticky) == 0) {
        return refuse(on_the_way + "can be written by group or others: chmod go-w " + directory);
    }
    return {};
}

}  // namespace

Result<void> check_private_file(const std::string& path, const FileInfo& info, PrivateFile kind,
                                uint32_t own_user) {
    if (info.type == FileType::kSymlink) {
        return refuse(path + " is a symbolic link: put the key itself there");
    }
    if (info.type != FileType::kRegular) {
        return refuse(path + " is not a regular file");
    }
    if (info.owner != 0 && info.owner != own_user) {
        return refuse(path + " belongs to user " + std::to_string(info.owner) +
                      ": a key must belong to root or to the user of this process");
    }
    uint32_t mask = kind == PrivateFile::kCredential ? kCredentialMask : kOthersMask;
    if ((info.mode & mask) != 0) {
        return refuse(path + " can be read by group or others: chmod 600 " + path);
    }
    return {};
}

Result<void> check_way_to(FileSystem& files, const std::string& path, uint32_t own_user) {
    for (size_t end = path.rfind('/'); end != std::string::npos && end > 0;
         end = path.rfind('/', end - 1)) {
        std::string directory = path.substr(0, end);
        Result<FileInfo> info = files.info(directory, true);
        if (!info && info.error().code == ErrorCode::kNotFound) {
            return {};
        }
        Result<void> checked = info ? check_directory(directory, path, *info, own_user)
                                    : Result<void>(fail(info.error()));
        if (!checked) {
            return checked;
        }
    }
    return {};
}

Result<Secret> read_private_file(FileSystem& files, const std::string& path, size_t bytes_max,
                                 PrivateFile kind, uint32_t own_user) {
    Result<FileInfo> named = files.info(path, false);
    if (!named) {
        return fail(named.error());
    }
    Result<void> checked = check_private_file(path, *named, kind, own_user);
    if (checked) {
        checked = check_way_to(files, path, own_user);
    }
    if (!checked) {
        return fail(checked.error());
    }
    Result<std::unique_ptr<ReadableFile>> file = files.open_readable(path, false);
    if (!file) {
        return fail(file.error());
    }
    // Again, of the file that was opened.
    Result<FileInfo> info = (*file)->info();
    checked =
        info ? check_private_file(path, *info, kind, own_user) : Result<void>(fail(info.error()));
    if (!checked) {
        return fail(checked.error());
    }
    if (info->size_bytes > bytes_max) {
        return fail(ErrorCode::kLimit, path + " is too long for what it should be");
    }
    Secret content(static_cast<size_t>(info->size_bytes));
    for (size_t at = 0; at < content.size();) {
        Result<size_t> read = (*file)->read_at(
            at, reinterpret_cast<char*>(content.reveal_mutable()) + at, content.size() - at);
        if (!read || *read == 0) {
            return read ? Result<Secret>(fail(ErrorCode::kIo, path + " changed while it was read"))
                        : Result<Secret>(fail(read.error()));
        }
        at += *read;
    }
    return content;
}

}  // namespace llmtrail
