// Reads the flat JSON that catalogue fields hold (lists of strings, arrays of flat objects such as
// llm.audit.guardrails) without building a tree. The text was written by our own encoders, but is
// trusted with nothing: on anything unexpected reading simply ends. No allocation. Pure, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrail {

// Reads one array from front to back:
//   while (list.next_item()) { string() for a string; while (list.next_member(...)) for an object }
class ObjectListReader {
 public:
    explicit ObjectListReader(std::string_view json)
        : at_(json.data()), end_(json.data() + json.size()) {}

    // Moves to the next item of the array; what was left of the present item is skipped.
    bool next_item();

    bool item_is_string() const { return item_ == Item::kString; }

    std::string_view string() const { return string_; }  // escaped, as in the JSON

    // Members of the present item when it is an object. `value` is the inside of a string
    // (escaped), or the JSON text of anything else.
    bool next_member(std::string_view& key, std::string_view& value);

 private:
    enum class Item : uint8_t { kNone, kString, kObject, kOther };

    const char* at_;
    const char* end_;
    Item item_ = Item::kNone;
    bool started_ = false;
    bool in_object_ = false;
    bool first_member_ = false;
    std::string_view string_;
};

// Appends the inside of a JSON string with its escapes resolved; a broken escape becomes U+FFFD.
void append_unescaped_json(std::string& out, std::string_view inside);

}  // namespace llmtrail
