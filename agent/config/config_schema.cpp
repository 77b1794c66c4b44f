#include "config/config_schema.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "config/key_table.h"

namespace llmtrail {

namespace {

constexpr std::string_view kListMark = "[]";
constexpr std::string_view kSizePattern = "^(0|[1-9][0-9]*)(KiB|MiB|GiB|TiB)?$";
constexpr std::string_view kDurationPattern = "^(0|[1-9][0-9]*)(ms|s|min|h|d)$";
constexpr std::string_view kSecretPattern = "^\\$\\{(cred|file|env):.+\\}$";

// Members of one JSON object, each already JSON.
class Members {
 public:
    void raw(std::string_view key, std::string_view json) {
        text_ += text_.empty() ? "" : ", ";
        append_json_string(text_, key);
        text_.append(": ").append(json);
    }

    void text(std::string_view key, std::string_view value) {
        std::string json;
        append_json_string(json, value);
        raw(key, json);
    }

    void texts(std::string_view key, const std::vector<std::string_view>& values) {
        std::string json = "[";
        for (std::string_view value : values) {
            json += json.size() > 1 ? ", " : "";
            append_json_string(json, value);
        }
        raw(key, json + "]");
    }

    bool empty() const { return text_.empty(); }

    std::string object() const { return "{" + text_ + "}"; }

 private:
    std::string text_;
};

// A key, and what stands below it.
struct Node {
    std::string name;
    bool list = false;
    std::vector<const KeyRow*> rows;
    std::vector<Node> children;
};

Node& child_of(Node& parent, std::string_view name) {
    auto found = std::find_if(parent.children.begin(), parent.children.end(),
                              [&](const Node& child) { return child.name == name; });
    if (found != parent.children.end()) {
        return *found;
    }
    parent.children.push_back({std::string(name), false, {}, {}});
    return parent.children.back();
}

void add_row(Node& root, const KeyRow& row) {
    Node* node = &root;
    std::string_view rest = row.key;
    while (!rest.empty()) {
        size_t dot = std::min(rest.find('.'), rest.size());
        std::string_view name = rest.substr(0, dot);
        bool list = name.ends_with(kListMark);
        name.remove_suffix(list ? kListMark.size() : 0);
        node = &child_of(*node, name);
        node->list = node->list || list;
        rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    node->rows.push_back(&row);
}

void put_pattern(Members& out, std::string_view types, std::string_view pattern) {
    out.raw("type", types);
    out.text("pattern", pattern);
}

std::vector<std::string_view> all_words(const std::vector<const KeyRow*>& rows) {
    std::vector<std::string_view> words;
    for (const KeyRow* row : rows) {
        for (std::string_view word : key_words(row->allowed)) {
            if (std::find(words.begin(), words.end(), word) == words.end()) {
                words.push_back(word);
            }
        }
    }
    return words;
}

// An empty value is the default, so null is taken everywhere.
void put_form(Members& out, const std::vector<const KeyRow*>& rows) {
    constexpr std::string_view kTextOrNull = R"(["string", "null"])";
    const KeyRow& row = *rows.front();
    switch (row.form) {
        case KeyForm::kText:
        case KeyForm::kSecret:
        case KeyForm::kPath:
            if (row.form == KeyForm::kText) {
                out.raw("type", R"(["string", "number", "null"])");
            } else {
                put_pattern(out, kTextOrNull,
                            row.form == KeyForm::kPath ? "^(/.*)?$" : kSecretPattern);
            }
            break;
        case KeyForm::kId:
            put_pattern(out, R"("string")", "^[a-z0-9_-]{1,64}$");
            break;
        case KeyForm::kSize:
            put_pattern(out, R"(["string", "integer", "null"])", kSizePattern);
            break;
        case KeyForm::kDuration:
            put_pattern(out, kTextOrNull, kDurationPattern);
            break;
        case KeyForm::kInteger:
            out.raw("type", R"(["integer", "null"])");
            out.raw("minimum", key_range(row).first);
            out.raw("maximum", key_range(row).second);
            break;
        case KeyForm::kBoolean:
            out.raw("type", R"(["boolean", "null"])");
            break;
        case KeyForm::kChoice:
            out.texts("enum", all_words(rows));
            break;
        case KeyForm::kTexts:
            out.raw("type", R"(["array", "null"])");
            out.raw("items", R"({"type": ["string", "integer"]})");
            break;
        case KeyForm::kTextOrList:
            out.raw("type", R"(["string", "array", "null"])");
            break;
        case KeyForm::kSecrets:
            put_pattern(out, R"(["string", "array"])", kSecretPattern);
            break;
        case KeyForm::kMap:
            out.raw("type", R"(["object", "null"])");
            out.raw("additionalProperties", R"({"type": "string"})");
            break;
        case KeyForm::kMaps:
            break;  // its rows stand below it
    }
}

std::string schema_of(const Node& node);

// Names that stand directly below `node` and that an item of `type` takes, or must have.
std::vector<std::string_view> names_for(const Node& node, std::string_view type, bool needed) {
    std::vector<std::string_view> names;
    for (const Node& child : node.children) {
        auto takes = [&](const KeyRow* row) {
            return has_type(*row, type) && (!needed || row->required);
        };
        bool below =
            std::any_of(child.children.begin(), child.children.end(), [&](const Node& inner) {
                return std::any_of(inner.rows.begin(), inner.rows.end(), takes);
            });
        if (below || std::any_of(child.rows.begin(), child.rows.end(), takes)) {
            names.push_back(child.name);
        }
    }
    return names;
}

// What a type of output or anchor needs, and what it has not.
std::string type_rules(const Node& node, const Node& type) {
    std::string rules = "[";
    for (std::string_view name : all_words(type.rows)) {
        std::vector<std::string_view> taken = names_for(node, name, false);
        Members foreign;
        for (const Node& child : node.children) {
            if (std::find(taken.begin(), taken.end(), child.name) == taken.end()) {
                foreign.raw(child.name, "false");
            }
        }
        Members then;
        then.texts("required", names_for(node, name, true));
        then.raw("properties", foreign.object());
        Members is_type;
        is_type.text("const", name);
        rules += std::string(rules.size() > 1 ? ",\n" : "") + R"({"if": {"properties": {"type": )" +
                 is_type.object() + R"(}}, "then": )" + then.object() + "}";
    }
    return rules + "]";
}

std::string object_schema(const Node& node) {
    Members properties;
    std::vector<std::string_view> required;
    const Node* type = nullptr;
    for (const Node& child : node.children) {
        properties.raw(child.name, "\n" + schema_of(child));
        bool for_all = std::any_of(child.rows.begin(), child.rows.end(), [](const KeyRow* row) {
            return row->required && row->types.empty();
        });
        if (for_all) {
            required.push_back(child.name);
        }
        type = child.name == "type" ? &child : type;
    }
    Members out;
    out.raw("type", required.empty() ? R"(["object", "null"])" : R"("object")");
    out.raw("additionalProperties", "false");
    if (!required.empty()) {
        out.texts("required", required);
    }
    out.raw("properties", properties.object());
    if (type != nullptr) {
        out.raw("allOf", type_rules(node, *type));
    }
    return out.object();
}

std::string schema_of(const Node& node) {
    Members out;
    if (!node.rows.empty()) {
        out.text("description", node.rows.front()->meaning);
        put_form(out, node.rows);
        if (!node.rows.front()->default_value.empty()) {
            out.text("default", node.rows.front()->default_value);
        }
    }
    if (node.children.empty()) {
        return out.object();
    }
    if (!node.list) {
        return object_schema(node);
    }
    out.raw("type", R"(["array", "null"])");
    out.raw("items", object_schema(node));
    return out.object();
}

}  // namespace

std::string config_schema() {
    Node root;
    for (std::span<const KeyRow> rows : {general_keys(), output_keys()}) {
        for (const KeyRow& row : rows) {
            add_row(root, row);
        }
    }
    Members head;
    head.text("$schema", "https://json-schema.org/draft/2020-12/schema");
    head.text("title", "agent.yaml of llmtrail");
    std::string text = head.object();
    text.back() = ',';
    return text + " " + object_schema(root).substr(1) + "\n";
}

}  // namespace llmtrail
