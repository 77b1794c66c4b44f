// Entries of Cloud Logging: the same members around an audit log, an application's own JSON, a row
// of the request-response log or a text.
#include <string>

#include "base/time.h"
#include "parsers/common_names.h"
#include "parsers/otlp_content.h"
#include "parsers/time_value.h"
#include "parsers/vertex_parts.h"

namespace llmtrail::vertex {

namespace {

constexpr std::string_view kPayloads[] = {"protoPayload", "jsonPayload", "textPayload"};

constexpr MemberField kEntryMembers[] = {
    {"insertId", Field::kRecordNativeId},
    {"spanId", Field::kSpanId},
};

constexpr MemberField kHttpMembers[] = {
    {"requestMethod", Field::kHttpRequestMethod},
    {"status", Field::kHttpResponseStatusCode},
    {"userAgent", Field::kUserAgentOriginal},
    {"remoteIp", Field::kClientIp},
};

constexpr MemberField kLabelMembers[] = {
    {"project_id", Field::kCloudAccountId},
    {"location", Field::kCloudRegion},
};

bool is_log_name(std::string_view name) {
    return name.find("/logs/") != std::string_view::npos &&
           (name.starts_with("projects/") || name.starts_with("organizations/") ||
            name.starts_with("folders/") || name.starts_with("billingAccounts/"));
}

void read_table(const BodyPlace& place, JsonValue object, std::span<const MemberField> table) {
    for (JsonMember member : object.members()) {
        if (!place.fill_member(table, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
    if (!object.is_object()) {
        place.keep(object);
    }
}

// {"type", "labels": {"project_id", "location", …}}
void read_resource(const BodyPlace& place, JsonValue resource) {
    for (JsonMember member : resource.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key == "labels" && member.value.is_object()) {
            read_table(here, member.value, kLabelMembers);
        } else {
            here.keep(member.value);
        }
    }
    if (!resource.is_object()) {
        place.keep(resource);
    }
}

// "projects/P/traces/ID"
void read_trace(const BodyPlace& place, std::string_view key, JsonValue trace) {
    std::string_view text = trace.text();
    std::string_view id = text.substr(text.rfind('/') + 1);
    if (!fill_text(place.record(), Field::kTraceId, id) || id != text) {
        place.keep(key, trace);
    }
}

// Of a long operation two entries tell: its id is what they share.
void read_operation(const BodyPlace& place, JsonValue operation) {
    for (JsonMember member : operation.members()) {
        if (member.key == "id") {
            place.fill_or_keep(Field::kHttpRequestId, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!operation.is_object()) {
        place.keep(operation);
    }
}

void read_member(const BodyPlace& place, JsonMember member, const ParseContext& context) {
    std::string_view key = member.key;
    BodyPlace here = place.below(key);
    if (key == "timestamp") {
        bool known = place.record().has(Field::kEventTime);  // a row has its own
        if (known || !set_event_time(place.record(), member.value, context)) {
            here.keep(member.value);
        }
    } else if (key == "resource") {
        read_resource(here, member.value);
    } else if (key == "trace" && member.value.is_string()) {
        read_trace(place, key, member.value);
    } else if (key == "operation") {
        read_operation(here, member.value);
    } else if (key == "httpRequest") {
        read_table(here, member.value, kHttpMembers);
    } else if (!place.fill_member(kEntryMembers, key, member.value)) {
        here.keep(member.value);
    }
}

// ".../logs/cloudaudit.googleapis.com%2Fdata_access": "vertex.audit.data_access".
void set_dataset(AuditRecord& record, std::string_view log_name, std::string_view fallback) {
    constexpr std::string_view kAudit = "cloudaudit.googleapis.com%2F";
    size_t at = log_name.find(kAudit);
    std::string dataset(fallback);
    if (at != std::string_view::npos && fallback == "vertex.audit") {
        dataset += '.';
        dataset += log_name.substr(at + kAudit.size());
    }
    fill_text(record, Field::kEventDataset, dataset);
}

void read_payload(const BodyPlace& place, JsonMember payload, JsonValue entry,
                  const ParseContext& context, Readers& readers) {
    AuditRecord& record = place.record();
    std::string_view log_name = entry["logName"].text();
    BodyPlace here = place.below(payload.key);
    if (payload.key == "protoPayload" && is_audit(payload.value)) {
        set_dataset(record, log_name, "vertex.audit");
        return read_audit(here, payload.value, entry["operation"]);
    }
    if (is_row(payload.value)) {
        return read_row(here, payload.value, context, readers);
    }
    if (is_model_armor(payload.value)) {
        set_dataset(record, log_name, "vertex.model_armor");
        return read_model_armor(here, payload.value);
    }
    set_dataset(record, log_name, "vertex.log");
    if (has_gen_ai(payload.value)) {
        return read_gen_ai(here, payload.value, context, readers);
    }
    fill_text(record, Field::kEventKind, "other");
    here.keep(payload.value);
}

// A value, or its JSON in a text.
JsonValue opened(JsonValue value, JsonTree& tree) {
    if (value.is_string()) {
        auto read = tree.read(value.text(), false);
        return read && read->is_array() ? *read : value;
    }
    return value;
}

}  // namespace

bool is_entry(JsonValue value) {
    JsonValue audit = value["protoPayload"];
    return is_audit(audit) || (is_log_name(value["logName"].text()) &&
                               (audit.is_object() || value["jsonPayload"].is_object() ||
                                value["textPayload"].is_string()));
}

void read_entry(const BodyPlace& place, JsonValue entry, const ParseContext& context,
                Readers& readers) {
    // The payload first: what it says of the time and the caller is nearer to the call.
    bool taken[std::size(kPayloads)] = {};
    for (size_t i = 0; i < std::size(kPayloads); ++i) {
        if (JsonValue value = entry[kPayloads[i]]; value.exists()) {
            read_payload(place, {kPayloads[i], value}, entry, context, readers);
            taken[i] = true;
            break;
        }
    }
    for (JsonMember member : entry.members()) {
        bool payload = false;
        for (size_t i = 0; i < std::size(kPayloads); ++i) {
            payload = payload || (member.key == kPayloads[i] && taken[i]);
        }
        if (!payload) {
            read_member(place, member, context);
        }
    }
    fill_cloud(place.record(), entry["logName"].text());
}

bool has_gen_ai(JsonValue payload) {
    for (JsonMember member : payload.members()) {
        if (member.key.starts_with("gen_ai.")) {
            return true;
        }
    }
    JsonValue inner = payload["attributes"];
    return inner.is_object() && !inner["attributes"].exists() && has_gen_ai(inner);
}

void read_gen_ai(const BodyPlace& place, JsonValue payload, const ParseContext& context,
                 Readers& readers) {
    static constexpr std::string_view kContent[] = {
        "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"};
    JsonValue attributes = payload["attributes"];
    bool nested = attributes.is_object() && !attributes["attributes"].exists();
    if (nested && has_gen_ai(attributes)) {
        read_gen_ai(place.below("attributes"), attributes, context, readers);
        return place.keep_others(payload, {"attributes"});
    }
    for (std::string_view key : kContent) {
        JsonValue value = opened(payload[key], readers.tree);
        BodyPlace here = place.below(key);
        if (!value.is_array()) {
            here.keep(value);
        } else if (key == kContent[2]) {
            otlp::write_system(here, value);
        } else {
            auto side = key == kContent[0] ? otlp::Side::kInput : otlp::Side::kOutput;
            otlp::write_messages(here, value, side);
        }
    }
    if (std::string_view system = payload["gen_ai.system"].text(); !system.empty()) {
        fill_text(place.record(), Field::kGenAiProviderName, provider_of_gateway(system));
    }
    apply_common_names(payload, place.path(), kContent, context, place.record(), place.scratch());
}

}  // namespace llmtrail::vertex
