#include "parsers/bedrock.h"

#include <string>

#include "base/time.h"
#include "bodies/body_place.h"
#include "parsers/bedrock_body.h"
#include "parsers/bedrock_identity.h"
#include "parsers/cloudwatch_events.h"
#include "parsers/common_names.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr std::string_view kSchemaType = "ModelInvocationLog";

constexpr MemberField kEnvelopeMembers[] = {
    {"accountId", Field::kCloudAccountId},   {"region", Field::kCloudRegion},
    {"requestId", Field::kHttpRequestId},    {"operation", Field::kEventAction},
    {"errorCode", Field::kErrorType},        {"errorMessage", Field::kErrorMessage},
    {"status", Field::kGenAiResponseStatus},
};

// How the two sides of an invocation name their members.
struct SideKeys {
    std::string_view body;
    std::string_view body_path;  // where the service put a body that is not in the log
    std::string_view tokens;
    Field truncated;
};

constexpr SideKeys kInput = {"inputBodyJson", "inputBodyS3Path", "inputTokenCount",
                             Field::kPromptTruncated};
constexpr SideKeys kOutput = {"outputBodyJson", "outputBodyS3Path", "outputTokenCount",
                              Field::kResponseTruncated};

bool is_invocation(JsonValue value) {
    return value["schemaType"].text() == kSchemaType;
}

bool is_wrapped(JsonValue value) {
    JsonValue message = value["message"];
    return is_invocation(message) || json_text_has(message.text(), "schemaType", kSchemaType);
}

class BedrockParser final : public Parser {
 public:
    std::string_view name() const override { return "bedrock"; }

    std::string_view describes() const override {
        return "Amazon Bedrock model-invocation log, plain or inside CloudWatch events";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"schemaType", "message", "logEvents",
                                                     "events"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override;
    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void event(const BodyPlace& place, JsonValue event, const ParseContext& context);
    void invocation(const BodyPlace& place, JsonValue log, const ParseContext& context);
    bool member(const BodyPlace& place, JsonValue log, JsonMember member,
                const ParseContext& context);
    void model(const BodyPlace& place, JsonValue id);
    void who(AuditRecord& record, const AwsPrincipal& principal);
    void side(const BodyPlace& place, JsonValue log, JsonValue value, const SideKeys& keys);
    void body(const BodyPlace& place, JsonValue log, JsonValue body, const SideKeys& keys);
    void tokens(const BodyPlace& place, JsonValue log);
    void outcome(AuditRecord& record, JsonValue log);
    void commit(AuditRecord& record, RecordSink& sink);

    BodyScratch scratch_;
    JsonTree message_tree_;
    JsonTree input_tree_;
    JsonTree output_tree_;
};

bool BedrockParser::recognizes(JsonValue document) const {
    if (is_invocation(document) || is_wrapped(document)) {
        return true;
    }
    for (JsonValue event : cloudwatch_batch_of(document).value.items()) {
        if (is_wrapped(event)) {
            return true;
        }
    }
    return false;
}

void BedrockParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    JsonMember events = cloudwatch_batch_of(document);
    if (events.value.exists() && !is_invocation(document) && !is_wrapped(document)) {
        read_cloudwatch_batch(
            document, events, scratch_, sink,
            [&](const BodyPlace& place, JsonValue one) { event(place, one, context); });
        return;
    }
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place("", scratch_, record);
    if (is_invocation(document)) {
        invocation(place, document, context);
    } else {
        event(place, document, context);
    }
    commit(record, sink);
}

void BedrockParser::event(const BodyPlace& place, JsonValue event, const ParseContext& context) {
    JsonValue log = cloudwatch_message(event, message_tree_);
    if (!is_invocation(log)) {
        read_other_event(place, event, context);  // the service's sentences about itself
        return;
    }
    invocation(place.below("message"), log, context);
    for (JsonMember member : event.members()) {
        if (member.key == "id" || member.key == "eventId") {
            place.fill_or_keep(Field::kRecordNativeId, member.key, member.value);
        } else if (member.key != "message" || member.value.at() != event["message"].at()) {
            place.keep(member.key, member.value);
        }
    }
}

void BedrockParser::commit(AuditRecord& record, RecordSink& sink) {
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

void BedrockParser::model(const BodyPlace& place, JsonValue id) {
    std::string_view name = bedrock_model_name(id.text());
    if (!fill_text(place.record(), Field::kGenAiRequestModel, name) || name != id.text()) {
        place.keep("modelId", id);
    }
}

// The principal signed the call. An application's is no person: whom its request names comes first.
void BedrockParser::who(AuditRecord& record, const AwsPrincipal& principal) {
    if (fill_text(record, Field::kUserId, principal.id)) {
        fill_text(record, Field::kUserType, principal.type);
        if (principal.id.find('@') != std::string_view::npos) {
            fill_text(record, Field::kUserEmail, principal.id);
        }
    }
    if (principal.type == "api_key") {
        fill_text(record, Field::kApiKeyId, principal.id);
    }
}

void BedrockParser::body(const BodyPlace& place, JsonValue log, JsonValue body,
                         const SideKeys& keys) {
    bool is_input = &keys == &kInput;
    if (body.is_string()) {
        JsonTree& tree = is_input ? input_tree_ : output_tree_;
        auto read = tree.read(body.text(), false);
        if (read && (read->is_object() || read->is_array())) {
            body = *read;
        }
    }
    std::string path = place.path();
    std::string_view operation = log["operation"].text();
    std::string_view model = bedrock_model_name(log["modelId"].text());
    if (body.is_object() && is_input) {
        read_bedrock_request(body, operation, model, path, scratch_, place.record());
    } else if ((body.is_object() || body.is_array()) && !is_input) {
        read_bedrock_response(body, operation, model, path, scratch_, place.record());
    } else if (body.is_string()) {
        MessagesWriter& out = is_input ? scratch_.input : scratch_.output;
        out.begin_message(is_input ? "user" : "assistant");
        out.text(body.text());
        out.end_message();
        place.record().append_to_list(Field::kRecordFlags, "body_not_json");
    } else {
        place.keep(body);
    }
}

void BedrockParser::side(const BodyPlace& place, JsonValue log, JsonValue value,
                         const SideKeys& keys) {
    for (JsonMember member : value.members()) {
        if (member.key == keys.body) {
            body(place.below(member.key), log, member.value, keys);
        } else if (!member.key.ends_with("TokenCount")) {
            place.keep(member.key, member.value);
        }
    }
    if (!value.is_object()) {
        place.keep(value);
    } else if (value[keys.body_path].exists() && !value[keys.body].exists()) {
        place.record().set_boolean(keys.truncated, true);
    }
}

// The envelope's counters, after the bodies' own: they may repeat those, and do not count cached
// tokens as input either.
void BedrockParser::tokens(const BodyPlace& place, JsonValue log) {
    AuditRecord& record = place.record();
    UsageCounts in;
    in.input_excludes_cache = true;
    BodyPlace input = place.below("input");
    for (JsonMember member : log["input"].members()) {
        if (member.key == "inputTokenCount") {
            in.input = member;
        } else if (member.key == "cacheReadInputTokenCount") {
            in.cache_read = member;
        } else if (member.key == "cacheWriteInputTokenCount") {
            in.cache_write = member;
        } else if (member.key.ends_with("TokenCount")) {
            input.keep(member.key, member.value);
        }
    }
    auto given = in.input.value.integer();
    auto known = record.integer(Field::kGenAiUsageInputTokens);
    int64_t sum = given.value_or(0);
    bool overflow = false;
    for (Field cached :
         {Field::kGenAiUsageCacheReadInputTokens, Field::kGenAiUsageCacheCreationInputTokens}) {
        overflow =
            __builtin_add_overflow(sum, record.integer(cached).value_or(0), &sum) || overflow;
    }
    if (given && !overflow && known == sum) {
        in.input = {};  // the body said the same
    }
    store_usage(input, in);
    BodyPlace output = place.below("output");
    for (JsonMember member : log["output"].members()) {
        if (member.key == kOutput.tokens) {
            output.fill_or_keep(Field::kGenAiUsageOutputTokens, member.key, member.value);
        } else if (member.key.ends_with("TokenCount")) {
            output.keep(member.key, member.value);
        }
    }
}

bool BedrockParser::member(const BodyPlace& place, JsonValue log, JsonMember member,
                           const ParseContext& context) {
    std::string_view key = member.key;
    JsonValue value = member.value;
    if (key == "schemaType") {
        return true;
    }
    if (key == "schemaVersion" && value.is_string()) {
        std::string dataset(kSchemaType);
        dataset += ' ';
        dataset += value.text();
        return fill_text(place.record(), Field::kEventDataset, dataset);
    }
    if (key == "timestamp") {
        AuditRecord& record = place.record();
        if (!set_event_time(record, value, context)) {
            return false;
        }
        // The service stamps whole seconds; some collectors write them with nine zeros.
        if (*record.integer(Field::kEventTime) % kNanosPerSecond == 0) {
            record.set_text(Field::kEventTimePrecision, precision_name(TimePrecision::kSeconds));
        }
        return true;
    }
    if (key == "modelId" && value.is_string()) {
        model(place, value);
    } else if (key == "input") {
        side(place.below(key), log, value, kInput);
    } else if (key == "output") {
        side(place.below(key), log, value, kOutput);
    } else {
        return place.fill_member(kEnvelopeMembers, key, value);
    }
    return true;
}

void BedrockParser::outcome(AuditRecord& record, JsonValue log) {
    if (record.has(Field::kErrorType) || record.has(Field::kErrorMessage)) {
        record.set_text(Field::kEventOutcome, "failure");
    } else if (log["output"].size() > 0) {
        record.set_text(Field::kEventOutcome, "success");
    }
}

void BedrockParser::invocation(const BodyPlace& place, JsonValue log, const ParseContext& context) {
    AuditRecord& record = place.record();
    record.set_text(Field::kGenAiProviderName, "aws.bedrock");
    AwsPrincipal principal = aws_principal_of(log["identity"]["arn"].text());
    if (principal.type == "human") {
        who(record, principal);
    }
    // The request is read first: an answer may repeat it.
    for (std::string_view key : {"input", "output"}) {
        if (log[key].exists()) {
            member(place, log, {key, log[key]}, context);
        }
    }
    JsonValue metadata;
    bool seen_input = false;
    bool seen_output = false;
    for (JsonMember one : log.members()) {
        bool* seen = nullptr;
        if (one.key == "input" || one.key == "output") {
            seen = one.key == "input" ? &seen_input : &seen_output;
        }
        if (seen != nullptr && !*seen) {
            *seen = true;
        } else if (seen != nullptr) {
            place.keep(one.key, one.value);  // a second member of that name
        } else if (one.key == "requestMetadata" && one.value.is_object() && !metadata.exists()) {
            metadata = one.value;
        } else if (!member(place, log, one, context)) {
            place.keep(one.key, one.value);
        }
    }
    tokens(place, log);
    if (log["operation"].text().ends_with("Stream")) {
        record.set_boolean(Field::kGenAiRequestStream, true);
    }
    if (metadata.exists()) {
        apply_common_names(metadata, place.below("requestMetadata").path(), {}, context, record,
                           scratch_);
    }
    who(record, principal);
    if (!principal.role.empty()) {
        record.append_to_list(Field::kUserRoles, principal.role);
    }
    fill_text(record, Field::kEventKind, "inference");
    outcome(record, log);
}

}  // namespace

std::unique_ptr<Parser> make_bedrock_parser() {
    return std::make_unique<BedrockParser>();
}

}  // namespace llmtrail
