#include "pipeline/spool_words.h"

#include <algorithm>

#include "pipeline/agent_record.h"
#include "record/record_codec.h"

namespace llmtrail {

namespace {

uint16_t class_of(SpoolNewsKind kind) {
    switch (kind) {
        case SpoolNewsKind::kFull:
            return kClassSpoolFull;
        case SpoolNewsKind::kFilling:
            return kClassSpoolFilling;
        case SpoolNewsKind::kDropping:
            return kClassEventsDropped;
        case SpoolNewsKind::kPruned:
            return kClassSegmentsPruned;
        case SpoolNewsKind::kErasing:
            return kClassSectionErased;
        case SpoolNewsKind::kKept:
            return kClassIntegrityFailure;
    }
    return kClassIntegrityFailure;
}

}  // namespace

SpoolNarrator spool_narrator(Clock& clock) {
    return [&clock](const SpoolNews& news) {
        AuditRecord record;
        auto count = static_cast<uint32_t>(std::min<uint64_t>(news.count, UINT32_MAX));
        fill_agent_record(record, {class_of(news.kind), "spool", news.detail, count},
                          clock.wall_now());
        std::array<Bytes, kSectionCount> sections;
        encode_record(record, sections);
        return sections;
    };
}

}  // namespace llmtrail
