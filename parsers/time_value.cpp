#include "parsers/time_value.h"

#include <charconv>

namespace llmtrail {

namespace {

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
    Number value{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

std::optional<Timestamp> read_time(std::string_view text, const ParseContext& context) {
    constexpr size_t kStampBytesMax = 64;
    if (text.empty() || text.size() > kStampBytesMax) {
        return std::nullopt;
    }
    if (auto stamp = parse_iso_time(text)) {
        if (!stamp->zone_in_source) {
            stamp->at.value -= context.default_utc_offset_seconds * kNanosPerSecond;
        }
        return stamp;
    }
    if (auto whole = whole_number<int64_t>(text)) {
        return parse_epoch(*whole);
    }
    if (auto real = whole_number<double>(text)) {
        return parse_epoch(*real);
    }
    return parse_http_date(text);
}

std::optional<Timestamp> read_time(JsonValue value, const ParseContext& context) {
    if (value.is_string()) {
        return read_time(value.text(), context);
    }
    if (auto whole = value.integer()) {
        return parse_epoch(*whole);
    }
    if (auto real = value.real()) {
        return parse_epoch(*real);
    }
    return std::nullopt;
}

void set_event_time(AuditRecord& record, const Timestamp& stamp, const ParseContext& context) {
    record.set_time(Field::kEventTime, stamp.at);
    record.set_text(Field::kEventTimePrecision, precision_name(stamp.precision));
    std::string_view assumed =
        context.default_utc_offset_seconds == 0 ? "assumed_utc" : "assumed_local";
    record.set_text(Field::kEventTimeZone, stamp.zone_in_source ? "source" : assumed);
}

bool set_event_time(AuditRecord& record, JsonValue value, const ParseContext& context) {
    auto stamp = read_time(value, context);
    if (stamp) {
        set_event_time(record, *stamp, context);
    }
    return stamp.has_value();
}

}  // namespace llmtrail
