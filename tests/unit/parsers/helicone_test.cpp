#include <doctest/doctest.h>

#include <string>

#include "record_list.h"

using namespace llmtrail;

TEST_CASE("A rating beside a request is kept as it was given") {
    for (auto [given, rating] : {std::pair("true", "\"1\""), std::pair("false", "\"0\"")}) {
        auto records = read_records(
            std::string(
                R"({"request_created_at":"2026-02-03T09:00:00Z","response_status":200,"feedback_rating":)") +
            given + "}");
        CHECK(holds(records, std::string(R"("llm.audit.feedback.rating":)") + rating));
        CHECK(holds(records, R"("event.kind":"inference")"));
    }
}

TEST_CASE("The signature of a body's address is not stored") {
    auto records =
        read_records(R"({"request_created_at":"2026-02-03T09:00:00Z","response_status":200,)"
                     R"("signed_body_url":"https://b.example.com/x?X-Amz-Signature=SECRETVALUE"})");
    CHECK_FALSE(holds(records, "SECRETVALUE"));
}
