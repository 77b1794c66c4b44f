#include "bodies/messages.h"

#include <doctest/doctest.h>

#include "bodies/body.h"

using namespace llmtrail;

TEST_CASE("Messages are written in the parts form, and an unfinished one is ended") {
    MessagesWriter out;
    out.begin_message("user", "desk");
    out.text("a \"quoted\" word");
    out.uri("image", "https://files.example/a.png");
    out.uri("image", "data:image/png;base64,AAEC");
    out.end_message();
    out.begin_message("assistant");
    out.tool_call("call_1", "add", std::string_view("{\"a\":1}"));
    CHECK(out.json() ==
          R"([{"role":"user","name":"desk","parts":[{"type":"text","content":"a \"quoted\" word"},)"
          R"({"type":"uri","modality":"image","uri":"https://files.example/a.png"},)"
          R"({"type":"blob","modality":"image","mime_type":"image/png","content":"AAEC"}]},)"
          R"({"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"add",)"
          R"("arguments":"{\"a\":1}"}]}])");
}

TEST_CASE("A message may be added after the array was read") {
    MessagesWriter out;
    out.begin_message("user");
    out.end_message();
    CHECK(out.json() == R"([{"role":"user","parts":[]}])");
    out.begin_message("assistant");
    out.end_message("stop");
    CHECK(out.json() ==
          R"([{"role":"user","parts":[]},{"role":"assistant","parts":[],"finish_reason":"stop"}])");
}

TEST_CASE("A data URI that is not base64 stays a URI") {
    MessagesWriter out;
    out.begin_message("user");
    out.uri("image", "data:text/plain,hello");
    CHECK(out.json().find(R"("uri":"data:text/plain,hello")") != std::string_view::npos);
}

TEST_CASE("The last text of a role is that of its last message that has any") {
    MessagesWriter out;
    out.begin_message("user");
    out.text("first");
    out.end_message();
    out.begin_message("assistant");
    out.text("answer");
    out.end_message();
    out.begin_message("user");
    out.text("second");
    out.text("third");
    out.end_message();
    out.begin_message("user");
    out.end_message();
    CHECK(out.last_text_of("user") == "second\nthird");
    CHECK(out.last_text_of("assistant") == "answer");
    CHECK(out.last_text_of("system").empty());
    CHECK(out.all_text() == "first\nanswer\nsecond\nthird");
    out.clear();
    CHECK(out.empty());
    CHECK(out.last_text_of("user").empty());
}

TEST_CASE("Unmapped keeps leaves under their paths and leaves out what carries nothing") {
    JsonTree tree;
    auto value = tree.read(R"({"a":{"b":[1,"x",null,"",{}]},"c":true,"d":1.5})", false);
    REQUIRE(value);
    Unmapped unmapped;
    AuditRecord record;
    unmapped.add("request", *value);
    unmapped.add_text("response.note", "kept");
    unmapped.store(record);
    CHECK(
        record.text(Field::kUnmapped) ==
        R"({"request.a.b.0":1,"request.a.b.1":"x","request.c":true,"request.d":1.5,"response.note":"kept"})");
    CHECK_FALSE(record.has(Field::kRecordFlags));
}

TEST_CASE("Unmapped is bounded and says when it left something out") {
    Unmapped unmapped;
    AuditRecord record;
    unmapped.add_text("big", std::string(kUnmappedBytesMax, 'x'));
    unmapped.add_text("small", "y");
    unmapped.store(record);
    CHECK(record.text(Field::kUnmapped) == R"({"small":"y"})");
    CHECK(record.text(Field::kRecordFlags) == R"(["unmapped_truncated"])");
}

TEST_CASE("An array of texts keeps each text once") {
    ArrayWriter array;
    for (std::string_view text : {"a", "a,b", "a", "\"a\"", "a,b"}) {
        array.add_once(text);
    }
    CHECK(array.json() == R"(["a","a,b","\"a\""])");
    CHECK(array.count() == 3);
}

TEST_CASE("A data source that says no more than an earlier one is not repeated") {
    BodyScratch scratch;
    DataSource file;
    file.type = "file";
    file.id = "f-1";
    file.name = "rules.pdf";
    file.score = 0.5;
    add_data_source(scratch, file);
    file.score.reset();
    add_data_source(scratch, file);
    file.id = "f-2";
    add_data_source(scratch, file);
    CHECK(scratch.data_sources.count() == 2);
}

TEST_CASE("Finish reasons of all vendors have one form") {
    struct Row {
        std::string_view raw;
        std::string_view normalized;
    };

    const Row rows[] = {
        {"stop", "stop"},
        {"end_turn", "stop"},
        {"COMPLETE", "stop"},
        {"max_tokens", "length"},
        {"MAX_TOKENS", "length"},
        {"tool_calls", "tool_call"},
        {"tool-calls", "tool_call"},
        {"content_filter", "content_filter"},
        {"SAFETY", "content_filter"},
        {"guardrail_intervened", "content_filter"},
        {"something new", "other"},
        {std::string_view("x\0y", 3), "other"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.raw);
        CHECK(normalized_finish_reason(row.raw) == row.normalized);
    }
    CHECK(normalized_finish_reason(std::string(1000, 'a')) == "other");
}

TEST_CASE("A field that is set is not overwritten, and the caller learns of it") {
    JsonTree tree;
    auto value = tree.read(R"({"a":"x","b":"y","n":"17","big":1e300,"o":{}})", false);
    REQUIRE(value);
    AuditRecord record;
    CHECK(fill(record, Field::kUserId, (*value)["a"]));
    CHECK(fill(record, Field::kUserId, (*value)["a"]));
    CHECK_FALSE(fill(record, Field::kUserId, (*value)["b"]));
    CHECK(record.text(Field::kUserId) == "x");
    CHECK(fill(record, Field::kGenAiUsageInputTokens, (*value)["n"]));
    CHECK(record.integer(Field::kGenAiUsageInputTokens) == 17);
    CHECK_FALSE(fill(record, Field::kGenAiUsageOutputTokens, (*value)["big"]));
    CHECK_FALSE(fill(record, Field::kUserName, (*value)["o"]));
    CHECK_FALSE(fill(record, Field::kUserName, (*value)["absent"]));
}

TEST_CASE("A guardrail that let something pass and masked it has triggered") {
    BodyScratch scratch;
    scratch.clear();
    add_guardrail(scratch, {.name = "pii", .verdict = "allow", .action = "none"});
    CHECK_FALSE(scratch.guardrail_triggered);
    add_guardrail(scratch, {.name = "pii", .verdict = "allow", .action = "modify", .score = 0.5});
    CHECK(scratch.guardrail_triggered);
    CHECK_FALSE(scratch.guardrail_blocked);
    CHECK(scratch.guardrails.json() ==
          R"([{"name":"pii","verdict":"allow","action":"none"},)"
          R"({"name":"pii","verdict":"allow","action":"modify","score":0.5}])");
}

TEST_CASE("A user's turn without text has none, and results of tools are no turn") {
    MessagesWriter out;
    out.begin_message("user");
    out.text("first");
    out.end_message();
    out.begin_message("user");
    out.tool_result("call-1", "22 degrees");
    out.end_message();
    CHECK(out.last_text_of("user") == "first");
    out.begin_message("user");
    out.uri("image", "https://files.example/a.png");
    out.end_message();
    CHECK(out.last_text_of("user").empty());
    CHECK(out.has_user());
    out.clear();
    CHECK_FALSE(out.has_user());
}
