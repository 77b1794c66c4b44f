#include "parsers/name_map.h"

#include <cstring>

namespace llmtrail {

namespace {

constexpr bool is_separator(char c) {
    return c == '_' || c == '-' || c == '.' || c == ' ';
}

struct NormalByte {
    uint8_t byte = 0;
    uint8_t kept = 0;  // 1: part of the name
};

constexpr std::array<NormalByte, 256> kNormalBytes = [] {
    std::array<NormalByte, 256> table;
    for (size_t i = 0; i < table.size(); ++i) {
        char c = static_cast<char>(i);
        char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        table[i] = is_separator(c) ? NormalByte{} : NormalByte{static_cast<uint8_t>(lower), 1};
    }
    return table;
}();

// The first `size` bytes at `from`, the first byte lowest; at most 8.
uint64_t load_bytes(const char* from, size_t size) {
    auto load = [&]<typename Word>(Word /*type*/, size_t at) {
        Word word;
        std::memcpy(&word, from + at, sizeof word);
        return uint64_t{word};
    };
    if (size >= 8) {
        return load(uint64_t{}, 0);
    }
    if (size >= 4) {
        return load(uint32_t{}, 0) | load(uint32_t{}, size - 4) << ((size - 4) * 8);
    }
    if (size >= 2) {
        return load(uint16_t{}, 0) | load(uint16_t{}, size - 2) << ((size - 2) * 8);
    }
    return size == 0 ? 0 : static_cast<uint8_t>(*from);
}

// No byte of the word is a capital or a separator; zeros are neither. What is neither has bit 5,
// and bit 4 or 6, or is looked at one by one.
bool is_normal(uint64_t word, size_t size) {
    constexpr uint64_t kBit5 = 0x2020202020202020ULL;
    uint64_t used = size >= 8 ? ~uint64_t{0} : (uint64_t{1} << (size * 8)) - 1;
    uint64_t normal = word & ((word << 1) | (word >> 1));
    return (normal & kBit5 & used) == (kBit5 & used);
}

static_assert(std::endian::native == std::endian::little);

}  // namespace

// Most keys are their own name.
bool NormalizedKey::take_normal(std::string_view key) {
    if (key.size() > NameWords::kBytesMax) {
        return false;
    }
    for (size_t at = 0; at < key.size(); at += 8) {
        size_t size = std::min<size_t>(8, key.size() - at);
        uint64_t word = load_bytes(key.data() + at, size);
        if (!is_normal(word, size)) {
            return false;
        }
        name_.words[at / 8] = word;
    }
    name_.size = static_cast<uint8_t>(key.size());
    return true;
}

// Word by word in a register: bytes written one by one would have to reach memory before they could
// be read as a word.
NormalizedKey::NormalizedKey(std::string_view key) {
    constexpr size_t kGivenBytesMax = 64;  // with separators
    if (key.size() > kGivenBytesMax || take_normal(key)) {
        return;
    }
    name_ = NameWords();
    uint64_t word = 0;
    size_t size = 0;
    for (char c : key) {
        NormalByte normal = kNormalBytes[static_cast<uint8_t>(c)];
        word |= uint64_t{normal.byte} << (size % 8 * 8);
        size += normal.kept;
        if (normal.kept != 0 && size % 8 == 0) {
            if (size > NameWords::kBytesMax) {
                break;
            }
            name_.words[size / 8 - 1] = word;
            word = 0;
        }
    }
    if (size > NameWords::kBytesMax) {
        name_ = NameWords();
        return;
    }
    if (size % 8 != 0) {
        name_.words[size / 8] = word;
    }
    name_.size = static_cast<uint8_t>(size);
}

std::string NormalizedKey::text() const {
    std::string text;
    for (size_t i = 0; i < name_.size; ++i) {
        text.push_back(static_cast<char>(name_.words[i / 8] >> (i % 8 * 8)));
    }
    return text;
}

}  // namespace llmtrail
