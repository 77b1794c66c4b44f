#include "config/effective_yaml.h"

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "config/config_files.h"
#include "config/key_table.h"
#include "config/problems.h"

namespace llmtrail {

namespace {

using Origins = std::map<std::string, std::string>;

constexpr size_t kCommentColumn = 56;
constexpr std::string_view kAuditPrefix = "llm.audit.";

// The name of a list's item in keys.
std::string item_id(const ConfigNode& item) {
    const ConfigNode* id = item.member("id");
    return id == nullptr ? "" : id->scalar;
}

void note_places(const ConfigNode& node, const std::string& key, const Problems& problems,
                 Origins& origins) {
    auto below = [&key](const std::string& name) { return key.empty() ? name : key + "." + name; };
    bool items = node.kind == NodeKind::kList && !node.children.empty() &&
                 std::all_of(node.children.begin(), node.children.end(),
                             [](const ConfigNode& item) { return !item_id(item).empty(); });
    if (node.kind == NodeKind::kNull) {
        return;
    }
    if (items || (node.kind == NodeKind::kMap && !node.children.empty())) {
        for (const ConfigNode& child : node.children) {
            note_places(child, below(items ? item_id(child) : child.key), problems, origins);
        }
        return;
    }
    std::string where = problems.where(node.key.empty() ? node.place : node.key_place);
    origins[key] = where.substr(0, where.rfind(':'));
}

std::string origin_of(const EffectiveValue& value, const Origins& origins) {
    auto found = origins.find(value.key());
    if (found == origins.end() && value.path.back().starts_with(kAuditPrefix)) {
        EffectiveValue brief = value;  // a field of `map` may be written without its prefix
        brief.path.back().erase(0, kAuditPrefix.size());
        found = origins.find(brief.key());
    }
    return found == origins.end() ? "default" : found->second;
}

bool is_item(const std::vector<std::string>& path, size_t depth) {
    static const std::set<std::string> kLists = {"sources", "outputs", "anchors"};
    return depth == 1 && kLists.count(path.front()) != 0;
}

}  // namespace

std::map<std::string, std::string> value_origins(const std::string& path, FileSystem& files,
                                                 uint32_t own_user) {
    Problems problems;
    Origins origins;
    ConfigFiles read = read_config_files(path, files, own_user, problems);
    if (read.root) {
        note_places(*read.root, "", problems, origins);
    }
    return origins;
}

std::string effective_yaml(const std::vector<EffectiveValue>& values,
                           const std::map<std::string, std::string>& origins) {
    std::string out;
    std::vector<std::string> open;  // what stands above the line
    for (const EffectiveValue& value : values) {
        size_t depth = 0;
        while (depth < open.size() && depth + 1 < value.path.size() &&
               open[depth] == value.path[depth]) {
            ++depth;
        }
        bool begins_item = false;
        for (; depth + 1 < value.path.size(); ++depth) {
            begins_item = is_item(value.path, depth);
            if (!begins_item) {
                out += std::string(2 * depth, ' ') + yaml_scalar(value.path[depth]) + ":\n";
            }
        }
        open.assign(value.path.begin(), value.path.end() - 1);
        std::string line(2 * open.size(), ' ');
        if (begins_item) {
            line.replace(line.size() - 2, 2, "- ");
        }
        line += yaml_scalar(value.path.back()) + ": " + value.value;
        line.resize(std::max(line.size() + 1, kCommentColumn), ' ');
        out += line + "# " + terminal_safe(origin_of(value, origins)) + "\n";
    }
    return out;
}

}  // namespace llmtrail
