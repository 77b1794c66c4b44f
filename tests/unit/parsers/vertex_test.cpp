#include <doctest/doctest.h>

#include <string>

#include "record_list.h"

using namespace llmtrail;

TEST_CASE("A row's request id keeps digits that no number of 64 bits holds") {
    auto records = read_records(
        R"({"logging_time":"2026-02-03 09:00:00 UTC","request_id":99999999999999999999999999999,"full_request":{}})");
    CHECK(holds(records, R"("http.request.id":"99999999999999999999999999999")"));
    CHECK(holds(records, R"("llm.audit.record.native_id":"99999999999999999999999999999")"));
}

TEST_CASE("The stamps of BigQuery keep the digits they have") {
    for (auto [stamp, precision, time] :
         {std::tuple("2026-02-03 09:00:00 UTC", "s", "2026-02-03T09:00:00.000000000Z"),
          std::tuple("2026-02-03 09:00:00.123456 UTC", "us", "2026-02-03T09:00:00.123456000Z"),
          std::tuple("2026-02-03T09:00:00.5Z", "ms", "2026-02-03T09:00:00.500000000Z")}) {
        auto records = read_records(std::string(R"({"logging_time":")") + stamp +
                                    R"(","request_id":1,"full_request":{}})");
        CHECK(holds(records, std::string(R"("event.time":")") + time));
        CHECK(holds(records, std::string(R"("event.time.precision":")") + precision));
        CHECK(holds(records, R"("event.time.zone":"source")"));
    }
}

TEST_CASE("A changed setting's new value holds no secret, a read has none") {
    auto change = read_records(
        R"({"protoPayload":{"serviceName":"aiplatform.googleapis.com","methodName":"a.EndpointService.UpdateEndpoint",)"
        R"("request":{"endpoint":{"displayName":"b"},"password":"SECRETVALUE"}},"logName":"projects/p/logs/x"})");
    CHECK(holds(change, R"("event.kind":"config_change")"));
    CHECK(holds(change, R"(\"displayName\":\"b\")"));
    CHECK_FALSE(holds(change, "SECRETVALUE"));
    auto read = read_records(
        R"({"protoPayload":{"serviceName":"aiplatform.googleapis.com","methodName":"a.EndpointService.GetEndpoint",)"
        R"("request":{"name":"n"}},"logName":"projects/p/logs/x"})");
    CHECK(holds(read, R"("event.kind":"access")"));
    CHECK_FALSE(holds(read, "config.new_value"));
}

TEST_CASE("An entry of another kind of log is not taken for one of Google's") {
    for (std::string_view document :
         {R"({"jsonPayload":{"a":1}})", R"({"logName":"projects/p","jsonPayload":{"a":1}})",
          R"({"protoPayload":{"methodName":"m"}})", R"({"logging_time":"t","request_id":1})"}) {
        CAPTURE(document);
        CHECK_FALSE(holds(read_records(document), R"("event.provider":"vertex")"));
    }
}

TEST_CASE("Ten thousand payloads of a row are read") {
    std::string row =
        R"({"logging_time":"2026-02-03 09:00:00 UTC","request_id":1,"request_payload":[)";
    for (int i = 0; i < 10000; ++i) {
        row += i == 0 ? "" : ",";
        row += R"("{\"prompt\":\"p\"}")";
    }
    auto records = read_records(row + "]}");
    CHECK(records.size() == 1);
    CHECK(holds(records, R"("llm.audit.prompt.text":"p")"));
}

TEST_CASE("The payloads of a streamed answer are its chunks, in whatever form they are logged") {
    auto row = [](std::string_view method, std::string_view payloads) {
        std::string text = R"({"logging_time":"2026-02-03 09:18:00 UTC","request_id":7,)";
        text.append(R"("api_method":")").append(method).append(R"(","response_payload":[)");
        auto records = read_records(text.append(payloads).append("]}"));
        REQUIRE(records.size() == 1);
        return records.front();
    };
    const std::string objects =
        R"({"candidates":[{"content":{"role":"model","parts":[{"text":"a1"}]}}]},)"
        R"({"candidates":[{"content":{"role":"model","parts":[{"text":"a2"}]},)"
        R"("finishReason":"STOP"}],"usageMetadata":{"candidatesTokenCount":4}})";
    const std::string texts =
        R"("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a1\"}]}}]}",)"
        R"("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a2\"}]}}]}")";
    CHECK(holds(row("streamGenerateContent", objects), R"("llm.audit.response.text":"a1a2")"));
    CHECK(holds(row("StreamGenerateContent", objects), R"("gen_ai.usage.output_tokens":4)"));
    CHECK(holds(row("StreamGenerateContent", texts), R"("llm.audit.response.text":"a1a2")"));
    CHECK(holds(row("RawPredict", texts), R"("llm.audit.response.text":"a1\na2")"));
    CHECK(holds(row("StreamGenerateContent", R"("a1","a2")"), "a2"));
}
