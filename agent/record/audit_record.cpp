#include "record/audit_record.h"

#include <bit>
#include <cmath>

#include "base/check.h"
#include "base/json_text.h"

namespace llmtrail {

static bool is_textual(FieldType type) {
    return type == FieldType::kText || type == FieldType::kTextList || type == FieldType::kJson;
}

void AuditRecord::clear() {
    present_.fill(0);
    lent_blocks_ = 0;
    text_.clear();
}

// Replaced text stays behind as garbage until clear(): replacing is rare and records are
// short-lived.
void AuditRecord::store_text(Field field, std::string_view text) {
    if (text.empty()) {
        mark_absent(field);
        return;
    }
    const Slot& place = slot(field);
    if (has(field) && place.sized_block >> kBlockShift == kOwnBlock &&
        place.sized_block >= text.size()) {
        text_.replace(place.offset, text.size(), text);
        store_text_at(field, {kOwnBlock, place.offset}, text.size());
    } else {
        store_text_at(field, copy_block(text), text.size());
    }
}

AuditRecord::TextPlace AuditRecord::copy_block(std::string_view block) {
    size_t offset = text_.size();
    text_.append(block);
    return {kOwnBlock, offset};
}

AuditRecord::TextPlace AuditRecord::lend_block(std::string_view block) {
    LLMTRAIL_CHECK(lent_blocks_ < lent_.size());
    lent_[lent_blocks_++] = block.data();
    return {static_cast<uint32_t>(lent_blocks_), 0};
}

void AuditRecord::set_text(Field field, std::string_view text) {
    LLMTRAIL_CHECK(field_row(field).type == FieldType::kText);
    store_text(field, text);
}

void AuditRecord::set_json(Field field, std::string_view json) {
    FieldType type = field_row(field).type;
    LLMTRAIL_CHECK(type == FieldType::kJson || type == FieldType::kTextList);
    bool empty = json == "[]" || json == "{}" || json == "null";
    store_text(field, empty ? std::string_view() : json);
}

void AuditRecord::set_integer(Field field, int64_t value) {
    LLMTRAIL_CHECK(field_row(field).type == FieldType::kInteger);
    store_bits(field, value);
}

void AuditRecord::set_real(Field field, double value) {
    LLMTRAIL_CHECK(field_row(field).type == FieldType::kReal);
    if (std::isfinite(value)) {
        store_bits(field, std::bit_cast<int64_t>(value));
    }
}

void AuditRecord::set_boolean(Field field, bool value) {
    LLMTRAIL_CHECK(field_row(field).type == FieldType::kBoolean);
    store_bits(field, value ? 1 : 0);
}

void AuditRecord::set_time(Field field, UnixNanos at) {
    LLMTRAIL_CHECK(field_row(field).type == FieldType::kTime);
    store_bits(field, at.value);
}

void AuditRecord::append_to_list(Field field, std::string_view item) {
    LLMTRAIL_CHECK(field_row(field).type == FieldType::kTextList);
    std::string quoted;
    append_json_string(quoted, item);
    std::string_view now = text(field);
    // A quoted item can only be found between element borders, since inner quotes are escaped.
    size_t at = now.find(quoted);
    while (at != std::string_view::npos) {
        char before = now[at - 1];
        char after = now[at + quoted.size()];
        if ((before == '[' || before == ',') && (after == ']' || after == ',')) {
            return;
        }
        at = now.find(quoted, at + 1);
    }
    append_to_json_array(field, quoted);
}

void AuditRecord::append_to_json_array(Field field, std::string_view item_json) {
    FieldType type = field_row(field).type;
    LLMTRAIL_CHECK(type == FieldType::kJson || type == FieldType::kTextList);
    std::string array(text(field));
    if (array.empty()) {
        array = "[";
    } else {
        array.back() = ',';
    }
    array.append(item_json);
    array.push_back(']');
    store_text(field, array);
}

void AuditRecord::remove(Field field) {
    mark_absent(field);
}

std::string_view AuditRecord::text(Field field) const {
    LLMTRAIL_CHECK(is_textual(field_row(field).type));
    return has(field) ? stored_text(field) : std::string_view();
}

std::optional<int64_t> AuditRecord::integer(Field field) const {
    FieldType type = field_row(field).type;
    LLMTRAIL_CHECK(type == FieldType::kInteger || type == FieldType::kTime);
    return has(field) ? std::optional(stored_bits(field)) : std::nullopt;
}

std::optional<double> AuditRecord::real(Field field) const {
    LLMTRAIL_CHECK(field_row(field).type == FieldType::kReal);
    return has(field) ? std::optional(std::bit_cast<double>(stored_bits(field))) : std::nullopt;
}

std::optional<bool> AuditRecord::boolean(Field field) const {
    LLMTRAIL_CHECK(field_row(field).type == FieldType::kBoolean);
    return has(field) ? std::optional(stored_bits(field) != 0) : std::nullopt;
}

static void append_value(std::string& out, const AuditRecord& record, const FieldRow& row) {
    switch (row.type) {
        case FieldType::kText:
            append_json_string(out, record.text(row.field));
            break;
        case FieldType::kTextList:
        case FieldType::kJson:
            out += record.text(row.field);
            break;
        case FieldType::kInteger:
            append_json_integer(out, *record.integer(row.field));
            break;
        case FieldType::kTime:
            append_json_string(out, format_iso_nanos(UnixNanos{*record.integer(row.field)}));
            break;
        case FieldType::kReal:
            append_json_number(out, *record.real(row.field));
            break;
        case FieldType::kBoolean:
            out += *record.boolean(row.field) ? "true" : "false";
            break;
    }
}

void append_record_json(std::string& out, const AuditRecord& record, std::string_view event_id) {
    out.push_back('{');
    if (!event_id.empty()) {
        out += "\"event.id\":";
        append_json_string(out, event_id);
    }
    record.for_each([&](const FieldRow& row) {
        if (out.back() != '{') {
            out.push_back(',');
        }
        append_json_string(out, row.name);
        out.push_back(':');
        append_value(out, record, row);
    });
    out.push_back('}');
}

}  // namespace llmtrail
