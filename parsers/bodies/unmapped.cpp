#include "base/json_text.h"
#include "bodies/body.h"

namespace llmtrail {

// Longest value that is no text, as JSON: a binary64 or a 64-bit integer.
static constexpr size_t kScalarBytesMax = 32;

void Unmapped::clear() {
    json_.assign(1, '{');
    path_.clear();
    truncated_ = false;
}

void Unmapped::add(std::string_view path, JsonValue value) {
    path_.assign(path);
    walk(value);
}

void Unmapped::add(std::string_view path, std::string_view key, JsonValue value) {
    path_.assign(path);
    if (!path.empty()) {
        path_.push_back('.');
    }
    path_ += key;
    walk(value);
}

void Unmapped::add_text(std::string_view path, std::string_view text) {
    if (text.empty()) {
        return;
    }
    path_.assign(path);
    if (begin_leaf(text.size())) {
        append_json_string(json_, text);
    }
}

void Unmapped::add_json(std::string_view path, std::string_view json) {
    path_.assign(path);
    if (begin_leaf(json.size())) {
        json_ += json;
    }
}

void Unmapped::walk(JsonValue value) {
    size_t here = path_.size();
    if (here > kUnmappedBytesMax) {
        truncated_ = true;
        return;
    }
    switch (value.type()) {
        case JsonType::kObject:
            for (JsonMember member : value.members()) {
                if (here > 0) {
                    path_.push_back('.');
                }
                path_ += member.key;
                walk(member.value);
                path_.resize(here);
            }
            break;
        case JsonType::kArray: {
            int64_t index = 0;
            for (JsonValue item : value.items()) {
                if (here > 0) {
                    path_.push_back('.');
                }
                append_json_integer(path_, index++);
                walk(item);
                path_.resize(here);
            }
            break;
        }
        case JsonType::kAbsent:
        case JsonType::kNull:
            break;
        default:
            leaf(value);
    }
}

void Unmapped::leaf(JsonValue value) {
    bool is_text = value.is_string();
    std::string_view text = value.text();
    if (is_text && text.empty()) {
        return;
    }
    if (begin_leaf(is_text ? text.size() : kScalarBytesMax)) {
        value.append_json(json_);
    }
}

// Escaping may make a text longer: the bound is on what comes in, and each byte gives at most six.
bool Unmapped::begin_leaf(size_t value_bytes) {
    if (json_.size() + path_.size() + value_bytes > kUnmappedBytesMax) {
        truncated_ = true;
        return false;
    }
    if (json_.size() > 1) {
        json_.push_back(',');
    }
    append_json_string(json_, path_);
    json_.push_back(':');
    return true;
}

void Unmapped::store(AuditRecord& record) {
    json_.push_back('}');
    record.set_json(Field::kUnmapped, json_);
    json_.pop_back();
    if (truncated_) {
        record.append_to_list(Field::kRecordFlags, "unmapped_truncated");
    }
}

}  // namespace llmtrail
