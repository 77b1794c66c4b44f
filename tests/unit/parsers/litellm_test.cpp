#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "document_variants.h"
#include "json_tree/json_tree.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

constexpr std::string_view kHash =
    "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f";

// A payload with further members, `more` starting with a comma.
std::string payload(std::string_view more) {
    std::string text =
        R"({"id":"c-1","call_type":"acompletion","status":"success","response_cost":0.1,)"
        R"("startTime":1769939205.5,"endTime":1769939206.5,"model":"gpt-4o")";
    return text.append(more) + "}";
}

std::string only_record(std::string_view document) {
    auto records = read_records(document);
    REQUIRE(records.size() == 1);
    CHECK(records[0].find("\"event.provider\":\"litellm\"") != std::string::npos);
    return records[0];
}

}  // namespace

TEST_CASE("A key of LiteLLM is never stored, its hash is") {
    for (std::string_view key : {"sk-live-123456", "not a hash", "SK-LIVE"}) {
        CAPTURE(key);
        std::string given(key);
        std::string record =
            only_record(payload(",\"api_key\":\"" + given + R"(","metadata":{"user_api_key":")" +
                                given + R"(","user_api_key_hash":")" + given + "\"}"));
        CHECK_FALSE(holds(record, key));
        CHECK_FALSE(holds(record, "llm.audit.api_key.id"));
        CHECK(holds(record, "[redacted]"));
    }
    std::string hash(kHash);
    std::string record = only_record(payload(",\"api_key\":\"" + hash + "\""));
    CHECK(holds(record, "\"llm.audit.api_key.id\":\"" + hash + "\""));
}

TEST_CASE("Who asked is the end user whom the application names, else the key's owner") {
    std::string owner =
        R"("metadata":{"user_api_key_user_id":"u-104","user_api_key_user_email":"alex@example.com")";
    std::string alone = only_record(payload("," + owner + "}"));
    CHECK(holds(alone, R"("user.id":"u-104","user.email":"alex@example.com")"));
    std::string named = only_record(payload(R"(,"end_user":"c-9",)" + owner + "}"));
    CHECK(holds(named, R"("user.id":"c-9")"));
    CHECK_FALSE(holds(named, R"("user.email")"));
    CHECK(holds(named, R"("metadata.user_api_key_user_email":"alex@example.com")"));
}

TEST_CASE("Stamps without a zone are those of the source's time zone") {
    std::string text = payload("");
    size_t at = text.find("1769939205.5");
    text.replace(at, 12, "\"2026-02-01 09:46:45.5\"");
    auto records = read_records(text, "litellm", {}, 3600);
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("event.time":"2026-02-01T08:46:45.500000000Z")"));
    CHECK(holds(records[0], R"("event.time.zone":"assumed_local")"));
}

TEST_CASE("A call that ends before it starts has no duration") {
    std::string text = payload("");
    text.replace(text.find("1769939206.5"), 12, "1769939200.5");
    std::string record = only_record(text);
    CHECK_FALSE(holds(record, "event.duration"));
    CHECK(holds(record, "event.end"));
}

TEST_CASE("NaN, as Python prints it, costs no record") {
    std::string record = only_record(payload(R"(,"saved_cache_cost":NaN)"));
    CHECK(holds(record, "non_finite_number"));
}

TEST_CASE("Members of the wrong type go to unmapped and nothing is lost") {
    for (std::string_view wrong : {"7", "true", "\"text\"", "[]", "[[7]]", "{}", "{\"a\":7}",
                                   "[{\"a\":7}]", "null", "[null]", "\"{\"", "\"[1\""}) {
        CAPTURE(wrong);
        std::string more;
        for (std::string_view key :
             {"metadata", "messages", "response", "request_tags", "cache_hit", "hidden_params",
              "guardrail_information", "error_information", "error_str", "model_parameters",
              "proxy_server_request", "api_base", "custom_llm_provider", "stream", "end_user",
              "model_map_information", "status_fields", "response_time", "api_key"}) {
            more.append(",\"").append(key).append("\":").append(wrong);
        }
        std::string record = only_record(payload(more));
        bool carries = wrong.find_first_of("7") != std::string_view::npos;
        CHECK((!carries || holds(record, "7")));
    }
    for (std::string_view wrong : {"7", "\"text\"", "[7]", "{\"a\":7}", "[{\"a\":7}]"}) {
        CAPTURE(wrong);
        std::string inner;
        for (std::string_view key :
             {"user_api_key_hash", "user_api_key_alias", "vector_store_request_metadata",
              "mcp_tool_call_metadata", "applied_guardrails", "guardrail_information",
              "requester_metadata", "spend_logs_metadata", "usage_object",
              "prompt_management_metadata", "error_information", "status"}) {
            inner.append(inner.empty() ? "\"" : ",\"").append(key).append("\":").append(wrong);
        }
        only_record(payload(",\"metadata\":{" + inner + "}"));
        only_record(payload(R"(,"guardrail_information":[{"guardrail_name":)" + std::string(wrong) +
                            R"(,"masked_entity_count":)" + std::string(wrong) +
                            R"(,"violation_categories":)" + std::string(wrong) +
                            R"(,"guardrail_mode":)" + std::string(wrong) + "}]"));
    }
}

TEST_CASE("Ten thousand results, entities and categories are read in bounded time") {
    std::string list;
    std::string entities;
    for (int i = 0; i < 10000; ++i) {
        list += i == 0 ? "" : ",";
        list += R"({"guardrail_name":"g","guardrail_status":"success"})";
        entities += i == 0 ? "" : ",";
        entities += "\"E" + std::to_string(i) + "\":1";
    }
    std::string record = only_record(payload(",\"guardrail_information\":[" + list + "]"));
    CHECK(holds(record, "guardrail_information.64.guardrail_name"));
    CHECK(holds(record, "unmapped_truncated"));
    record = only_record(
        payload(R"(,"guardrail_information":{"guardrail_name":"g","guardrail_status":"success",)"
                R"("masked_entity_count":{)" +
                entities + "}}"));
    CHECK(holds(record, "masked_entity_count.E64"));
    CHECK(holds(record, R"("category":"E0")"));
}

TEST_CASE("Only what LiteLLM writes is taken for it") {
    for (std::string_view other :
         {R"({"call_type":"acompletion","model":"m"})",
          R"({"call_type":7,"startTime":1,"spend":1})",
          R"({"table_name":"users","object_id":"1","action":"updated"})",
          R"({"table_name":"t","action":"updated","changed_by":"u","before_value":"{}"})"}) {
        CAPTURE(other);
        auto records = read_records(other);
        REQUIRE(records.size() == 1);
        CHECK_FALSE(holds(records[0], "\"event.provider\":\"litellm\""));
    }
}

TEST_CASE("An audit row's values are stored without keys, whole, cut or as text within text") {
    for (std::string_view values :
         {R"("{\"key\":\"sk-SECRET\",\"key_alias\":\"app\"}")",
          R"("{\"key\":\"sk-SECRET\",\"key_al")", R"("{\"key\":\"sk-SECR")",
          R"({"key":"sk-SECRET"})",
          R"("{\"litellm_params\":\"{\\\"api_key\\\":\\\"SECRET\\\"}\"}")"}) {
        CAPTURE(values);
        std::string row =
            R"({"id":"a","updated_at":"2026-02-01T10:00:00Z","changed_by":"u","action":"created",)"
            R"("table_name":"LiteLLM_VerificationToken","object_id":"o","updated_values":)";
        std::string record = only_record(row.append(values).append("}"));
        CHECK_FALSE(holds(record, "SECR"));
        CHECK(holds(record, "[redacted]"));
    }
}
