#include "config/config_files.h"

#include <algorithm>

#include "config/settings.h"
#include "config/yaml_reader.h"
#include "crypto/digest.h"

namespace llmtrail {

namespace {

constexpr uint32_t kWritableByOthers = 022;

std::string octal(uint32_t mode) {
    std::string digits;
    for (int shift = 9; shift >= 0; shift -= 3) {
        digits += static_cast<char>('0' + ((mode >> shift) & 7U));
    }
    return digits;
}

void report_unreadable(const std::string& path, const Error& error, Problems& problems) {
    int file = problems.add_file(path, "");
    std::string hint;
    if (error.code == ErrorCode::kNotFound) {
        hint =
            "name the file with --config FILE, or start from conf/agent.yaml of the distribution";
    } else if (error.code == ErrorCode::kPermission) {
        hint = "run as root or as the user the file belongs to, or let that user read it";
    }
    problems.add({file, 0, 0}, error.message, hint, error.code);
}

bool is_trusted(const std::string& path, const FileInfo& info, uint32_t own_user,
                Problems& problems) {
    int file = problems.add_file(path, "");
    if (info.owner != 0 && info.owner != own_user) {
        problems.add({file, 0, 0},
                     "this file belongs to user id " + std::to_string(info.owner) +
                         ", who could redirect the audit trail",
                     "chown root " + path, ErrorCode::kPermission);
        return false;
    }
    if ((info.mode & kWritableByOthers) != 0) {
        problems.add(
            {file, 0, 0},
            "this file may be changed by its group or by everyone (mode " + octal(info.mode) + ")",
            "chmod go-w " + path, ErrorCode::kPermission);
        return false;
    }
    return true;
}

// The same open file is checked and read.
Result<std::string> read_whole(ReadableFile& file, uint64_t size) {
    if (size > kConfigBytesMax) {
        return fail(ErrorCode::kLimit, "this file has " + std::to_string(size) +
                                           " bytes; a configuration file has at most " +
                                           std::to_string(kConfigBytesMax));
    }
    std::string text(kConfigBytesMax + 1, '\0');
    size_t have = 0;
    while (have < text.size()) {
        auto got = file.read_at(have, text.data() + have, text.size() - have);
        if (!got) {
            return fail(got.error());
        }
        if (*got == 0) {
            break;
        }
        have += *got;
    }
    if (have > kConfigBytesMax) {
        return fail(ErrorCode::kLimit,
                    "this file grew beyond " + std::to_string(kConfigBytesMax) + " bytes");
    }
    text.resize(have);
    return text;
}

// What one text after another amounts to.
struct TextDigest {
    Sha256 hash;
    bool any = false;

    void add(ByteView text) {
        hash.update(text);
        any = true;
    }

    Bytes finish() { return any ? Bytes(view(hash.finish())) : Bytes(); }
};

std::optional<ConfigNode> read_one(const std::string& path, FileSystem& files, uint32_t own_user,
                                   TextDigest& digest, Problems& problems) {
    auto file = files.open_readable(path, true);
    if (!file) {
        report_unreadable(path, file.error(), problems);
        return std::nullopt;
    }
    auto info = (*file)->info();
    if (!info) {
        report_unreadable(path, info.error(), problems);
        return std::nullopt;
    }
    if (!is_trusted(path, *info, own_user, problems)) {
        return std::nullopt;
    }
    auto text = read_whole(**file, info->size_bytes);
    if (!text) {
        report_unreadable(path, text.error(), problems);
        return std::nullopt;
    }
    digest.add(*text);
    int number = problems.add_file(path, *text);
    auto root = read_yaml(*text, number, problems);
    if (root && root->kind != NodeKind::kNull && root->kind != NodeKind::kMap) {
        problems.add(root->place, "a configuration file is a map of keys", "begin with `sources:`");
        return std::nullopt;
    }
    if (root) {
        root->place = {number, 0, 0};  // a problem of the whole is a problem of the file
    }
    return root;
}

void merge(ConfigNode& into, ConfigNode&& from, bool top, Problems& problems) {
    for (ConfigNode& child : from.children) {
        auto same_key = [&child](const ConfigNode& other) { return other.key == child.key; };
        auto found = std::find_if(into.children.begin(), into.children.end(), same_key);
        if (found == into.children.end()) {
            into.children.push_back(std::move(child));
        } else if (found->kind == NodeKind::kNull) {
            *found = std::move(child);
        } else if (child.kind == NodeKind::kNull) {
            continue;
        } else if (found->kind == NodeKind::kMap && child.kind == NodeKind::kMap) {
            merge(*found, std::move(child), false, problems);
        } else if (top && found->kind == NodeKind::kList && child.kind == NodeKind::kList) {
            std::move(child.children.begin(), child.children.end(),
                      std::back_inserter(found->children));
        } else {
            problems.add(
                child.key_place, "`" + child.key + "` is set in two files",
                "it is also set at " + problems.where(found->key_place) + "; keep one of them");
        }
    }
}

// Names ending in .yaml that do not begin with a dot, in their order; none when there is no conf.d.
std::vector<std::string> more_files(const std::string& path, FileSystem& files,
                                    Problems& problems) {
    std::string directory = path.substr(0, path.rfind('/') + 1) + "conf.d";
    auto names = files.list(directory);
    std::vector<std::string> paths;
    if (!names) {
        if (names.error().code != ErrorCode::kNotFound) {
            report_unreadable(directory, names.error(), problems);
        }
        return paths;
    }
    for (const std::string& name : *names) {
        if (name.ends_with(".yaml") && name[0] != '.') {
            paths.push_back(directory + "/" + name);
        }
    }
    std::sort(paths.begin(), paths.end());
    if (paths.size() > kConfigFilesMax) {
        report_unreadable(directory,
                          Error{ErrorCode::kLimit,
                                "more than " + std::to_string(kConfigFilesMax) + " files here", 0},
                          problems);
        paths.clear();
    }
    return paths;
}

}  // namespace

ConfigFiles read_config_files(const std::string& path, FileSystem& files, uint32_t own_user,
                              Problems& problems) {
    TextDigest digest;
    std::optional<ConfigNode> merged = read_one(path, files, own_user, digest, problems);
    bool all_read = merged.has_value();
    for (const std::string& more : more_files(path, files, problems)) {
        auto root = read_one(more, files, own_user, digest, problems);
        all_read = all_read && root.has_value();
        if (all_read && merged->kind == NodeKind::kNull) {
            merged->kind = NodeKind::kMap;
        }
        if (all_read) {
            merge(*merged, std::move(*root), true, problems);
        }
    }
    return {all_read ? std::move(merged) : std::nullopt, digest.finish()};
}

}  // namespace llmtrail
