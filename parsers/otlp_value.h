// OTLP/JSON's forms as plain values: AnyValue, ids, stamps, enums, and names in both spellings
// (camelCase by the specification, snake_case by generic protobuf writers). For otlp*.cpp; ingest
// thread. Values live until the pool is reset.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json_tree/json_tree.h"

namespace llmtrail::otlp {

// JSON trees for texts inside a record: attribute values that hold JSON, arrays and maps made
// plain. At most kTreesMax at once; further texts stay texts.
class JsonPool {
 public:
    static constexpr size_t kTreesMax = 64;

    void reset() { used_ = 0; }

    // Gives back the trees read since: a loop over many texts needs one tree, not as many.
    size_t mark() const { return used_; }

    void release(size_t mark) { used_ = mark; }

    JsonValue read(std::string_view text);  // absent when it is not JSON
    // Objects and arrays only: "5" and "true" are texts that happen to be JSON.
    JsonValue read_container(std::string_view text);
    // The beginning of an object or array that a limit on attributes cut off; absent when it is
    // whole, or no JSON.
    JsonValue read_cut(std::string_view text);

    std::string& scratch() { return scratch_; }

 private:
    JsonTree* free_tree();  // null: all are in use

    std::vector<std::unique_ptr<JsonTree>> trees_;
    size_t used_ = 0;
    std::string scratch_;
};

// Gives back at its end the trees that were read within it.
class PoolScope {
 public:
    explicit PoolScope(JsonPool& pool) : pool_(pool), mark_(pool.mark()) {}

    ~PoolScope() { pool_.release(mark_); }

    PoolScope(const PoolScope&) = delete;
    PoolScope& operator=(const PoolScope&) = delete;

 private:
    JsonPool& pool_;
    size_t mark_;
};

// {"key": text, "value": AnyValue} and nothing else.
bool is_pair(JsonValue pair);

JsonValue either(JsonValue object, std::string_view camel, std::string_view snake);

// The value inside an AnyValue: strings, numbers and booleans as they stand, arrays and maps as
// plain JSON. Absent for an empty AnyValue.
JsonValue plain(JsonValue any_value, JsonPool& pool);
// {"values": [{"key", "value"}, …]} or the array itself, as one plain object.
void append_plain(std::string& out, JsonValue any_value, size_t depth = 0);

std::string hex_id(JsonValue id);  // from hex or base64; "" when absent or all zero
std::optional<int64_t> nanos(JsonValue stamp);
std::optional<int64_t> integer(JsonValue value);  // also from its decimal text
std::optional<double> real(JsonValue value);      // the same; finite
std::optional<bool> truth(JsonValue value);       // also "true", "False"

}  // namespace llmtrail::otlp
