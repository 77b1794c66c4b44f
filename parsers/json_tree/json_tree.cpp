#include "json_tree/json_tree.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
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

// Of a key as it stands on the tape, its length in the four bytes before it: of a short key they
// are hashed too.
uint64_t hash_of(std::string_view key) {
    uint32_t last = 0;
    uint32_t middle = 0;
    std::memcpy(&last, key.data() + key.size() - sizeof last, sizeof last);
    std::memcpy(&middle, key.data() + key.size() / 2 - sizeof middle, sizeof middle);
    return ((uint64_t{middle} << 32 | last) + key.size()) * 0x9E3779B97F4A7C15ULL;
}

// One bit a key, by its hash: keys whose bits differ are not equal.
class KeyFilter {
 public:
    // Did an earlier key have this bit?
    bool add(std::string_view key) {
        size_t at = hash_of(key) >> (64 - kIndexBits);
        uint64_t bit = uint64_t{1} << (at % 64);
        bool had = (words_[at / 64] & bit) != 0;
        words_[at / 64] |= bit;
        return had;
    }

 private:
    static constexpr size_t kIndexBits = 9;
    std::array<uint64_t, (size_t{1} << kIndexBits) / 64> words_{};
};

bool stands_before(JsonMember member, JsonValue object) {
    for (JsonMember earlier : object.members()) {
        if (earlier.value.at() == member.value.at()) {
            return false;
        }
        if (earlier.key == member.key) {
            return true;
        }
    }
    return false;
}

// For objects of very many members, where comparing each with each would take long.
bool sorted_repeat(JsonValue object) {
    std::vector<std::string_view> keys;
    keys.reserve(object.size());
    for (JsonMember member : object.members()) {
        keys.push_back(member.key);
    }
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

// In `value` or below. Recursion goes no deeper than kJsonDepthMax.
bool any_repeats_a_key(JsonValue value) {
    constexpr size_t kComparedKeysMax = 64;
    if (value.is_object()) {
        bool many = value.size() > kComparedKeysMax;
        if (many && sorted_repeat(value)) {
            return true;
        }
        KeyFilter filter;
        for (JsonMember member : value.members()) {
            if (!many && filter.add(member.key) && stands_before(member, value)) {
                return true;
            }
            if (member.value.is_container() && any_repeats_a_key(member.value)) {
                return true;
            }
        }
        return false;
    }
    for (JsonValue item : value.items()) {
        if (item.is_container() && any_repeats_a_key(item)) {
            return true;
        }
    }
    return false;
}

}  // namespace

struct JsonTree::Simdjson {
    simdjson::dom::parser parser;
    std::string copy;

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
    return take_root();
}

Result<JsonValue> JsonTree::read_head(std::string_view json) {
    repairs_ = JsonRepairs();
    root_ = JsonValue();
    if (json.starts_with(kByteOrderMark)) {
        json.remove_prefix(kByteOrderMark.size());
    }
    return read_repaired(json, true);
}

JsonValue JsonTree::take_root() {
    const simdjson::dom::document& document = simdjson_->parser.doc;
    tape_ = JsonTape{document.tape.get(), document.string_buf.get()};
    root_ = JsonValue(tape_, 1);
    return root_;
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
    return take_root();
}

bool JsonTree::has_duplicate_keys() const {
    return any_repeats_a_key(root_);
}

}  // namespace llmtrail
