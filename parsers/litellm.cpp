#include "parsers/litellm.h"

#include <algorithm>
#include <cmath>

#include "base/time.h"
#include "bodies/llama_guard.h"
#include "bodies/openai.h"
#include "parsers/body_shape.h"
#include "parsers/common_names.h"
#include "parsers/endpoint.h"
#include "parsers/litellm_parts.h"
#include "parsers/otel_aliases.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

using litellm::kMaskedByLitellm;
using litellm::opened;

constexpr MemberField kMembers[] = {
    {"id", Field::kRecordNativeId},
    {"request_id", Field::kRecordNativeId},
    {"trace_id", Field::kTraceId},
    {"session_id", Field::kGenAiConversationId},
    {"call_type", Field::kEventAction},
    {"model", Field::kGenAiRequestModel},
    {"stream", Field::kGenAiRequestStream},
    {"response_cost", Field::kUsageCostUsd},
    {"spend", Field::kUsageCostUsd},
    {"prompt_tokens", Field::kGenAiUsageInputTokens},
    {"completion_tokens", Field::kGenAiUsageOutputTokens},
    {"total_tokens", Field::kGenAiUsageTotalTokens},
    {"end_user", Field::kUserId},
    {"user", Field::kUserId},
    {"requester_ip_address", Field::kClientIp},
    {"user_agent", Field::kUserAgentOriginal},
    {"team_id", Field::kOrganizationUnit},
    {"organization_id", Field::kOrganizationId},
    {"agent_id", Field::kGenAiAgentId},
};

class LitellmParser final : public Parser {
 public:
    std::string_view name() const override { return "litellm"; }

    std::string_view describes() const override {
        return "LiteLLM standard logging payloads, spend logs and audit logs";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"call_type", "table_name"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override;
    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    struct Call {
        JsonValue metadata;
        JsonValue guardrails;
        JsonValue messages;
        JsonValue response;
        std::string_view api_base;
        bool failed = false;
    };

    void call(const BodyPlace& place, JsonValue log, const ParseContext& context);
    void who(const BodyPlace& place, JsonValue log, JsonValue metadata);
    void content(const BodyPlace& place, JsonValue log, const Call& call);
    void answer(const BodyPlace& place, JsonValue response);
    void times(const BodyPlace& place, JsonValue log, const ParseContext& context);
    void member(const BodyPlace& place, const Call& call, JsonMember member,
                const ParseContext& context);
    bool structured(const BodyPlace& place, const Call& call, JsonMember member,
                    const ParseContext& context);
    void masked(AuditRecord& record);

    BodyScratch scratch_;
    JsonTree metadata_tree_;
    JsonTree messages_tree_;
    JsonTree response_tree_;
    JsonTree request_tree_;
    JsonTree tags_tree_;
};

bool LitellmParser::recognizes(JsonValue document) const {
    if (litellm::is_audit_row(document)) {
        return true;
    }
    bool call = document["call_type"].is_string() && document["startTime"].exists();
    bool payload = document["response_cost"].exists() || document["model_parameters"].is_object() ||
                   document["hidden_params"].is_object();
    return call && (payload || (document["request_id"].exists() && document["spend"].exists()));
}

void LitellmParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place("", scratch_, record);
    if (litellm::is_audit_row(document)) {
        fill_text(record, Field::kEventDataset, "litellm.audit_log");
        litellm::read_audit_row(document, place, context);
    } else {
        call(place, document, context);
    }
    store_messages(scratch_, record);
    masked(record);
    scratch_.unmapped.store(record);
    sink.commit();
}

// The end user whom the application names is who asked; the key's owner asked for them.
void LitellmParser::who(const BodyPlace& place, JsonValue log, JsonValue metadata) {
    AuditRecord& record = place.record();
    fill_text(record, Field::kUserId, log["end_user"].text());
    if (!record.has(Field::kUserId)) {
        fill_text(record, Field::kUserId, metadata["user_api_key_end_user_id"].text());
    }
    if (!record.has(Field::kUserId)) {
        fill_text(record, Field::kUserId, metadata["user_api_key_user_id"].text());
    }
    litellm::fill_key_hash(place, "api_key", log["api_key"]);
}

void LitellmParser::answer(const BodyPlace& place, JsonValue response) {
    AuditRecord& record = place.record();
    std::string path = place.path();
    if (response.is_object()) {
        const BodyReaders* readers = readers_of_response(response);
        BodyReaders::Read read = readers == nullptr ? read_openai_response : readers->response;
        read(response, path, scratch_, record);
    } else if (response.is_array() && response.size() > 0) {
        read_openai_stream(response, path, true, scratch_, record);
    } else if (!response.text().empty()) {
        scratch_.output.begin_message("assistant");
        scratch_.output.text(response.text());
        scratch_.output.end_message();
    } else if (!response.is_string()) {
        place.keep(response);
    }
}

void LitellmParser::content(const BodyPlace& place, JsonValue log, const Call& call) {
    AuditRecord& record = place.record();
    JsonValue request = opened(log["proxy_server_request"], request_tree_);
    JsonValue body = request["body"].is_object() ? request["body"] : request;
    if (call.messages.is_array() || call.messages.is_string()) {
        read_openai_messages(call.messages, "messages", scratch_, record);
    } else {
        place.keep("messages", call.messages);
    }
    for (JsonValue side : {call.messages, call.response}) {
        if (side.text().starts_with('{') || side.text().starts_with('[')) {
            record.append_to_list(Field::kRecordFlags, "body_not_json");
        }
    }
    if (scratch_.input.empty() && readers_of_request(body) != nullptr) {
        std::string path = "proxy_server_request";
        if (body.at() != request.at()) {
            place.below("proxy_server_request").keep_others(request, {"body"});
            path += ".body";
        }
        read_openai_request(body, path, scratch_, record);
    } else {
        place.keep("proxy_server_request", request);
    }
    JsonValue parameters = log["model_parameters"];
    if (parameters.is_object()) {
        read_openai_request(parameters, "model_parameters", scratch_, record);
    } else {
        place.keep("model_parameters", parameters);
    }
    answer(place.below("response"), call.response);
    read_llama_guard(record.text(Field::kGenAiRequestModel), scratch_);
}

constexpr auto kNanosEach = static_cast<double>(kNanosPerSecond);

// Negative: not known, or the clock went back.
int64_t nanos_between(const std::optional<Timestamp>& from, const std::optional<Timestamp>& to) {
    int64_t nanos = 0;
    bool known = from && to && !__builtin_sub_overflow(to->at.value, from->at.value, &nanos);
    return known ? nanos : -1;
}

// response_time is how long the call took, but for a stream the time to its first part; it is kept
// when it says neither.
void LitellmParser::times(const BodyPlace& place, JsonValue log, const ParseContext& context) {
    AuditRecord& record = place.record();
    auto start = read_time(log["startTime"], context);
    auto end = read_time(log["endTime"], context);
    if (start) {
        set_event_time(record, *start, context);
    } else {
        place.keep("startTime", log["startTime"]);
    }
    if (end) {
        record.set_time(Field::kEventEnd, end->at);
    } else {
        place.keep("endTime", log["endTime"]);
    }
    JsonValue first_part = log["completionStartTime"];
    auto first = read_time(first_part, context);
    int64_t duration = nanos_between(start, end);
    int64_t to_first = log["stream"].boolean().value_or(false) ? nanos_between(start, first) : -1;
    if (duration >= 0) {
        record.set_integer(Field::kEventDuration, duration);
    }
    if (to_first >= 0) {
        record.set_real(Field::kGenAiResponseTimeToFirstChunk,
                        static_cast<double>(to_first) / kNanosEach);
    }
    if (to_first >= 0 || first_part.json() != log["endTime"].json()) {
        place.keep("completionStartTime", first_part);  // the same as the end unless streamed
    }
    double nanos = log["response_time"].real().value_or(-1) * kNanosEach;
    auto says = [&](int64_t other) {
        constexpr double kRounded = 1000;  // digits of microseconds
        return other >= 0 && std::abs(nanos - static_cast<double>(other)) < kRounded;
    };
    if (!says(duration) && !says(to_first)) {
        place.keep("response_time", log["response_time"]);
    }
}

bool LitellmParser::structured(const BodyPlace& place, const Call& call, JsonMember member,
                               const ParseContext& context) {
    auto [key, value] = member;
    AuditRecord& record = place.record();
    BodyPlace here = place.below(key);
    if (key == "metadata") {
        litellm::read_metadata(call.metadata, here, context);
    } else if (key == "custom_llm_provider" && value.is_string()) {
        return fill_text(record, Field::kGenAiProviderName, otlp::provider_of_word(value.text())) ||
               value.text().empty();
    } else if (key == "api_base" && value.is_string()) {
        return value.text().empty() || set_endpoint(record, value.text());
    } else if (key == "status") {
        bool known = value.text() == "success" || value.text() == "failure";
        return known && fill(record, Field::kEventOutcome, value);
    } else if (key == "error_information") {
        litellm::read_error(here, value);
    } else if (key == "error_str") {
        return fill(record, Field::kErrorMessage, value);
    } else if (key == "request_tags") {
        JsonValue tags = opened(value, tags_tree_);
        if (!fill(record, Field::kTags, tags)) {
            here.keep(tags);
        }
    } else if (key == "cache_hit") {
        litellm::read_cache_hit(here, value);
    } else if (key == "hidden_params") {
        litellm::read_hidden(here, value, call.api_base);
    } else if (key == "model_map_information" && value.is_object()) {
        here.keep_others(value, {"model_map_value"});  // litellm.h says why
    } else {
        return false;
    }
    return true;
}

void LitellmParser::member(const BodyPlace& place, const Call& call, JsonMember member,
                           const ParseContext& context) {
    static constexpr std::string_view kRead[] = {"messages",
                                                 "response",
                                                 "proxy_server_request",
                                                 "model_parameters",
                                                 "startTime",
                                                 "endTime",
                                                 "completionStartTime",
                                                 "response_time",
                                                 "api_key",
                                                 "guardrail_information"};
    if (std::find(std::begin(kRead), std::end(kRead), member.key) != std::end(kRead)) {
        return;
    }
    if (member.value.is_null() || place.fill_member(kMembers, member.key, member.value) ||
        structured(place, call, member, context)) {
        return;
    }
    place.keep(member.key, member.value);
}

void LitellmParser::call(const BodyPlace& place, JsonValue log, const ParseContext& context) {
    AuditRecord& record = place.record();
    Call call;
    call.metadata = opened(log["metadata"], metadata_tree_);
    call.messages = opened(log["messages"], messages_tree_);
    call.response = opened(log["response"], response_tree_);
    call.api_base = log["api_base"].text();
    call.failed = log["status"].text() == "failure";
    call.guardrails = log["guardrail_information"];
    BodyPlace metadata = place.below("metadata");
    bool outside = call.guardrails.is_container();
    if (!outside) {
        call.guardrails = call.metadata["guardrail_information"];
    }
    bool payload = log["response_cost"].exists();
    fill_text(record, Field::kEventDataset,
              payload ? "litellm.standard_logging" : "litellm.spend_logs");
    fill(record, Field::kEventAction, log["call_type"]);
    litellm::describe_call(log["call_type"].text(), record);
    fill(record, Field::kGenAiRequestModel, log["model"]);
    who(place, log, call.metadata);
    content(place, log, call);
    times(place, log, context);
    for (JsonMember one : log.members()) {
        member(place, call, one, context);
    }
    const BodyPlace& around = outside ? place : metadata;
    litellm::read_guardrails(call.guardrails, around.below("guardrail_information"), call.failed);
    litellm::read_applied_guardrails(call.metadata["applied_guardrails"], call.guardrails,
                                     metadata.below("applied_guardrails"));
    for (std::string_view key : {"guardrail_information", "error_information", "status"}) {
        JsonValue inner = call.metadata[key];  // the spend log has these there
        if (key == "error_information" && inner.is_object() && !log[key].is_object()) {
            litellm::read_error(metadata.below(key), inner);
        } else if ((key != "guardrail_information" || outside) && inner.json() != log[key].json()) {
            metadata.keep(key, inner);
        }
    }
}

// Message logging is turned off, or was for this call: the texts say so.
void LitellmParser::masked(AuditRecord& record) {
    bool prompt = record.text(Field::kPromptText) == kMaskedByLitellm;
    bool response = record.text(Field::kResponseText) == kMaskedByLitellm;
    if (prompt) {
        record.set_boolean(Field::kPromptRedacted, true);
    }
    if (response) {
        record.set_boolean(Field::kResponseRedacted, true);
    }
    if (prompt || response) {
        record.append_to_list(Field::kRecordSourceLoss, "masked");
    }
}

}  // namespace

std::unique_ptr<Parser> make_litellm_parser() {
    return std::make_unique<LitellmParser>();
}

}  // namespace llmtrail
