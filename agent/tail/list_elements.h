// Goes into a list that is longer than a document may be, so that its elements can be documents
// (docs/splitting.md, rule 8): an array, or the first array that is a member of an object. Used by
// StreamDocuments alone; pure, one thread. Each byte is looked at once; memory is constant.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "tail/bracket_scanner.h"

namespace llmtrail {

inline constexpr size_t kListHeadBytesMax = size_t{64} << 10;  // up to the list's first element

class ListElements {
 public:
    enum class Found : uint8_t {
        kNothing,  // all bytes taken
        kElement,  // begins at element_begin(), ends at scanned()
        kListEnd,  // scanned() is behind the list; the object around it goes on
        kEnd,      // scanned() is the document's length
        kBroken,   // at scanned()
    };

    // `head`: the first bytes of a document that goes on behind them. Nothing: no list is open
    // there, or what stands before it is too long or has a list of its own.
    static std::optional<ListElements> find(ByteView head);

    uint64_t head_bytes() const { return head_bytes_; }  // up to and with the list's bracket

    ByteView closing() const { return list_depth_ == 1 ? "]" : "]}"; }

    // The bytes from scanned() on.
    Found scan(ByteView bytes);

    uint64_t scanned() const { return scanned_; }

    std::optional<uint64_t> element_begin() const { return element_begin_; }

 private:
    Found step(char byte);
    Found open(bool array);
    Found close(bool array);
    Found between(char byte);

    std::bitset<kBracketDepthMax> arrays_;  // bit n: level n is an array
    size_t depth_ = 0;
    size_t list_depth_ = 0;
    uint64_t head_bytes_ = 0;
    uint64_t scanned_ = 0;
    std::optional<uint64_t> element_begin_;
    bool in_string_ = false;
    bool escaped_ = false;
    bool scalar_ = false;  // the element is a number or a word
    bool element_ended_ = false;
    bool comma_ = true;  // an element may follow
    bool list_ended_ = false;
};

}  // namespace llmtrail
