#include "parsers/helicone.h"

#include <array>
#include <cmath>
#include <string>

#include "parsers/common_names.h"
#include "parsers/gateway_call.h"
#include "parsers/gateway_fields.h"

namespace llmtrail {

namespace {

using A = GatewayAction;
using F = Field;

constexpr auto kRows = std::to_array<GatewayRow>({
    {"requestcreatedat", {A::kTime}},
    {"responsecreatedat", {A::kStamp, F::kEventEnd}},
    {"delayms latency latencyms", {A::kMillis}},
    {"timetofirsttoken", {A::kFirstMillis}},
    {"requestid", {A::kFill, F::kHttpRequestId}},
    {"responseid", {A::kFill, F::kRecordNativeId}},
    {"requestuserid userid", {A::kFill, F::kUserId}},
    {"responsestatus status", {A::kFill, F::kHttpResponseStatusCode}},
    {"provider", {A::kProvider}},
    {"requestmodel", {A::kFill, F::kGenAiRequestModel}},
    {"responsemodel", {A::kFill, F::kGenAiResponseModel}},
    {"prompttokens", {A::kFill, F::kGenAiUsageInputTokens}},
    {"completiontokens", {A::kFill, F::kGenAiUsageOutputTokens}},
    {"totaltokens", {A::kFill, F::kGenAiUsageTotalTokens}},
    {"promptcachereadtokens", {A::kFill, F::kGenAiUsageCacheReadInputTokens}},
    {"promptcachewritetokens", {A::kFill, F::kGenAiUsageCacheCreationInputTokens}},
    {"costusd", {A::kFill, F::kUsageCostUsd}},
    {"cost", {A::kFill, F::kUsageCostUsd}},
    {"promptid", {A::kFill, F::kGenAiPromptName}},
    {"feedbackrating", {A::kFeedback}},
    {"targeturl", {A::kUrl}},
    {"requestpath", {A::kPath}},
});

constexpr auto kMap = name_map_of<128>(kRows);
static_assert(kMap.is_sound());

constexpr std::string_view kBodies[] = {"request_body", "response_body"};

class HeliconeParser final : public Parser {
 public:
    std::string_view name() const override { return "helicone"; }

    std::string_view describes() const override {
        return "Helicone requests, as its API and its export tool write them";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"request_created_at"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return document["request_created_at"].exists() &&
               (document["response_status"].exists() || document["request_properties"].exists() ||
                document["helicone_user"].exists() || document["request_body"].exists());
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void member(const BodyPlace& place, JsonMember member, const ParseContext& context);
    void properties(const BodyPlace& place, JsonValue given, const ParseContext& context);
    void scores(const BodyPlace& place, JsonValue scores);

    BodyScratch scratch_;
    GatewayCall call_;
    JsonTree tree_;
};

// What the application sent as Helicone-Property-*: "Session", "App", "Environment", …
void HeliconeParser::properties(const BodyPlace& place, JsonValue given,
                                const ParseContext& context) {
    static constexpr std::string_view kOwn[] = {"Helicone-Session-Id", "Helicone-Session-Name",
                                                "Helicone-Session-Path"};
    JsonValue properties = given;
    if (!open_object(properties, tree_)) {
        return place.keep(given);
    }
    AuditRecord& record = place.record();
    if (!fill(record, Field::kGenAiConversationId, properties[kOwn[0]])) {
        place.keep(kOwn[0], properties[kOwn[0]]);
    }
    if (!fill(record, Field::kGenAiWorkflowName, properties[kOwn[1]])) {
        place.keep(kOwn[1], properties[kOwn[1]]);
    }
    place.keep(kOwn[2], properties[kOwn[2]]);
    apply_common_names(properties, place.path(), kOwn, context, record, scratch_);
}

// One score is the record's evaluation; several are kept by their names.
void HeliconeParser::scores(const BodyPlace& place, JsonValue scores) {
    AuditRecord& record = place.record();
    for (JsonMember score : scores.members()) {
        JsonValue number = score.value.is_object() ? score.value["value"] : score.value;
        if (scores.size() == 1 && number.is_number() &&
            fill_text(record, Field::kGenAiEvaluationName, score.key)) {
            fill(record, Field::kGenAiEvaluationScoreValue, number);
            if (score.value.is_object()) {
                place.below(score.key).keep_others(score.value, {"value"});
            }
        } else {
            place.keep(score.key, score.value);
        }
    }
    if (!scores.is_object()) {
        place.keep(scores);
    }
}

void HeliconeParser::member(const BodyPlace& place, JsonMember member,
                            const ParseContext& context) {
    BodyPlace here = place.below(member.key);
    if (member.key == "request_properties" || member.key == "properties") {
        return properties(here, member.value, context);
    }
    if (member.key == "scores") {
        return scores(here, member.value);
    }
    if (member.key == "model") {  // the answer's where both are given
        bool placed = fill(place.record(), Field::kGenAiRequestModel, member.value) ||
                      fill(place.record(), Field::kGenAiResponseModel, member.value);
        return placed ? void() : here.keep(member.value);
    }
    if (member.key == "cache_reference_id") {
        // All zeros: the answer came from the model.
        bool cached = member.value.text().find_first_not_of("0-") != std::string_view::npos;
        place.record().set_boolean(Field::kResponseCached, cached);
        return here.keep(member.value);
    }
    if (const GatewayMeaning* meaning = kMap.find(NormalizedKey(member.key))) {
        return read_gateway_member(place, *meaning, member, context);
    }
    here.keep(member.value);
}

void HeliconeParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place("", scratch_, record);
    fill_text(record, Field::kEventKind, "inference");
    // The path before what may say it again.
    for (JsonMember one : document.members()) {
        bool body = one.key == kBodies[0] || one.key == kBodies[1];
        if (!body && one.key != "model" && !one.value.is_null()) {
            member(place, one, context);
        }
    }
    if (JsonValue model = document["model"]; model.exists() && !model.is_null()) {
        member(place, {"model", model}, context);
    }
    std::string url_path(record.text(Field::kUrlPath));
    bool read = call_.read({document[kBodies[0]], kBodies[0]}, {document[kBodies[1]], kBodies[1]},
                           url_path, scratch_, record);
    if (!read) {
        record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
    }
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

}  // namespace

std::unique_ptr<Parser> make_helicone_parser() {
    return std::make_unique<HeliconeParser>();
}

}  // namespace llmtrail
