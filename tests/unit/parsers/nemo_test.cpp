#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "document_variants.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

std::string only_record(std::string_view document) {
    auto records = read_records(document);
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], "\"event.provider\":\"nemo\""));
    return records[0];
}

std::string generation(std::string_view rails) {
    std::string text = R"({"response":"a","log":{"activated_rails":[)";
    return text.append(rails) + "]}}";
}

}  // namespace

TEST_CASE("A rail that stops has blocked, one that does not has let pass") {
    std::string record = only_record(generation(
        R"({"type":"input","name":"a","stop":false},{"type":"output","name":"b","stop":true})"));
    CHECK(holds(
        record,
        R"("name":"a","provider":"nemo-guardrails","target":"input","verdict":"allow","action":"none")"));
    CHECK(holds(
        record,
        R"("name":"b","provider":"nemo-guardrails","target":"output","verdict":"deny","action":"block")"));
    CHECK(holds(record, R"("event.outcome":"failure")"));
}

TEST_CASE("A rail that writes the answer is no guardrail unless it stops") {
    CHECK_FALSE(holds(only_record(generation(R"({"type":"generation","name":"g","stop":false})")),
                      "llm.audit.guardrails"));
    CHECK(holds(only_record(generation(R"({"type":"generation","name":"g","stop":true})")),
                R"("action":"block")"));
}

TEST_CASE("A trace of the first schema does not say that nothing was blocked") {
    std::string record = only_record(
        R"({"trace_id":"t","spans":[{"name":"rail: check","span_id":"s","parent_id":null,"start_time":0.0,"end_time":1.0,"duration":1.0,"metrics":{}}]})");
    CHECK(
        holds(record, R"("llm.audit.guardrails":[{"name":"check","provider":"nemo-guardrails"}])"));
    CHECK_FALSE(holds(record, "guardrail.blocked"));
    CHECK(holds(record, R"("event.time.precision":"observed")"));
}

TEST_CASE("Documents of wrong types are read, and nothing is lost") {
    for (std::string_view wrong : {"7", "\"text7\"", "[7]", "{\"a\":7}", "[{\"a\":[7]}]"}) {
        CAPTURE(wrong);
        std::string value(wrong);
        std::string rail = R"({"type":)" + value + R"(,"name":)" + value + R"(,"stop":)" + value +
                           R"(,"started_at":)" + value + R"(,"executed_actions":)" + value + "}";
        CHECK(holds(only_record(generation(rail + "," + value)), "7"));
        std::string log = R"({"log":{"activated_rails":[],"llm_calls":)" + value + R"(,"stats":)" +
                          value + R"(},"response":)" + value + R"(,"output_data":)" + value +
                          R"(,"messages":)" + value + R"(,"choices":)" + value + "}";
        CHECK(holds(only_record(log), "7"));
        std::string span =
            R"({"name":"n","span_id":"s","start_time":0,"duration":1,"attributes":)" + value +
            R"(,"events":)" + value + R"(,"metrics":)" + value + R"(,"error":)" + value + "}";
        CHECK(holds(only_record(R"({"trace_id":"t","spans":[)" + span + "," + value + "]}"), "7"));
        std::string outcome = R"({"call_id":)" + value + R"(,"validation_passed":false,)" +
                              R"("raw_llm_output":)" + value + R"(,"validated_output":)" + value +
                              R"(,"validation_summaries":)" + value + "}";
        CHECK(holds(only_record(outcome), "7"));
    }
}

TEST_CASE("Ten thousand rails and summaries are read in bounded time") {
    std::string rails;
    std::string summaries;
    for (int i = 0; i < 10000; ++i) {
        rails += i == 0 ? "" : ",";
        rails += R"({"type":"input","name":"r","stop":false,"started_at":1769939205.5})";
        summaries += i == 0 ? "" : ",";
        summaries += R"({"validator_name":"v","validator_status":"fail"})";
    }
    CHECK(holds(only_record(generation(rails)), R"("name":"r")"));
    std::string record = only_record(
        R"({"call_id":"1","validation_passed":false,"validation_summaries":[)" + summaries + "]}");
    CHECK(holds(record, "validation_summaries.256.validator_name"));
}

TEST_CASE("Only what these libraries write is taken for theirs") {
    for (std::string_view other : {R"({"log":{"level":"info"}})", R"({"spans":[],"trace_id":"t"})",
                                   R"({"trace_id":"t","spans":[{"span_id":"s","name":"n"}]})",
                                   R"({"activated_rails":[]})", R"({"validation_passed":true})"}) {
        CAPTURE(other);
        auto records = read_records(other);
        REQUIRE(records.size() == 1);
        CHECK_FALSE(holds(records[0], "\"event.provider\":\"nemo\""));
    }
}
