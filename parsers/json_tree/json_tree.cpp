#include "json_tree/json_tree.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "base/limits.h"
#include "json_tree/json_repair.h"

namespace llmtrail {

namespace {

static_assert(kDocumentPaddingBytes >= simdjson::SIMDJSON_PADDING);

constexpr size_t kCapacityMinBytes = size_t{64} << 10;
constexpr size_t kCapacityKeptBytes = size_t{4}
                                      << 20;  // what a rare long document needed is given back
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string depth_message() {
    return "nested deeper than " + std::to_string(kJsonDepthMax);
}

bool any_equal(std::vector<std::string_view>& keys) {
    std::sort(keys.begin(), keys.end(), [](std::string_view a, std::string_view b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

// A member's bit in a 64-bit filter: two keys that differ in it cannot be equal.
uint64_t filter_bit(std::string_view key) {
    if (key.empty()) {
        return 1;
    }
    auto first = static_cast<uint8_t>(key.front());
    auto middle = static_cast<uint8_t>(key[key.size() / 2]);
    auto last = static_cast<uint8_t>(key.back());
    return uint64_t{1} << ((key.size() * 7 + first * 3U + middle * 5U + last) & 63U);
}

bool repeats_a_key(JsonValue object, std::vector<std::string_view>& keys) {
    uint64_t filter = 0;
    bool possible = false;
    for (JsonMember member : object.members()) {
        uint64_t bit = filter_bit(member.key);
        possible = possible || (filter & bit) != 0;
        filter |= bit;
    }
    if (!possible) {
        return false;
    }
    keys.clear();
    for (JsonMember member : object.members()) {
        keys.push_back(member.key);
    }
    return any_equal(keys);
}

}  // namespace

struct JsonTree::Simdjson {
    simdjson::dom::parser parser;
    std::string copy;
    std::vector<std::string_view> keys;

    simdjson::error_code make_room(size_t bytes);
    simdjson::error_code parse(std::string_view json, bool padded);
};

// Room grows by doubling, so that a run of ever longer lines does not reallocate for each.
simdjson::error_code JsonTree::Simdjson::make_room(size_t bytes) {
    if (parser.capacity() > kCapacityKeptBytes && bytes <= kCapacityKeptBytes) {
        parser = simdjson::dom::parser();
        copy = std::string();
    }
    if (parser.capacity() >= bytes && parser.capacity() > 0) {
        return simdjson::SUCCESS;
    }
    size_t capacity = std::bit_ceil(std::max(bytes, kCapacityMinBytes));
    if (capacity > simdjson::SIMDJSON_MAXSIZE_BYTES) {
        return simdjson::CAPACITY;
    }
    // simdjson counts the document itself as a level.
    if (auto error = parser.allocate(capacity, kJsonDepthMax + 1); error != simdjson::SUCCESS) {
        return error;
    }
    return parser.doc.allocate(capacity);
}

simdjson::error_code JsonTree::Simdjson::parse(std::string_view json, bool padded) {
    if (auto error = make_room(json.size()); error != simdjson::SUCCESS) {
        return error;
    }
    const char* bytes = json.data();
    if (!padded) {
        copy.reserve(json.size() + kDocumentPaddingBytes);
        copy.assign(json);
        copy.append(kDocumentPaddingBytes, ' ');
        bytes = copy.data();
    }
    return parser.parse(bytes, json.size(), false).error();
}

JsonTree::JsonTree() : simdjson_(std::make_unique<Simdjson>()) {}

JsonTree::~JsonTree() = default;

static Result<JsonValue> refused(simdjson::error_code error) {
    switch (error) {
        case simdjson::DEPTH_ERROR:
            return fail(ErrorCode::kLimit, depth_message());
        case simdjson::CAPACITY:
            return fail(ErrorCode::kLimit, "longer than 4 GiB");
        case simdjson::MEMALLOC:
            return fail(ErrorCode::kLimit, "no memory to read it");
        default:
            return fail(ErrorCode::kCorrupt, "not well formed");
    }
}

Result<JsonValue> JsonTree::read(std::string_view json, bool padded) {
    repairs_ = JsonRepairs();
    root_ = JsonValue();
    if (json.starts_with(kByteOrderMark)) {
        json.remove_prefix(kByteOrderMark.size());
        repairs_.byte_order_mark = true;
    }
    if (json.empty()) {
        return fail(ErrorCode::kCorrupt, "empty");
    }
    simdjson::error_code error = simdjson_->parse(json, padded);
    if (error == simdjson::DEPTH_ERROR || error == simdjson::CAPACITY ||
        error == simdjson::MEMALLOC) {
        return refused(error);
    }
    if (error != simdjson::SUCCESS) {
        return read_repaired(json, false);
    }
    const simdjson::dom::document& document = simdjson_->parser.doc;
    root_ = JsonValue(document.tape.get(), document.string_buf.get(), 1);
    return root_;
}

Result<JsonValue> JsonTree::read_head(std::string_view json) {
    repairs_ = JsonRepairs();
    root_ = JsonValue();
    if (json.starts_with(kByteOrderMark)) {
        json.remove_prefix(kByteOrderMark.size());
    }
    return read_repaired(json, true);
}

// The second reading, of the repaired text; its words about what is wrong are better than
// simdjson's.
Result<JsonValue> JsonTree::read_repaired(std::string_view json, bool head) {
    repaired_.clear();
    if (auto repaired = repair_json(json, head, repaired_, repairs_); !repaired) {
        return fail(std::move(repaired.error()));
    }
    size_t size = repaired_.size();
    repaired_.append(kDocumentPaddingBytes, ' ');
    simdjson::error_code error =
        simdjson_->parse(std::string_view(repaired_).substr(0, size), true);
    if (repaired_.capacity() > kCapacityKeptBytes) {
        repaired_ = std::string();  // the tape holds copies of all it needs
    }
    if (error != simdjson::SUCCESS) {
        return refused(error);
    }
    const simdjson::dom::document& document = simdjson_->parser.doc;
    root_ = JsonValue(document.tape.get(), document.string_buf.get(), 1);
    return root_;
}

bool JsonTree::has_duplicate_keys() const {
    if (!root_.exists()) {
        return false;
    }
    size_t end = root_.next();
    for (size_t at = root_.at(); at < end;) {
        JsonValue value = root_.moved_to(at);
        if (value.is_object() && value.size() > 1 && repeats_a_key(value, simdjson_->keys)) {
            return true;
        }
        bool container = value.is_object() || value.is_array();
        at = container ? at + 1 : value.next();
    }
    return false;
}

}  // namespace llmtrail
