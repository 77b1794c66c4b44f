#include "parsers/otlp_envelope.h"

#include <algorithm>

namespace llmtrail::otlp {

namespace {

constexpr int64_t kStatusOk = 1;
constexpr int64_t kStatusError = 2;
constexpr int64_t kSeverityError = 17;  // of the logs data model: ERROR and above

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

const IdRow* find_id(std::string_view key) {
    for (const IdRow& row : kIds) {
        if (key == row.camel || key == row.snake) {
            return &row;
        }
    }
    return nullptr;
}

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
    JsonValue name = scope["name"];
    JsonValue version = scope["version"];
    for (JsonMember member : scope.members()) {
        bool read = (member.value.at() == name.at() && name.is_string()) ||
                    (member.value.at() == version.at() && version.is_string());
        if (read) {
            continue;
        }
        if (member.key == "attributes") {
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
    std::string dataset(name.text());
    if (!version.text().empty()) {
        dataset.append("@").append(version.text());
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

static bool is_record_list(JsonMember member) {
    return is_one_of(member.key, {"spans", "logRecords", "log_records"});
}

RepeatedPart document_part(JsonValue document) {
    return repeated_part(document, is_resource_groups);
}

RepeatedPart resource_part(JsonValue resource_group) {
    return repeated_part(resource_group, is_scope_groups);
}

RepeatedPart scope_part(JsonValue scope_group) {
    return repeated_part(scope_group, is_record_list);
}

void read_around(const Around& around, RepeatBudget& budget, RecordReader& reader) {
    if (around.document == nullptr) {
        return;
    }
    BodyPlace root = reader.place();
    Unmapped& unmapped = root.scratch().unmapped;
    BodyPlace resource = root.below("resource");
    BodyPlace scope = root.below("scope");
    bool of_resource = budget.takes(*around.resource_group, unmapped);
    bool of_scope = budget.takes(*around.scope_group, unmapped);
    JsonValue group = around.resource_group->value;
    JsonValue scopes = around.scope_group->value;
    if (of_resource) {
        read_resource(resource, group["resource"], reader);
    }
    if (of_scope) {
        read_scope(scope, either(scopes, "scope", "instrumentationLibrary"), reader.pool());
    }
    for (JsonMember member : (of_resource ? group : JsonValue()).members()) {
        if (member.key != "resource" && !is_scope_groups(member)) {
            resource.keep(member.key, member.value);
        }
    }
    for (JsonMember member : (of_scope ? scopes : JsonValue()).members()) {
        bool read = is_one_of(member.key, {"scope", "instrumentationLibrary"});
        if (!read && !is_record_list(member)) {
            scope.keep(member.key, member.value);
        }
    }
    if (!budget.takes(*around.document, unmapped)) {
        return;
    }
    for (JsonMember member : around.document->value.members()) {
        if (!is_resource_groups(member)) {
            root.keep(member.key, member.value);
        }
    }
}

bool is_id(std::string_view key) {
    return find_id(key) != nullptr;
}

bool read_common_member(const BodyPlace& place, JsonMember member) {
    std::string_view key = member.key;
    if (const IdRow* row = find_id(key)) {
        std::string id = hex_id(member.value);
        bool text = member.value.is_string();
        if (!text || (!id.empty() && !fill_text(place.record(), row->field, id))) {
            place.keep(key, member.value);
        }
        return true;
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
