// A JSON document read into a tree, for parsers. simdjson reads; this header shows its tape (simdjson
// doc/tape.md) through JsonValue without including it, so that heavy headers stay in json_tree.cpp.
//
// Input is attacker text. What simdjson refuses but logs contain (invalid UTF-8, lone surrogates, raw control
// characters, NaN and infinities, numbers out of range) is repaired once and read again; repairs() says what was
// done, so that the record can be flagged. Depth is limited to kJsonDepthMax. Nothing here throws.
// A JsonTree is reused from document to document; values are valid until the next read(). One thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace llmtrail {

inline constexpr size_t kJsonDepthMax = 128;

enum class JsonType : uint8_t { kAbsent, kNull, kBoolean, kInteger, kUnsigned, kReal, kString, kArray, kObject };

class JsonMembers;
class JsonItems;

// One value; 24 bytes, copied freely. Asking a value for what it is not gives the empty answer, never an error.
class JsonValue {
 public:
    JsonValue() = default;
    JsonValue(const uint64_t* tape, const uint8_t* strings, size_t at)
        : tape_(tape),
          strings_(strings),
          at_(at) {}

    JsonType type() const;
    bool exists() const { return tape_ != nullptr; }
    bool is_null() const { return type() == JsonType::kNull; }
    bool is_string() const { return type() == JsonType::kString; }
    bool is_object() const { return type() == JsonType::kObject; }
    bool is_array() const { return type() == JsonType::kArray; }
    bool is_number() const;

    std::string_view text() const;             // strings, unescaped; else ""
    std::optional<int64_t> integer() const;    // integers, and reals that are whole (28.0)
    std::optional<double> real() const;        // any number
    std::optional<bool> boolean() const;

    JsonValue operator[](std::string_view key) const;  // first member of that name; absent otherwise
    JsonMembers members() const;                       // empty range unless an object
    JsonItems items() const;                           // empty range unless an array
    size_t size() const;                               // members or items; counts

    void append_json(std::string& out) const;  // compact JSON text
    std::string json() const;

    size_t at() const { return at_; }
    size_t next() const;  // tape position after this value

 private:
    char tag() const { return static_cast<char>(tape_[at_] >> 56); }
    uint64_t payload() const { return tape_[at_] & 0x00FFFFFFFFFFFFFFULL; }

    const uint64_t* tape_ = nullptr;
    const uint8_t* strings_ = nullptr;
    size_t at_ = 0;

    friend class JsonMembers;
    friend class JsonItems;
};

struct JsonMember {
    std::string_view key;
    JsonValue value;
};

class JsonMembers {
 public:
    class Iterator {
     public:
        explicit Iterator(JsonValue key)
            : key_(key) {}
        JsonMember operator*() const;
        Iterator& operator++();
        bool operator!=(const Iterator& other) const { return key_.at() != other.key_.at(); }

     private:
        JsonValue key_;
    };

    JsonMembers(JsonValue first, JsonValue end)
        : first_(first),
          end_(end) {}
    Iterator begin() const { return Iterator(first_); }
    Iterator end() const { return Iterator(end_); }

 private:
    JsonValue first_;
    JsonValue end_;
};

class JsonItems {
 public:
    class Iterator {
     public:
        explicit Iterator(JsonValue at)
            : at_(at) {}
        JsonValue operator*() const { return at_; }
        Iterator& operator++();
        bool operator!=(const Iterator& other) const { return at_.at() != other.at_.at(); }

     private:
        JsonValue at_;
    };

    JsonItems(JsonValue first, JsonValue end)
        : first_(first),
          end_(end) {}
    Iterator begin() const { return Iterator(first_); }
    Iterator end() const { return Iterator(end_); }

 private:
    JsonValue first_;
    JsonValue end_;
};

struct JsonRepairs {
    bool invalid_utf8 = false;
    bool lone_surrogate = false;
    bool control_character = false;
    bool non_finite_number = false;  // NaN or an infinity, kept as text
    bool huge_number = false;        // beyond 64 bits or binary64, kept as text
    bool byte_order_mark = false;

    bool any() const {
        return invalid_utf8 || lone_surrogate || control_character || non_finite_number || huge_number || byte_order_mark;
    }
};

class JsonTree {
 public:
    JsonTree();
    ~JsonTree();
    JsonTree(const JsonTree&) = delete;
    JsonTree& operator=(const JsonTree&) = delete;

    // `padded`: kDocumentPaddingBytes readable bytes stand after `json` (a tail guarantees it); else the text
    // is copied. kCorrupt: not JSON, message says why in words ("ends inside a string"); kLimit: too deep.
    Result<JsonValue> read(std::string_view json, bool padded);

    const JsonRepairs& repairs() const { return repairs_; }

    // True when any object in the tree names a member twice. Walks the tree; call once a document.
    bool has_duplicate_keys() const;

 private:
    struct Simdjson;
    std::unique_ptr<Simdjson> simdjson_;
    JsonRepairs repairs_;
    std::string repaired_;
};

}  // namespace llmtrail
