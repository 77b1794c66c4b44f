#include <doctest/doctest.h>

#include <string>

#include "mutations.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

bool holds(const std::vector<std::string>& records, std::string_view part) {
    for (const std::string& record : records) {
        if (record.find(part) != std::string::npos) {
            return true;
        }
    }
    return false;
}

}  // namespace

TEST_CASE("No value of a portkey document is of a type that the parser cannot take") {
    read_all_mutations_of_golden("portkey");
}

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
