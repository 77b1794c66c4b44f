#include "parsers/envoy.h"

#include <array>
#include <string>

#include "bodies/openai.h"
#include "parsers/exchange_parts.h"
#include "parsers/gateway_fields.h"

namespace llmtrail {

namespace {

using A = GatewayAction;
using F = Field;

constexpr auto kRows = std::to_array<GatewayRow>({
    {"starttime timestamp time", {A::kTime}},
    {"duration durationms", {A::kMillis}},
    {"timetofirsttoken timetofirsttokenms ttftms", {A::kFirstMillis}},
    {"method requestmethod", {A::kFill, F::kHttpRequestMethod}},
    {"path requestpath xenvoyoriginpath xenvoyoriginalpath", {A::kPath}},
    {"responsecode status", {A::kFill, F::kHttpResponseStatusCode}},
    {"xrequestid requestid", {A::kFill, F::kHttpRequestId}},
    {"useragent", {A::kFill, F::kUserAgentOriginal}},
    {"xforwardedfor downstreamremoteaddress clientip", {A::kPeer}},
    {"upstreamhost", {A::kUpstream}},
    {"traceid", {A::kFill, F::kTraceId}},
    {"spanid", {A::kFill, F::kSpanId}},
    {"userid enduserid xuserid xenduserid jwtsub", {A::kFill, F::kUserId}},
    {"useremail xuseremail", {A::kFill, F::kUserEmail}},
    {"username", {A::kFill, F::kUserName}},
    {"sessionid conversationid xsessionid", {A::kFill, F::kGenAiConversationId}},
    {"tenantid orgid organizationid", {A::kFill, F::kOrganizationId}},
    // of the AI gateway, under either style of name
    {"genaimodelname genairequestmodel model requestmodel", {A::kFill, F::kGenAiRequestModel}},
    {"genaimodelnameoverride genairesponsemodel responsemodel", {A::kFill, F::kGenAiResponseModel}},
    {"genaiprovidername genaisystem genaibackendname backendname", {A::kProvider}},
    {"genaitokensinput genaiusageinputtokens llminputtoken inputtokens",
     {A::kFill, F::kGenAiUsageInputTokens}},
    {"genaitokensoutput genaiusageoutputtokens llmoutputtoken outputtokens",
     {A::kFill, F::kGenAiUsageOutputTokens}},
    {"genaitokenstotal genaiusagetotaltokens llmtotaltoken totaltokens",
     {A::kFill, F::kGenAiUsageTotalTokens}},
    {"genaitokenscached llmcachedinputtoken", {A::kFill, F::kGenAiUsageCacheReadInputTokens}},
    {"genaioperationname", {A::kFill, F::kGenAiOperationName}},
    {"mcpsessionid", {A::kFill, F::kGenAiConversationId}},
    {"mcpmethod mcpmethodname", {A::kFill, F::kEventAction}},
    {"mcptool mcptoolname", {A::kFill, F::kGenAiToolName}},
    {"mcprequestid", {A::kFill, F::kGenAiToolCallId}},
});

constexpr auto kMap = name_map_of<512>(kRows);
static_assert(kMap.is_sound());

// Of the default format; operators rename the rest.
constexpr std::string_view kKeys[] = {"response_flags", "response_code_details",
                                      "upstream_cluster"};

// Envoy writes null, or '-' in texts, for what there is not.
bool is_absent(JsonValue value) {
    return !value.exists() || value.is_null() || value.text() == "-";
}

class EnvoyParser final : public Parser {
 public:
    std::string_view name() const override { return "envoy"; }

    std::string_view describes() const override {
        return "Envoy access log in JSON, with Envoy AI Gateway's fields";
    }

    std::span<const std::string_view> keys() const override { return kKeys; }

    bool recognizes(JsonValue document) const override {
        bool envoy = false;
        for (std::string_view key : kKeys) {
            envoy = envoy || document[key].exists();
        }
        return envoy && (document["start_time"].exists() || document["response_code"].exists());
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void member(const BodyPlace& place, JsonMember member, const ParseContext& context);
    void describe(AuditRecord& record, JsonValue document);

    BodyScratch scratch_;
};

void EnvoyParser::member(const BodyPlace& place, JsonMember member, const ParseContext& context) {
    if (member.key == "upstream_transport_failure_reason") {
        return place.fill_or_keep(Field::kErrorMessage, member.key, member.value);
    }
    if (const GatewayMeaning* meaning = kMap.find(NormalizedKey(member.key))) {
        return read_gateway_member(place, *meaning, member, context);
    }
    auto field = member.key.starts_with("gen_ai.") ? field_by_name(member.key) : std::nullopt;
    if (!field || !fill(place.record(), *field, member.value)) {
        place.keep(member.key, member.value);
    }
}

// Calls to models and tools are told by what the AI gateway says of them, else by the path.
void EnvoyParser::describe(AuditRecord& record, JsonValue document) {
    std::string path(record.text(Field::kUrlPath));
    bool of_mcp = !is_absent(document["mcp_method"]) || record.has(Field::kGenAiToolName);
    bool of_model = record.has(Field::kGenAiRequestModel) ||
                    record.has(Field::kGenAiResponseModel) ||
                    record.has(Field::kGenAiUsageInputTokens) ||
                    record.has(Field::kGenAiUsageOutputTokens) || is_model_url(path);
    if (of_mcp) {
        bool call = record.text(Field::kEventAction) == "tools/call";
        fill_text(record, Field::kEventKind, call ? "tool" : "other");
        if (call) {
            fill_text(record, Field::kGenAiOperationName, "execute_tool");
        }
    } else if (of_model) {
        describe_openai_call(path, {}, {}, record);
        fill_text(record, Field::kEventKind, "inference");
    } else {
        fill_text(record, Field::kEventKind, "other");
    }
    if (of_mcp || of_model) {
        record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
    }
    if (record.integer(Field::kHttpResponseStatusCode).value_or(0) >= 400) {
        fill_text(record, Field::kErrorType, document["response_code_details"].text());
    }
}

void EnvoyParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place("", scratch_, record);
    // Before what the connection says: a proxy may stand between.
    JsonValue forwarded = document["x-forwarded-for"];
    if (!is_absent(forwarded)) {
        read_gateway_member(place, {A::kPeer}, {"x-forwarded-for", forwarded}, context);
    }
    for (JsonMember one : document.members()) {
        if (!is_absent(one.value) && one.key != "x-forwarded-for") {
            member(place, one, context);
        }
    }
    describe(record, document);
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

}  // namespace

std::unique_ptr<Parser> make_envoy_parser() {
    return std::make_unique<EnvoyParser>();
}

}  // namespace llmtrail
