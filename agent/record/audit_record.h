// One normalized audit record: values by catalogue field, at most one value a field.
// Parsers fill it, enrich adds to it, the codec writes it into sections, formatters read it.
// Storage is reused: clear() keeps the capacity, so a record costs no allocation once warm, and its
// cost does not grow with the catalogue: only the presence bits are cleared. Views returned stay
// valid until the next non-const call. One thread at a time.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/section.h"
#include "base/time.h"
#include "record/field_catalog.h"

namespace llmtrail {

class AuditRecord {
 public:
    void clear();

    // Each setter replaces. An empty text, list or JSON removes the field: a field is present or
    // absent, never empty. The field's type must match (checked: a mismatch is a programmer error).
    void set_text(Field field, std::string_view text);
    void set_integer(Field field, int64_t value);
    void set_real(Field field, double value);  // NaN and infinities are not set
    void set_boolean(Field field, bool value);
    void set_time(Field field, UnixNanos at);
    void set_json(Field field,
                  std::string_view json);  // valid JSON text; kTextList: an array of strings
    void append_to_list(Field field, std::string_view item);  // kTextList; duplicates are dropped
    void append_to_json_array(Field field, std::string_view item_json);  // kJson holding an array
    void remove(Field field);

    bool has(Field field) const { return ((present_[word_of(field)] >> bit_of(field)) & 1) != 0; }

    std::string_view text(Field field) const;           // text, list or JSON; "" when absent
    std::optional<int64_t> integer(Field field) const;  // integers and times
    std::optional<double> real(Field field) const;
    std::optional<bool> boolean(Field field) const;

    // Called for each present field in catalogue order. `visit` must not change the record.
    template <typename Visitor>
    void for_each(Visitor&& visit) const {
        for_each_field([&](Field field) { visit(field_row(field)); });
    }

    template <typename Visitor>
    void for_each_field(Visitor&& visit) const {
        for (size_t word = 0; word < kPresenceWords; ++word) {
            for (uint64_t left = present_[word]; left != 0; left &= left - 1) {
                visit(Field{static_cast<uint16_t>(word * kWordBits +
                                                  static_cast<size_t>(std::countr_zero(left)))});
            }
        }
    }

    size_t text_bytes() const { return text_.size(); }

    // The codec's way in and out; it knows the fields' types. Bits: an integer, a time, 0 or 1, or
    // the bits of a real. Many texts come in one block, which is then pointed into.
    int64_t stored_bits(Field field) const { return std::bit_cast<int64_t>(slot(field)); }

    std::string_view stored_text(Field field) const {
        const Slot& place = slot(field);
        const size_t block = place.sized_block >> kBlockShift;
        const char* bytes = block == kOwnBlock ? text_.data() : lent_[block - 1];
        return {bytes + place.offset, place.sized_block & kTextBytesMask};
    }

    // Where a text stands.
    struct TextPlace {
        uint32_t block;
        size_t offset;
    };

    TextPlace copy_block(std::string_view block);
    // Not copied: it must stay until clear(). At most kSectionCount until then.
    TextPlace lend_block(std::string_view block);

    void store_bits(Field field, int64_t bits) {
        slot(field) = std::bit_cast<Slot>(bits);
        mark_present(field);
    }

    void store_text_at(Field field, TextPlace at, size_t size) {
        slot(field) = Slot{static_cast<uint32_t>(at.offset),
                           at.block << kBlockShift | static_cast<uint32_t>(size)};
        mark_present(field);
    }

 private:
    // A text's place in text_ or a lent block, or 64 bits. Without meaning unless the field's
    // presence bit is set.
    struct Slot {
        uint32_t offset;
        uint32_t sized_block;  // the block's number above the size
    };

    static constexpr uint32_t kOwnBlock = 0;  // text_; the others are lent, by order
    static constexpr uint32_t kBlockShift = 29;
    static constexpr uint32_t kTextBytesMask = (uint32_t{1} << kBlockShift) - 1;

    static_assert(sizeof(Slot) == sizeof(int64_t));
    static_assert(kSectionCount < 8 && kSectionBytesMax <= kTextBytesMask);

    static constexpr size_t kWordBits = 64;
    static constexpr size_t kPresenceWords = (kFieldCount + kWordBits - 1) / kWordBits;

    static constexpr size_t word_of(Field field) { return static_cast<size_t>(field) / kWordBits; }

    static constexpr size_t bit_of(Field field) { return static_cast<size_t>(field) % kWordBits; }

    void mark_present(Field field) { present_[word_of(field)] |= uint64_t{1} << bit_of(field); }

    void mark_absent(Field field) { present_[word_of(field)] &= ~(uint64_t{1} << bit_of(field)); }

    const Slot& slot(Field field) const { return slots_[static_cast<size_t>(field)]; }

    Slot& slot(Field field) { return slots_[static_cast<size_t>(field)]; }

    void store_text(Field field, std::string_view text);

    std::array<uint64_t, kPresenceWords> present_{};
    std::array<Slot, kFieldCount> slots_{};
    std::array<const char*, kSectionCount> lent_{};
    size_t lent_blocks_ = 0;
    std::string text_;
};

// Writes `record` as one JSON object of flat dotted keys in catalogue order, all sections merged;
// no newline. `event_id` is put first when not empty (it is computed from the leaf and never inside
// a section).
void append_record_json(std::string& out, const AuditRecord& record, std::string_view event_id);

}  // namespace llmtrail
