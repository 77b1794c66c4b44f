// A JSON document read into a tree, for parsers. simdjson reads; this header shows its tape
// (simdjson doc/tape.md) through JsonValue without including it, so that heavy headers stay in
// json_tree.cpp.
//
// Input is attacker text. What simdjson refuses but logs contain (invalid UTF-8, lone surrogates,
// raw control characters, NaN and infinities, numbers out of range) is repaired once and read
// again; repairs() says what was done, so that the record can be flagged. Depth is limited to
// kJsonDepthMax. Nothing here throws. A JsonTree is reused from document to document; values are
// valid until the next read(). One thread.
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

enum class JsonType : uint8_t {
    kAbsent,
    kNull,
    kBoolean,
    kInteger,
    kUnsigned,
    kReal,
    kString,
    kArray,
    kObject
};

class JsonMembers;
class JsonItems;

// What simdjson made of a document: values and texts, each by its place.
struct JsonTape {
    const uint64_t* words = nullptr;
    const uint8_t* strings = nullptr;  // each: length in four bytes, text, a zero
};

// One value; 16 bytes, copied freely. Asking a value for what it is not gives the empty answer,
// never an error.
class JsonValue {
 public:
    JsonValue() = default;

    JsonValue(const JsonTape& tape, size_t at) : tape_(&tape), at_(at) {}

    JsonType type() const;

    bool exists() const { return tape_ != nullptr; }

    bool is_null() const { return has_tag('n'); }

    bool is_string() const { return has_tag('"'); }

    bool is_object() const { return has_tag('{'); }

    bool is_array() const { return has_tag('['); }

    bool is_container() const { return is_object() || is_array(); }

    // Absent, null, an empty text, array or object.
    bool carries_nothing() const;

    bool is_number() const { return has_tag('l') || has_tag('u') || has_tag('d'); }

    std::string_view text() const;           // strings, unescaped; else ""
    std::optional<int64_t> integer() const;  // integers, and reals that are whole (28.0)
    std::optional<double> real() const;      // any number
    std::optional<bool> boolean() const;

    JsonValue operator[](
        std::string_view key) const;  // first member of that name; absent otherwise
    JsonMembers members() const;      // empty range unless an object
    JsonItems items() const;          // empty range unless an array
    size_t size() const;              // members or items; counts

    void append_json(std::string& out) const;  // compact JSON text
    std::string json() const;

    size_t at() const { return at_; }

    size_t next() const;  // tape position after this value

    JsonValue moved_to(size_t at) const { return {tape_, at}; }

 private:
    JsonValue(const JsonTape* tape, size_t at) : tape_(tape), at_(at) {}

    uint64_t word(size_t at) const { return tape_->words[at]; }

    char tag() const { return static_cast<char>(word(at_) >> 56); }

    bool has_tag(char wanted) const { return tape_ != nullptr && tag() == wanted; }

    uint64_t payload() const { return word(at_) & 0x00FFFFFFFFFFFFFFULL; }

    std::string_view text_here() const;  // of what is known to be a string

    size_t end_of_container() const { return static_cast<uint32_t>(payload()); }

    const JsonTape* tape_ = nullptr;
    size_t at_ = 0;

    friend class JsonMembers;
};

struct JsonMember {
    std::string_view key;
    JsonValue value;
};

class JsonMembers {
 public:
    class Iterator {
     public:
        explicit Iterator(JsonValue key) : key_(key) {}

        JsonMember operator*() const { return {key_of(key_), key_.moved_to(key_.at() + 1)}; }

        Iterator& operator++() {
            key_ = key_.moved_to(key_.moved_to(key_.at() + 1).next());
            return *this;
        }

        bool operator!=(const Iterator& other) const { return key_.at() != other.key_.at(); }

     private:
        JsonValue key_;
    };

    JsonMembers(JsonValue first, JsonValue end) : first_(first), end_(end) {}

    Iterator begin() const { return Iterator(first_); }

    Iterator end() const { return Iterator(end_); }

 private:
    static std::string_view key_of(JsonValue key) { return key.text_here(); }

    JsonValue first_;
    JsonValue end_;
};

class JsonItems {
 public:
    class Iterator {
     public:
        explicit Iterator(JsonValue at) : at_(at) {}

        JsonValue operator*() const { return at_; }

        Iterator& operator++() {
            at_ = at_.moved_to(at_.next());
            return *this;
        }

        bool operator!=(const Iterator& other) const { return at_.at() != other.at_.at(); }

     private:
        JsonValue at_;
    };

    JsonItems(JsonValue first, JsonValue end) : first_(first), end_(end) {}

    Iterator begin() const { return Iterator(first_); }

    Iterator end() const { return Iterator(end_); }

 private:
    JsonValue first_;
    JsonValue end_;
};

inline std::string_view JsonValue::text_here() const {
    const uint8_t* stored = tape_->strings + payload();
    uint32_t size = 0;
    std::memcpy(&size, stored, sizeof size);
    return {reinterpret_cast<const char*>(stored) + sizeof size, size};
}

inline std::string_view JsonValue::text() const {
    return is_string() ? text_here() : std::string_view();
}

inline size_t JsonValue::next() const {
    char kind = tag();
    if (kind == '{' || kind == '[') {
        return end_of_container();
    }
    bool number = kind == 'l' || kind == 'u' || kind == 'd';
    return at_ + (number ? 2 : 1);
}

inline bool JsonValue::carries_nothing() const {
    if (is_string()) {
        return text_here().empty();
    }
    if (is_container()) {
        return end_of_container() == at_ + 2;  // its end is the next word
    }
    return tape_ == nullptr || tag() == 'n';
}

inline JsonMembers JsonValue::members() const {
    if (!is_object()) {
        return {JsonValue(), JsonValue()};
    }
    return {moved_to(at_ + 1), moved_to(end_of_container() - 1)};
}

inline JsonItems JsonValue::items() const {
    if (!is_array()) {
        return {JsonValue(), JsonValue()};
    }
    return {moved_to(at_ + 1), moved_to(end_of_container() - 1)};
}

// What was changed before the text could be read. All but a byte order mark changed its meaning.
struct JsonRepairs {
    bool invalid_utf8 = false;
    bool lone_surrogate = false;
    bool control_character = false;
    bool non_finite_number = false;  // NaN or an infinity, kept as text
    bool huge_number = false;        // beyond 64 bits or binary64, kept as text
    bool byte_order_mark = false;

    bool any() const {
        return invalid_utf8 || lone_surrogate || control_character || non_finite_number ||
               huge_number || byte_order_mark;
    }
};

class JsonTree {
 public:
    JsonTree();
    ~JsonTree();
    JsonTree(const JsonTree&) = delete;
    JsonTree& operator=(const JsonTree&) = delete;

    // `padded`: kDocumentPaddingBytes readable bytes stand after `json` (a tail guarantees it);
    // else the text is copied. kCorrupt: not JSON, message says why in words ("ends inside a
    // string"); kLimit: too deep.
    Result<JsonValue> read(std::string_view json, bool padded);

    // The head of a longer document: what is open where it was cut is closed, a word or number cut
    // there becomes null. Errors as read().
    Result<JsonValue> read_head(std::string_view json);

    const JsonRepairs& repairs() const { return repairs_; }

    // True when any object in the tree names a member twice. Walks the tree; call once a document.
    bool has_duplicate_keys() const;

 private:
    struct Simdjson;

    Result<JsonValue> read_repaired(std::string_view json, bool head);

    JsonValue take_root();

    std::unique_ptr<Simdjson> simdjson_;
    JsonTape tape_;
    JsonValue root_;
    JsonRepairs repairs_;
    std::string repaired_;
};

}  // namespace llmtrail
