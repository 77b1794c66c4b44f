#include "parsers/cloudflare.h"

#include <array>
#include <string>

#include "bodies/openai.h"
#include "parsers/common_names.h"
#include "parsers/gateway_call.h"
#include "parsers/gateway_fields.h"

namespace llmtrail {

namespace {

using A = GatewayAction;
using F = Field;

constexpr auto kGatewayRows = std::to_array<GatewayRow>({
    {"createdat datetime timestamp", {A::kTime}},
    {"duration", {A::kMillis}},
    {"id", {A::kFill, F::kRecordNativeId}},
    {"model", {A::kFill, F::kGenAiRequestModel}},
    {"provider", {A::kProvider}},
    {"path endpoint", {A::kPath}},
    {"statuscode", {A::kFill, F::kHttpResponseStatusCode}},
    {"tokensin", {A::kFill, F::kGenAiUsageInputTokens}},
    {"tokensout", {A::kFill, F::kGenAiUsageOutputTokens}},
    {"cost", {A::kFill, F::kUsageCostUsd}},
    {"cached", {A::kFill, F::kResponseCached}},
    {"useragent", {A::kFill, F::kUserAgentOriginal}},
    {"feedback", {A::kFeedback}},
    {"eventid", {A::kFill, F::kHttpRequestId}},
    {"step", {A::kFill, F::kHttpRequestResendCount}},  // of the providers tried in turn
});

// Fields of the datasets http_requests and firewall_events.
constexpr auto kZoneRows = std::to_array<GatewayRow>({
    {"edgestarttimestamp datetime", {A::kTime}},
    {"edgeendtimestamp", {A::kStamp, F::kEventEnd}},
    {"rayid", {A::kFill, F::kHttpRequestId}},
    {"clientip", {A::kFill, F::kClientIp}},
    {"clientrequestuseragent", {A::kFill, F::kUserAgentOriginal}},
    {"clientrequestmethod", {A::kFill, F::kHttpRequestMethod}},
    {"clientrequestpath", {A::kFill, F::kUrlPath}},
    {"clientrequesturi", {A::kPath}},
    {"clientrequesthost", {A::kFill, F::kServerAddress}},
    {"edgeresponsestatus", {A::kFill, F::kHttpResponseStatusCode}},
});

constexpr auto kGatewayMap = name_map_of<128>(kGatewayRows);
constexpr auto kZoneMap = name_map_of<64>(kZoneRows);
static_assert(kGatewayMap.is_sound() && kZoneMap.is_sound());

// Lists of what was found, by the field's name in both datasets.
struct CategoryRow {
    std::string_view key;
    std::string_view name;
};

constexpr CategoryRow kCategories[] = {
    {"FirewallForAIPIICategories", "pii"},
    {"FirewallForAIUnsafeTopicCategories", "unsafe_topic"},
};

bool is_gateway(JsonValue value) {
    bool api = value["tokens_in"].exists() && value["tokens_out"].exists();
    bool log = api || value["step"].is_number() || value["request_content_type"].exists();
    return (log && value["provider"].is_string() && value["model"].exists() &&
            value["created_at"].exists()) ||
           (value["Gateway"].is_string() && value["Provider"].is_string() &&
            value["StatusCode"].exists());
}

bool is_zone(JsonValue value) {
    for (const CategoryRow& row : kCategories) {
        if (value[row.key].exists()) {
            return true;
        }
    }
    return value["FirewallForAIInjectionScore"].exists();
}

class CloudflareParser final : public Parser {
 public:
    std::string_view name() const override { return "cloudflare"; }

    std::string_view describes() const override {
        return "Cloudflare AI Gateway logs, and zone logs with AI Security for Apps";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {
            "provider", "Provider", "FirewallForAIInjectionScore", "FirewallForAIPIICategories",
            "FirewallForAIUnsafeTopicCategories"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return is_gateway(document) || is_zone(document);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void gateway(const BodyPlace& place, JsonValue log, const ParseContext& context);
    void metadata(const BodyPlace& place, JsonValue given, const ParseContext& context);
    void bodies(const BodyPlace& place, JsonValue log);
    void read_block(JsonValue answer, AuditRecord& record);
    GatewayCall::Side side(const BodyPlace& place, JsonValue log, std::string& path,
                           std::initializer_list<std::string_view> keys);
    void zone(const BodyPlace& place, JsonValue log, const ParseContext& context);

    BodyScratch scratch_;
    GatewayCall call_;
    JsonTree tree_;
};

// What the application attached: user, team, anything.
void CloudflareParser::metadata(const BodyPlace& place, JsonValue given,
                                const ParseContext& context) {
    JsonValue metadata = given;
    if (metadata["type"].text() == "encrypted" || !open_object(metadata, tree_)) {
        return place.keep(given);
    }
    apply_common_names(metadata, place.path(), {}, context, place.record(), scratch_);
}

// The first of the names under which the log has this body.
GatewayCall::Side CloudflareParser::side(const BodyPlace& place, JsonValue log, std::string& path,
                                         std::initializer_list<std::string_view> keys) {
    for (std::string_view key : keys) {
        JsonValue body = log[key];
        if (!body.exists() || body.is_null()) {
            continue;
        }
        path = place.below(key).path();
        if (body["type"].text() == "encrypted") {  // with a key of the customer's
            place.record().append_to_list(Field::kRecordSourceLoss, "encrypted");
            place.keep(key, body);
            return {};
        }
        return {body, path};
    }
    return {};
}

// {"error": [{"code": 2016, "message": …}]}: the gateway's own guardrails blocked the prompt (2016)
// or the answer (2017).
void CloudflareParser::read_block(JsonValue answer, AuditRecord& record) {
    constexpr int64_t kPromptBlocked = 2016;
    constexpr int64_t kAnswerBlocked = 2017;
    if (!open_object(answer, tree_)) {
        return;
    }
    for (JsonValue error : answer["error"].items()) {
        auto code = error["code"].integer();
        if (code != kPromptBlocked && code != kAnswerBlocked) {
            continue;
        }
        GuardrailResult result;
        result.name = "ai_gateway_guardrails";
        result.provider = "cloudflare";
        result.target = code == kPromptBlocked ? "input" : "output";
        result.verdict = "deny";
        result.action = "block";
        add_guardrail(scratch_, result);
        fill(record, Field::kErrorCode, error["code"]);
        fill(record, Field::kErrorMessage, error["message"]);
    }
}

void CloudflareParser::bodies(const BodyPlace& place, JsonValue log) {
    std::string request_path;
    std::string response_path;
    GatewayCall::Side request =
        side(place, log, request_path, {"request_body", "request", "RequestBody"});
    GatewayCall::Side response =
        side(place, log, response_path, {"response_body", "response", "ResponseBody"});
    AuditRecord& record = place.record();
    std::string url_path(record.text(Field::kUrlPath));
    if (!url_path.empty() && url_path.front() != '/') {
        url_path.insert(0, 1, '/');  // the endpoint, as the gateway writes it
    }
    bool read = call_.read(request, response, url_path, scratch_, record);
    read_block(response.body, record);
    if (!read) {
        describe_openai_call(url_path, {}, {}, record);
    }
    if (!read && !record.has(Field::kRecordSourceLoss)) {
        record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
    }
}

void CloudflareParser::gateway(const BodyPlace& place, JsonValue log, const ParseContext& context) {
    static constexpr std::string_view kBodies[] = {"request_body",  "request",  "RequestBody",
                                                   "response_body", "response", "ResponseBody"};
    AuditRecord& record = place.record();
    fill_text(record, Field::kEventDataset, "cloudflare.ai_gateway");
    fill_text(record, Field::kEventKind, "inference");
    for (JsonMember member : log.members()) {
        const GatewayMeaning* meaning = kGatewayMap.find(NormalizedKey(member.key));
        bool body =
            std::find(std::begin(kBodies), std::end(kBodies), member.key) != std::end(kBodies);
        if (member.key == "metadata" || member.key == "Metadata") {
            metadata(place.below(member.key), member.value, context);
        } else if (member.key == "success" && member.value.boolean()) {
            record.set_text(Field::kEventOutcome, *member.value.boolean() ? "success" : "failure");
        } else if (meaning != nullptr) {
            read_gateway_member(place, *meaning, member, context);
        } else if (!body) {
            place.keep(member.key, member.value);
        }
    }
    bodies(place, log);
}

// What was found, and what the firewall did about the request: it may have acted for another
// reason, which it does not say.
void CloudflareParser::zone(const BodyPlace& place, JsonValue log, const ParseContext& context) {
    AuditRecord& record = place.record();
    fill_text(record, Field::kEventDataset, "cloudflare.firewall_for_ai");
    fill_text(record, Field::kEventKind, "guardrail");
    JsonValue action = log["SecurityAction"].exists() ? log["SecurityAction"] : log["Action"];
    bool blocked = action.text() == "block";
    for (const CategoryRow& row : kCategories) {
        for (JsonValue category : log[row.key].items()) {
            GuardrailResult result;
            result.name = row.name;
            result.provider = "cloudflare";
            result.target = "input";
            result.verdict = blocked ? "deny" : "warn";
            result.action = blocked ? "block" : "none";
            result.category = category.text();
            if (category.is_string() && !category.text().empty()) {
                add_guardrail(scratch_, result);
            }
        }
    }
    for (JsonMember member : log.members()) {
        bool categories = member.value.is_array() &&
                          (member.key == kCategories[0].key || member.key == kCategories[1].key);
        const GatewayMeaning* meaning = kZoneMap.find(NormalizedKey(member.key));
        if (meaning != nullptr) {
            read_gateway_member(place, *meaning, member, context);
        } else if (!categories) {
            place.keep(member.key, member.value);
        }
    }
    fill_text(record, Field::kEventAction, action.text());
    record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
}

void CloudflareParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place("", scratch_, record);
    is_gateway(document) ? gateway(place, document, context) : zone(place, document, context);
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

}  // namespace

std::unique_ptr<Parser> make_cloudflare_parser() {
    return std::make_unique<CloudflareParser>();
}

}  // namespace llmtrail
