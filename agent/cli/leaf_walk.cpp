#include "cli/leaf_walk.h"

#include <algorithm>

namespace llmtrail {

namespace {

class LeafWalk {
 public:
    explicit LeafWalk(const OnLeaf& on_leaf) : on_leaf_(on_leaf) {}

    void value(JsonValue here);

 private:
    void text(JsonValue here);
    bool embedded(std::string_view json, bool of_events);
    bool events(std::string_view text);

    const OnLeaf& on_leaf_;
    std::string path_;
    int levels_ = 0;
};

void LeafWalk::value(JsonValue here) {
    const size_t size = path_.size();
    if (here.is_object()) {
        for (const JsonMember& member : here.members()) {
            path_.append(size == 0 ? "" : ".").append(member.key);
            value(member.value);
            path_.resize(size);
        }
    } else if (here.is_array()) {
        path_ += "[]";
        for (JsonValue item : here.items()) {
            value(item);
        }
        path_.resize(size);
    } else if (here.is_string()) {
        text(here);
    } else if (!here.carries_nothing()) {
        on_leaf_(path_, here);
    }
}

void LeafWalk::text(JsonValue here) {
    const std::string_view text = here.text();
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) {
        return;
    }
    const bool json = text[begin] == '{' || text[begin] == '[';
    const bool sse = text.starts_with("data:") || text.starts_with("event:");
    if ((json && embedded(text, false)) || (sse && events(text))) {
        return;
    }
    on_leaf_(path_, here);
}

// False: it is no JSON, and nothing was told.
bool LeafWalk::embedded(std::string_view json, bool of_events) {
    if (levels_ == kEmbeddedLevelsMax) {
        return false;
    }
    JsonTree tree;
    const auto root = tree.read(json, false);
    if (!root || !root->is_container()) {
        return false;
    }
    const size_t size = path_.size();
    path_ += of_events ? "{}[]" : "{}";
    ++levels_;
    value(*root);
    --levels_;
    path_.resize(size);
    return true;
}

bool LeafWalk::events(std::string_view text) {
    constexpr std::string_view kData = "data:";
    bool any = false;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        if (line.starts_with(kData)) {
            any = embedded(line.substr(kData.size()), true) || any;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return any;
}

}  // namespace

void walk_leaves(JsonValue root, const OnLeaf& on_leaf) {
    LeafWalk(on_leaf).value(root);
}

}  // namespace llmtrail
