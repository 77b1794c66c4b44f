// What the members of the last documents meant, in the order in which they came. The documents of
// one application name their members in one order, so that the next name is mostly known before it
// is looked up. Held by a parser for apply_common_names(). Ingest thread; never fails.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "parsers/common_name_table.h"

namespace llmtrail {

class NameMemory {
 public:
    void start_document() { at_ = 0; }

    // As find_common_name() with the key as the document has it.
    const NameRow* find(NameScope scope, std::string_view key) {
        for (size_t i = at_; i < at_ + kLookedAt; ++i) {
            const Entry& entry = entries_[i % kEntries];
            if (entry.scope == scope && entry.size == key.size() &&
                std::memcmp(entry.key.data(), key.data(), key.size()) == 0) {
                at_ = i + 1;
                return entry.row;
            }
        }
        const NameRow* row = find_common_name(scope, NormalizedKey(key));
        remember(scope, key, row);
        return row;
    }

 private:
    static constexpr size_t kEntries = 64;
    static constexpr size_t kLookedAt = 3;  // members that a document may leave out
    static constexpr size_t kKeyBytesMax = 24;

    struct Entry {
        NameScope scope = NameScope::kNone;  // of no key that is asked for
        uint8_t size = 0;
        std::array<char, kKeyBytesMax> key{};
        const NameRow* row = nullptr;  // null: no such name
    };

    void remember(NameScope scope, std::string_view key, const NameRow* row) {
        if (key.size() <= kKeyBytesMax) {
            Entry& entry = entries_[at_++ % kEntries];
            entry.scope = scope;
            entry.size = static_cast<uint8_t>(key.size());
            key.copy(entry.key.data(), key.size());
            entry.row = row;
        }
    }

    std::array<Entry, kEntries> entries_{};
    size_t at_ = 0;
};

}  // namespace llmtrail
