#include "config/map_reader.h"

#include <algorithm>

#include "config/nearest_name.h"
#include "config/values.h"

namespace llmtrail {

namespace {

constexpr std::string_view kSizeHint =
    "a size is a whole number of bytes, or of KiB, MiB, GiB, TiB: 64MiB";
constexpr std::string_view kDurationHint =
    "a duration is a whole number with ms, s, min, h or d: 200ms, 15min, 180d";
constexpr std::string_view kIntegerHint =
    "write a whole number in decimal digits, without sign or leading zero";
constexpr std::string_view kBooleanHint = "write true or false";

std::string_view kind_name(NodeKind kind) {
    switch (kind) {
        case NodeKind::kNull:
            return "nothing";
        case NodeKind::kScalar:
            return "a single value";
        case NodeKind::kList:
            return "a list";
        case NodeKind::kMap:
            return "a map of keys";
    }
    return "";
}

std::string quoted(std::string_view text) {
    return "`" + std::string(text) + "`";
}

std::string described_key(const ConfigNode& node) {
    return node.key.empty() ? "this value" : quoted(node.key);
}

}  // namespace

MapReader::MapReader(const ConfigNode& node, std::string what, Problems& problems)
    : node_(node), what_(std::move(what)), problems_(problems) {
    if (node.kind == NodeKind::kScalar || node.kind == NodeKind::kList) {
        problem(node, what_ + " must be a map of keys, but is " + std::string(kind_name(node.kind)),
                "write one `key: value` a line, indented");
    }
}

bool MapReader::has(std::string_view key) const {
    const ConfigNode* child = node_.member(key);
    return child != nullptr && child->kind != NodeKind::kNull;
}

const ConfigNode* MapReader::find(std::string_view key) {
    if (!is_known(key)) {
        known_.emplace_back(key);
    }
    return has(key) ? node_.member(key) : nullptr;
}

const ConfigNode* MapReader::find_scalar(std::string_view key) {
    const ConfigNode* node = find(key);
    if (node != nullptr && node->kind != NodeKind::kScalar) {
        problem(*node,
                quoted(key) + " takes a single value, not " + std::string(kind_name(node->kind)));
        return nullptr;
    }
    return node;
}

const ConfigNode* MapReader::need(std::string_view key, std::string_view hint) {
    const ConfigNode* node = find(key);
    const ConfigNode* written = node_.member(key);
    if (written == nullptr) {
        missing_.push_back({std::string(key), std::string(hint)});
    } else if (node == nullptr ||
               (node->kind != NodeKind::kMap && node->scalar.empty() && node->children.empty())) {
        problem(*written, quoted(key) + " of " + what_ + " has no value", std::string(hint));
        return nullptr;
    }
    return node;
}

const ConfigNode* MapReader::need_scalar(std::string_view key, std::string_view hint) {
    return need(key, hint) == nullptr ? nullptr : find_scalar(key);
}

void MapReader::text(std::string_view key, std::string& out) {
    if (const ConfigNode* node = find_scalar(key)) {
        out = node->scalar;
    }
}

void MapReader::absolute_path(std::string_view key, std::string& out) {
    const ConfigNode* node = find_scalar(key);
    if (node == nullptr || node->scalar.empty()) {
        return;
    }
    if (node->scalar.find("-----BEGIN") != std::string::npos) {
        problem(
            *node, quoted(key) + " holds the key or certificate itself",
            "secrets do not stand in the configuration: put it into a file and name the file here");
    } else if (node->scalar[0] != '/') {
        problem(*node, quoted(key) + " must be an absolute path, not " + quoted(node->scalar),
                "begin it with `/`: the agent has no working directory of its own");
    } else {
        out = node->scalar;
    }
}

void MapReader::text_list(std::string_view key, std::vector<std::string>& out) {
    const ConfigNode* node = find(key);
    if (node == nullptr) {
        return;
    }
    if (node->kind != NodeKind::kList) {
        problem(*node, quoted(key) + " takes a list, not " + std::string(kind_name(node->kind)),
                node->kind == NodeKind::kScalar
                    ? "write " + std::string(key) + ": [" + node->scalar + "]"
                    : "");
        return;
    }
    std::vector<std::string> items;
    for (const ConfigNode& item : node->children) {
        if (item.kind != NodeKind::kScalar || item.scalar.empty()) {
            problem(item.kind == NodeKind::kNull ? *node : item,
                    "an item of " + quoted(key) + " is not a text");
            continue;
        }
        items.push_back(item.scalar);
    }
    out = std::move(items);
}

void MapReader::secret(std::string_view key, SecretReference& out) {
    const ConfigNode* node = find(key);
    if (node == nullptr) {
        return;
    }
    std::optional<SecretReference> reference;
    if (node->kind == NodeKind::kScalar) {
        reference = parse_secret_reference(node->scalar);
    }
    if (!reference) {
        problems_.add(node->key_place, quoted(key) + " must say where the secret is, not hold it",
                      "write ${cred:NAME}, ${file:PATH} or ${env:NAME}, and put the secret there");
        return;
    }
    out = std::move(*reference);
}

void MapReader::boolean(std::string_view key, bool& out) {
    if (const ConfigNode* node = find_scalar(key)) {
        auto value = parse_config_boolean(node->scalar);
        if (!value) {
            refuse_form(*node, "true or false", kBooleanHint);
            return;
        }
        out = *value;
    }
}

void MapReader::integer(std::string_view key, uint64_t& out, uint64_t least, uint64_t most) {
    if (const ConfigNode* node = find_scalar(key)) {
        auto value = parse_config_integer(node->scalar);
        if (!value) {
            refuse_form(*node, "a number", kIntegerHint);
        } else if (*value < least || *value > most) {
            refuse_range(*node, std::to_string(least), std::to_string(most));
        } else {
            out = *value;
        }
    }
}

void MapReader::size(std::string_view key, uint64_t& out, uint64_t least, uint64_t most) {
    if (const ConfigNode* node = find_scalar(key)) {
        auto value = parse_config_size(node->scalar);
        if (!value) {
            refuse_form(*node, "a size", kSizeHint);
        } else if (*value < least || *value > most) {
            refuse_range(*node, describe_size(least), describe_size(most));
        } else {
            out = *value;
        }
    }
}

void MapReader::duration_ms(std::string_view key, int64_t& out, int64_t least, int64_t most) {
    if (const ConfigNode* node = find_scalar(key)) {
        auto value = parse_config_duration_ms(node->scalar);
        if (!value) {
            refuse_form(*node, "a duration", kDurationHint);
        } else if (*value < least || *value > most) {
            refuse_range(*node, describe_duration(least), describe_duration(most));
        } else {
            out = *value;
        }
    }
}

void MapReader::later(std::string_view key, std::string_view accepted) {
    const ConfigNode* node = find(key);
    bool empty_container =
        node != nullptr && node->kind != NodeKind::kScalar && node->children.empty();
    if (node == nullptr || empty_container ||
        (node->kind == NodeKind::kScalar && node->scalar == accepted)) {
        return;
    }
    std::string hint = accepted.empty() ? "remove it"
                                        : "remove it: this version behaves as `" +
                                              std::string(key) + ": " + std::string(accepted) + "`";
    problems_.add(node->key_place, quoted(key) + " of " + what_ + " is not in this version", hint);
}

void MapReader::misplaced(std::string_view key, std::string_view hint) {
    silent_.emplace_back(key);
    if (has(key)) {
        problems_.add(node_.member(key)->key_place, quoted(key) + " does not belong to " + what_,
                      std::string(hint));
    }
}

void MapReader::problem(const ConfigNode& at, std::string message, std::string hint) {
    problems_.add(at.shown_place(), std::move(message), std::move(hint));
}

void MapReader::problem_here(std::string message, std::string hint) {
    problems_.add(node_.key.empty() ? node_.place : node_.key_place, std::move(message),
                  std::move(hint));
}

void MapReader::finish() {
    for (const ConfigNode& child : node_.children) {
        if (node_.kind != NodeKind::kMap || is_known(child.key)) {
            continue;
        }
        problems_.add(child.key_place, "unknown key " + quoted(child.key) + " in " + what_,
                      name_hint(child.key, known_, "known keys"));
        std::string meant = nearest_name(child.key, known_);
        if (meant.empty() || names_secret(meant)) {
            problems_.hide_value(child.key_place);
        }
        std::erase_if(missing_, [&meant](const Missing& missing) { return missing.key == meant; });
    }
    for (const Missing& missing : missing_) {
        problem_here(what_ + " needs " + quoted(missing.key), missing.hint);
    }
    missing_.clear();
}

bool MapReader::is_known(std::string_view key) const {
    auto is_key = [key](const std::string& name) { return name == key; };
    return std::any_of(known_.begin(), known_.end(), is_key) ||
           std::any_of(silent_.begin(), silent_.end(), is_key);
}

void MapReader::refuse_choice(const ConfigNode& node, const std::vector<std::string>& names) {
    problem(node, quoted(node.scalar) + " is no value of " + described_key(node),
            name_hint(node.scalar, names, "known values"));
}

void MapReader::refuse_form(const ConfigNode& node, std::string_view form, std::string_view hint) {
    problem(node,
            described_key(node) + " takes " + std::string(form) + ", not " + quoted(node.scalar),
            std::string(hint));
}

void MapReader::refuse_range(const ConfigNode& node, const std::string& least,
                             const std::string& most) {
    problem(node, described_key(node) + " is " + node.scalar + ", outside " + least + " to " + most,
            "write a value from " + least + " to " + most);
}

}  // namespace llmtrail
