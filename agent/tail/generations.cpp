#include "tail/generations.h"

#include <algorithm>
#include <array>

namespace llmtrail {

namespace {

constexpr std::array<std::string_view, 10> kCompressedEndings = {
    ".gz", ".zst", ".xz", ".bz2", ".zip", ".lz4", ".7z", ".Z", ".lzma", ".tgz"};
constexpr std::string_view kBetweenNameAndNumber = ".-_~";

bool begins_generation(std::string_view rest) {
    return !rest.empty() && kBetweenNameAndNumber.find(rest.front()) != std::string_view::npos;
}

// app.log.12: 12; 0 when the name ends otherwise. Longer numbers are dates.
int rotation_number(std::string_view name) {
    const std::string_view digits = name.substr(name.rfind('.') + 1);
    if (digits.empty() || digits.size() > 4 ||
        digits.find_first_not_of("0123456789") != std::string_view::npos) {
        return 0;
    }
    int number = 0;
    for (const char digit : digits) {
        number = number * 10 + (digit - '0');
    }
    return number;
}

}  // namespace

std::string_view directory_of(std::string_view path) {
    const size_t slash = path.rfind('/');
    return slash == std::string_view::npos || slash == 0 ? "/" : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

bool in_same_folder(std::string_view a, std::string_view b) {
    return directory_of(a) == directory_of(b);
}

bool may_be_generation_of(std::string_view current_name, std::string_view sibling_name) {
    if (current_name.empty() || sibling_name.size() <= current_name.size() ||
        std::any_of(kCompressedEndings.begin(), kCompressedEndings.end(),
                    [&](std::string_view ending) { return sibling_name.ends_with(ending); })) {
        return false;
    }
    if (sibling_name.starts_with(current_name)) {
        return begins_generation(sibling_name.substr(current_name.size()));
    }
    const size_t dot = current_name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) {
        return false;
    }
    return sibling_name.starts_with(current_name.substr(0, dot)) &&
           sibling_name.ends_with(current_name.substr(dot)) &&
           begins_generation(sibling_name.substr(dot));
}

bool is_older_generation(const FoundFile& a, const FoundFile& b) {
    if (a.info.modified != b.info.modified) {
        return a.info.modified < b.info.modified;
    }
    const int a_number = rotation_number(a.path);
    const int b_number = rotation_number(b.path);
    return a_number != b_number ? a_number > b_number : a.path < b.path;
}

const std::vector<FoundFile>& Siblings::in(std::string_view directory) {
    const auto known = folders_.find(directory);
    if (known != folders_.end()) {
        return known->second;
    }
    std::vector<FoundFile>& found = folders_[std::string(directory)];
    const auto names = files_.list(std::string(directory));
    if (!names) {
        return found;
    }
    for (const std::string& name : *names) {
        std::string path = directory == "/" ? "/" + name : std::string(directory) + "/" + name;
        const auto info = files_.info(path, false);
        if (info && info->type == FileType::kRegular && found.size() < kSiblingsMax) {
            found.push_back({std::move(path), *info});
        }
    }
    return found;
}

const FoundFile* Siblings::find(std::string_view directory, const FileId& id) {
    for (const FoundFile& file : in(directory)) {
        if (file.info.id == id) {
            return &file;
        }
    }
    return nullptr;
}

}  // namespace llmtrail
