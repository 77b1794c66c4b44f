// AuditRecord <-> canonical bytes, one string of bytes a section (docs/spool-format.md, "Section
// content"). Entry = varint field number, varint size, value; ascending field numbers, each at most
// once. Text, lists and JSON as UTF-8; integers, times and reals as 8 bytes little-endian; booleans
// as one byte 0 or 1. Equal records have equal bytes. Decoding is strict: an unknown number is kept
// out (a later version wrote it), anything else unexpected is kCorrupt. Pure, any thread.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/result.h"
#include "base/section.h"
#include "record/audit_record.h"

namespace llmtrail {

// Appends each section's bytes to its buffer. A section above kSectionBytesMax has its longest
// texts cut on a code point (a JSON value is replaced by null) and `truncated_section` is added to
// llm.audit.record.flags.
void encode_record(AuditRecord& record, std::array<Bytes, kSectionCount>& sections);

enum class SectionBytes : uint8_t {
    kCopied,
    kLent,  // they stay where they are until the record is cleared
};

// Adds one section's fields to `record` (not cleared first: sections add up).
Result<void> decode_section(ByteView bytes, Section section, AuditRecord& record,
                            SectionBytes use = SectionBytes::kCopied);

}  // namespace llmtrail
