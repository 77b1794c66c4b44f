#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "parsers/bedrock_body.h"
#include "parsers/bedrock_identity.h"
#include "record_list.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

std::string invocation(std::string_view model, std::string_view input, std::string_view output,
                       std::string_view more = "") {
    std::string out = R"({"schemaType":"ModelInvocationLog","operation":"InvokeModel","modelId":")";
    out.append(model).append(R"(","timestamp":"2026-01-02T03:00:00Z","input":{)").append(input);
    out.append("},\"output\":{").append(output).append("}").append(more).append("}");
    return out;
}

std::string only_record(const std::string& document) {
    auto records = read_records(document, "bedrock");
    REQUIRE(records.size() == 1);
    return records[0];
}

std::vector<std::string> lines_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string all{std::istreambuf_iterator<char>(in), {}};
    std::vector<std::string> lines;
    for (size_t at = 0; at < all.size();) {
        size_t end = std::min(all.find('\n', at), all.size());
        lines.push_back(all.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

}  // namespace

TEST_CASE("An ARN says who called, in what role, and what kind of caller that is") {
    AwsPrincipal person = aws_principal_of("arn:aws:sts::1:assumed-role/Chat/emp@corp.example");
    CHECK(person.id == "emp@corp.example");
    CHECK(person.role == "Chat");
    CHECK(person.type == "human");
    CHECK(aws_principal_of("arn:aws:sts::1:assumed-role/Batch/i-0abc12").type == "service");
    CHECK(aws_principal_of("arn:aws:sts::1:assumed-role/Batch/i-robot").type == "");
    CHECK(aws_principal_of("arn:aws:iam::1:user/dept/BedrockAPIKey-x").type == "api_key");
    CHECK(aws_principal_of("arn:aws:iam::1:user/dept/pat").id == "pat");
    CHECK(aws_principal_of("arn:aws:iam::1:root").id == "root");
    CHECK(aws_principal_of("arn:aws:sts::1:assumed-role/Lonely").id == "");
    CHECK(aws_principal_of("nobody").id == "");
    CHECK(aws_principal_of("").id == "");
}

TEST_CASE("The model's name comes out of an ARN, which is kept") {
    CHECK(bedrock_model_name("arn:aws:bedrock:r:1:inference-profile/us.anthropic.x") ==
          "us.anthropic.x");
    CHECK(bedrock_model_name("amazon.nova-x") == "amazon.nova-x");
    CHECK(bedrock_model_name("arn:aws:bedrock:r:1:odd") == "arn:aws:bedrock:r:1:odd");
    std::string record = only_record(invocation("arn:aws:bedrock:r:1:custom-model/m7", "", ""));
    CHECK(holds(record, R"("gen_ai.request.model":"m7")"));
    CHECK(holds(record, R"("modelId":"arn:aws:bedrock:r:1:custom-model/m7")"));
}

TEST_CASE("Input tokens include cached ones, from the body or from the envelope alone") {
    std::string both = only_record(invocation(
        "anthropic.x", R"("inputTokenCount":5)",
        R"("outputBodyJson":{"content":[],"usage":{"input_tokens":5,"cache_read_input_tokens":90,"output_tokens":2}},"outputTokenCount":2)"));
    CHECK(holds(both, R"("gen_ai.usage.input_tokens":95)"));
    CHECK(holds(both, R"("gen_ai.usage.cache_read.input_tokens":90)"));
    CHECK_FALSE(holds(both, R"("input.inputTokenCount")"));

    std::string envelope = only_record(
        invocation("anthropic.x", R"("inputTokenCount":5,"cacheWriteInputTokenCount":7)", ""));
    CHECK(holds(envelope, R"("gen_ai.usage.input_tokens":12)"));
    CHECK(holds(envelope, R"("input.inputTokenCount":5)"));

    std::string differ =
        only_record(invocation("anthropic.x", R"("inputTokenCount":6)",
                               R"("outputBodyJson":{"content":[],"usage":{"input_tokens":5}})"));
    CHECK(holds(differ, R"("gen_ai.usage.input_tokens":5)"));
    CHECK(holds(differ, R"("input.inputTokenCount":6)"));
}

TEST_CASE("Counters that would overflow are kept apart") {
    std::string record = only_record(invocation(
        "anthropic.x", R"("inputTokenCount":9223372036854775807,"cacheReadInputTokenCount":9)",
        R"("outputBodyJson":{"content":[],"usage":{"input_tokens":9223372036854775807,"cache_read_input_tokens":9223372036854775807}})"));
    CHECK(holds(record, R"("gen_ai.usage.input_tokens":9223372036854775807)"));
}

TEST_CASE("Both written forms of the service's stamp mean whole seconds") {
    for (std::string_view stamp : {"2025-05-15T14:17:22Z", "2025-05-15 14:17:22.000000000"}) {
        std::string document = R"({"schemaType":"ModelInvocationLog","timestamp":")";
        std::string record = only_record(document.append(stamp).append("\"}"));
        CHECK(holds(record, R"("event.time":"2025-05-15T14:17:22.000000000Z")"));
        CHECK(holds(record, R"("event.time.precision":"s")"));
        bool naive = stamp.ends_with("0");
        CHECK(holds(record, R"("event.time.zone":"assumed_utc")") == naive);
    }
}

TEST_CASE("What a guardrail matched is content and never part of its result") {
    std::string record = only_record(invocation(
        "anthropic.x", "",
        R"("outputBodyJson":{"content":[{"type":"text","text":"no"}],"amazon-bedrock-guardrailAction":"INTERVENED",)"
        R"("amazon-bedrock-trace":{"guardrail":{"input":{"g1":{"sensitiveInformationPolicy":{"piiEntities":)"
        R"([{"type":"NAME","match":"Secret Person","action":"BLOCKED"}]}}}}}})"));
    size_t results = record.find("\"llm.audit.guardrails\":");
    size_t end = record.find("\"llm.audit.guardrail.triggered\"");
    REQUIRE(results != std::string::npos);
    CHECK_FALSE(holds(record.substr(results, end - results), "Secret Person"));
    CHECK(holds(record, R"("verdict":"deny","action":"block","category":"NAME")"));
    CHECK(holds(record, R"("llm.audit.guardrail.blocked":true)"));
    size_t matches = record.find("\"llm.audit.guardrail.input_matches\":");
    REQUIRE(matches != std::string::npos);
    CHECK(record.find("Secret Person", matches) != std::string::npos);
}

TEST_CASE("A trace on every chunk does not grow the record with the square of the chunks") {
    std::string chunks;
    for (int i = 0; i < 3000; ++i) {
        chunks += chunks.empty() ? "" : ",";
        chunks +=
            R"({"outputText":"a","amazon-bedrock-trace":{"guardrail":{"input":{"g":{"wordPolicy":)"
            R"({"customWords":[{"match":"word","action":"BLOCKED"}]}}}}}})";
    }
    std::string record =
        only_record(invocation("amazon.titan-text-x", "", "\"outputBodyJson\":[" + chunks + "]"));
    CHECK(record.size() < 2'000'000);
    CHECK(holds(record, R"("llm.audit.guardrail.blocked":true)"));
}

TEST_CASE("Keys in any order, odd types and second members are all kept") {
    std::string record = only_record(
        R"({"output":7,"messages":["stray"],"system":{"a":"b"},"input":"text","identity":"arn",)"
        R"("modelId":5,"timestamp":"never","operation":"Converse","operation":"Other","input":{"inputBodyJson":{"x":1}},)"
        R"("requestMetadata":"plain","schemaType":"ModelInvocationLog"})");
    for (std::string_view part : {R"("output":7)", R"("messages.0":"stray")", R"("system.a":"b")",
                                  R"("input":"text")", R"("identity":"arn")", R"("modelId":5)",
                                  R"("timestamp":"never")", R"("operation":"Other")",
                                  R"("input.inputBodyJson.x":1)", R"("requestMetadata":"plain")"}) {
        CAPTURE(part);
        CHECK(holds(record, part));
    }
    CHECK(holds(record, R"("event.time.precision":"observed")"));
    CHECK(holds(record, R"("event.action":"Converse")"));
}

TEST_CASE("A batch of CloudWatch events gives a record each, sentences too") {
    auto records = read_records(
        R"({"owner":"1","logEvents":[{"id":"a","timestamp":1767322800456,"message":"{\"schemaType\":\"ModelInvocationLog\",\"timestamp\":\"2026-01-02T03:00:00Z\",\"requestId\":\"r1\"}"},)"
        R"({"id":"b","timestamp":1767322800999,"message":"Permissions are set."}]})");
    REQUIRE(records.size() == 2);
    CHECK(holds(records[0], R"("http.request.id":"r1")"));
    CHECK(holds(records[0], R"("logEvents.0.timestamp":1767322800456)"));
    CHECK(holds(records[0], R"("owner":"1")"));
    CHECK(holds(records[1], R"("event.kind":"other")"));
    CHECK(holds(records[1], R"("logEvents.1.message":"Permissions are set.")"));
    CHECK(holds(records[1], R"("event.time":"2026-01-02T03:00:00.999000000Z")"));
}

TEST_CASE(
    "A person who signed the call is the user, whoever the request says; an application is not") {
    constexpr std::string_view kMore =
        R"(,"requestMetadata":{"user_id":"u-104"},"identity":{"arn":"arn:aws:sts::1:assumed-role/Chat/)";
    std::string person =
        only_record(invocation("m", "", "", std::string(kMore) + "alex@example.com\"}"));
    CHECK(holds(person, R"("user.id":"alex@example.com")"));
    CHECK(holds(person, R"("requestMetadata.user_id":"u-104")"));
    CHECK(holds(person, R"("user.type":"human")"));
    std::string application =
        only_record(invocation("m", "", "", std::string(kMore) + "i-0abc\"}"));
    CHECK(holds(application, R"("user.id":"u-104")"));
    CHECK(holds(application, R"("user.roles":["Chat"])"));
    CHECK_FALSE(holds(application, R"("user.type")"));
}

TEST_CASE("A prompt that quotes an invocation log inside CloudWatch is not taken for one") {
    auto records = read_records(
        R"({"timestamp":1767322800456,"message":"{\"prompt\":\"{\\\"schemaType\\\":\\\"ModelInvocationLog\\\"}\"}"})");
    REQUIRE(records.size() == 1);
    CHECK_FALSE(holds(records[0], R"("event.provider":"bedrock")"));
}

TEST_CASE("The lowest grounding score of an answer is the confidence in it; others are none") {
    auto trace = [](std::string_view side, std::string_view filters) {
        std::string out = R"("outputBodyJson":{"trace":{"guardrail":{")";
        return out.append(side)
            .append(R"(":{"g":{"contextualGroundingPolicy":{"filters":[)")
            .append(filters)
            .append("]}}}}}}");
    };
    std::string low = only_record(invocation(
        "amazon.nova-x", "",
        trace("outputAssessments",
              R"({"type":"GROUNDING","score":0.9,"threshold":0.5,"action":"NONE"},)"
              R"({"type":"GROUNDING","score":0.4,"threshold":0.5,"action":"BLOCKED"})")));
    CHECK(holds(low, R"("llm.audit.response.confidence":0.4)"));
    CHECK(holds(low, R"("llm.audit.response.confidence.method":"grounding_score")"));
    for (std::string_view filter :
         {R"({"type":"RELEVANCE","score":0.4})", R"({"type":"GROUNDING","score":7})",
          R"({"type":"GROUNDING","score":-1})", R"({"type":"GROUNDING","score":"0.4"})"}) {
        CAPTURE(filter);
        CHECK_FALSE(
            holds(only_record(invocation("amazon.nova-x", "", trace("outputAssessments", filter))),
                  "llm.audit.response.confidence"));
    }
    CHECK_FALSE(holds(
        only_record(invocation("amazon.nova-x", "",
                               trace("inputAssessment", R"({"type":"GROUNDING","score":0.4})"))),
        "llm.audit.response.confidence"));
}

TEST_CASE("Guardrail traces of any shape never fail and lose nothing") {
    for (
        std::string_view assessment :
        {R"({"topicPolicy":{"topics":[7,{"name":5,"action":[1]}]}})",
         R"({"automatedReasoningPolicy":{"findings":["x",{"invalid":null,"valid":3},{"impossible":{"contradictingRules":[{"identifier":9}]}}]}})",
         R"({"wordPolicy":"w","contentPolicy":{"filters":{"a":"b"}}})", R"(["list"])",
         "\"text\""}) {
        CAPTURE(assessment);
        std::string document = R"("outputBodyJson":{"trace":{"guardrail":{"inputAssessment":{"g":)";
        std::string record = only_record(
            invocation("amazon.nova-x", "", document.append(assessment).append("}}}}")));
        JsonTree tree;
        CHECK(tree.read(record, false));
        CHECK(holds(record, R"("llm.audit.guardrails":[{"name":"g")"));
    }
}

TEST_CASE("What the service says of a failed call is its error") {
    std::string record = only_record(invocation(
        "anthropic.x", "",
        R"("outputBodyJson":{"message":"Too many requests","__type":"Throttled","hint":1})"));
    CHECK(holds(record, R"("error.message":"Too many requests")"));
    CHECK(holds(record, R"("error.type":"Throttled")"));
    CHECK(holds(record, R"("event.outcome":"failure")"));
    CHECK(holds(record, R"("output.outputBodyJson.hint":1)"));
}

TEST_CASE("Every real invocation is one record with its prompt and answer") {
    fs::path samples = fs::path(LLMTRAIL_SAMPLES_DIR);
    if (!fs::exists(samples / "bedrock-invocation-derived")) {
        return;
    }
    size_t count = 0;
    size_t answered = 0;
    for (const std::string& line : lines_of(samples / "bedrock-invocation-derived/records.jsonl")) {
        auto records = read_records(line);
        REQUIRE(records.size() == 1);
        CAPTURE(records[0]);
        CHECK(holds(records[0], R"("event.provider":"bedrock")"));
        CHECK(holds(records[0], R"("event.kind":"inference")"));
        CHECK(holds(records[0], R"("gen_ai.provider.name":"aws.bedrock")"));
        CHECK(holds(records[0], R"("llm.audit.prompt.text":)"));
        CHECK(holds(records[0], R"("gen_ai.usage.input_tokens":)"));
        CHECK(holds(records[0], R"("user.roles":["AppRole"])"));
        CHECK_FALSE(holds(records[0], "unmapped_truncated"));
        CHECK_FALSE(holds(records[0], "incomplete_stream"));
        answered += holds(records[0], R"("llm.audit.response.text":)") ? 1U : 0U;
        ++count;
    }
    CHECK(count == 59);
    CHECK(answered >= 55);
    for (const std::string& line :
         lines_of(samples / "panther-aws-bedrockmodelinvocation/records.jsonl")) {
        auto records = read_records(line);
        REQUIRE(records.size() == 1);
        CHECK(holds(records[0], R"("event.provider":"bedrock")"));
        CHECK(holds(records[0], R"("event.time.zone":"assumed_utc")"));
        CHECK(holds(records[0], R"("llm.audit.response.text":)"));
    }
}

TEST_CASE("Assessments of an answer are found in an object and in a list of objects") {
    const std::string found =
        R"({"g":[{"topicPolicy":{"topics":[{"name":"Salaries","type":"DENY","action":"BLOCKED"}]}}]})";
    for (const std::string& assessments : {found, "[" + found + "]"}) {
        CAPTURE(assessments);
        std::string trace = R"("outputBodyJson":{"trace":{"guardrail":{"outputAssessments":)";
        std::string record =
            only_record(invocation("amazon.nova-x", "", trace + assessments + "}}}"));
        CHECK(holds(record, R"("category":"Salaries")"));
        CHECK(holds(record, R"("llm.audit.guardrail.blocked":true)"));
    }
}
