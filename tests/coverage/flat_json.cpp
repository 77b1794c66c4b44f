#include "flat_json.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>

namespace llmtrail::coverage {

namespace {

constexpr int kNestedStringsMax = 4;

std::string number_text(JsonValue value) {
    if (auto whole = value.integer()) {
        return std::to_string(*whole);
    }
    char buffer[64];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, value.real().value_or(0)).ptr;
    return std::string(buffer, end);
}

void canonical(JsonValue value, std::string& out) {
    if (value.is_object()) {
        std::multimap<std::string, std::string> members;
        for (auto [key, item] : value.members()) {
            std::string text;
            canonical(item, text);
            members.emplace(key, std::move(text));
        }
        out += '{';
        for (const auto& [key, text] : members) {
            out += key + ':' + text + ',';
        }
        out += '}';
    } else if (value.is_array()) {
        out += '[';
        for (JsonValue item : value.items()) {
            canonical(item, out);
            out += ',';
        }
        out += ']';
    } else if (value.is_number()) {
        out += number_text(value);
    } else {
        value.append_json(out);
    }
}

bool looks_like_json(std::string_view text) {
    auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos &&
           (text[first] == '{' || text[first] == '[' || text[first] == '"');
}

class Flattener {
 public:
    explicit Flattener(FlatJson& out) : out_(out) {}

    void walk(JsonValue value, const std::string& path, const std::string& name, int nested) {
        if (value.is_object() || value.is_array()) {
            std::string text;
            canonical(value, text);
            out_.containers.push_back({name, std::move(text), false});
        }
        if (value.is_object()) {
            for (auto [key, item] : value.members()) {
                walk(item, path.empty() ? std::string(key) : path + '.' + std::string(key),
                     std::string(key), nested);
            }
        } else if (value.is_array()) {
            for (JsonValue item : value.items()) {
                walk(item, path + "[]", name, nested);
            }
        } else if (auto scalar = scalar_of(value)) {
            bool enter =
                scalar->is_string && nested < kNestedStringsMax && looks_like_json(scalar->text);
            std::string text = enter ? scalar->text : std::string();
            out_.leaves.push_back({path, name, std::move(*scalar), false});
            if (enter) {
                read_into(text, path, name, nested + 1);
            }
        }
    }

    void read_into(std::string_view json, const std::string& path, const std::string& name,
                   int nested) {
        JsonTree tree;
        if (auto root = tree.read(json, false)) {
            walk(*root, path, name, nested);
        }
    }

 private:
    FlatJson& out_;
};

// The text inside, when `text` is itself one JSON string.
std::string unquoted(const std::string& text) {
    if (text.size() < 2 || text.front() != '"') {
        return text;
    }
    JsonTree tree;
    auto root = tree.read(text, false);
    return root && root->is_string() ? std::string(root->text()) : text;
}

}  // namespace

bool Scalar::same_as(const Scalar& other) const {
    if (number && other.number) {
        return *number == *other.number;
    }
    if (text == other.text) {
        return true;
    }
    bool quoted = text.starts_with('"') || other.text.starts_with('"');
    return quoted && unquoted(text) == unquoted(other.text);
}

std::optional<Scalar> scalar_of(JsonValue value) {
    Scalar scalar;
    if (value.is_string()) {
        scalar.text = value.text();
        scalar.is_string = true;
    } else if (value.is_number()) {
        scalar.text = number_text(value);
        scalar.number = value.real();
    } else if (auto truth = value.boolean()) {
        scalar.text = *truth ? "true" : "false";
    } else {
        return std::nullopt;
    }
    return scalar;
}

FlatJson flatten_json(std::string_view json) {
    FlatJson flat;
    Flattener(flat).read_into(json, "", "", 0);
    return flat;
}

std::string canonical_json(std::string_view text) {
    std::string out;
    JsonTree tree;
    if (!looks_like_json(text)) {
        return out;
    }
    if (auto root = tree.read(text, false)) {
        canonical(*root, out);
    }
    return out;
}

std::string plain_path(std::string_view path) {
    std::string out;
    std::string step;
    auto finish = [&] {
        if (!step.empty() && !std::all_of(step.begin(), step.end(),
                                          [](unsigned char c) { return std::isdigit(c); })) {
            out += (out.empty() ? "" : ".") + step;
        }
        step.clear();
    };
    for (char c : path) {
        if (c == '.' || c == '[' || c == ']' || c == '#') {
            finish();
        } else {
            step += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    finish();
    return out;
}

}  // namespace llmtrail::coverage
