// What stands around attributes in OTLP/JSON: resource and scope, ids, stamps, status, links and
// counts of what was dropped. Used by otlp.cpp alone; ingest thread; never fails.
#pragma once

#include "parsers/otlp_record.h"
#include "parsers/repeated.h"

namespace llmtrail::otlp {

// What a span or log event stands in: all three, or none of them (a bare span).
struct Around {
    RepeatedPart* document = nullptr;
    RepeatedPart* resource_group = nullptr;  // {"resource", "scopeSpans", "schemaUrl"}
    RepeatedPart* scope_group = nullptr;     // {"scope", "spans", "schemaUrl"}
};

// Each with the length of what read_around() reads of it.
RepeatedPart document_part(JsonValue document);
RepeatedPart resource_part(JsonValue resource_group);
RepeatedPart scope_part(JsonValue scope_group);

// Members of a document that hold groups of one resource each, and of those that hold groups of
// one scope each: {"resourceSpans": [{"scopeSpans": [{"spans": …}]}]}.
bool is_resource_groups(JsonMember member);
bool is_scope_groups(JsonMember member);

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> names);

// Resource and scope hold for every span and event below them, as far as the budget goes.
void read_around(const Around& around, RepeatBudget& budget, RecordReader& reader);

// Is it the name of a trace's, a span's or a parent span's id?
bool is_id(std::string_view key);

// A member of a span or of a log event that both have: ids, counts of what was dropped.
bool read_common_member(const BodyPlace& place, JsonMember member);

void set_event_time(AuditRecord& record, int64_t at);
void read_span_times(const BodyPlace& place, JsonValue span);
void read_links(const BodyPlace& place, JsonValue links, JsonPool& pool);
void read_status(const BodyPlace& place, JsonValue status, RecordReader& reader);

// Severity of a log event as a number or by its enum's name: ERROR or above.
bool is_error_severity(JsonValue severity);

}  // namespace llmtrail::otlp
