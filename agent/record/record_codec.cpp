#include "record/record_codec.h"

#include <bit>
#include <cmath>

#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"

namespace llmtrail {

namespace {

// What the codec asks of every field: two bytes here, a cache line in the catalogue.
struct FieldShape {
    FieldType type;
    Section section;
};

using FieldShapes = std::array<FieldShape, kFieldCount>;

FieldShapes make_field_shapes() {
    FieldShapes shapes{};
    for (const FieldRow& row : kFieldCatalog) {
        shapes[static_cast<size_t>(row.field)] = {row.type, row.section};
    }
    return shapes;
}

const FieldShapes& field_shapes() {
    static const FieldShapes shapes = make_field_shapes();
    return shapes;
}

// Numbers are positions in the catalogue, from 1 (asserted there).
uint64_t number_of(Field field) {
    return static_cast<uint64_t>(field) + 1;
}

constexpr size_t kEntryHeadBytesMax =
    3 + 10 + 8;  // number, size, and the value unless it is a text

char* write_varint(char* at, uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
        *at++ = static_cast<char>(value | 0x80);
    }
    *at++ = static_cast<char>(value);
    return at;
}

bool read_long_varint(ByteView bytes, size_t& at, uint64_t& value) {
    ByteReader reader(bytes.substr(at));
    value = reader.varint();
    at += reader.position();
    return reader.ok();
}

// ByteReader's varint, with the one-byte case in place.
bool read_varint(ByteView bytes, size_t& at, uint64_t& value) {
    if (at >= bytes.size() || (bytes[at] & 0x80) != 0) {
        return read_long_varint(bytes, at, value);
    }
    value = static_cast<uint8_t>(bytes[at++]);
    return true;
}

// Where a section that is too large is made to fit: its longest text loses what is over.
void cut_longest(AuditRecord& record, Section section, size_t over) {
    const FieldRow* longest = nullptr;
    record.for_each([&](const FieldRow& row) {
        bool textual = row.type == FieldType::kText || row.type == FieldType::kJson ||
                       row.type == FieldType::kTextList;
        if (row.section == section && textual &&
            (longest == nullptr ||
             record.text(row.field).size() > record.text(longest->field).size())) {
            longest = &row;
        }
    });
    LLMTRAIL_CHECK(longest != nullptr);  // only texts make a section large
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
            bool textual = row.type == FieldType::kText || row.type == FieldType::kJson ||
                           row.type == FieldType::kTextList;
            size += 12 + (textual ? record.text(row.field).size() : 8);
        }
    });
    return size;
}

void put_entry(Bytes& out, const AuditRecord& record, Field field, FieldType type) {
    char head[kEntryHeadBytesMax];
    char* end = write_varint(head, number_of(field));
    switch (type) {
        case FieldType::kText:
        case FieldType::kTextList:
        case FieldType::kJson: {
            ByteView text = record.stored_text(field);
            end = write_varint(end, text.size());
            out.append(head, static_cast<size_t>(end - head));
            out.append(text);
            return;
        }
        case FieldType::kInteger:
        case FieldType::kTime:
        case FieldType::kReal: {
            int64_t bits = record.stored_bits(field);
            end = write_varint(end, sizeof bits);
            std::memcpy(end, &bits, sizeof bits);
            end += sizeof bits;
            break;
        }
        case FieldType::kBoolean:
            end = write_varint(end, 1);
            *end++ = static_cast<char>(record.stored_bits(field));
            break;
    }
    out.append(head, static_cast<size_t>(end - head));
}

bool is_empty_json(ByteView json) {
    return json.empty() || json == "[]" || json == "{}" || json == "null";
}

// One value of `block`, which stands at `place` for the record. False: it has a wrong length.
bool take_value(ByteView block, size_t at, size_t size, AuditRecord::TextPlace place, Field field,
                FieldType type, AuditRecord& record) {
    ByteView value = block.substr(at, size);
    switch (type) {
        case FieldType::kText:
        case FieldType::kTextList:
        case FieldType::kJson:
            if (type == FieldType::kText ? value.empty() : is_empty_json(value)) {
                record.remove(field);
            } else {
                record.store_text_at(field, {place.block, place.offset + at}, size);
            }
            return true;
        case FieldType::kInteger:
        case FieldType::kTime:
        case FieldType::kReal: {
            int64_t bits = 0;
            if (size != sizeof bits) {
                return false;
            }
            std::memcpy(&bits, value.data(), sizeof bits);
            if (type != FieldType::kReal || std::isfinite(std::bit_cast<double>(bits))) {
                record.store_bits(field, bits);
            }
            return true;
        }
        case FieldType::kBoolean:
            if (size != 1) {
                return false;
            }
            record.store_bits(field, value[0] != 0 ? 1 : 0);
            return true;
    }
    return false;
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
    const FieldShapes& shapes = field_shapes();
    record.for_each_field([&](Field field) {
        const FieldShape& shape = shapes[static_cast<size_t>(field)];
        put_entry(sections[static_cast<size_t>(shape.section)], record, field, shape.type);
    });
}

Result<void> decode_section(ByteView bytes, Section section, AuditRecord& record,
                            SectionBytes use) {
    const FieldShapes& shapes = field_shapes();
    const AuditRecord::TextPlace place =
        use == SectionBytes::kLent ? record.lend_block(bytes) : record.copy_block(bytes);
    uint64_t previous = 0;
    for (size_t at = 0; at < bytes.size();) {
        uint64_t number = 0;
        uint64_t size = 0;
        if (!read_varint(bytes, at, number) || !read_varint(bytes, at, size) ||
            size > bytes.size() - at) {
            return fail(ErrorCode::kCorrupt, "section content ends inside an entry");
        }
        if (number <= previous) {
            return fail(ErrorCode::kCorrupt, "section content has fields out of order");
        }
        previous = number;
        const size_t value_at = at;
        at += static_cast<size_t>(size);
        if (number > kFieldCount) {
            continue;
        }
        const Field field{static_cast<uint16_t>(number - 1)};
        const FieldShape& shape = shapes[static_cast<size_t>(field)];
        if (shape.section != section) {
            return fail(ErrorCode::kCorrupt, "field " + std::string(field_row(field).name) +
                                                 " stands in the wrong section");
        }
        if (!take_value(bytes, value_at, static_cast<size_t>(size), place, field, shape.type,
                        record)) {
            return fail(
                ErrorCode::kCorrupt,
                "value of field " + std::string(field_row(field).name) + " has a wrong length");
        }
    }
    return {};
}

}  // namespace llmtrail
