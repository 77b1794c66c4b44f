// The extension part of one CEF event while it is put together: pairs of key and value, each key
// once, none empty, then cut to the destination's size and written out. Belongs to one CEF
// formatter and keeps its buffers, so that an event costs no allocation once warm. Pure.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "format/cef_escape.h"
#include "format/cef_keys.h"

namespace llmtrail {

// Reals beyond this are left out: readers parse them as floats without exponent.
inline constexpr double kCefRealMax = 1e15;

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

 private:
    struct Pair {
        CefKeyId key = kNoCefKey;
        CefKeyId cut_flag = kNoCefKey;
        bool dropped = false;
        uint32_t begin = 0;  // of the value in values_
        uint32_t size = 0;
        std::string_view label;
        std::string_view text;  // previews: before escaping
    };

    Pair& begin_pair(CefKeyId key, std::string_view label);
    void end_pair(Pair& pair);
    size_t pair_size(const Pair& pair) const;
    void shrink(Pair& pair, size_t excess);
    void drop_until(size_t bytes_max);

    std::string values_;
    std::vector<Pair> pairs_;
    std::bitset<128> seen_;
    bool altered_ = false;
    size_t omitted_ = 0;
};

void append_hex(std::string& out, ByteView bytes);  // lower case

}  // namespace llmtrail
