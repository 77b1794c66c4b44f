#include "format/cef_extension.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace llmtrail {

namespace {

constexpr std::string_view kLabelSuffix = "Label";
constexpr CefKeyId kAlteredKey = cef_key("llmtrailTextAltered");
constexpr CefKeyId kOmittedKey = cef_key("llmtrailOmitted");

// A preview shorter than this says nothing and is dropped whole.
constexpr size_t kPreviewBytesMin = 16;

struct Digits {
    std::array<char, 24> text{};
    size_t size = 0;

    std::string_view view() const { return {text.data(), size}; }
};

template <typename Integer>
Digits digits_of(Integer value) {
    Digits digits;
    char* end =
        std::to_chars(digits.text.data(), digits.text.data() + digits.text.size(), value).ptr;
    digits.size = static_cast<size_t>(end - digits.text.data());
    return digits;
}

}  // namespace

void append_hex(std::string& out, ByteView bytes) {
    static constexpr std::array<std::array<char, 2>, 256> kPairs = [] {
        std::array<std::array<char, 2>, 256> pairs{};
        for (size_t i = 0; i < 256; ++i) {
            pairs[i] = {"0123456789abcdef"[i >> 4], "0123456789abcdef"[i & 15]};
        }
        return pairs;
    }();
    size_t at = out.size();
    out.resize(at + 2 * bytes.size());
    for (char c : bytes) {
        std::memcpy(out.data() + at, kPairs[static_cast<uint8_t>(c)].data(), 2);
        at += 2;
    }
}

CefExtension::CefExtension() {
    pairs_.reserve(kCefKeys.size());
}

void CefExtension::clear() {
    values_.clear();
    pairs_.clear();
    seen_.reset();
    altered_ = false;
    omitted_ = 0;
}

CefExtension::Pair& CefExtension::begin_pair(CefKeyId key, std::string_view label) {
    Pair& pair = pairs_.emplace_back();
    pair.key = key;
    pair.label = label;
    pair.begin = static_cast<uint32_t>(values_.size());
    return pair;
}

void CefExtension::end_pair(Pair& pair) {
    pair.size = static_cast<uint32_t>(values_.size()) - pair.begin;
    if (pair.size == 0) {
        pairs_.pop_back();
        return;
    }
    seen_.set(pair.key);
}

void CefExtension::add_text(CefKeyId key, std::string_view label, std::string_view text) {
    if (has(key) || text.empty()) {
        return;
    }
    Pair& pair = begin_pair(key, label);
    CefValueLimits limits;
    limits.characters_max = kCefKeys[key].characters_max;
    altered_ |= append_cef_value(values_, text, limits).altered;
    end_pair(pair);
}

void CefExtension::add_preview(CefKeyId key, std::string_view label, std::string_view text,
                               size_t characters, CefKeyId cut_flag) {
    if (has(key) || text.empty() || characters == 0) {
        return;
    }
    Pair& pair = begin_pair(key, label);
    pair.text = text;
    pair.cut_flag = cut_flag;
    CefValueLimits limits;
    limits.characters_max = std::min(kCefKeys[key].characters_max, characters);
    limits.ellipsis = true;
    CefValueResult result = append_cef_value(values_, text, limits);
    altered_ |= result.altered;
    end_pair(pair);
    if (result.truncated) {
        add_constant(cut_flag, "true");
    }
}

void CefExtension::add_constant(CefKeyId key, std::string_view value) {
    if (has(key)) {
        return;
    }
    Pair& pair = begin_pair(key, {});
    values_ += value;
    end_pair(pair);
}

void CefExtension::add_integer(CefKeyId key, std::string_view label, int64_t value) {
    if (has(key)) {
        return;
    }
    Pair& pair = begin_pair(key, label);
    values_ += digits_of(value).view();
    end_pair(pair);
}

void CefExtension::add_unsigned(CefKeyId key, uint64_t value) {
    add_constant(key, digits_of(value).view());
}

void CefExtension::add_real(CefKeyId key, std::string_view label, double value) {
    if (has(key) || !(std::abs(value) <= kCefRealMax)) {
        return;
    }
    // Nine decimals, then without the zeros nobody needs: probabilities, scores and costs keep
    // their meaning.
    std::array<char, 40> text;
    char* begin = text.data();
    char* end = std::to_chars(begin, begin + text.size(), value, std::chars_format::fixed, 9).ptr;
    while (end[-1] == '0' && end[-2] != '.') {
        --end;
    }
    std::string_view shown(begin, static_cast<size_t>(end - begin));
    if (shown == "-0.0") {
        shown = "0.0";
    }
    Pair& pair = begin_pair(key, label);
    values_ += shown;
    end_pair(pair);
}

void CefExtension::add_hex(CefKeyId key, ByteView bytes) {
    if (has(key)) {
        return;
    }
    Pair& pair = begin_pair(key, {});
    append_hex(values_, bytes);
    end_pair(pair);
}

void CefExtension::add_chain(CefKeyId key, std::string_view label, uint64_t index, ByteView leaf) {
    if (has(key)) {
        return;
    }
    Pair& pair = begin_pair(key, label);
    values_ += digits_of(index).view();
    values_.push_back(':');
    append_hex(values_, leaf);
    end_pair(pair);
}

size_t CefExtension::pair_size(const Pair& pair) const {
    if (pair.dropped) {
        return 0;
    }
    size_t key = kCefKeys[pair.key].name.size();
    size_t bytes = key + 1 + pair.size + 1;
    if (!pair.label.empty()) {
        bytes += key + kLabelSuffix.size() + 1 + pair.label.size() + 1;
    }
    return bytes;
}

// Pairs are separated by one space; each counts one and the last has none.
size_t CefExtension::written_size() const {
    size_t bytes = 0;
    for (const Pair& pair : pairs_) {
        bytes += pair_size(pair);
    }
    if (omitted_ > 0) {
        bytes += kCefKeys[kOmittedKey].name.size() + 1 + digits_of(omitted_).size + 1;
    }
    return bytes > 0 ? bytes - 1 : 0;
}

void CefExtension::shrink(Pair& pair, size_t excess) {
    CefKeyId cut_flag = pair.cut_flag;
    size_t keep = pair.size > excess ? pair.size - excess : 0;
    if (keep < kPreviewBytesMin) {
        pair.dropped = true;
    } else {
        CefValueLimits limits;
        limits.characters_max = kCefKeys[pair.key].characters_max;
        limits.bytes_max = keep;
        limits.ellipsis = true;
        pair.begin = static_cast<uint32_t>(values_.size());
        append_cef_value(values_, pair.text, limits);
        pair.size = static_cast<uint32_t>(values_.size()) - pair.begin;
    }
    add_constant(cut_flag, "true");
}

void CefExtension::drop_until(size_t bytes_max) {
    for (size_t key = kCefKeys.size(); key-- > 0 && kCefKeys[key].keep != CefKeep::kAlways;) {
        if (!seen_[key]) {
            continue;
        }
        for (Pair& pair : pairs_) {
            if (pair.key == key && !pair.dropped) {
                pair.dropped = true;
                ++omitted_;
            }
        }
        if (written_size() <= bytes_max) {
            return;
        }
    }
}

void CefExtension::fit(size_t bytes_max, const CefKeyId* preview_order, size_t previews) {
    if (altered_) {
        add_constant(kAlteredKey, "true");
    }
    for (size_t i = 0; i < previews; ++i) {
        // Twice: the flag that the first cut adds needs room too.
        for (int round = 0; round < 2; ++round) {
            size_t size = written_size();
            if (size <= bytes_max) {
                return;
            }
            for (size_t p = 0; p < pairs_.size(); ++p) {
                if (pairs_[p].key == preview_order[i] && !pairs_[p].dropped &&
                    !pairs_[p].text.empty()) {
                    shrink(pairs_[p], size - bytes_max);
                    break;
                }
            }
        }
    }
    if (written_size() > bytes_max) {
        drop_until(bytes_max);
    }
}

void CefExtension::write(std::string& out) const {
    out.reserve(out.size() + written_size() + 1);
    size_t start = out.size();
    for (const Pair& pair : pairs_) {
        if (pair.dropped) {
            continue;
        }
        std::string_view key = kCefKeys[pair.key].name;
        out += key;
        out.push_back('=');
        out.append(values_, pair.begin, pair.size);
        out.push_back(' ');
        if (!pair.label.empty()) {
            out += key;
            out += kLabelSuffix;
            out.push_back('=');
            out += pair.label;
            out.push_back(' ');
        }
    }
    if (omitted_ > 0) {
        out += kCefKeys[kOmittedKey].name;
        out.push_back('=');
        out += digits_of(omitted_).view();
        out.push_back(' ');
    }
    if (out.size() > start) {
        out.pop_back();
    }
}

}  // namespace llmtrail
