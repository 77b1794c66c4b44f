#include "parsers/otlp.h"

#include "base/json_text.h"
#include "parsers/otlp_record.h"

namespace llmtrail {

namespace {

using otlp::either;
using otlp::RecordReader;

constexpr std::string_view kEventName = "event.name";
constexpr int64_t kStatusOk = 1;
constexpr int64_t kStatusError = 2;
constexpr int64_t kSeverityError = 17;  // of the logs data model: ERROR and above

// What stands around a span: its resource and scope.
struct Around {
    JsonValue document;
    JsonValue resource_group;  // {"resource", "scopeSpans", "schemaUrl"}
    JsonValue scope_group;     // {"scope", "spans", "schemaUrl"}
};

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> names) {
    for (std::string_view name : names) {
        if (key == name) {
            return true;
        }
    }
    return false;
}

JsonValue resource_groups(JsonValue document) {
    for (std::string_view key :
         {"resourceSpans", "resource_spans", "resourceLogs", "resource_logs"}) {
        if (document[key].is_array()) {
            return document[key];
        }
    }
    return {};
}

// A span on its own, as some exports write it.
bool is_bare_span(JsonValue document) {
    JsonValue attributes = document["attributes"];
    if (!attributes.is_array() || !document["name"].is_string()) {
        return false;
    }
    bool pairs = true;
    for (JsonValue pair : attributes.items()) {
        pairs = pairs && pair["key"].is_string() && pair["value"].is_object();
    }
    return pairs && (either(document, "spanId", "span_id").exists() || document["kind"].exists() ||
                     document["status"].is_object());
}

void set_span_time(AuditRecord& record, int64_t at) {
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

class OtlpParser final : public Parser {
 public:
    std::string_view name() const override { return "otlp"; }

    std::string_view describes() const override {
        return "OpenTelemetry spans and log events in OTLP/JSON, all GenAI vocabularies";
    }

    bool recognizes(JsonValue document) const override {
        return resource_groups(document).exists() || is_bare_span(document);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void scope_group(const Around& around, const ParseContext& context, RecordSink& sink);
    void span(const Around& around, JsonValue span, const ParseContext& context, RecordSink& sink);
    void log(const Around& around, JsonValue log, const ParseContext& context, RecordSink& sink);
    void around_record(const Around& around, AuditRecord& record);
    bool common_member(const BodyPlace& place, JsonMember member, AuditRecord& record);
    bool span_member(const BodyPlace& place, JsonMember member, AuditRecord& record);
    void times(const BodyPlace& place, JsonValue span, AuditRecord& record);
    void status(const BodyPlace& place, JsonValue status);
    void dropped(const BodyPlace& place, JsonMember member, AuditRecord& record);

    RecordReader reader_;
    size_t records_ = 0;  // of the document
};

void OtlpParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    JsonValue groups = resource_groups(document);
    if (!groups.exists()) {
        span(Around{}, document, context, sink);
        return;
    }
    records_ = 0;
    for (JsonValue group : groups.items()) {
        for (JsonMember member : group.members()) {
            if (!is_one_of(member.key, {"scopeSpans", "scope_spans", "scopeLogs", "scope_logs",
                                        "instrumentationLibrarySpans"})) {
                continue;
            }
            for (JsonValue scope : member.value.items()) {
                scope_group(Around{document, group, scope}, context, sink);
            }
        }
    }
    if (records_ == 0 && groups.size() > 0) {
        // A batch without spans says something, though nothing of a model.
        AuditRecord& record = sink.begin();
        reader_.begin(record, context);
        reader_.place().keep_others(document, {});
        reader_.finish({});
        sink.commit();
    }
}

void OtlpParser::scope_group(const Around& around, const ParseContext& context, RecordSink& sink) {
    for (JsonMember member : around.scope_group.members()) {
        bool logs = member.key == "logRecords" || member.key == "log_records";
        if (member.key != "spans" && !logs) {
            continue;
        }
        for (JsonValue item : member.value.items()) {
            ++records_;
            if (logs) {
                log(around, item, context, sink);
            } else {
                span(around, item, context, sink);
            }
        }
    }
}

void OtlpParser::dropped(const BodyPlace& place, JsonMember member, AuditRecord& record) {
    auto count = otlp::integer(member.value);
    if (count == 0) {
        return;
    }
    record.append_to_list(Field::kRecordSourceLoss, "dropped_attributes");
    place.keep(member.key, member.value);
}

// Resource and scope hold for every span and event below them.
void OtlpParser::around_record(const Around& around, AuditRecord& record) {
    BodyPlace root = reader_.place();
    BodyPlace resource = root.below("resource");
    BodyPlace scope = root.below("scope");
    for (JsonMember member : around.resource_group["resource"].members()) {
        if (member.key == "attributes") {
            reader_.resource_attributes(resource, member.value);
        } else if (member.key.starts_with("dropped")) {
            dropped(resource, member, record);
        } else {
            resource.keep(member.key, member.value);
        }
    }
    JsonValue resource_value = around.resource_group["resource"];
    if (!resource_value.is_object()) {
        resource.keep(resource_value);
    }
    std::string dataset;
    JsonValue library = either(around.scope_group, "scope", "instrumentationLibrary");
    for (JsonMember member : library.members()) {
        if (member.key == "name" && member.value.is_string()) {
            dataset.insert(0, member.value.text());
        } else if (member.key == "version" && member.value.is_string()) {
            if (!member.value.text().empty()) {
                dataset += '@';
                dataset += member.value.text();
            }
        } else if (member.key == "attributes") {
            for (JsonValue pair : member.value.items()) {
                otlp::PoolScope trees(reader_.pool());
                scope.below("attributes")
                    .keep(pair["key"].text(), otlp::plain(pair["value"], reader_.pool()));
            }
        } else if (member.key.starts_with("dropped")) {
            dropped(scope, member, record);
        } else {
            scope.keep(member.key, member.value);
        }
    }
    if (!library.is_object()) {
        scope.keep(library);
    }
    record.set_text(Field::kEventDataset, dataset);
    resource.keep_others(around.resource_group,
                         {"resource", "scopeSpans", "scope_spans", "scopeLogs", "scope_logs",
                          "instrumentationLibrarySpans"});
    scope.keep_others(around.scope_group,
                      {"scope", "instrumentationLibrary", "spans", "logRecords", "log_records"});
    root.keep_others(around.document,
                     {"resourceSpans", "resource_spans", "resourceLogs", "resource_logs"});
}

bool OtlpParser::common_member(const BodyPlace& place, JsonMember member, AuditRecord& record) {
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
            std::string id = otlp::hex_id(member.value);
            bool text = member.value.is_string();
            if (!text || (!id.empty() && !fill_text(record, row.field, id))) {
                place.keep(key, member.value);
            }
            return true;
        }
    }
    if (key.starts_with("dropped") && otlp::integer(member.value)) {
        dropped(place, member, record);
        return true;
    }
    return false;
}

void OtlpParser::times(const BodyPlace& place, JsonValue span, AuditRecord& record) {
    JsonValue start_value = either(span, "startTimeUnixNano", "start_time_unix_nano");
    JsonValue end_value = either(span, "endTimeUnixNano", "end_time_unix_nano");
    auto start = otlp::nanos(start_value);
    auto end = otlp::nanos(end_value);
    if (start) {
        set_span_time(record, *start);
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

void OtlpParser::status(const BodyPlace& place, JsonValue status) {
    JsonValue code = status["code"];
    auto number = otlp::integer(code);
    bool error = number == kStatusError || code.text() == "STATUS_CODE_ERROR";
    if (error) {
        reader_.set_failed();
    }
    bool known = error || number == kStatusOk || number == 0 || code.text() == "STATUS_CODE_OK" ||
                 code.text() == "STATUS_CODE_UNSET";
    if (!known) {
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

bool OtlpParser::span_member(const BodyPlace& place, JsonMember member, AuditRecord& record) {
    std::string_view key = member.key;
    if (is_one_of(key, {"startTimeUnixNano", "start_time_unix_nano", "endTimeUnixNano",
                        "end_time_unix_nano", "attributes", "status"}) ||
        (key == "events" && member.value.is_array())) {
        return true;
    }
    if (key == "links" && member.value.is_array()) {
        BodyPlace links = place.below(key);
        size_t index = 0;
        for (JsonValue link : member.value.items()) {
            BodyPlace here = links.below(index++);
            for (JsonValue pair : link["attributes"].items()) {
                otlp::PoolScope trees(reader_.pool());
                here.below("attributes")
                    .keep(pair["key"].text(), otlp::plain(pair["value"], reader_.pool()));
            }
            for (JsonMember part : link.members()) {
                bool zero = part.key.starts_with("dropped") && otlp::integer(part.value) == 0;
                if (part.key != "attributes" && !zero) {
                    here.keep(part.key, part.value);
                }
            }
        }
        return true;
    }
    return common_member(place, member, record);
}

void OtlpParser::span(const Around& around, JsonValue span, const ParseContext& context,
                      RecordSink& sink) {
    AuditRecord& record = sink.begin();
    reader_.begin(record, context);
    BodyPlace root = reader_.place();
    BodyPlace place = root.below("span");
    for (JsonMember member : span.members()) {
        if (!span_member(place, member, record)) {
            place.keep(member.key, member.value);
        }
    }
    if (!span.is_object()) {
        place.keep(span);
    }
    times(place, span, record);
    reader_.attributes(root.below("attributes"), span["attributes"]);
    BodyPlace events = root.below("events");
    size_t index = 0;
    for (JsonValue event : span["events"].items()) {
        reader_.span_event(events.below(index++), event);
    }
    status(place.below("status"), span["status"]);
    around_record(around, record);
    reader_.finish(span["name"].text());
    sink.commit();
}

void OtlpParser::log(const Around& around, JsonValue log, const ParseContext& context,
                     RecordSink& sink) {
    AuditRecord& record = sink.begin();
    reader_.begin(record, context);
    BodyPlace root = reader_.place();
    BodyPlace place = root.below("log");
    JsonValue attributes = log["attributes"];
    JsonValue event_name = either(log, "eventName", "event_name");
    std::string_view name = event_name.text();
    for (JsonValue pair : attributes.items()) {
        if (pair["key"].text() == kEventName && name.empty()) {
            name = either(pair["value"], "stringValue", "string_value").text();
        }
    }
    JsonValue time_value = either(log, "timeUnixNano", "time_unix_nano");
    JsonValue observed_value = either(log, "observedTimeUnixNano", "observed_time_unix_nano");
    auto time = otlp::nanos(time_value);
    auto observed = otlp::nanos(observed_value);
    if (time || observed) {
        set_span_time(record, time ? *time : *observed);
    }
    for (JsonMember member : log.members()) {
        std::string_view key = member.key;
        bool read = is_one_of(key, {"attributes", "body"}) ||
                    (event_name.is_string() && is_one_of(key, {"eventName", "event_name"})) ||
                    (time && is_one_of(key, {"timeUnixNano", "time_unix_nano"})) ||
                    common_member(place, member, record);
        if (!read) {
            place.keep(key, member.value);
        }
    }
    if (!log.is_object()) {
        place.keep(log);
    }
    record.set_text(Field::kEventAction, name);
    reader_.attributes(root.below("attributes"), attributes, kEventName, name);
    JsonValue body = otlp::plain(log["body"], reader_.pool());
    BodyPlace body_place = root.below("body");
    if (!reader_.log_event(body_place, name, body)) {
        body_place.keep(body);
    } else if (name.ends_with(".message") || name == "gen_ai.choice") {
        // One message of a call whose span tells the rest.
        record.set_text(Field::kRecordState, "partial");
    }
    if (name.ends_with(".message")) {
        record.set_text(Field::kEventOutcome, "unknown");
    }
    if (otlp::integer(either(log, "severityNumber", "severity_number")).value_or(0) >=
        kSeverityError) {
        reader_.set_failed();
    }
    around_record(around, record);
    reader_.finish(name);
    sink.commit();
}

}  // namespace

std::unique_ptr<Parser> make_otlp_parser() {
    return std::make_unique<OtlpParser>();
}

}  // namespace llmtrail
