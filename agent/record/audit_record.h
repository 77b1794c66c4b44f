// One normalized audit record: values by catalogue field, at most one value a field.
// Parsers fill it, enrich adds to it, the codec writes it into sections, formatters read it.
// Storage is reused: clear() keeps the capacity, so a record costs no allocation once warm.
// Views returned stay valid until the next non-const call. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "record/field_catalog.h"

namespace llmtrail {

class AuditRecord {
 public:
    AuditRecord();

    void clear();

    // Each setter replaces. An empty text, list or JSON removes the field: a field is present or absent,
    // never empty. The field's type must match (checked: a mismatch is a programmer error).
    void set_text(Field field, std::string_view text);
    void set_integer(Field field, int64_t value);
    void set_real(Field field, double value);  // NaN and infinities are not set
    void set_boolean(Field field, bool value);
    void set_time(Field field, UnixNanos at);
    void set_json(Field field, std::string_view json);  // valid JSON text; kTextList: an array of strings
    void append_to_list(Field field, std::string_view item);       // kTextList; duplicates are dropped
    void append_to_json_array(Field field, std::string_view item_json);  // kJson holding an array
    void remove(Field field);

    bool has(Field field) const { return slot(field).present; }
    std::string_view text(Field field) const;  // text, list or JSON; "" when absent
    std::optional<int64_t> integer(Field field) const;  // integers and times
    std::optional<double> real(Field field) const;
    std::optional<bool> boolean(Field field) const;

    // Called for each present field in catalogue order.
    template <typename Visitor>
    void for_each(Visitor&& visit) const {
        for (size_t i = 0; i < kFieldCount; ++i) {
            if (slots_[i].present) {
                visit(kFieldCatalog[i]);
            }
        }
    }

    size_t text_bytes() const { return text_.size(); }

 private:
    struct Slot {
        bool present = false;
        uint32_t offset = 0;  // into text_
        uint32_t size = 0;
        int64_t bits = 0;  // integer, time, boolean or the bits of a double
    };

    const Slot& slot(Field field) const { return slots_[static_cast<size_t>(field)]; }
    Slot& slot(Field field) { return slots_[static_cast<size_t>(field)]; }
    void store_text(Field field, std::string_view text);

    std::array<Slot, kFieldCount> slots_;
    std::string text_;
};

// Writes `record` as one JSON object of flat dotted keys in catalogue order, all sections merged; no newline.
// `event_id` is put first when not empty (it is computed from the leaf and never inside a section).
void append_record_json(std::string& out, const AuditRecord& record, std::string_view event_id);

}  // namespace llmtrail
