#include "parsers/cloudtrail.h"

#include <algorithm>

#include "base/json_text.h"
#include "base/time.h"
#include "bodies/bedrock_model_name.h"
#include "bodies/body_place.h"
#include "bodies/redaction.h"
#include "parsers/cloudtrail_parts.h"
#include "parsers/cloudwatch_events.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr MemberField kEventMembers[] = {
    {"eventName", Field::kEventAction},
    {"eventID", Field::kRecordNativeId},
    {"requestID", Field::kHttpRequestId},
    {"awsRegion", Field::kCloudRegion},
    {"recipientAccountId", Field::kCloudAccountId},
    {"userAgent", Field::kUserAgentOriginal},
    {"errorCode", Field::kErrorType},
    {"errorMessage", Field::kErrorMessage},
};

// What names a call's agent, sources and conversation; the rest are request parameters.
constexpr MemberField kCallMembers[] = {
    {"agentId", Field::kGenAiAgentId},
    {"knowledgeBaseId", Field::kGenAiDataSourceId},
    {"sessionId", Field::kGenAiConversationId},
};

bool is_event(JsonValue value) {
    return value["eventSource"].text().ends_with(".amazonaws.com") &&
           value["eventName"].is_string() && value["eventTime"].is_string();
}

// A trail's file lists its events; EventBridge's notice of one has it as "detail".
bool is_event_list(JsonValue document) {
    for (JsonValue one : document["Records"].items()) {
        if (is_event(one)) {
            return true;
        }
    }
    return false;
}

bool is_wrapped(JsonValue value) {
    JsonValue message = value["message"];
    std::string_view text = message.text();
    return is_event(message) ||
           (text.find(".amazonaws.com") != std::string_view::npos &&
            json_text_has(text, "eventSource") && json_text_has(text, "eventName") &&
            json_text_has(text, "eventTime") && !json_text_has(text, "schemaType"));
}

bool is_address(std::string_view text) {
    bool digits = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
               c == '.' || c == ':';
    });
    return digits && text.find_first_of(".:") != std::string_view::npos;
}

bool holds_hidden(JsonValue value) {
    if (value.is_string()) {
        return value.text().find(cloudtrail::kHidden) != std::string_view::npos;
    }
    for (JsonMember member : value.members()) {
        if (holds_hidden(member.value)) {
            return true;
        }
    }
    for (JsonValue item : value.items()) {
        if (holds_hidden(item)) {
            return true;
        }
    }
    return false;
}

class CloudtrailParser final : public Parser {
 public:
    std::string_view name() const override { return "cloudtrail"; }

    std::string_view describes() const override {
        return "AWS CloudTrail events of Amazon Bedrock: settings changes, accesses, calls";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"eventSource", "Records",   "detail",
                                                     "message",     "logEvents", "events"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override;
    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void event(const BodyPlace& place, JsonValue event, const ParseContext& context);
    bool member(const BodyPlace& place, JsonMember member, const ParseContext& context);
    void time(const BodyPlace& place, JsonValue event, const ParseContext& context);
    void call(const BodyPlace& place, JsonValue event);
    void change(const BodyPlace& place, JsonValue event);
    void model_call(const BodyPlace& place, JsonValue event);
    void mark_hidden(AuditRecord& record, JsonValue event);
    void log_event(const BodyPlace& place, JsonValue event, const ParseContext& context);

    BodyScratch scratch_;
    JsonTree message_tree_;
};

bool CloudtrailParser::recognizes(JsonValue document) const {
    if (is_event(document) || is_event_list(document) || is_event(document["detail"]) ||
        is_wrapped(document)) {
        return true;
    }
    for (JsonValue event : cloudwatch_batch_of(document).value.items()) {
        if (is_wrapped(event)) {
            return true;
        }
    }
    return false;
}

void CloudtrailParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    auto read_event = [&](const BodyPlace& place, JsonValue one) {
        is_event(one) ? event(place, one, context) : log_event(place, one, context);
    };
    JsonMember list = {"Records", document["Records"]};
    if (!is_event(document) && !list.value.is_array()) {
        list = cloudwatch_batch_of(document);
    }
    if (!is_event(document) && list.value.is_array() && !is_event(document["detail"]) &&
        !is_wrapped(document)) {
        read_cloudwatch_batch(document, list, scratch_, sink, read_event);
        return;
    }
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place("", scratch_, record);
    if (is_event(document["detail"]) && !is_event(document)) {
        event(place.below("detail"), document["detail"], context);
        place.keep_others(document, {"detail"});
    } else {
        read_event(place, document);
    }
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

void CloudtrailParser::log_event(const BodyPlace& place, JsonValue log,
                                 const ParseContext& context) {
    JsonValue message = cloudwatch_message(log, message_tree_);
    if (is_event(message)) {
        event(place.below("message"), message, context);
        place.keep_others(log, {"message"});
    } else {
        read_other_event(place, log, context);
    }
}

bool CloudtrailParser::member(const BodyPlace& place, JsonMember member, const ParseContext&) {
    std::string_view key = member.key;
    JsonValue value = member.value;
    AuditRecord& record = place.record();
    if (key == "eventVersion" && value.is_string()) {
        std::string dataset("CloudTrail ");
        return fill_text(record, Field::kEventDataset, dataset.append(value.text()));
    }
    if (key == "userIdentity") {
        cloudtrail::read_user_identity(place.below(key), value);
    } else if (key == "sourceIPAddress" && is_address(value.text())) {
        return fill(record, Field::kClientIp, value);
    } else if (key == "tlsDetails") {
        place.below(key).fill_or_keep(Field::kServerAddress, "clientProvidedHostHeader",
                                      value["clientProvidedHostHeader"]);
        place.below(key).keep_others(value, {"clientProvidedHostHeader"});
    } else if (key == "addendum") {
        if (value["reason"].text() == "UPDATED_DATA") {
            record.set_text(Field::kRecordState, "amended");
        }
        return false;
    } else {
        return place.fill_member(kEventMembers, key, value);
    }
    return true;
}

// eventTime has whole seconds, also where a collector writes it with nine zeros. Finer stamps of an
// answer (updatedAt) say when the resource changed, not when this event was.
void CloudtrailParser::time(const BodyPlace& place, JsonValue event, const ParseContext& context) {
    AuditRecord& record = place.record();
    if (!set_event_time(record, event["eventTime"], context)) {
        place.keep("eventTime", event["eventTime"]);
        return;
    }
    if (*record.integer(Field::kEventTime) % kNanosPerSecond == 0) {
        record.set_text(Field::kEventTimePrecision, precision_name(TimePrecision::kSeconds));
    }
}

void CloudtrailParser::mark_hidden(AuditRecord& record, JsonValue event) {
    bool asked = holds_hidden(event["requestParameters"]);
    bool answered = holds_hidden(event["responseElements"]);
    if (asked) {
        record.set_boolean(Field::kPromptRedacted, true);
    }
    if (answered) {
        record.set_boolean(Field::kResponseRedacted, true);
    }
    if (asked || answered) {
        record.append_to_list(Field::kRecordSourceLoss, "masked");
    }
}

// Parameters are the new value, whole: one call may set many things. What a removal names is none.
void CloudtrailParser::change(const BodyPlace& place, JsonValue event) {
    AuditRecord& record = place.record();
    JsonValue parameters = event["requestParameters"];
    constexpr size_t kSettingBytesMax = 1024;
    std::string value;
    std::string settings;
    for (JsonMember member : parameters.members()) {
        bool idempotency = member.key == "clientToken" || member.key == "clientRequestToken";
        bool set = !idempotency && !cloudtrail::is_identifier(member.key);
        if (set && settings.size() + member.key.size() < kSettingBytesMax) {
            settings.append(settings.empty() ? "" : ",").append(member.key);
        }
    }
    bool removal = event["eventName"].text().starts_with("Delete");
    if (parameters.size() > 0 && !removal) {
        append_redacted_json(value, "requestParameters", parameters);
        fill_text(record, Field::kConfigNewValue, value);
    } else {
        place.keep("requestParameters", parameters);
    }
    if (settings.empty()) {
        settings = record.text(Field::kConfigResourceType);
    }
    fill_text(record, Field::kConfigSetting, settings);
}

// What a model was asked and what it answered is in no event.
void CloudtrailParser::model_call(const BodyPlace& place, JsonValue event) {
    AuditRecord& record = place.record();
    BodyPlace here = place.below("requestParameters");
    JsonValue parameters = event["requestParameters"];
    for (JsonMember member : parameters.members()) {
        if (member.key == "modelId" && member.value.is_string()) {
            std::string_view name = bedrock_model_name(member.value.text());
            if (!fill_text(record, Field::kGenAiRequestModel, name) ||
                name != member.value.text()) {
                here.keep(member.key, member.value);
            }
        } else if (!here.fill_member(kCallMembers, member.key, member.value)) {
            add_member(scratch_.parameters, member.key, member.value);
        }
    }
    if (!parameters.is_object()) {
        here.keep(parameters);
    }
    if (event["eventName"].text().ends_with("Stream")) {
        record.set_boolean(Field::kGenAiRequestStream, true);
    }
    if (event["eventName"].text().starts_with("Converse")) {
        fill_text(record, Field::kGenAiOperationName, "chat");
    }
    record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
}

void CloudtrailParser::call(const BodyPlace& place, JsonValue event) {
    AuditRecord& record = place.record();
    std::string_view name = event["eventName"].text();
    std::string_view kind = cloudtrail::kind_of_call(name, event["readOnly"]);
    record.set_text(Field::kEventKind, kind);
    record.set_text(Field::kGenAiProviderName, "aws.bedrock");
    if (kind == "access" || kind == "config_change") {
        std::string_view resource = cloudtrail::resource_of_call(name);
        JsonValue id = cloudtrail::resource_id_of(resource, event["requestParameters"],
                                                  event["responseElements"]);
        fill_text(record, Field::kConfigResourceType, resource);
        fill(record, Field::kConfigResourceId, id);
    }
    if (kind == "config_change") {
        change(place, event);
    } else if (kind == "access") {
        place.keep("requestParameters", event["requestParameters"]);
    } else {
        model_call(place, event);
    }
    mark_hidden(record, event);
}

void CloudtrailParser::event(const BodyPlace& place, JsonValue event, const ParseContext& context) {
    AuditRecord& record = place.record();
    time(place, event, context);
    for (JsonMember one : event.members()) {
        bool read_apart = (one.key == "eventTime" || one.key == "requestParameters") &&
                          one.value.at() == event[one.key].at();
        if (!read_apart && !member(place, one, context)) {
            place.keep(one.key, one.value);
        }
    }
    if (event["eventSource"].text().starts_with("bedrock")) {
        call(place, event);
    } else {
        record.set_text(Field::kEventKind, "other");
        place.keep("requestParameters", event["requestParameters"]);
    }
    bool failed = record.has(Field::kErrorType) || record.has(Field::kErrorMessage);
    record.set_text(Field::kEventOutcome, failed ? "failure" : "success");
}

}  // namespace

std::unique_ptr<Parser> make_cloudtrail_parser() {
    return std::make_unique<CloudtrailParser>();
}

}  // namespace llmtrail
