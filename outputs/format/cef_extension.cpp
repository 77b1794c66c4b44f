#include "format/cef_extension.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace llmtrail {

namespace {

constexpr CefKeyId kAlteredKey = cef_key("llmtrailTextAltered");
constexpr CefKeyId kOmittedKey = cef_key("llmtrailOmitted");

// A preview shorter than this says nothing and is dropped whole.
constexpr size_t kPreviewBytesMin = 16;

// A key as it is written before a value, in a block of one size: copying a whole block is cheaper
// than copying as many bytes as a name happens to have.
struct KeyBlock {
    std::array<char, 31> text{};  // the name and '='
    uint8_t size = 0;
};

constexpr auto kKeyBlocks = [] {
    std::array<KeyBlock, kCefKeys.size()> blocks{};
    for (size_t i = 0; i < kCefKeys.size(); ++i) {
        std::string_view name = kCefKeys[i].name;
        std::copy(name.begin(), name.end(), blocks[i].text.begin());
        blocks[i].text[name.size()] = '=';
        blocks[i].size = static_cast<uint8_t>(name.size() + 1);
    }
    return blocks;
}();

static_assert(kCefKeys.size() < 100, "written_size() counts two digits of llmtrailOmitted");

// Up to sizeof(KeyBlock) bytes are overwritten.
char* put_key(char* at, const KeyBlock& key) {
    std::memcpy(at, &key, sizeof key);
    return at + key.size;
}

constexpr std::string_view kLabelSuffix = "Label=";

// What end_pair() writes at most.
size_t label_bytes_max(std::string_view label) {
    return 2 + sizeof(KeyBlock) + kLabelSuffix.size() + label.size();
}

}  // namespace

CefExtension::CefExtension() {
    previews_.reserve(4);
}

void CefExtension::clear() {
    text_.clear();
    pair_count_ = 0;
    previews_.clear();
    seen_.fill(false);
    bytes_ = 0;
    moved_ = false;
    altered_ = false;
    omitted_ = 0;
}

// Writes the key; returns where the value goes.
char* CefExtension::begin_pair(CefKeyId key, std::string_view label, size_t value_bytes_max) {
    char* begin = text_.room(sizeof(KeyBlock) + value_bytes_max + label_bytes_max(label));
    char* value = put_key(begin, kKeyBlocks[key]);
    text_.written_to(value);
    return value;
}

// The value stands at the end of text_; `begin` is where its key does.
void CefExtension::end_pair(CefKeyId key, std::string_view label, size_t begin) {
    const KeyBlock& block = kKeyBlocks[key];
    if (text_.size() == begin + block.size) {
        text_.cut_back_to(begin);
        return;
    }
    char* at = text_.room(label_bytes_max(label));
    *at++ = ' ';
    if (!label.empty()) {
        at = put_key(at, block) - 1;
        std::memcpy(at, kLabelSuffix.data(), kLabelSuffix.size());
        at += kLabelSuffix.size();
        std::memcpy(at, label.data(), label.size());
        at += label.size();
        *at++ = ' ';
    }
    text_.written_to(at);
    Pair& pair = pairs_[pair_count_++];
    pair.key = key;
    pair.dropped = false;
    pair.begin = static_cast<uint32_t>(begin);
    pair.end = static_cast<uint32_t>(text_.size());
    bytes_ += pair.end - pair.begin;
    seen_[key] = true;
}

void CefExtension::add_value(CefKeyId key, std::string_view label, std::string_view value) {
    if (has(key) || value.empty()) {
        return;
    }
    size_t begin = text_.size();
    char* at = begin_pair(key, label, value.size());
    std::memcpy(at, value.data(), value.size());
    text_.written_to(at + value.size());
    end_pair(key, label, begin);
}

void CefExtension::add_text(CefKeyId key, std::string_view label, std::string_view text) {
    if (has(key) || text.empty()) {
        return;
    }
    size_t begin = text_.size();
    begin_pair(key, label, 0);
    CefValueLimits limits;
    limits.characters_max = kCefKeys[key].characters_max;
    altered_ |= append_cef_value(text_, text, limits).altered;
    end_pair(key, label, begin);
}

// The prompt stands in an event under two keys: what was escaped for the first is copied.
CefValueResult CefExtension::append_preview(const Preview& preview) {
    if (!previews_.empty() && previews_.back().shows_the_same(preview)) {
        const Preview& last = previews_.back();
        size_t size = last.value_end - last.value_begin;
        char* at = text_.room(size);
        std::memcpy(at, text_.view().data() + last.value_begin, size);
        text_.written_to(at + size);
        return {.truncated = last.truncated};
    }
    CefValueLimits limits;
    limits.characters_max = preview.characters;
    limits.ellipsis = true;
    return append_cef_value(text_, preview.text, limits);
}

void CefExtension::add_preview(CefKeyId key, std::string_view label, std::string_view text,
                               size_t characters, CefKeyId cut_flag) {
    if (has(key) || text.empty() || characters == 0) {
        return;
    }
    Preview preview{.key = key, .cut_flag = cut_flag, .label = label, .text = text};
    preview.characters = std::min(kCefKeys[key].characters_max, characters);
    size_t begin = text_.size();
    begin_pair(key, label, 0);
    preview.pair = static_cast<uint32_t>(pair_count_);
    preview.value_begin = static_cast<uint32_t>(text_.size());
    CefValueResult result = append_preview(preview);
    preview.value_end = static_cast<uint32_t>(text_.size());
    preview.truncated = result.truncated;
    altered_ |= result.altered;
    end_pair(key, label, begin);
    if (has(key)) {
        previews_.push_back(preview);
    }
    if (result.truncated) {
        add_constant(cut_flag, "true");
    }
}

void CefExtension::add_constant(CefKeyId key, std::string_view value) {
    add_value(key, {}, value);
}

void CefExtension::add_integer(CefKeyId key, std::string_view label, int64_t value) {
    if (has(key)) {
        return;
    }
    size_t begin = text_.size();
    char* at = begin_pair(key, label, kIntegerBytesMax);
    text_.written_to(put_integer(at, value));
    end_pair(key, label, begin);
}

void CefExtension::add_unsigned(CefKeyId key, uint64_t value) {
    if (has(key)) {
        return;
    }
    size_t begin = text_.size();
    char* at = begin_pair(key, {}, kIntegerBytesMax);
    text_.written_to(put_unsigned(at, value));
    end_pair(key, {}, begin);
}

void CefExtension::add_real(CefKeyId key, std::string_view label, double value) {
    if (has(key) || !(std::abs(value) <= kCefRealMax)) {
        return;
    }
    size_t begin = text_.size();
    char* at = begin_pair(key, label, kRealBytesMax);
    text_.written_to(put_real(at, value));
    end_pair(key, label, begin);
}

void CefExtension::add_hex(CefKeyId key, ByteView bytes) {
    if (has(key)) {
        return;
    }
    size_t begin = text_.size();
    char* at = begin_pair(key, {}, 2 * bytes.size());
    text_.written_to(put_hex(at, bytes));
    end_pair(key, {}, begin);
}

void CefExtension::add_chain(CefKeyId key, std::string_view label, uint64_t index, ByteView leaf) {
    if (has(key)) {
        return;
    }
    size_t begin = text_.size();
    char* at = begin_pair(key, label, kIntegerBytesMax + 1 + 2 * leaf.size());
    at = put_unsigned(at, index);
    *at++ = ':';
    text_.written_to(put_hex(at, leaf));
    end_pair(key, label, begin);
}

// Pairs are separated by one space; each counts one and the last has none.
size_t CefExtension::written_size() const {
    size_t bytes = bytes_;
    if (omitted_ > 0) {
        bytes += kKeyBlocks[kOmittedKey].size + size_t{omitted_ < 10 ? 1U : 2U} + 1;
    }
    return bytes > 0 ? bytes - 1 : 0;
}

// Writes the pair a second time, at the end of text_, with at most as many bytes of value as it has
// now without `excess`.
void CefExtension::shrink(Preview& preview, size_t excess) {
    Pair& pair = pairs_[preview.pair];
    size_t value_size = preview.value_end - preview.value_begin;
    size_t keep = value_size > excess ? value_size - excess : 0;
    moved_ = true;
    bytes_ -= pair.end - pair.begin;
    if (keep < kPreviewBytesMin) {
        pair.dropped = true;
    } else {
        CefValueLimits limits;
        limits.characters_max = kCefKeys[preview.key].characters_max;
        limits.bytes_max = keep;
        limits.ellipsis = true;
        size_t begin = text_.size();
        begin_pair(preview.key, preview.label, 0);
        preview.value_begin = static_cast<uint32_t>(text_.size());
        append_cef_value(text_, preview.text, limits);
        preview.value_end = static_cast<uint32_t>(text_.size());
        end_pair(preview.key, preview.label, begin);
        pair = pairs_[--pair_count_];
    }
    add_constant(preview.cut_flag, "true");
}

void CefExtension::drop_until(size_t bytes_max) {
    moved_ = true;
    for (size_t key = kCefKeys.size(); key-- > 0 && kCefKeys[key].keep != CefKeep::kAlways;) {
        if (!seen_[key]) {
            continue;
        }
        for (Pair& pair : pairs()) {
            if (pair.key == key && !pair.dropped) {
                pair.dropped = true;
                bytes_ -= pair.end - pair.begin;
                ++omitted_;
            }
        }
        if (fits(bytes_max)) {
            return;
        }
    }
}

void CefExtension::fit(size_t bytes_max, const CefKeyId* preview_order, size_t previews) {
    if (altered_) {
        add_constant(kAlteredKey, "true");
    }
    for (size_t i = 0; i < previews; ++i) {
        auto at = std::find_if(previews_.begin(), previews_.end(),
                               [&](const Preview& p) { return p.key == preview_order[i]; });
        // Twice: the flag that the first cut adds needs room too.
        for (int round = 0; round < 2; ++round) {
            if (fits(bytes_max)) {
                return;
            }
            if (at != previews_.end() && !pairs_[at->pair].dropped) {
                shrink(*at, written_size() - bytes_max);
            }
        }
    }
    if (!fits(bytes_max)) {
        drop_until(bytes_max);
    }
}

// "key=value " or "key=value keyLabel=label ". A value holds no '=' that is not escaped, so that
// the label is told from it.
CefExtension::Parts CefExtension::parts_of(const Pair& pair) const {
    std::string_view text = text_.view().substr(pair.begin, pair.end - pair.begin);
    text.remove_prefix(kKeyBlocks[pair.key].size);
    text.remove_suffix(1);
    std::string_view name = kCefKeys[pair.key].name;
    size_t mark = text.rfind(kLabelSuffix);
    bool labelled = mark != std::string_view::npos && mark > name.size() &&
                    text.substr(0, mark).ends_with(name) && text[mark - name.size() - 1] == ' ';
    if (!labelled) {
        return {{}, text};
    }
    return {text.substr(mark + kLabelSuffix.size()), text.substr(0, mark - name.size() - 1)};
}

void CefExtension::write(std::string& out) const {
    size_t start = out.size();
    std::string_view text = text_.view();
    if (!moved_) {
        out.append(text);
    } else {
        for (const Pair& pair : pairs()) {
            if (!pair.dropped) {
                out.append(text.substr(pair.begin, pair.end - pair.begin));
            }
        }
    }
    if (omitted_ > 0) {
        out += kCefKeys[kOmittedKey].name;
        out.push_back('=');
        out += std::to_string(omitted_);
        out.push_back(' ');
    }
    if (out.size() > start) {
        out.pop_back();
    }
}

}  // namespace llmtrail
