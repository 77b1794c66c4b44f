#include "leaf_walker.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "frame_walker.h"

namespace llmtrail::coverage {

namespace {

// Answers whose `object` gives their members another meaning than those of a completion.
constexpr std::array<std::string_view, 5> kOwnMeaning = {"assistant", "list", "thread",
                                                         "thread.message", "thread.run"};
// Events that carry the finished answer whole: its leaves count as those of an answer that was not
// streamed.
constexpr std::array<std::string_view, 3> kWholeAnswer = {"response.completed",
                                                          "response.incomplete", "response.failed"};

template <size_t N>
bool one_of(const std::array<std::string_view, N>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return out;
}

std::string with_numbers_as_n(std::string_view key) {
    std::string out;
    size_t start = 0;
    while (start <= key.size()) {
        size_t end = std::min(key.find('.', start), key.size());
        std::string_view step = key.substr(start, end - start);
        bool digits = !step.empty() && std::all_of(step.begin(), step.end(),
                                                   [](unsigned char c) { return std::isdigit(c); });
        out += start == 0 ? "" : ".";
        out += digits ? std::string_view("N") : step;
        start = end + 1;
    }
    return out;
}

std::string_view attribute_scalar(JsonValue any) {
    auto value = any["stringValue"];
    return value.is_string() ? value.text() : std::string_view();
}

std::string item_step(const std::string& path, JsonValue item, bool last_user) {
    if ((path.ends_with("messages") || path.ends_with("messages]{}")) && item.is_object()) {
        std::string_view role = item["role"].text();
        return role == "tool" || role == "function" ? "tool"
               : role == "user" && last_user        ? "last_user"
                                                    : "";
    }
    if (path == "response.output" || path == "request.input") {
        return std::string(item["type"].text());
    }
    return "";
}

bool looks_like_json(std::string_view text) {
    auto first = text.find_first_not_of(" \r\n\t");
    return first != std::string_view::npos &&
           (text[first] == '{' || text[first] == '[' || text[first] == '"');
}

}  // namespace

void LeafWalker::leaf(const std::string& path, const std::string& name, const std::string& group,
                      Scalar value) {
    if (!(value.is_string && value.text.empty())) {
        leaves_.push_back({path, name, group, std::move(value), false});
    }
}

void LeafWalker::walk(JsonValue value, const std::string& path, const std::string& name,
                      const std::string& group) {
    if (value.is_object()) {
        for (auto [key, item] : value.members()) {
            bool header = path == "response_headers";
            std::string step = header                        ? lower(key)
                               : inner_ == InnerJson::kEnter ? with_numbers_as_n(key)
                                                             : std::string(key);
            walk(item, path.empty() ? step : path + '.' + step, std::string(key),
                 group + '.' + step);
        }
    } else if (value.is_array()) {
        walk_array(value, path, name, group);
    } else if (auto scalar = scalar_of(value)) {
        if (scalar->is_string && walk_inner(scalar->text, path, name, group)) {
            return;
        }
        bool token = path.ends_with("[]") && scalar->number.has_value();
        leaf(token ? path + '#' : path, name, group, std::move(*scalar));
    }
}

bool LeafWalker::walk_inner(const std::string& text, const std::string& path,
                            const std::string& name, const std::string& group) {
    if (inner_ == InnerJson::kLeave || !looks_like_json(text)) {
        return false;
    }
    JsonTree tree;
    auto root = tree.read(text, false);
    bool json = root && (root->is_container() || root->is_string());
    if (json) {
        walk(*root, path + "{}", name, group + "{}");
    }
    return json;
}

void LeafWalker::walk_except(JsonValue object, const std::string& path,
                             std::initializer_list<std::string_view> without) {
    for (auto [key, value] : object.members()) {
        if (std::find(without.begin(), without.end(), key) == without.end()) {
            walk(value, path + '.' + std::string(key), std::string(key), path);
        }
    }
}

void LeafWalker::body(JsonValue value, const std::string& path) {
    JsonTree tree;
    if (value["encoding"].text() == "base64") {
        walk_except(value, path, {"data"});
        auto frames = tree.read(json_of_frames(value["data"].text()), false);
        frames ? walk(*frames, path + ".frames", "", path) : void();
        return;
    }
    if (!value.is_string()) {
        answer(value, path);
        return;
    }
    std::string_view text = value.text();
    auto first = text.find_first_not_of(" \r\n\t");
    if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
        if (auto root = tree.read(text, false)) {
            answer(*root, path);
            return;
        }
    }
    if (text.starts_with("data:") || text.starts_with("event:")) {
        events(text, path);
    } else if (first != std::string_view::npos && text[first] == '{') {
        lines(text, path);
    } else if (!text.empty()) {
        leaf(path + "<text>", path, path, {std::string(text), {}, true});
    }
}

void LeafWalker::attributes(JsonValue list, const std::string& path) {
    for (JsonValue entry : list.items()) {
        std::string key = with_numbers_as_n(entry["key"].text());
        std::string at = path + ".attributes[" + key + "]";
        std::string_view text = attribute_scalar(entry["value"]);
        JsonTree tree;
        if ((text.starts_with('{') || text.starts_with('[')) && !key.ends_with(".content")) {
            if (auto root = tree.read(text, false)) {
                walk(*root, at + "{}", key, at);
                continue;
            }
        }
        any_value(entry["value"], at, key);
    }
}

// OTLP's AnyValue: {"stringValue":…}, {"kvlistValue":{"values":[…]}},
// {"arrayValue":{"values":[…]}}
void LeafWalker::any_value(JsonValue any, const std::string& path, const std::string& name) {
    for (auto [type, value] : any.members()) {
        if (type == "kvlistValue") {
            for (JsonValue entry : value["values"].items()) {
                std::string key(entry["key"].text());
                any_value(entry["value"], path + '.' + key, key);
            }
        } else if (type == "arrayValue") {
            for (JsonValue item : value["values"].items()) {
                any_value(item, path + "[]", name);
            }
        } else {
            walk(value, path, name, path);
        }
    }
}

void LeafWalker::walk_array(JsonValue value, const std::string& path, const std::string& name,
                            const std::string& group) {
    size_t last_user = 0;
    size_t position = 0;
    for (JsonValue item : value.items()) {
        last_user = item["role"].text() == "user" ? position : last_user;
        ++position;
    }
    bool chunks = path == "output.outputBodyJson" || path == "response.frames";
    position = 0;
    for (JsonValue item : value.items()) {
        std::string step = item_step(path, item, position == last_user);
        auto index = item["index"].integer();
        if (!index) {
            index = item["contentBlockDelta"]["contentBlockIndex"].integer();
        }
        std::string number = index    ? std::to_string(*index)
                             : chunks ? ""
                                      : std::to_string(position);
        walk(item, path + '[' + step + ']', name, group + '[' + number + ']');
        ++position;
    }
}

void LeafWalker::answer(JsonValue value, const std::string& path) {
    std::string_view object = value["object"].text();
    bool own = path == "response" && one_of(kOwnMeaning, object);
    walk(value, own ? path + '<' + std::string(object) + '>' : path, path, path);
}

// Server-sent events: blank lines end an event, `data:` lines of one event are joined by a
// newline.
void LeafWalker::events(std::string_view text, const std::string& path) {
    std::string name;
    std::string data;
    while (!text.empty()) {
        size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.starts_with("event:")) {
            name = line.substr(line.starts_with("event: ") ? 7 : 6);
        } else if (line.starts_with("data:")) {
            data += data.empty() ? "" : "\n";
            data += line.substr(line.starts_with("data: ") ? 6 : 5);
        } else if (line.empty()) {
            event(name, data, path);
        } else if (!line.starts_with(':')) {
            leaf(path + ".sse[]<line>", "line", path, {std::string(line), {}, true});
        }
    }
    event(name, data, path);
}

// One JSON text a line.
void LeafWalker::lines(std::string_view text, const std::string& path) {
    while (!text.empty()) {
        size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        JsonTree tree;
        if (auto root = tree.read(line, false)) {
            walk(*root, path + ".lines[]", "", path + ".lines");
        } else if (!line.empty()) {
            leaf(path + ".lines[]<line>", "line", path, {std::string(line), {}, true});
        }
    }
}

void LeafWalker::event(std::string& name, std::string& data, const std::string& path) {
    if (!name.empty()) {
        leaf(path + ".sse[]<event>", "event", path, {name, {}, true});
    }
    JsonTree tree;
    auto root = tree.read(data, false);
    if (root && root->is_object()) {
        std::string group = "sse:" + std::string((*root)["item_id"].text()) + ':' +
                            (*root)["content_index"].json() + ':' + (*root)["index"].json() + ':';
        std::string at = path + ".sse[" + name + ']';
        if (name == "thread.run.completed") {
            answer(*root, path);
        } else if (one_of(kWholeAnswer, name)) {
            for (auto [key, value] : root->members()) {
                key == "response"
                    ? answer(value, path)
                    : walk(value, at + '.' + std::string(key), std::string(key), group);
            }
        } else {
            walk(*root, at, "", group);
        }
    } else if (!data.empty()) {
        leaf(path + ".sse[]<data>", "data", path, {data, {}, true});
    }
    name.clear();
    data.clear();
}

}  // namespace llmtrail::coverage
