#include "cli/permission_advisor.h"

namespace llmtrail {

namespace {

std::string octal(uint32_t mode) {
    std::string digits;
    for (int shift = 9; shift >= 0; shift -= 3) {
        digits += static_cast<char>('0' + ((mode >> shift) & 7U));
    }
    return digits;
}

std::string described(const std::string& path, FileSystem& files) {
    auto info = files.info(path, true);
    if (!info) {
        return "`" + path + "`";
    }
    return "`" + path + "` (mode " + octal(info->mode) + ", owner " + std::to_string(info->owner) +
           ")";
}

std::string parent_of(const std::string& path) {
    size_t slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

// The first folder on the way that cannot be looked into: what lies in it answers kPermission.
std::string closed_folder(const std::string& path, FileSystem& files) {
    for (size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
        std::string prefix = path.substr(0, at);
        auto info = files.info(prefix, true);
        if (!info && info.error().code == ErrorCode::kPermission) {
            return parent_of(prefix);
        }
        if (at == std::string::npos) {
            return {};
        }
    }
}

Advice advise_on_entering(const std::string& folder, FileSystem& files) {
    return {false, true, described(folder, files) + " may not be entered by this user",
            "setfacl -m u:llmtrail:x " + folder};
}

}  // namespace

Advice advise_on_reading(const std::string& path, FileSystem& files) {
    auto file = files.open_readable(path, true);
    if (file) {
        return {};
    }
    if (file.error().code != ErrorCode::kPermission) {
        return {false, false, file.error().message, ""};
    }
    std::string folder = closed_folder(path, files);
    if (!folder.empty()) {
        return advise_on_entering(folder, files);
    }
    return {false, true, described(path, files) + " may not be read by this user",
            "setfacl -m u:llmtrail:r " + path +
                " (and a default ACL on its folder, for files to come)"};
}

Advice advise_on_listing(const std::string& path, FileSystem& files) {
    std::string folder = closed_folder(path, files);
    if (!folder.empty()) {
        return advise_on_entering(folder, files);
    }
    auto info = files.info(path, true);
    if (!info || info->type != FileType::kDirectory) {
        return advise_on_reading(path, files);
    }
    auto names = files.list(path);
    if (names) {
        return {};
    }
    if (names.error().code != ErrorCode::kPermission) {
        return {false, false, names.error().message, ""};
    }
    return {false, true, described(path, files) + " may not be looked into by this user",
            "setfacl -m u:llmtrail:rx " + path};
}

Advice advise_on_writing(const std::string& directory, FileSystem& files, uint32_t own_user) {
    std::string path = directory;
    auto info = files.info(path, true);
    while (!info && info.error().code == ErrorCode::kNotFound && path != "/") {
        path = parent_of(path);
        info = files.info(path, true);
    }
    if (!info) {
        std::string closed = closed_folder(path, files);
        return advise_on_entering(closed.empty() ? path : closed, files);
    }
    if (info->type != FileType::kDirectory) {
        return {false, false, "`" + path + "` is not a folder", "remove it or choose another path"};
    }
    bool own = info->owner == own_user && (info->mode & 0200U) != 0;
    if (own_user == 0 || own || (info->mode & 0002U) != 0) {
        return {};
    }
    return {false, true, described(path, files) + " may not be written by this user",
            "install -d -o llmtrail -m 0750 " + directory};
}

}  // namespace llmtrail
