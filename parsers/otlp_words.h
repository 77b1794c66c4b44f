// Sorted tables of words: how otel_aliases.cpp and otlp_guard_words.cpp look a name up. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace llmtrail::otlp {

template <typename Table, typename Key>
constexpr bool sorted_by(const Table& table, Key key) {
    return std::is_sorted(table.begin(), table.end(),
                          [&](const auto& a, const auto& b) { return a.*key < b.*key; });
}

// The row whose `key` is `wanted`, of a table sorted by it; null: none.
template <typename Table, typename Row>
const Row* find_row(const Table& table, std::string_view Row::*key, std::string_view wanted) {
    auto row = std::lower_bound(table.begin(), table.end(), wanted,
                                [&](const Row& a, std::string_view b) { return a.*key < b; });
    return row != table.end() && (*row).*key == wanted ? &*row : nullptr;
}

inline constexpr size_t kWordBytesMax = 32;

// The word in lower case within `space`; "" when it is too long to be one of a table's.
inline std::string_view lower_word(std::string_view word, std::array<char, kWordBytesMax>& space) {
    if (word.size() > space.size()) {
        return {};
    }
    std::transform(word.begin(), word.end(), space.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return {space.data(), word.size()};
}

}  // namespace llmtrail::otlp
