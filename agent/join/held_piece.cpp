#include "join/held_piece.h"

#include "base/check.h"
#include "record/record_codec.h"

namespace llmtrail {

HeldPiece hold_piece(AuditRecord& record) {
    std::array<Bytes, kSectionCount> sections;
    encode_record(record, sections);
    HeldPiece piece;
    size_t size = 0;
    for (const Bytes& section : sections) {
        size += section.size();
    }
    piece.bytes.reserve(size);
    for (size_t i = 0; i < kSectionCount; ++i) {
        piece.bytes += sections[i];
        piece.section_bytes[i] = static_cast<uint32_t>(sections[i].size());
    }
    return piece;
}

void restore_piece(const HeldPiece& piece, AuditRecord& record) {
    record.clear();
    ByteView left = piece.bytes;
    for (Section section : kSections) {
        uint32_t size = piece.section_bytes[static_cast<size_t>(section)];
        Result<void> decoded = decode_section(left.substr(0, size), section, record);
        LLMTRAIL_CHECK(decoded.has_value());  // our own bytes, never out of our hands
        left.remove_prefix(size);
    }
}

}  // namespace llmtrail
