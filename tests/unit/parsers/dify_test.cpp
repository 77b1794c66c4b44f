#include <doctest/doctest.h>

#include <chrono>

#include "document_variants.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

constexpr std::string_view kMessage =
    R"({"id":"ms-1","conversation_id":"cv-1","inputs":{"a":"b"},"query":"q","answer":"a","message":[{"role":"user","text":"q"}],)"
    R"("message_files":[{"id":"f"}],"feedbacks":[{"rating":"like","from_account":{"id":"x"}}],"retriever_resources":[{"document_id":"d","score":0.5}],)"
    R"("agent_thoughts":[{"id":"t","tool":"x","tool_input":"{}","observation":"o"}],"metadata":{"usage":{"latency":1,"total_price":"1","currency":"USD"}},)"
    R"("annotation":{"id":"an","content":"better","account":{"id":"ac","email":"robin@example.com"},"created_at":1767400000},)"
    R"("total_price":"0.1","currency":"USD","model_provider":"a/b","provider_response_latency":1.5,"created_at":1767323045,"error":null,"status":"normal"})";

constexpr std::string_view kLog =
    R"({"id":"wl","workflow_run":{"id":"wr","status":"succeeded","elapsed_time":1.5,"total_tokens":3,"total_steps":1,"finished_at":1767323046},)"
    R"("created_by_role":"account","created_by_account":{"id":"a","name":"Robin Example"},"created_by_end_user":{"id":"e","session_id":"s"},"created_at":1767323045})";

}  // namespace

TEST_CASE("An annotation is an edit of its own, by whom and when it was made") {
    auto records = read_records(kMessage);
    REQUIRE(records.size() == 2);
    CHECK(holds(records[0], R"("event.kind":"inference")"));
    CHECK_FALSE(holds(records[0], "better"));
    CHECK(holds(records[1], R"("event.kind":"edit")"));
    CHECK(holds(records[1], R"("user.email":"robin@example.com")"));
    CHECK(holds(records[1], R"("llm.audit.edit.target_id":"ms-1")"));
    CHECK(holds(records[1], R"("llm.audit.edit.before.text":"a")"));
    CHECK(holds(records[1], R"("llm.audit.edit.after.text":"better")"));
    CHECK(holds(records[1], R"("event.time":"2026-01-03T00:26:40)"));
}

TEST_CASE("A price is a cost in dollars only where it says so") {
    auto records = read_records(kMessage);
    CHECK(holds(records[0], R"("llm.audit.usage.cost_usd":)"));
    std::string euros(kMessage);
    while (euros.find("USD") != std::string::npos) {
        euros.replace(euros.find("USD"), 3, "EUR");
    }
    auto other = read_records(euros);
    CHECK_FALSE(holds(other[0], "cost_usd"));
    CHECK(holds(other[0], R"("currency":"EUR")"));
}

TEST_CASE("Values of the wrong type anywhere in a row still give records") {
    size_t variants = 0;
    for (std::string_view sample : {kMessage, kLog}) {
        variants += for_each_odd_variant(
            sample, [](std::string_view text) { REQUIRE(!read_records(text, "dify").empty()); });
    }
    std::string page =
        R"({"has_more":false,"data":[)" + std::string(kMessage) + "," + std::string(kLog) + "]}";
    variants += for_each_odd_variant(
        page, [](std::string_view text) { REQUIRE(!read_records(text, "dify").empty()); });
    CHECK(variants > 800);
}

TEST_CASE("Work on a page grows with its rows and no faster") {
    std::string page =
        R"({"has_more":false,"limit":")" + std::string(100'000, 'l') + R"(","data":[)";
    for (int i = 0; i < 2'000; ++i) {
        page.append(kMessage).append(",");
    }
    page.append(kMessage).append("]}");
    auto started = std::chrono::steady_clock::now();
    auto records = read_records(page);
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(20));
    CHECK(records.size() == 4002);
}

TEST_CASE("No value of a row is lost") {
    auto read = [](std::string_view text) { return read_records(text, "dify"); };
    CHECK(lost_leaves(kMessage, read) == "");
    CHECK(lost_leaves(kLog, read) == "");
    CHECK(lost_leaves(R"({"has_more":false,"note":"n","data":[)" + std::string(kMessage) + "]}",
                      read) == "");
    CHECK(
        lost_leaves(
            R"({"event":"message","task_id":"t","id":"m","message_id":"m","conversation_id":"c",)"
            R"("mode":"chat","answer":"a","metadata":{"usage":{"currency":"USD","total_price":"1"}}})",
            read) == "");
}
