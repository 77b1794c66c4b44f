// A piece of a record while it waits: its sections as the codec writes them, which is a tenth of
// what an AuditRecord takes. Used by JoinTable and the merge, ingest thread. Nothing can fail.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "record/audit_record.h"

namespace llmtrail {

// Where a piece was read: the caller's own numbers, given back when its record goes.
struct PiecePlace {
    uint64_t offset = 0;  // of its document
    uint32_t file = 0;
    uint32_t number = 0;  // among the pieces of its document, from 0

    bool operator==(const PiecePlace&) const = default;
};

struct HeldPiece {
    Bytes bytes;  // all sections, one after the other
    std::array<uint32_t, kSectionCount> section_bytes{};
    uint32_t rank = 0;
    uint32_t order = 0;
    bool chunk = false;
    PiecePlace place;
};

// May cut texts of `record` that are longer than a section may be (record_codec.h).
HeldPiece hold_piece(AuditRecord& record);

void restore_piece(const HeldPiece& piece, AuditRecord& record);  // clears it first

// Calls visit(field, value) for each field of the piece. Texts, lists and JSON are views into
// piece.bytes; numbers are as encoded, 8 bytes or 1.
template <typename Visitor>
void for_each_field_of(const HeldPiece& piece, Visitor&& visit) {
    ByteView left = piece.bytes;
    for (uint32_t size : piece.section_bytes) {
        ByteReader section(left.substr(0, size));
        left.remove_prefix(size);
        while (!section.at_end()) {
            uint64_t number = section.varint();
            ByteView value = section.sized();
            if (!section.ok() || number == 0 || number > kFieldCount) {
                break;
            }
            visit(Field{static_cast<uint16_t>(number - 1)}, value);
        }
    }
}

}  // namespace llmtrail
