#include "parsers/redacted.h"

#include "parsers/common_name_table.h"

namespace llmtrail {

namespace {

constexpr std::string_view kRedacted = "[redacted]";

// Each leaf spells its path out, so a long path above very many leaves would cost their product.
constexpr size_t kPathBytesMax = 1024;

bool is_secret(std::string_view key) {
    return is_secret_name(NormalizedKey(key).text());
}

// {"name": "Authorization", "value": "Bearer …"}, as header lists are written.
bool names_a_secret(JsonValue object) {
    for (std::string_view key : {"name", "key", "header"}) {
        if (is_secret(object[key].text())) {
            return true;
        }
    }
    return false;
}

bool has_content(JsonValue value) {
    switch (value.type()) {
        case JsonType::kAbsent:
        case JsonType::kNull:
            return false;
        case JsonType::kString:
            return !value.text().empty();
        default:
            return true;
    }
}

class Keeper {
 public:
    Keeper(std::string_view path, Unmapped& unmapped) : path_(path), unmapped_(unmapped) {}

    void member(std::string_view key, JsonValue value, bool secret);

 private:
    void walk(JsonValue value);
    void leave_out(JsonValue value);

    std::string path_;
    Unmapped& unmapped_;
    bool left_out_ = false;
};

void Keeper::member(std::string_view key, JsonValue value, bool secret) {
    if (!has_content(value)) {
        return;
    }
    if (path_.size() + key.size() > kPathBytesMax) {
        leave_out(value);
        return;
    }
    if (secret || is_secret(key)) {
        unmapped_.add_text(joined_path(path_, key), kRedacted);
        return;
    }
    if (!value.is_object() && !value.is_array()) {
        unmapped_.add(path_, key, value);
        return;
    }
    size_t here = path_.size();
    if (here > 0) {
        path_.push_back('.');
    }
    path_ += key;
    walk(value);
    path_.resize(here);
}

// Unmapped takes note that it is not whole when a path is longer than all it may hold.
void Keeper::leave_out(JsonValue value) {
    if (!left_out_) {
        unmapped_.add(std::string(kUnmappedBytesMax + 1, '.'), value);
        left_out_ = true;
    }
}

void Keeper::walk(JsonValue value) {
    size_t index = 0;
    for (JsonValue item : value.items()) {
        member(std::to_string(index++), item, false);
    }
    bool secret = value.is_object() && names_a_secret(value);
    for (JsonMember inner : value.members()) {
        member(inner.key, inner.value, secret && inner.key == "value");
    }
}

}  // namespace

void keep_redacted(std::string_view path, std::string_view key, JsonValue value,
                   Unmapped& unmapped) {
    Keeper(path, unmapped).member(key, value, false);
}

std::string joined_path(std::string_view path, std::string_view key) {
    std::string joined(path);
    if (!joined.empty()) {
        joined.push_back('.');
    }
    return joined.append(key);
}

}  // namespace llmtrail
