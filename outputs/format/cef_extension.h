// The extension part of one CEF event while it is put together: pairs of key and value, each key
// once, none empty, written as they come. Only an event that is too long for its destination is
// put together again from its pairs. Belongs to one CEF formatter and keeps its buffers, so that an
// event costs no allocation once warm. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "format/cef_buffer.h"
#include "format/cef_escape.h"
#include "format/cef_keys.h"
#include "format/cef_numbers.h"

namespace llmtrail {

class CefExtension {
 public:
    CefExtension();
    void clear();

    bool has(CefKeyId key) const { return seen_[key]; }

    // Each adds one pair unless the key is there already or the value would be empty. A label also
    // adds <key>Label. `text` must outlive the event's fit().
    void add_text(CefKeyId key, std::string_view label, std::string_view text);
    // May be shortened to fit; `cut_flag` is then added. At most `characters` code points.
    void add_preview(CefKeyId key, std::string_view label, std::string_view text, size_t characters,
                     CefKeyId cut_flag);
    void add_constant(CefKeyId key, std::string_view value);  // needs no escaping
    void add_integer(CefKeyId key, std::string_view label, int64_t value);
    void add_unsigned(CefKeyId key, uint64_t value);
    void add_real(CefKeyId key, std::string_view label,
                  double value);  // magnitudes up to kCefRealMax
    void add_hex(CefKeyId key, ByteView bytes);
    void add_chain(CefKeyId key, std::string_view label, uint64_t index,
                   ByteView leaf);  // index:leaf

    // Shortens previews in the order given, then drops keys from the end of kCefKeys, until
    // written_size() is at most `bytes_max` or only CefKeep::kAlways is left.
    void fit(size_t bytes_max, const CefKeyId* preview_order, size_t previews);

    size_t written_size() const;
    void write(std::string& out) const;

    // What write() writes, one by one: `visit(key, label, escaped_value)`; label "" for most. The
    // count of omitted keys is not among them.
    template <typename Visitor>
    void for_each(Visitor&& visit) const {
        for (const Pair& pair : pairs()) {
            if (!pair.dropped) {
                Parts parts = parts_of(pair);
                visit(pair.key, parts.label, parts.value);
            }
        }
    }

    bool has_labelled(std::string_view wanted) const {
        bool found = false;
        for_each([&](CefKeyId, std::string_view label, std::string_view) {
            found = found || label == wanted;
        });
        return found;
    }

    size_t omitted() const { return omitted_; }

 private:
    // "key=value " and, with a label, "keyLabel=label " too.
    struct Pair {
        CefKeyId key = kNoCefKey;
        bool dropped = false;
        uint32_t begin = 0;  // in text_
        uint32_t end = 0;
    };

    struct Preview {
        CefKeyId key = kNoCefKey;
        CefKeyId cut_flag = kNoCefKey;
        bool truncated = false;
        uint32_t pair = 0;
        uint32_t value_begin = 0;  // in text_
        uint32_t value_end = 0;
        size_t characters = 0;
        std::string_view label;
        std::string_view text;  // before escaping

        bool shows_the_same(const Preview& other) const {
            return text.data() == other.text.data() && text.size() == other.text.size() &&
                   characters == other.characters;
        }
    };

    struct Parts {
        std::string_view label;
        std::string_view value;
    };

    Parts parts_of(const Pair& pair) const;

    char* begin_pair(CefKeyId key, std::string_view label, size_t value_bytes_max);
    void end_pair(CefKeyId key, std::string_view label, size_t begin);
    void add_value(CefKeyId key, std::string_view label, std::string_view value);
    CefValueResult append_preview(const Preview& preview);

    std::span<Pair> pairs() { return {pairs_.data(), pair_count_}; }

    std::span<const Pair> pairs() const { return {pairs_.data(), pair_count_}; }

    bool fits(size_t bytes_max) const { return written_size() <= bytes_max; }

    void shrink(Preview& preview, size_t excess);
    void drop_until(size_t bytes_max);

    CefBuffer text_;
    std::array<Pair, kCefKeys.size()> pairs_;
    size_t pair_count_ = 0;
    std::vector<Preview> previews_;
    std::array<bool, kCefKeys.size()> seen_{};
    size_t bytes_ = 0;    // of the pairs that are not dropped
    bool moved_ = false;  // text_ is not the event as it stands: pairs were dropped or written anew
    bool altered_ = false;
    size_t omitted_ = 0;
};

}  // namespace llmtrail
