#include "parsers/created_time.h"

namespace llmtrail {

std::optional<Timestamp> created_stamp(const AuditRecord& record) {
    constexpr int64_t kNanosPerMicro = 1000;
    std::optional<int64_t> at = record.integer(Field::kGenAiResponseCreated);
    if (!at) {
        return std::nullopt;
    }
    TimePrecision precision = *at % kNanosPerSecond == 0  ? TimePrecision::kSeconds
                              : *at % kNanosPerMilli == 0 ? TimePrecision::kMillis
                              : *at % kNanosPerMicro == 0 ? TimePrecision::kMicros
                                                          : TimePrecision::kNanos;
    return Timestamp{UnixNanos{*at}, precision, true};
}

}  // namespace llmtrail
