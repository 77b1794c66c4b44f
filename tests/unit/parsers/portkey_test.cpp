#include <doctest/doctest.h>

#include <string>

#include "record_list.h"

using namespace llmtrail;

TEST_CASE("An exchange without Portkey's own members stays an exchange") {
    auto records = read_records(
        R"({"request":{"url":"https://api.openai.com/v1/chat/completions","body":{"model":"m","messages":[]}},)"
        R"("response":{"status":200,"body":{"choices":[]}}})");
    CHECK(holds(records, R"("event.provider":"exchange")"));
}

TEST_CASE("The user of Portkey's metadata is who asked, and its keys are not stored") {
    auto records = read_records(
        R"({"request":{"url":"https://h/v1/chat/completions?api_key=SECRETVALUE","provider":"openai",)"
        R"("headers":{"x-portkey-api-key":"SECRETVALUE"},"body":{}},"response":{"response_time":5,"body":{}},)"
        R"("metadata":{"_user":"u-104"}})");
    CHECK(holds(records, R"("user.id":"u-104")"));
    CHECK_FALSE(holds(records, "SECRETVALUE"));
}
