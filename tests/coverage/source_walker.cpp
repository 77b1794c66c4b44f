#include "source_walker.h"

#include <algorithm>
#include <array>
#include <cctype>

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

class Walker {
 public:
    explicit Walker(std::vector<SourceLeaf>& leaves) : leaves_(leaves) {}

    void leaf(const std::string& path, const std::string& name, const std::string& group,
              Scalar value) {
        if (!(value.is_string && value.text.empty())) {
            leaves_.push_back({path, name, group, std::move(value), false});
        }
    }

    void walk(JsonValue value, const std::string& path, const std::string& name,
              const std::string& group) {
        if (value.is_object()) {
            for (auto [key, item] : value.members()) {
                bool header = path == "response_headers";
                std::string step = header ? lower(key) : std::string(key);
                walk(item, path.empty() ? step : path + '.' + step, std::string(key),
                     group + '.' + step);
            }
        } else if (value.is_array()) {
            walk_array(value, path, name, group);
        } else if (auto scalar = scalar_of(value)) {
            bool token = path.ends_with("[]") && scalar->number.has_value();
            leaf(token ? path + '#' : path, name, group, std::move(*scalar));
        }
    }

    void body(JsonValue value, const std::string& path) {
        if (!value.is_string()) {
            answer(value, path);
            return;
        }
        std::string_view text = value.text();
        JsonTree tree;
        auto first = text.find_first_not_of(" \r\n\t");
        if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
            if (auto root = tree.read(text, false)) {
                answer(*root, path);
                return;
            }
        }
        if (text.starts_with("data:") || text.starts_with("event:")) {
            events(text, path);
        } else if (!text.empty()) {
            leaf(path + "<text>", path, path, {std::string(text), {}, true});
        }
    }

    void attributes(JsonValue list, const std::string& path) {
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
    void any_value(JsonValue any, const std::string& path, const std::string& name) {
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

 private:
    void walk_array(JsonValue value, const std::string& path, const std::string& name,
                    const std::string& group) {
        size_t last_user = 0;
        size_t position = 0;
        for (JsonValue item : value.items()) {
            last_user = item["role"].text() == "user" ? position : last_user;
            ++position;
        }
        bool chunks = path == "output.outputBodyJson";
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

    static std::string item_step(const std::string& path, JsonValue item, bool last_user) {
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

    void answer(JsonValue value, const std::string& path) {
        std::string_view object = value["object"].text();
        bool own = path == "response" && one_of(kOwnMeaning, object);
        walk(value, own ? path + '<' + std::string(object) + '>' : path, path, path);
    }

    // Server-sent events: blank lines end an event, `data:` lines of one event are joined by a
    // newline.
    void events(std::string_view text, const std::string& path) {
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

    void event(std::string& name, std::string& data, const std::string& path) {
        if (!name.empty()) {
            leaf(path + ".sse[]<event>", "event", path, {name, {}, true});
        }
        JsonTree tree;
        auto root = tree.read(data, false);
        if (root && root->is_object()) {
            std::string group = "sse:" + std::string((*root)["item_id"].text()) + ':' +
                                (*root)["content_index"].json() + ':';
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

    std::vector<SourceLeaf>& leaves_;
};

void walk_except(Walker& walker, JsonValue object, const std::string& path,
                 std::initializer_list<std::string_view> without) {
    for (auto [key, value] : object.members()) {
        if (std::find(without.begin(), without.end(), key) == without.end()) {
            walker.walk(value, path + '.' + std::string(key), std::string(key), path);
        }
    }
}

void walk_exchange(JsonValue document, SourceRecord& record) {
    Walker walker(record.leaves);
    for (auto [key, value] : document.members()) {
        if (key == "request" || key == "response") {
            walker.body(value, std::string(key));
        } else {
            walker.walk(value, std::string(key), std::string(key), std::string(key));
        }
    }
}

struct OtlpNames {
    std::string_view resources, scopes, records, prefix;
};

void walk_otlp(JsonValue document, const OtlpNames& names, std::vector<SourceRecord>& out) {
    for (JsonValue resource : document[names.resources].items()) {
        for (JsonValue scope : resource[names.scopes].items()) {
            bool first = true;
            for (JsonValue item : scope[names.records].items()) {
                SourceRecord record;
                Walker walker(record.leaves);
                walker.attributes(resource["resource"]["attributes"], "resource");
                walk_except(walker, resource["resource"], "resource", {"attributes"});
                walk_except(walker, resource, "resource", {"resource", names.scopes});
                walker.attributes(scope["scope"]["attributes"], "scope");
                walk_except(walker, scope["scope"], "scope", {"attributes"});
                walk_except(walker, scope, "scope", {"scope", names.records});
                for (SourceLeaf& leaf : record.leaves) {
                    leaf.shared = !first;
                }
                first = false;
                std::string prefix(names.prefix);
                walker.attributes(item["attributes"], prefix);
                walker.any_value(item["body"], prefix + ".body", "body");
                for (JsonValue event : item["events"].items()) {
                    walker.attributes(event["attributes"], prefix + ".events[]");
                    walk_except(walker, event, prefix + ".events[]", {"attributes"});
                }
                walk_except(walker, item, prefix, {"attributes", "body", "events"});
                out.push_back(std::move(record));
            }
        }
    }
}

}  // namespace

std::vector<SourceRecord> walk_source(SourceFormat format, std::string_view document) {
    std::vector<SourceRecord> records;
    JsonTree tree;
    auto root = tree.read(document, false);
    if (!root) {
        return records;
    }
    if (format == SourceFormat::kOtlp) {
        walk_otlp(*root, {"resourceSpans", "scopeSpans", "spans", "span"}, records);
        walk_otlp(*root, {"resourceLogs", "scopeLogs", "logRecords", "log"}, records);
        return records;
    }
    SourceRecord& record = records.emplace_back();
    if (format == SourceFormat::kExchange) {
        walk_exchange(*root, record);
    } else {
        Walker(record.leaves).walk(*root, "", "", "");
    }
    return records;
}

}  // namespace llmtrail::coverage
