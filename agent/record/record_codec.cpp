#include "record/record_codec.h"

#include <bit>

#include "base/limits.h"
#include "base/utf8.h"

namespace llmtrail {

namespace {

// Where a section that is too large is made to fit: its longest text loses what is over.
void cut_longest(AuditRecord& record, Section section, size_t over) {
    const FieldRow* longest = nullptr;
    record.for_each([&](const FieldRow& row) {
        bool textual = row.type == FieldType::kText || row.type == FieldType::kJson || row.type == FieldType::kTextList;
        if (row.section == section && textual &&
            (longest == nullptr || record.text(row.field).size() > record.text(longest->field).size())) {
            longest = &row;
        }
    });
    std::string_view text = record.text(longest->field);
    if (longest->type == FieldType::kText && text.size() > over) {
        record.set_text(longest->field, std::string(utf8_prefix_bytes(text, text.size() - over)));
    } else {
        record.remove(longest->field);
    }
}

size_t section_size(const AuditRecord& record, Section section) {
    size_t size = 0;
    record.for_each([&](const FieldRow& row) {
        if (row.section == section) {
            bool textual = row.type == FieldType::kText || row.type == FieldType::kJson || row.type == FieldType::kTextList;
            size += 12 + (textual ? record.text(row.field).size() : 8);
        }
    });
    return size;
}

void put_value(Bytes& out, const AuditRecord& record, const FieldRow& row) {
    switch (row.type) {
        case FieldType::kText:
        case FieldType::kTextList:
        case FieldType::kJson:
            put_sized(out, record.text(row.field));
            break;
        case FieldType::kInteger:
        case FieldType::kTime:
            put_varint(out, 8);
            put_i64(out, *record.integer(row.field));
            break;
        case FieldType::kReal:
            put_varint(out, 8);
            put_i64(out, std::bit_cast<int64_t>(*record.real(row.field)));
            break;
        case FieldType::kBoolean:
            put_varint(out, 1);
            put_u8(out, *record.boolean(row.field) ? 1 : 0);
            break;
    }
}

Result<void> decode_value(ByteView value, const FieldRow& row, AuditRecord& record) {
    ByteReader reader(value);
    switch (row.type) {
        case FieldType::kText:
            record.set_text(row.field, value);
            return {};
        case FieldType::kTextList:
        case FieldType::kJson:
            record.set_json(row.field, value);
            return {};
        case FieldType::kInteger:
            record.set_integer(row.field, reader.i64());
            break;
        case FieldType::kTime:
            record.set_time(row.field, UnixNanos{reader.i64()});
            break;
        case FieldType::kReal:
            record.set_real(row.field, std::bit_cast<double>(reader.i64()));
            break;
        case FieldType::kBoolean:
            record.set_boolean(row.field, reader.u8() != 0);
            break;
    }
    if (!reader.ok() || !reader.at_end()) {
        return fail(ErrorCode::kCorrupt, "value of field " + std::string(row.name) + " has a wrong length");
    }
    return {};
}

}  // namespace

void encode_record(AuditRecord& record, std::array<Bytes, kSectionCount>& sections) {
    if (record.text_bytes() > kSectionBytesMax / 2) {
        for (Section section : kSections) {
            size_t size = section_size(record, section);
            while (size > kSectionBytesMax) {
                cut_longest(record, section, size - kSectionBytesMax);
                record.append_to_list(Field::kRecordFlags, "truncated_section");
                size = section_size(record, section);
            }
        }
    }
    record.for_each([&](const FieldRow& row) {
        Bytes& out = sections[static_cast<size_t>(row.section)];
        put_varint(out, row.number);
        put_value(out, record, row);
    });
}

Result<void> decode_section(ByteView bytes, Section section, AuditRecord& record) {
    ByteReader reader(bytes);
    uint64_t previous = 0;
    while (!reader.at_end()) {
        uint64_t number = reader.varint();
        ByteView value = reader.sized();
        if (!reader.ok()) {
            return fail(ErrorCode::kCorrupt, "section content ends inside an entry");
        }
        if (number <= previous) {
            return fail(ErrorCode::kCorrupt, "section content has fields out of order");
        }
        previous = number;
        std::optional<Field> field = field_by_number(number);
        if (!field) {
            continue;
        }
        if (field_row(*field).section != section) {
            return fail(ErrorCode::kCorrupt, "field " + std::string(field_row(*field).name) + " stands in the wrong section");
        }
        if (Result<void> decoded = decode_value(value, field_row(*field), record); !decoded) {
            return decoded;
        }
    }
    return {};
}

}  // namespace llmtrail
