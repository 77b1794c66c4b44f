// Key names as the tables of this folder have them, and maps from such names to what they mean,
// hashed by the compiler. Used by common_*.cpp. Pure, any thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace llmtrail {

// A name in words of eight bytes, the first byte lowest, zeros behind the last.
struct NameWords {
    static constexpr size_t kBytesMax = 24;  // no name in a table is longer

    std::array<uint64_t, kBytesMax / 8> words{};
    uint8_t size = 0;

    // A longer name is cut.
    static constexpr NameWords of(std::string_view text) {
        NameWords name;
        name.size = static_cast<uint8_t>(std::min(text.size(), kBytesMax));
        for (size_t i = 0; i < name.size; ++i) {
            name.words[i / 8] |= uint64_t{static_cast<uint8_t>(text[i])} << (i % 8 * 8);
        }
        return name;
    }

    constexpr bool operator==(const NameWords& other) const {
        uint64_t differing = uint64_t{size} ^ other.size;
        for (size_t i = 0; i < words.size(); ++i) {
            differing |= words[i] ^ other.words[i];
        }
        return differing == 0;
    }

    // Its upper bits are the good ones.
    constexpr uint64_t hash() const {
        return words[0] * 0x9E3779B97F4A7C15ULL + words[1] * 0xC2B2AE3D27D4EB4FULL +
               words[2] * 0x165667B19E3779F9ULL + size * 0xD6E8FEB86659FD93ULL;
    }
};

// A key as the tables have it: lower case, without '_', '-', '.' and ' '. A key longer than any
// row's is none of them and gives "".
class NormalizedKey {
 public:
    explicit NormalizedKey(std::string_view key);

    const NameWords& name() const { return name_; }

    bool operator==(std::string_view text) const { return name_ == NameWords::of(text); }

    std::string text() const;

 private:
    bool take_normal(std::string_view key);

    NameWords name_;
};

// What names mean, by hash, open addressing. `Slots`: a power of two, at least four times the
// number of names. One name may mean different things in different scopes.
template <typename Meaning, size_t Slots>
class NameMap {
 public:
    // `names`: normalised, one space between two.
    constexpr void add(std::string_view names, Meaning meaning, uint8_t scope = 0) {
        while (!names.empty()) {
            size_t end = std::min(names.find(' '), names.size());
            add_one(names.substr(0, end), meaning, scope);
            names.remove_prefix(std::min(end + 1, names.size()));
        }
    }

    // Null: not in the map.
    const Meaning* find(const NormalizedKey& key, uint8_t scope = 0) const {
        const NameWords& name = key.name();
        for (size_t at = slot_of(name, scope); slots_[at].name.size != 0;
             at = (at + 1) & (Slots - 1)) {
            if (slots_[at].scope == scope && slots_[at].name == name) {
                return &slots_[at].meaning;
            }
        }
        return nullptr;
    }

    // No name twice in one scope, none too long, and room enough that a search ends soon.
    constexpr bool is_sound() const { return sound_ && names_ * 4 <= Slots; }

 private:
    static_assert(std::has_single_bit(Slots));

    struct Slot {
        NameWords name;
        uint8_t scope = 0;
        Meaning meaning{};
    };

    static constexpr size_t slot_of(const NameWords& name, uint8_t scope) {
        constexpr int kUnused = 64 - std::countr_zero(Slots);
        return static_cast<size_t>((name.hash() + scope * 0xA24BAED4963EE407ULL) >> kUnused);
    }

    constexpr void add_one(std::string_view text, Meaning meaning, uint8_t scope) {
        NameWords name = NameWords::of(text);
        sound_ = sound_ && name.size == text.size();
        size_t at = slot_of(name, scope);
        while (slots_[at].name.size != 0) {
            sound_ = sound_ && !(slots_[at].name == name && slots_[at].scope == scope);
            at = (at + 1) & (Slots - 1);
        }
        slots_[at] = Slot{name, scope, meaning};
        ++names_;
    }

    std::array<Slot, Slots> slots_{};
    size_t names_ = 0;
    bool sound_ = true;
};

// A map of the rows {names, meaning} of a table.
template <size_t Slots, typename Rows>
constexpr auto name_map_of(const Rows& rows) {
    NameMap<std::remove_cvref_t<decltype(rows[0].meaning)>, Slots> map;
    for (const auto& row : rows) {
        map.add(row.names, row.meaning);
    }
    return map;
}

}  // namespace llmtrail
