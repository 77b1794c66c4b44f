#include "parsers/name_map.h"

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

}  // namespace

// Word by word in a register: bytes written one by one would have to reach memory before they could
// be read as a word.
NormalizedKey::NormalizedKey(std::string_view key) {
    constexpr size_t kGivenBytesMax = 64;  // with separators
    if (key.size() > kGivenBytesMax) {
        return;
    }
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
