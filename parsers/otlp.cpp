#include "parsers/otlp.h"

#include "parsers/otlp_envelope.h"

namespace llmtrail {

namespace {

using otlp::Around;
using otlp::either;
using otlp::is_one_of;
using otlp::RecordReader;

constexpr std::string_view kEventName = "event.name";
constexpr std::string_view kDetails = "gen_ai.client.inference.operation.details";

// Of the pieces of one call the span says what happened; log events hold its text.
constexpr uint32_t kEventRank = 0;
constexpr uint32_t kSpanRank = 1;
constexpr int64_t kNanosPerOrder = 100'000;
constexpr size_t kIdsMax = 6;  // of a span, each in two spellings

bool has_resource_groups(JsonValue document) {
    for (JsonMember member : document.members()) {
        if (otlp::is_resource_groups(member)) {
            return true;
        }
    }
    return false;
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
    return pairs && (otlp::either(document, "spanId", "span_id").exists() ||
                     document["kind"].exists() || document["status"].is_object());
}

// A log event that is a message of a call, or all of its text.
bool holds_text(std::string_view name) {
    return otlp::is_message(name) || name == kDetails;
}

// gen_ai.system.message and its like: what the model was told before, not what the user typed.
void drop_prompt_text(AuditRecord& record) {
    record.remove(Field::kPromptText);
    record.remove(Field::kPromptBytes);
}

class OtlpParser final : public Parser {
 public:
    std::string_view name() const override { return "otlp"; }

    std::string_view describes() const override {
        return "OpenTelemetry spans and log events in OTLP/JSON, all GenAI vocabularies";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"resourceSpans", "resource_spans",
                                                     "resourceLogs", "resource_logs", "attributes"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return has_resource_groups(document) || is_bare_span(document);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void resource_group(RepeatedPart& document, JsonValue group, const ParseContext& context,
                        RecordSink& sink);
    void scope_group(const Around& around, const ParseContext& context, RecordSink& sink);
    void span(const Around& around, JsonValue span, const ParseContext& context, RecordSink& sink);
    void evaluations(const Around& around, JsonValue span, const ParseContext& context,
                     RecordSink& sink);
    void log(const Around& around, JsonValue log, const ParseContext& context, RecordSink& sink);
    std::string_view log_members(const BodyPlace& place, JsonValue log);
    void commit(const AuditRecord& record, uint32_t rank, RecordSink& sink);

    RecordReader reader_;
    RepeatBudget budget_;
    std::string key_;     // of pieces
    size_t records_ = 0;  // of the document
};

void OtlpParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    if (!has_resource_groups(document)) {
        span(Around{}, document, context, sink);
        return;
    }
    records_ = 0;
    budget_.start_document();
    RepeatedPart whole = otlp::document_part(document);
    bool says_something = false;
    for (JsonMember groups : document.members()) {
        if (!otlp::is_resource_groups(groups)) {
            continue;
        }
        for (JsonValue group : groups.value.items()) {
            says_something = true;
            resource_group(whole, group, context, sink);
        }
    }
    if (records_ == 0 && says_something) {
        // A batch without spans says something, though nothing of a model.
        AuditRecord& record = sink.begin();
        reader_.begin(record, context);
        for (JsonMember member : document.members()) {
            reader_.place().keep(member.key, member.value);
        }
        reader_.finish({}, RecordReader::Of::kEvent);
        sink.commit();
    }
}

void OtlpParser::resource_group(RepeatedPart& document, JsonValue group,
                                const ParseContext& context, RecordSink& sink) {
    RepeatedPart resource = otlp::resource_part(group);
    for (JsonMember member : group.members()) {
        if (!otlp::is_scope_groups(member)) {
            continue;
        }
        for (JsonValue one : member.value.items()) {
            RepeatedPart scope = otlp::scope_part(one);
            scope_group(Around{&document, &resource, &scope}, context, sink);
        }
    }
}

void OtlpParser::scope_group(const Around& around, const ParseContext& context, RecordSink& sink) {
    for (JsonMember member : around.scope_group->value.members()) {
        bool logs = member.key == "logRecords" || member.key == "log_records";
        if (member.key != "spans" && !logs) {
            continue;
        }
        for (JsonValue item : member.value.items()) {
            ++records_;
            budget_.earn(item);
            if (logs) {
                log(around, item, context, sink);
            } else {
                span(around, item, context, sink);
            }
        }
    }
}

// A piece of the record of its span, where the ids say which that is.
void OtlpParser::commit(const AuditRecord& record, uint32_t rank, RecordSink& sink) {
    std::string_view trace = record.text(Field::kTraceId);
    std::string_view span = record.text(Field::kSpanId);
    if (trace.empty() || span.empty()) {
        sink.commit();
        return;
    }
    key_ = "otel:";
    key_.append(trace).append(":").append(span);
    RecordPiece piece;
    piece.key = key_;
    piece.rank = rank;
    // Tenths of milliseconds: in 32 bits they turn over once in five days, a call does not last.
    int64_t at = record.integer(Field::kEventTime).value_or(0);
    piece.order = static_cast<uint32_t>(at / kNanosPerOrder);
    sink.commit_piece(piece);
}

void OtlpParser::span(const Around& around, JsonValue span, const ParseContext& context,
                      RecordSink& sink) {
    AuditRecord& record = sink.begin();
    reader_.begin(record, context);
    BodyPlace root = reader_.place();
    BodyPlace place = root.below("span");
    for (JsonMember member : span.members()) {
        std::string_view key = member.key;
        bool read = is_one_of(key, {"startTimeUnixNano", "start_time_unix_nano", "endTimeUnixNano",
                                    "end_time_unix_nano", "attributes", "status"}) ||
                    (is_one_of(key, {"events", "links"}) && member.value.is_array()) ||
                    otlp::read_common_member(place, member);
        if (!read) {
            place.keep(key, member.value);
        }
    }
    if (!span.is_object()) {
        place.keep(span);
    }
    otlp::read_span_times(place, span);
    reader_.attributes(root.below("attributes"), span["attributes"]);
    BodyPlace events = root.below("events");
    size_t index = 0;
    for (JsonValue event : span["events"].items()) {
        reader_.span_event(events.below(index++), event);
    }
    otlp::read_links(place.below("links"), span["links"], reader_.pool());
    otlp::read_status(place.below("status"), span["status"], reader_);
    otlp::read_around(around, budget_, reader_);
    reader_.finish(span["name"].text(), RecordReader::Of::kSpan);
    if (reader_.lacks_text()) {
        record.set_text(Field::kRecordState, "complete");  // no log event need ever follow
        commit(record, kSpanRank, sink);
    } else {
        sink.commit();
    }
    evaluations(around, span, context, sink);
}

// Scores given to a span's answer are records of their own.
void OtlpParser::evaluations(const Around& around, JsonValue span, const ParseContext& context,
                             RecordSink& sink) {
    std::vector<JsonMember> ids;
    for (JsonMember member : span.members()) {
        if (ids.size() < kIdsMax && otlp::is_id(member.key)) {
            ids.push_back(member);
        }
    }
    size_t index = 0;
    for (JsonValue event : span["events"].items()) {
        size_t number = index++;
        if (!otlp::is_evaluation(event)) {
            continue;
        }
        AuditRecord& record = sink.begin();
        reader_.begin(record, context);
        BodyPlace root = reader_.place();
        BodyPlace events = root.below("events");
        BodyPlace place = events.below(number);
        for (const JsonMember& member : ids) {
            otlp::read_common_member(place, member);
        }
        JsonValue time = either(event, "timeUnixNano", "time_unix_nano");
        if (auto at = otlp::nanos(time)) {
            otlp::set_event_time(record, *at);
        } else {
            place.keep("timeUnixNano", time);
        }
        reader_.attributes(place.below("attributes"), event["attributes"]);
        std::string_view name = event["name"].text();
        reader_.log_event(place, name, JsonValue());
        for (JsonMember member : event.members()) {
            bool read =
                is_one_of(member.key, {"name", "attributes", "timeUnixNano", "time_unix_nano"}) ||
                otlp::read_common_member(place, member);
            if (!read) {
                place.keep(member.key, member.value);
            }
        }
        otlp::read_around(around, budget_, reader_);
        reader_.finish(name, RecordReader::Of::kEvent);
        sink.commit();
    }
}

// Stamps, ids and the rest of a log event, but for its body and attributes; its name.
std::string_view OtlpParser::log_members(const BodyPlace& place, JsonValue log) {
    JsonValue event_name = either(log, "eventName", "event_name");
    std::string_view name = event_name.text();
    for (JsonValue pair : log["attributes"].items()) {
        if (pair["key"].text() == kEventName && name.empty()) {
            name = either(pair["value"], "stringValue", "string_value").text();
        }
    }
    auto time = otlp::nanos(either(log, "timeUnixNano", "time_unix_nano"));
    auto observed = otlp::nanos(either(log, "observedTimeUnixNano", "observed_time_unix_nano"));
    if (time || observed) {
        otlp::set_event_time(place.record(), time ? *time : *observed);
    }
    for (JsonMember member : log.members()) {
        std::string_view key = member.key;
        bool read = is_one_of(key, {"attributes", "body"}) ||
                    (event_name.is_string() && is_one_of(key, {"eventName", "event_name"})) ||
                    (time && is_one_of(key, {"timeUnixNano", "time_unix_nano"})) ||
                    otlp::read_common_member(place, member);
        if (!read) {
            place.keep(key, member.value);
        }
    }
    if (!log.is_object()) {
        place.keep(log);
    }
    return name;
}

void OtlpParser::log(const Around& around, JsonValue log, const ParseContext& context,
                     RecordSink& sink) {
    AuditRecord& record = sink.begin();
    reader_.begin(record, context);
    BodyPlace root = reader_.place();
    std::string_view name = log_members(root.below("log"), log);
    record.set_text(Field::kEventAction, name);
    JsonValue body = otlp::plain(log["body"], reader_.pool());
    BodyPlace attributes = root.below("attributes");
    if (otlp::is_message(name) && (!body.exists() || body.is_null())) {
        reader_.event_attributes(attributes, name, log["attributes"]);
    } else {
        reader_.attributes(attributes, log["attributes"], kEventName, name);
    }
    BodyPlace body_place = root.below("body");
    if (!reader_.log_event(body_place, name, body)) {
        body_place.keep(body);
    }
    bool piece = holds_text(name);
    if (piece) {
        // One message of a call whose span tells the rest, or all of its text.
        record.set_text(Field::kRecordState, name == kDetails ? "complete" : "partial");
    }
    if (otlp::is_message(name) && name != "gen_ai.choice") {
        record.set_text(Field::kEventOutcome, "unknown");
    }
    if (otlp::is_error_severity(either(log, "severityNumber", "severity_number"))) {
        reader_.set_failed();
    }
    otlp::read_around(around, budget_, reader_);
    reader_.finish(name, RecordReader::Of::kEvent);
    if (name.ends_with(".message") && name != "gen_ai.user.message") {
        drop_prompt_text(record);
    }
    if (piece) {
        commit(record, kEventRank, sink);
    } else {
        sink.commit();
    }
}

}  // namespace

std::unique_ptr<Parser> make_otlp_parser() {
    return std::make_unique<OtlpParser>();
}

}  // namespace llmtrail
