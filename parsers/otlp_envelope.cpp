#include "parsers/otlp_envelope.h"

#include <algorithm>

namespace llmtrail::otlp {

namespace {

constexpr int64_t kStatusOk = 1;
constexpr int64_t kStatusError = 2;
constexpr int64_t kSeverityError = 17;  // of the logs data model: ERROR and above

void dropped(const BodyPlace& place, JsonMember member) {
    auto count = integer(member.value);
    if (count == 0) {
        return;
    }
    place.record().append_to_list(Field::kRecordSourceLoss, "dropped_attributes");
    place.keep(member.key, member.value);
}

void keep_attributes(const BodyPlace& place, JsonValue attributes, JsonPool& pool) {
    for (JsonValue pair : attributes.items()) {
        PoolScope trees(pool);
        place.keep(pair["key"].text(), plain(pair["value"], pool));
    }
    if (!attributes.is_array()) {
        place.keep(attributes);
    }
}

void read_resource(const BodyPlace& place, JsonValue resource, RecordReader& reader) {
    for (JsonMember member : resource.members()) {
        if (member.key == "attributes") {
            reader.resource_attributes(place, member.value);
        } else if (member.key.starts_with("dropped")) {
            dropped(place, member);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!resource.is_object()) {
        place.keep(resource);
    }
}

// The instrumentation that wrote the record: "name@version".
void read_scope(const BodyPlace& place, JsonValue scope, JsonPool& pool) {
    std::string dataset;
    for (JsonMember member : scope.members()) {
        if (member.key == "name" && member.value.is_string()) {
            dataset.insert(0, member.value.text());
        } else if (member.key == "version" && member.value.is_string()) {
            if (!member.value.text().empty()) {
                dataset += '@';
                dataset += member.value.text();
            }
        } else if (member.key == "attributes") {
            keep_attributes(place.below("attributes"), member.value, pool);
        } else if (member.key.starts_with("dropped")) {
            dropped(place, member);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!scope.is_object()) {
        place.keep(scope);
    }
    place.record().set_text(Field::kEventDataset, dataset);
}

}  // namespace

bool is_resource_groups(JsonMember member) {
    return member.value.is_array() && is_one_of(member.key, {"resourceSpans", "resource_spans",
                                                             "resourceLogs", "resource_logs"});
}

bool is_scope_groups(JsonMember member) {
    return member.value.is_array() &&
           is_one_of(member.key, {"scopeSpans", "scope_spans", "scopeLogs", "scope_logs",
                                  "instrumentationLibrarySpans"});
}

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), key) != names.end();
}

void read_around(const Around& around, RecordReader& reader) {
    BodyPlace root = reader.place();
    BodyPlace resource = root.below("resource");
    BodyPlace scope = root.below("scope");
    read_resource(resource, around.resource_group["resource"], reader);
    read_scope(scope, either(around.scope_group, "scope", "instrumentationLibrary"), reader.pool());
    for (JsonMember member : around.resource_group.members()) {
        if (member.key != "resource" && !is_scope_groups(member)) {
            resource.keep(member.key, member.value);
        }
    }
    scope.keep_others(around.scope_group,
                      {"scope", "instrumentationLibrary", "spans", "logRecords", "log_records"});
    for (JsonMember member : around.document.members()) {
        if (!is_resource_groups(member)) {
            root.keep(member.key, member.value);
        }
    }
}

bool read_common_member(const BodyPlace& place, JsonMember member) {
    std::string_view key = member.key;

    struct IdRow {
        std::string_view camel;
        std::string_view snake;
        Field field;
    };

    constexpr IdRow kIds[] = {
        {"traceId", "trace_id", Field::kTraceId},
        {"spanId", "span_id", Field::kSpanId},
        {"parentSpanId", "parent_span_id", Field::kParentId},
    };
    for (const IdRow& row : kIds) {
        if (key == row.camel || key == row.snake) {
            std::string id = hex_id(member.value);
            bool text = member.value.is_string();
            if (!text || (!id.empty() && !fill_text(place.record(), row.field, id))) {
                place.keep(key, member.value);
            }
            return true;
        }
    }
    if (key.starts_with("dropped") && integer(member.value)) {
        dropped(place, member);
        return true;
    }
    return false;
}

void set_event_time(AuditRecord& record, int64_t at) {
    record.set_time(Field::kEventTime, UnixNanos{at});
    record.set_text(Field::kEventTimeZone, "source");
    // The field always holds nanoseconds; what the clock gave shows in the zeros at the end.
    constexpr int64_t kNanosPerMicro = 1000;
    TimePrecision precision = TimePrecision::kNanos;
    if (at % kNanosPerMilli == 0) {
        precision = TimePrecision::kMillis;
    } else if (at % kNanosPerMicro == 0) {
        precision = TimePrecision::kMicros;
    }
    record.set_text(Field::kEventTimePrecision, precision_name(precision));
}

void read_span_times(const BodyPlace& place, JsonValue span) {
    AuditRecord& record = place.record();
    JsonValue start_value = either(span, "startTimeUnixNano", "start_time_unix_nano");
    JsonValue end_value = either(span, "endTimeUnixNano", "end_time_unix_nano");
    auto start = nanos(start_value);
    auto end = nanos(end_value);
    if (start) {
        set_event_time(record, *start);
    } else {
        place.keep("startTimeUnixNano", start_value);
    }
    if (end) {
        record.set_time(Field::kEventEnd, UnixNanos{*end});
    } else {
        place.keep("endTimeUnixNano", end_value);
    }
    if (start && end && *end >= *start) {
        record.set_integer(Field::kEventDuration, *end - *start);
    }
}

void read_links(const BodyPlace& place, JsonValue links, JsonPool& pool) {
    size_t index = 0;
    for (JsonValue link : links.items()) {
        BodyPlace here = place.below(index++);
        for (JsonMember member : link.members()) {
            if (member.key == "attributes") {
                keep_attributes(here.below("attributes"), member.value, pool);
            } else if (member.key.starts_with("dropped") && integer(member.value)) {
                dropped(here, member);
            } else {
                here.keep(member.key, member.value);
            }
        }
        if (!link.is_object()) {
            here.keep(link);
        }
    }
}

void read_status(const BodyPlace& place, JsonValue status, RecordReader& reader) {
    struct CodeRow {
        std::string_view name;
        int64_t number;
    };

    constexpr CodeRow kCodes[] = {
        {"STATUS_CODE_UNSET", 0},
        {"STATUS_CODE_OK", kStatusOk},
        {"STATUS_CODE_ERROR", kStatusError},
        {"UNSET", 0},
        {"OK", kStatusOk},
        {"ERROR", kStatusError},
    };
    JsonValue code = status["code"];
    auto number = integer(code);
    for (const CodeRow& row : kCodes) {
        number = code.text() == row.name ? row.number : number;
    }
    bool error = number == kStatusError;
    if (error) {
        reader.set_failed();
    }
    if (!error && number != kStatusOk && number != 0) {
        place.keep("code", code);
    }
    JsonValue message = status["message"];
    if (!message.text().empty() && error) {
        // An exception's own message is the error's; the status often says it with the type before.
        place.fill_or_keep(Field::kErrorMessage, "message", message);
    } else {
        place.keep("message", message);
    }
    place.keep_others(status, {"code", "message"});
}

bool is_error_severity(JsonValue severity) {
    std::string_view name = severity.text();
    return integer(severity).value_or(0) >= kSeverityError ||
           name.starts_with("SEVERITY_NUMBER_ERROR") || name.starts_with("SEVERITY_NUMBER_FATAL");
}

}  // namespace llmtrail::otlp
