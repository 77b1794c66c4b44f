// Walks the JSON that record fields hold, item by item or member by member, as raw text: nothing is
// unescaped or copied, so that joining keeps every byte a parser wrote. Used by join only. The text
// is trusted with nothing: on anything unexpected walking ends. No recursion, no allocation. Pure,
// any thread.
#pragma once

#include <string_view>

namespace llmtrail {

// The items of an array. Text that is no array is one item.
class RawItems {
 public:
    explicit RawItems(std::string_view json);

    bool next(std::string_view& item);

 private:
    std::string_view left_;
    bool array_;
};

// The members of an object. `key` is the inside of its string, still escaped. Text that is no
// object has none.
class RawMembers {
 public:
    explicit RawMembers(std::string_view json);

    bool next(std::string_view& key, std::string_view& value);

 private:
    std::string_view left_;
    bool first_ = true;
};

}  // namespace llmtrail
