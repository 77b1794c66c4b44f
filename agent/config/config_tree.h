// A configuration file as written: scalars, lists and maps with the place of each. Made by
// yaml_reader, merged by config_files, read by the section readers; nobody outside this folder sees
// it. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrail {

struct ConfigPlace {
    int file = 0;    // index of Problems::add_file
    int line = 0;    // 1-based; 0: the file as a whole
    int column = 0;  // 1-based, in bytes
};

enum class NodeKind : uint8_t { kNull, kScalar, kList, kMap };

struct ConfigNode {
    NodeKind kind = NodeKind::kNull;
    ConfigPlace place;
    std::string scalar;
    std::vector<ConfigNode> children;  // items of a list, members of a map in written order
    std::string key;                   // of a member
    ConfigPlace key_place;

    // Null values have no place of their own that helps a reader.
    ConfigPlace shown_place() const { return kind == NodeKind::kNull ? key_place : place; }

    const ConfigNode* member(std::string_view name) const {
        for (const ConfigNode& child : children) {
            if (kind == NodeKind::kMap && child.key == name) {
                return &child;
            }
        }
        return nullptr;
    }
};

}  // namespace llmtrail
