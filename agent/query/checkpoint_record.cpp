#include "query/checkpoint_record.h"

#include "record/audit_record.h"
#include "record/record_codec.h"

namespace llmtrail {

namespace {

constexpr std::string_view kOriginPrefix = "llmtrail/";

}  // namespace

std::optional<Bytes> checkpoint_note_in(ByteView envelope) {
    if (envelope.find(kOriginPrefix) == ByteView::npos) {
        return std::nullopt;  // spares most records the decoding
    }
    AuditRecord record;
    if (!decode_section(envelope, Section::kEnvelope, record) ||
        !record.has(Field::kCheckpointNote)) {
        return std::nullopt;
    }
    return Bytes(record.text(Field::kCheckpointNote));
}

}  // namespace llmtrail
