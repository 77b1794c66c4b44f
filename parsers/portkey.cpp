#include "parsers/portkey.h"

#include <array>
#include <string>

#include "parsers/common_names.h"
#include "parsers/exchange_parts.h"
#include "parsers/gateway_call.h"
#include "parsers/gateway_fields.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

using A = GatewayAction;
using F = Field;

constexpr auto kRequestRows = std::to_array<GatewayRow>({
    {"url", {A::kUrl}},
    {"method", {A::kFill, F::kHttpRequestMethod}},
    {"provider", {A::kProvider}},
});

constexpr auto kResponseRows = std::to_array<GatewayRow>({
    {"status", {A::kFill, F::kHttpResponseStatusCode}},
    {"responsetime time", {A::kMillis}},
    {"streamingmode", {A::kFill, F::kGenAiRequestStream}},
});

// Columns of an export, and what stands beside the two sides of a log object.
constexpr auto kRowRows = std::to_array<GatewayRow>({
    {"id", {A::kFill, F::kRecordNativeId}},
    {"createdat timeofgeneration", {A::kTime}},
    {"traceid", {A::kFill, F::kTraceId}},
    {"spanid", {A::kFill, F::kSpanId}},
    {"parentspanid", {A::kFill, F::kParentId}},
    {"aiorg aiprovider provider", {A::kProvider}},
    {"aimodel model", {A::kFill, F::kGenAiRequestModel}},
    {"requnits prompttokens", {A::kFill, F::kGenAiUsageInputTokens}},
    {"resunits completiontokens", {A::kFill, F::kGenAiUsageOutputTokens}},
    {"totalunits totaltokens", {A::kFill, F::kGenAiUsageTotalTokens}},
    {"requesturl", {A::kUrl}},
    {"requestmethod", {A::kFill, F::kHttpRequestMethod}},
    {"responsetime", {A::kMillis}},
    {"responsestatuscode", {A::kFill, F::kHttpResponseStatusCode}},
    {"promptslug promptid", {A::kFill, F::kGenAiPromptName}},
    {"feedback feedbackvalue", {A::kFeedback}},
    {"organisationid organizationid", {A::kFill, F::kOrganizationId}},
});

// Names of Portkey's own in the metadata; others are common names.
constexpr auto kMetadataRows = std::to_array<GatewayRow>({
    {"user", {A::kFill, F::kUserId}},
    {"traceid", {A::kFill, F::kTraceId}},
    {"spanid", {A::kFill, F::kSpanId}},
    {"parentspanid", {A::kFill, F::kParentId}},
    {"organisation organization", {A::kFill, F::kOrganizationId}},
    {"environment", {A::kFill, F::kDeploymentEnvironmentName}},
    {"prompt", {A::kFill, F::kGenAiPromptName}},
});

constexpr auto kRequestMap = name_map_of<32>(kRequestRows);
constexpr auto kResponseMap = name_map_of<32>(kResponseRows);
constexpr auto kRowMap = name_map_of<128>(kRowRows);
constexpr auto kMetadataMap = name_map_of<64>(kMetadataRows);
static_assert(kRequestMap.is_sound() && kResponseMap.is_sound() && kRowMap.is_sound() &&
              kMetadataMap.is_sound());

bool is_log(JsonValue value) {
    JsonValue request = value["request"];
    JsonValue response = value["response"];
    if (!request.is_object() || !response.is_object()) {
        return false;
    }
    if (request["provider"].is_string() || response["response_time"].exists() ||
        response["streamingMode"].exists() || value["metadata"]["_user"].exists()) {
        return request["body"].exists() || request["url"].exists();
    }
    for (JsonMember header : request["headers"].members()) {
        if (header.key.starts_with("x-portkey-")) {
            return true;
        }
    }
    return false;
}

bool is_row(JsonValue value) {
    return value["ai_org"].exists() && value["ai_model"].exists() &&
           (value["request"].exists() || value["req_units"].exists() ||
            value["response_status_code"].exists());
}

class PortkeyParser final : public Parser {
 public:
    std::string_view name() const override { return "portkey"; }

    std::string_view describes() const override {
        return "Portkey gateway logs: log objects and rows of the log export";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"request", "ai_org"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return is_row(document) || is_log(document);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void top(const BodyPlace& place, JsonValue log, const ParseContext& context);
    void request(const BodyPlace& place, JsonValue side, const ParseContext& context);
    void response(const BodyPlace& place, JsonValue side, const ParseContext& context);
    void metadata(const BodyPlace& place, JsonValue given, const ParseContext& context);
    void call(const BodyPlace& place, JsonValue request, JsonValue response);
    void hooks(JsonValue hooks, std::string_view target);
    void settle_time(AuditRecord& record, const ParseContext& context);

    BodyScratch scratch_;
    GatewayCall call_;
    JsonTree metadata_tree_;  // then of the answer's body
    JsonTree request_tree_;
    JsonTree response_tree_;
    std::string_view date_;  // of the response's headers
};

// Is the side wrapped: {"url", "headers", "body"}? In an export it may be the body itself.
bool is_wrapped(JsonValue side) {
    return side["body"].exists() || side["headers"].is_object() || side["url"].is_string();
}

void PortkeyParser::request(const BodyPlace& place, JsonValue side, const ParseContext& context) {
    for (JsonMember member : side.members()) {
        const GatewayMeaning* meaning = kRequestMap.find(NormalizedKey(member.key));
        if (meaning != nullptr) {
            read_gateway_member(place, *meaning, member, context);
        } else if (member.key == "headers") {
            read_request_headers(member.value, place.below(member.key).path(), scratch_,
                                 place.record());
        } else if (member.key != "body") {
            place.keep(member.key, member.value);
        }
    }
}

void PortkeyParser::response(const BodyPlace& place, JsonValue side, const ParseContext& context) {
    for (JsonMember member : side.members()) {
        const GatewayMeaning* meaning = kResponseMap.find(NormalizedKey(member.key));
        if (meaning != nullptr) {
            read_gateway_member(place, *meaning, member, context);
        } else if (member.key == "headers") {
            read_response_headers(member.value, place.below(member.key).path(), scratch_,
                                  place.record(), date_);
        } else if (member.key != "body") {
            place.keep(member.key, member.value);
        }
    }
}

void PortkeyParser::metadata(const BodyPlace& place, JsonValue given, const ParseContext& context) {
    JsonValue metadata = given;
    if (!open_object(metadata, metadata_tree_)) {
        return place.keep(given);
    }
    for (JsonMember member : metadata.members()) {
        bool own = member.key.starts_with('_') || member.key == "traceId" ||
                   member.key == "spanId" || member.key == "parentSpanId" ||
                   member.key == "organization" || member.key == "organisation" ||
                   member.key == "user";
        const GatewayMeaning* meaning = kMetadataMap.find(NormalizedKey(member.key));
        if (own && meaning != nullptr) {
            read_gateway_member(place, *meaning, member, context);
        }
    }
    static constexpr std::string_view kOwn[] = {
        "_user",  "_organisation", "_organization", "_environment", "_prompt", "traceId",
        "spanId", "parentSpanId",  "organization",  "organisation", "user"};
    apply_common_names(metadata, place.path(), kOwn, context, place.record(), scratch_);
}

void PortkeyParser::call(const BodyPlace& place, JsonValue request, JsonValue response) {
    AuditRecord& record = place.record();
    bool request_wrapped = is_wrapped(request);
    bool response_wrapped = is_wrapped(response);
    BodyPlace request_place = place.below("request");
    BodyPlace response_place = place.below("response");
    std::string request_path =
        request_wrapped ? request_place.below("body").path() : request_place.path();
    std::string response_path =
        response_wrapped ? response_place.below("body").path() : response_place.path();
    std::string url_path(record.text(Field::kUrlPath));
    bool read = call_.read({request_wrapped ? request["body"] : request, request_path},
                           {response_wrapped ? response["body"] : response, response_path},
                           url_path, scratch_, record);
    if (!read) {
        record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
    }
}

// Portkey's guardrails, which it puts into the answer's body: [{"id", "verdict", "deny", "checks":
// [{"id", "verdict"}]}]. What they looked at stays in Unmapped with the rest of the body.
void PortkeyParser::hooks(JsonValue hooks, std::string_view target) {
    for (JsonValue hook : hooks.items()) {
        bool denies = hook["deny"].boolean().value_or(false);
        for (JsonValue check : hook["checks"].items()) {
            auto passed = check["verdict"].boolean();
            GuardrailResult result;
            result.name = check["id"].text();
            result.provider = "portkey";
            result.target = target;
            result.rule_id = hook["id"].text();
            result.verdict = !passed ? "" : *passed ? "allow" : denies ? "deny" : "warn";
            result.action = passed == false && denies ? "block" : "none";
            add_guardrail(scratch_, result);
        }
    }
}

// An export's stamp, else the Date header, else what the provider says.
void PortkeyParser::settle_time(AuditRecord& record, const ParseContext& context) {
    auto stamp = parse_http_date(date_);
    auto created = record.integer(Field::kGenAiResponseCreated);
    if (record.has(Field::kEventTime) || (!stamp && !date_.empty())) {
        scratch_.unmapped.add_text("response.headers.date", date_);
    }
    if (record.has(Field::kEventTime)) {
        return;
    }
    if (stamp) {
        set_event_time(record, *stamp, context);
    } else if (created) {
        set_event_time(record, Timestamp{UnixNanos{*created}, TimePrecision::kSeconds, true},
                       context);
    }
}

void PortkeyParser::top(const BodyPlace& place, JsonValue log, const ParseContext& context) {
    AuditRecord& record = place.record();
    for (JsonMember member : log.members()) {
        const GatewayMeaning* meaning = kRowMap.find(NormalizedKey(member.key));
        if (member.key == "metadata") {
            metadata(place.below(member.key), member.value, context);
        } else if (member.key == "is_success" && member.value.boolean()) {
            record.set_text(Field::kEventOutcome, *member.value.boolean() ? "success" : "failure");
        } else if (meaning != nullptr) {
            read_gateway_member(place, *meaning, member, context);
        } else if (member.key != "request" && member.key != "response") {
            place.keep(member.key, member.value);
        }
    }
}

void PortkeyParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    date_ = {};
    BodyPlace place("", scratch_, record);
    fill_text(record, Field::kEventKind, "inference");
    JsonValue asked = document["request"];
    JsonValue answered = document["response"];
    open_object(asked, request_tree_);
    open_object(answered, response_tree_);
    if (is_wrapped(asked)) {
        request(place.below("request"), asked, context);
    }
    if (is_wrapped(answered)) {
        response(place.below("response"), answered, context);
    }
    top(place, document, context);
    call(place, asked, answered);
    JsonValue body = is_wrapped(answered) ? answered["body"] : answered;
    if (open_object(body, metadata_tree_)) {
        hooks(body["hook_results"]["before_request_hooks"], "input");
        hooks(body["hook_results"]["after_request_hooks"], "output");
    }
    settle_time(record, context);
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

}  // namespace

std::unique_ptr<Parser> make_portkey_parser() {
    return std::make_unique<PortkeyParser>();
}

}  // namespace llmtrail
