#include "parsers/otlp_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/hex.h"
#include "base/json_text.h"

namespace llmtrail::otlp {

namespace {

struct Spelling {
    std::string_view camel;
    std::string_view snake;
};

constexpr Spelling kScalars[] = {
    {"stringValue", "string_value"}, {"intValue", "int_value"},     {"doubleValue", "double_value"},
    {"boolValue", "bool_value"},     {"bytesValue", "bytes_value"},
};

JsonValue scalar_of(JsonValue any_value) {
    for (const Spelling& name : kScalars) {
        JsonValue value = either(any_value, name.camel, name.snake);
        if (value.exists()) {
            return value;
        }
    }
    return {};
}

void append_members(std::string& out, JsonValue pairs, size_t depth) {
    out.push_back('{');
    for (JsonValue pair : pairs.items()) {
        if (out.back() != '{') {
            out.push_back(',');
        }
        append_json_string(out, pair["key"].text());
        out.push_back(':');
        if (is_pair(pair)) {
            append_plain(out, pair["value"], depth + 1);
        } else {
            pair.append_json(out);
        }
    }
    out.push_back('}');
}

// The list of an arrayValue or kvlistValue; absent when it is none.
JsonValue values_of(JsonValue list) {
    bool regular = list.is_object() && list.size() == 1 && list["values"].is_array();
    return regular ? list["values"] : JsonValue();
}

bool begins_container(std::string_view text) {
    size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

}  // namespace

bool is_pair(JsonValue pair) {
    return pair["key"].is_string() && pair["value"].is_object() && pair.size() == 2;
}

JsonTree* JsonPool::free_tree() {
    if (used_ == kTreesMax) {
        return nullptr;
    }
    if (used_ == trees_.size()) {
        trees_.push_back(std::make_unique<JsonTree>());
    }
    return trees_[used_].get();
}

JsonValue JsonPool::read(std::string_view text) {
    JsonTree* tree = free_tree();
    auto read = tree != nullptr ? tree->read(text, false) : Result<JsonValue>(JsonValue());
    if (!read || !read->exists()) {
        return {};
    }
    ++used_;
    return *read;
}

JsonValue JsonPool::read_container(std::string_view text) {
    return begins_container(text) ? read(text) : JsonValue();
}

JsonValue JsonPool::read_cut(std::string_view text) {
    JsonTree* tree = begins_container(text) ? free_tree() : nullptr;
    if (tree == nullptr || tree->read(text, false)) {
        return {};
    }
    auto head = tree->read_head(text);
    if (!head) {
        return {};
    }
    ++used_;
    return *head;
}

JsonValue either(JsonValue object, std::string_view camel, std::string_view snake) {
    JsonValue value = object[camel];
    return value.exists() ? value : object[snake];
}

void append_plain(std::string& out, JsonValue any_value, size_t depth) {
    bool regular = any_value.size() == 1;
    JsonValue scalar = regular ? scalar_of(any_value) : JsonValue();
    JsonValue array =
        regular ? values_of(either(any_value, "arrayValue", "array_value")) : JsonValue();
    JsonValue map =
        regular ? values_of(either(any_value, "kvlistValue", "kvlist_value")) : JsonValue();
    if (depth > kJsonDepthMax) {
        out += "null";
    } else if (scalar.exists()) {
        // 64-bit integers stand as texts in protobuf's JSON; here they are numbers again.
        auto number =
            either(any_value, "intValue", "int_value").exists() ? integer(scalar) : std::nullopt;
        if (number) {
            append_json_integer(out, *number);
        } else {
            scalar.append_json(out);
        }
    } else if (array.exists()) {
        out.push_back('[');
        for (JsonValue item : array.items()) {
            if (out.back() != '[') {
                out.push_back(',');
            }
            append_plain(out, item, depth + 1);
        }
        out.push_back(']');
    } else if (map.exists()) {
        append_members(out, map, depth);
    } else if (any_value.size() == 0 && any_value.is_object()) {
        out += "null";
    } else {
        any_value.append_json(out);  // no AnyValue: as it stands
    }
}

JsonValue plain(JsonValue any_value, JsonPool& pool) {
    if (any_value.size() != 1 || !any_value.is_object()) {
        return any_value;
    }
    if (JsonValue scalar = scalar_of(any_value); scalar.exists()) {
        return scalar;
    }
    std::string& text = pool.scratch();
    text.clear();
    append_plain(text, any_value);
    JsonValue read = pool.read(text);
    return read.exists() ? read : any_value;
}

std::string hex_id(JsonValue id) {
    constexpr size_t kTraceHexBytes = 32;
    constexpr size_t kSpanHexBytes = 16;
    std::string text(id.text());
    if (!is_hex(text) || (text.size() != kTraceHexBytes && text.size() != kSpanHexBytes)) {
        auto bytes = from_base64(text);
        if (bytes && (bytes->size() == kTraceHexBytes / 2 || bytes->size() == kSpanHexBytes / 2)) {
            text = to_hex(*bytes);
        }
    }
    if (is_hex(text)) {
        std::transform(text.begin(), text.end(), text.begin(), [](char c) {
            return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        });
    }
    bool zero = std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
    return zero ? std::string() : text;
}

std::optional<int64_t> integer(JsonValue value) {
    if (!value.is_string()) {
        return value.integer();
    }
    std::string_view text = value.text();
    int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

std::optional<double> real(JsonValue value) {
    if (!value.is_string()) {
        return value.real();
    }
    std::string_view text = value.text();
    double number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
    return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<bool> truth(JsonValue value) {
    std::string_view text = value.text();
    if (text == "true" || text == "True") {
        return true;
    }
    if (text == "false" || text == "False") {
        return false;
    }
    return value.boolean();
}

std::optional<int64_t> nanos(JsonValue stamp) {
    auto value = integer(stamp);
    return value && *value > 0 ? value : std::nullopt;
}

}  // namespace llmtrail::otlp
