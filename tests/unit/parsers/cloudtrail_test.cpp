#include "parsers/cloudtrail.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "json_tree/json_tree.h"
#include "parsers/cloudtrail_parts.h"
#include "parsers/cloudwatch_events.h"
#include "record_list.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kWho =
    R"("userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/alex","userName":"alex"})";

std::string event(std::string_view name, std::string_view more,
                  std::string_view source = "bedrock.amazonaws.com") {
    std::string out = R"({"eventSource":")";
    out.append(source).append(R"(","eventTime":"2026-01-02T03:00:00Z","eventName":")");
    out.append(name).append("\",").append(kWho);
    return out.append(more.empty() ? "" : ",").append(more).append("}");
}

std::string only_record(const std::string& document) {
    auto records = read_records(document);
    REQUIRE(records.size() == 1);
    return records[0];
}

bool is_cloudtrail(std::string_view document) {
    JsonTree tree;
    auto read = tree.read(document, false);
    REQUIRE(read);
    return make_cloudtrail_parser()->recognizes(*read);
}

std::string resource_id(std::string_view event_name, std::string_view parameters,
                        std::string_view answer = "{}") {
    JsonTree asked;
    JsonTree answered;
    return std::string(cloudtrail::resource_id_of(cloudtrail::resource_of_call(event_name),
                                                  *asked.read(parameters, false),
                                                  *answered.read(answer, false))
                           .text());
}

}  // namespace

TEST_CASE("A call's kind is told by its name and by what the event says of it") {
    JsonTree tree;
    JsonValue yes = (*tree.read(R"({"a":true})", false))["a"];
    CHECK(cloudtrail::kind_of_call("UpdateGuardrail", {}) == "config_change");
    CHECK(cloudtrail::kind_of_call("GetGuardrail", {}) == "access");
    CHECK(cloudtrail::kind_of_call("SomethingNew", yes) == "access");
    CHECK(cloudtrail::kind_of_call("InvokeModelWithResponseStream", yes) == "inference");
    CHECK(cloudtrail::kind_of_call("ConverseStream", yes) == "inference");
    CHECK(cloudtrail::kind_of_call("RetrieveAndGenerate", yes) == "inference");
    CHECK(cloudtrail::kind_of_call("Retrieve", yes) == "retrieval");
    CHECK(cloudtrail::kind_of_call("ApplyGuardrail", yes) == "guardrail");
    CHECK(cloudtrail::kind_of_call("", {}) == "config_change");
}

TEST_CASE("The thing a call is about is found among its parameters, then among its answer") {
    CHECK(resource_id("UpdateGuardrail", R"({"name":"n","guardrailIdentifier":"g"})") == "g");
    CHECK(resource_id("CreateGuardrail", R"({"name":"n"})", R"({"guardrailId":"g2"})") == "g2");
    CHECK(resource_id("DeleteAgentActionGroup", R"({"agentId":"a","actionGroupId":"b"})") == "b");
    CHECK(resource_id("PutFoundationModelEntitlement", R"({"modelId":"m"})") == "m");
    CHECK(resource_id("TagResource", R"({"resourceARN":"arn:x","tags":[]})") == "arn:x");
    CHECK(resource_id("PutModelInvocationLoggingConfiguration", R"({"loggingConfig":{}})").empty());
    CHECK(resource_id("UpdateGuardrail", R"({"guardrailIdentifier":7})").empty());
    CHECK(resource_id("", "{}").empty());
    CHECK(cloudtrail::resource_of_call("Delete").empty());
}

TEST_CASE("Only events of CloudTrail are taken for such") {
    CHECK(is_cloudtrail(event("UpdateGuardrail", "")));
    CHECK(is_cloudtrail("{\"Records\":[" + event("UpdateGuardrail", "") + "]}"));
    CHECK(is_cloudtrail("{\"detail\":" + event("UpdateGuardrail", "") + "}"));
    CHECK(is_cloudtrail("{\"message\":" + event("UpdateGuardrail", "") + "}"));
    // A file's notice by S3, an invocation that speaks of events, and nothing at all.
    CHECK_FALSE(is_cloudtrail(
        R"({"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2026-01-02T03:00:00Z"}]})"));
    CHECK_FALSE(is_cloudtrail(R"({"Records":[]})"));
    CHECK_FALSE(is_cloudtrail(R"({"eventSource":"bedrock.amazonaws.com"})"));
    CHECK_FALSE(is_cloudtrail(
        R"({"message":"{\"schemaType\":\"ModelInvocationLog\",\"eventSource\":\"bedrock.amazonaws.com\",\"eventName\":\"a\",\"eventTime\":\"b\"}"})"));
    CHECK_FALSE(is_cloudtrail(R"({"events":[1,null,"text"]})"));
}

TEST_CASE("A name inside a text of JSON is not a member") {
    CHECK(json_text_has(R"({ "schemaType" : "A" })", "schemaType", "A"));
    CHECK(json_text_has(R"({"schemaType":"A"})", "schemaType"));
    CHECK_FALSE(json_text_has(R"({"schemaType":"AB"})", "schemaType", "A"));
    CHECK_FALSE(json_text_has(R"({"prompt":"{\"schemaType\":\"A\"}"})", "schemaType", "A"));
    CHECK_FALSE(json_text_has(R"({"schemaType":7})", "schemaType"));
    CHECK_FALSE(json_text_has(R"("schemaType")", "schemaType"));
    CHECK_FALSE(json_text_has("schemaType\":\"A\"", "schemaType"));
    CHECK_FALSE(json_text_has("", "schemaType"));
}

TEST_CASE("The call that sets up the invocation log is CloudTrail's, also inside CloudWatch") {
    std::string record = only_record(
        R"({"timestamp":1767322800000,"message":"{\"eventSource\":\"bedrock.amazonaws.com\",\"eventName\":\"PutModelInvocationLoggingConfiguration\",\"eventTime\":\"2026-01-02T03:00:00Z\",\"requestParameters\":{\"note\":\"ModelInvocationLog\"}}"})");
    CHECK(holds(record, R"("event.provider":"cloudtrail")"));
    CHECK(holds(record, R"("event.kind":"config_change")"));
    CHECK(
        holds(record, R"("llm.audit.config.resource.type":"ModelInvocationLoggingConfiguration")"));
}

TEST_CASE("The time of the event is eventTime, whatever finer stamps the answer has") {
    std::string record = only_record(
        event("UpdateGuardrail", R"("responseElements":{"updatedAt":"2026-01-02T03:00:00.379Z"})"));
    CHECK(holds(record, R"("event.time":"2026-01-02T03:00:00.000000000Z")"));
    CHECK(holds(record, R"("event.time.precision":"s")"));
    CHECK(holds(record, R"("responseElements.updatedAt":"2026-01-02T03:00:00.379Z")"));
}

TEST_CASE("Secrets among the parameters of a change are not stored") {
    std::string record = only_record(
        event("CreateFlow", R"("requestParameters":{"flowName":"f","password":"hunter2"})"));
    CHECK(holds(record, R"(\"password\":\"[redacted]\")"));
    CHECK_FALSE(holds(record, "hunter2"));
}

TEST_CASE("Odd types in an event are kept and never fail") {
    std::string record = only_record(
        R"({"eventSource":"bedrock.amazonaws.com","eventName":"UpdateGuardrail","eventTime":"never","eventTime":"x",)"
        R"("userIdentity":["a"],"userIdentity":{"arn":5},"requestParameters":"p","requestParameters":{"q":1},)"
        R"("responseElements":[1],"sourceIPAddress":{"a":1},"tlsDetails":7,"readOnly":"maybe","errorCode":{},"eventVersion":3,"addendum":1})");
    for (std::string_view part :
         {R"("eventTime":"never")", R"("eventTime":"x")", R"("userIdentity.0":"a")",
          R"("userIdentity.arn":5)", R"("requestParameters":"p")", R"("requestParameters.q":1)",
          R"("responseElements.0":1)", R"("sourceIPAddress.a":1)", R"("tlsDetails":7)",
          R"("readOnly":"maybe")", R"("eventVersion":3)", R"("addendum":1)",
          R"("event.time.precision":"observed")"}) {
        CAPTURE(part);
        CHECK(holds(record, part));
    }
}

TEST_CASE("Many parameters make a setting's name no longer than its bound") {
    std::string parameters = "\"requestParameters\":{";
    for (int i = 0; i < 10000; ++i) {
        parameters += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + "\":\"v\"";
    }
    std::string record = only_record(event("UpdateGuardrail", parameters + "}"));
    CHECK(holds(record, R"("llm.audit.config.setting":"p0,p1,p2,)"));
    size_t setting = record.find("\"llm.audit.config.setting\":");
    CHECK(record.find('\n', setting) == std::string::npos);
    CHECK(record.find("\",\"", setting) - setting < 1100);
    CHECK(holds(record, R"(\"p9999\":\"v\")"));
}

TEST_CASE("A name of a hundred thousand words is no reason to search so often") {
    std::string name;
    std::string parameters = "\"requestParameters\":{";
    for (int i = 0; i < 100000; ++i) {
        name += "Aa";
        parameters += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + "\":1";
    }
    std::string record = only_record(event(name, parameters + "}"));
    CHECK(holds(record, R"("event.kind":"config_change")"));
}

TEST_CASE(
    "The identifier of a thing inside the answer counts, a name only where nothing better is") {
    CHECK(resource_id("CreateAgent", R"({"agentName":"mail"})", R"({"agent":{"agentId":"AG1"}})") ==
          "AG1");
    CHECK(resource_id("CreateAgentActionGroup", R"({"agentId":"AG1","actionGroupName":"mail"})") ==
          "mail");
}

TEST_CASE("A file of ten thousand events gives as many records") {
    std::string document = "{\"Records\":[" + event("GetGuardrail", "");
    for (int i = 1; i < 10000; ++i) {
        document += "," + event("ListUsers", "", "iam.amazonaws.com");
    }
    auto records = read_records(document + "]}");
    REQUIRE(records.size() == 10000);
    CHECK(holds(records[0], R"("event.kind":"access")"));
    CHECK(holds(records[9999], R"("event.kind":"other")"));
    CHECK(holds(records[9999], R"("record.ordinal":9999)"));
}

TEST_CASE("The published events say who changed what and when") {
    fs::path file = fs::path(LLMTRAIL_SAMPLES_DIR) / "panther-aws-cloudtrail-bedrock/records.jsonl";
    if (!fs::exists(file)) {
        return;
    }
    std::ifstream in(file);
    size_t count = 0;
    for (std::string line; std::getline(in, line); ++count) {
        std::string record = only_record(line);
        CHECK(holds(record, R"("event.provider":"cloudtrail")"));
        CHECK(holds(record, R"("event.kind":"config_change")"));
        CHECK(holds(record, R"("event.outcome":"success")"));
        CHECK(holds(record, R"("user.id":")"));
        CHECK(holds(record, R"("user.roles":[")"));
        CHECK(holds(record, R"("client.ip":")"));
        CHECK(holds(record, R"("llm.audit.api_key.id":")"));
        CHECK(holds(record, R"("event.time.precision":")"));
    }
    CHECK(count == 2);
}
