#include <doctest/doctest.h>

#include "json_tree/json_tree.h"
#include "piece_list.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

std::string run(std::string_view members) {
    return R"({"id":"r1","run_type":"llm","trace_id":"t1","start_time":"2026-04-01T00:00:00.000001Z")" +
           std::string(members) + "}";
}

}  // namespace

TEST_CASE("Post and patch of one run are pieces of one record, the patch above") {
    PieceList list = pieces_of(R"({"post":[)" + run(R"(,"inputs":{"input":"a"})") +
                               R"(],"patch":[{"id":"r1","trace_id":"t1","outputs":{"output":"b"}},)"
                               R"({"trace_id":"t1","dotted_order":"20260401T000000000001Zr1"}]})");
    REQUIRE(list.pieces.size() == 3);
    for (const auto& piece : list.pieces) {
        CHECK(piece.key == "langsmith:run:r1");
        CHECK_FALSE(piece.last);
    }
    CHECK(list.pieces[1].rank > list.pieces[0].rank);
    CHECK(list.pieces[2].rank > list.pieces[0].rank);
}

TEST_CASE("A post that says how the run ended is the whole record, and so is an exported run") {
    CHECK(pieces_of(R"({"post":[)" + run(R"(,"end_time":1775001600001)") + "]}").pieces.at(0).last);
    CHECK(pieces_of(run("")).pieces.at(0).last);
}

TEST_CASE("Parts of one run in a multipart text are one piece, other parts are not lost") {
    std::string form;
    auto part = [&](std::string_view name, std::string_view value) {
        form += R"(--b\r\nContent-Disposition: form-data; name=\")" + std::string(name) +
                R"(\"\r\nContent-Type: application/json\r\n\r\n)" + std::string(value) + R"(\r\n)";
    };
    part("post.r9", R"({\"id\":\"r9\",\"run_type\":\"tool\",\"name\":\"find\"})");
    part("post.r9.inputs", R"({\"q\":1})");
    part("post.r9.outputs", R"({\"cut)");
    part("patch.r8.outputs", R"({\"output\":\"x\"})");
    form += R"(--b--\r\n)";
    std::string text = R"({"path":"/runs/multipart","body":")" + form + R"("})";
    PieceList list = pieces_of(text);
    REQUIRE(list.pieces.size() == 2);
    CHECK(list.pieces[0].key == "langsmith:run:r9");
    CHECK(list.pieces[1].key == "langsmith:run:r8");
    auto records = read_records(text);
    REQUIRE(records.size() == 2);
    CHECK(holds(records[0], R"("arguments":{"q":1})"));
    CHECK(holds(records[0], R"({\"cut)"));
    CHECK(holds(records[1], R"("llm.audit.response.text":"x")"));
}

TEST_CASE("Objects that only look like LangSmith's are not its") {
    for (std::string_view text : {
             R"({"post":"a"})",
             R"({"post":[1]})",
             R"({"post":[{"id":"a"}]})",
             R"({"run_type":"llm"})",
             R"({"run_type":"batch","id":"a","start_time":1})",
             R"({"run_id":"r","key":"k"})",
             R"({"parts":{"posting.1":{}}})",
             R"({"path":"/v1/chat/completions","body":"{}"})",
         }) {
        CAPTURE(text);
        for (const std::string& record : read_records(text)) {
            CHECK_FALSE(holds(record, R"("event.provider":"langsmith")"));
        }
    }
}

TEST_CASE("Wrong types everywhere in a run lose nothing and stop nothing") {
    const std::string_view values[] = {"1",
                                       "true",
                                       R"("text")",
                                       R"([1,"a",{}])",
                                       R"([[[1]]])",
                                       R"({"a":{"b":1}})",
                                       R"({"messages":[1,[2],{"role":3}]})",
                                       R"({"generations":[1,[2,{"text":3}]]})",
                                       R"({"choices":[1,{"message":2}]})"};
    const std::string_view members[] = {"name",
                                        "end_time",
                                        "error",
                                        "inputs",
                                        "outputs",
                                        "extra",
                                        "events",
                                        "tags",
                                        "dotted_order",
                                        "child_runs",
                                        "serialized",
                                        "status",
                                        "first_token_time",
                                        "session_name"};
    for (std::string_view member : members) {
        for (std::string_view value : values) {
            CAPTURE(member);
            CAPTURE(value);
            auto records =
                read_records(run(",\"" + std::string(member) + "\":" + std::string(value)));
            REQUIRE(records.size() >= 1);
            JsonTree tree;
            auto read = tree.read(records[0], false);
            REQUIRE(read);
            bool more = read->size() > 12 || holds(records[0], "llm.audit.unmapped");
            CHECK(more);
        }
    }
}

TEST_CASE("The time to the first token is that from the start to the first event of its name") {
    auto records =
        read_records(run(R"(,"events":[{"name":"start","time":"2026-04-01T00:00:00.000001Z"},)"
                         R"({"name":"new_token","time":"2026-04-01T00:00:00.250001Z"},)"
                         R"({"name":"new_token","time":"2026-04-01T00:00:00.900001Z"}])"));
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("gen_ai.response.time_to_first_chunk":0.25)"));
}

TEST_CASE("A start as text and an end as epoch milliseconds give the duration") {
    auto records = read_records(run(R"(,"end_time":1775001600500)"));
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("event.time":"2026-04-01T00:00:00.000001000Z")"));
    CHECK(holds(records[0], R"("event.time.precision":"us")"));
    CHECK(holds(records[0], R"("event.duration":499999000)"));
}

TEST_CASE("A patch without a start has it from its dotted order") {
    auto records = read_records(
        R"({"patch":[{"trace_id":"t","dotted_order":"20260401T000000000001Zroot.20260401T000001500002Zr2"}]})");
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("event.time":"2026-04-01T00:00:01.500002000Z")"));
    CHECK(holds(records[0], R"("span.id":"r2")"));
}

TEST_CASE("The class of an error stands before its message") {
    struct Row {
        std::string_view error;
        std::string_view type;
    };

    const Row rows[] = {
        {R"(ValueError('bad')Traceback (most recent call last))", R"("error.type":"ValueError")"},
        {R"(openai.RateLimitError: slow)", R"("error.type":"openai.RateLimitError")"},
        {R"(Error: 400)", R"("error.type":"Error")"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.error);
        auto records = read_records(run(R"(,"error":")" + std::string(row.error) + "\""));
        CHECK(holds(records[0], row.type));
        CHECK(holds(records[0], R"("event.outcome":"failure")"));
    }
    auto plain = read_records(run(R"(,"error":"it: broke")"));
    CHECK_FALSE(holds(plain[0], "error.type"));
}

TEST_CASE(
    "Ten thousand runs and ten thousand nested children are read in the time of their length") {
    constexpr size_t kRuns = 10'000;
    std::string list = R"({"post":[)";
    for (size_t i = 0; i < kRuns; ++i) {
        list += i > 0 ? "," : "";
        list += run("");
    }
    CHECK(pieces_of(list + "]}").pieces.size() == kRuns);
    std::string children = R"(,"child_runs":[)";
    for (size_t i = 0; i < kRuns; ++i) {
        children += i > 0 ? "," : "";
        children += run("");
    }
    CHECK(pieces_of(run(children + "]")).pieces.size() == kRuns + 1);
}

TEST_CASE("Stamps of an exported run are UTC, whatever the source's time zone") {
    auto records = read_records(
        R"({"id":"r1","run_type":"llm","trace_id":"t1","start_time":"2026-04-01T10:00:00.5"})",
        "auto", {}, 7200);
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("event.time":"2026-04-01T10:00:00.500000000Z")"));
}
