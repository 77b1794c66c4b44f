#include "tail/glob.h"

#include <optional>

namespace llmtrail {

namespace {

// `pattern` begins with '['. The size of the class with its brackets; nothing: not closed, so a
// literal '['.
std::optional<size_t> class_size(std::string_view pattern) {
    size_t at = 1;
    if (at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^')) {
        ++at;
    }
    const size_t close = pattern.find(']', at + 1);  // a ']' in first place is a member
    if (close == std::string_view::npos) {
        return std::nullopt;
    }
    return close + 1;
}

bool class_matches(std::string_view klass, char byte) {
    std::string_view members = klass.substr(1, klass.size() - 2);
    const bool negated = members.front() == '!' || members.front() == '^';
    members.remove_prefix(negated ? 1 : 0);
    const auto code = [](char c) { return static_cast<unsigned char>(c); };
    bool found = false;
    for (size_t i = 0; i < members.size(); ++i) {
        if (i + 2 < members.size() && members[i + 1] == '-') {
            found = found || (code(members[i]) <= code(byte) && code(byte) <= code(members[i + 2]));
            i += 2;
        } else {
            found = found || members[i] == byte;
        }
    }
    return found != negated;
}

// Whether the pattern's first element takes `byte`, and how long that element is.
bool element_matches(std::string_view pattern, char byte, size_t& size) {
    size = 1;
    if (pattern.front() == '?') {
        return true;
    }
    if (pattern.front() == '[') {
        if (const auto klass = class_size(pattern)) {
            size = *klass;
            return class_matches(pattern.substr(0, *klass), byte);
        }
    }
    return pattern.front() == byte;
}

std::string_view take_component(std::string_view& path) {
    const size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    return component;
}

}  // namespace

bool has_glob(std::string_view component) {
    return component.find_first_of("*?[") != std::string_view::npos;
}

bool glob_matches_name(std::string_view pattern, std::string_view name) {
    if (!name.empty() && name.front() == '.' && (pattern.empty() || pattern.front() != '.')) {
        return false;
    }
    size_t p = 0;
    size_t n = 0;
    size_t star = std::string_view::npos;  // after the last '*', and what it has taken so far
    size_t taken = 0;
    while (n < name.size()) {
        size_t size = 0;
        if (p < pattern.size() && pattern[p] == '*') {
            star = ++p;
            taken = n;
        } else if (p < pattern.size() && element_matches(pattern.substr(p), name[n], size)) {
            p += size;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star;
            n = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

bool glob_matches_path(std::string_view pattern, std::string_view path) {
    if (pattern.find('/') == std::string_view::npos) {
        return glob_matches_name(pattern, path.substr(path.rfind('/') + 1));
    }
    while (!pattern.empty() && !path.empty()) {
        if (!glob_matches_name(take_component(pattern), take_component(path))) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

void expand_glob(std::string_view pattern, const DirectoryLister& list, size_t paths_max,
                 std::vector<std::string>& paths) {
    std::vector<std::string> found = {""};
    std::string_view rest = pattern;
    rest.remove_prefix(!rest.empty() && rest.front() == '/' ? 1 : 0);
    while (!rest.empty()) {
        const std::string_view component = take_component(rest);
        if (component.empty()) {
            continue;
        }
        // The folder of the files themselves is listed even when their names are literal: so it is
        // watched.
        std::vector<std::string> next;
        for (const std::string& directory : found) {
            if (!has_glob(component)) {
                if (rest.empty()) {
                    static_cast<void>(list(directory.empty() ? "/" : directory));
                }
                next.push_back(directory + '/' + std::string(component));
                continue;
            }
            const auto names = list(directory.empty() ? "/" : directory);
            if (!names) {
                continue;
            }
            for (const std::string& name : *names) {
                if (next.size() < paths_max && glob_matches_name(component, name)) {
                    next.push_back(directory + '/' + name);
                }
            }
        }
        found = std::move(next);
    }
    for (std::string& path : found) {
        if (paths.size() < paths_max) {
            paths.push_back(std::move(path));
        }
    }
}

}  // namespace llmtrail
