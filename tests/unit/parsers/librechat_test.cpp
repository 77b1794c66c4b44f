#include <doctest/doctest.h>

#include <chrono>

#include "document_variants.h"
#include "parsers/librechat_message.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

constexpr std::string_view kAnswer =
    R"({"_id":{"$oid":"65f0"},"messageId":"m-2","conversationId":"c-1","user":"u-104","parentMessageId":"m-1",)"
    R"("model":"gpt-4o","endpoint":"openAI","sender":"GPT","text":"Thirty.","isCreatedByUser":false,"tokenCount":2,)"
    R"("content":[{"type":"text","text":"Thirty."},{"type":"tool_call","tool_call":{"id":"c","name":"n","args":{},"output":"o"}}],)"
    R"("files":[{"file_id":"f","filename":"a"}],"attachments":[{"file_search":{"sources":[{"fileId":"f","relevance":0.5}]}}],)"
    R"("feedback":{"rating":"thumbsUp","tag":{"key":"k"},"text":"t"},"finish_reason":"stop","unfinished":false,"error":false,)"
    R"("createdAt":{"$date":{"$numberLong":"1767323045123"}},"updatedAt":{"$date":"2026-01-02T03:04:06Z"}})";

std::string prompt(std::string_view id, std::string_view text) {
    std::string out = R"({"messageId":")";
    out.append(id).append(R"(","conversationId":"c","isCreatedByUser":true,"text":")");
    return out.append(text).append("\"}");
}

}  // namespace

TEST_CASE("Extended JSON is the value inside it") {
    JsonTree tree;
    auto read = tree.read(
        R"([{"$oid":"a"},{"$date":{"$numberLong":"5"}},{"x":"a"},"a",{"$a":1,"$b":2}])", false);
    REQUIRE(read);
    std::vector<std::string> plain;
    for (JsonValue item : read->items()) {
        plain.push_back(plain_value(item).json());
    }
    CHECK(plain == std::vector<std::string>{"\"a\"", "\"5\"", R"({"x":"a"})", "\"a\"",
                                            R"({"$a":1,"$b":2})"});
}

TEST_CASE("Only a typed message that was written to later says that it may have been edited") {
    auto typed = [](std::string_view updated) {
        std::string text =
            R"({"messageId":"m","conversationId":"c","isCreatedByUser":true,"text":"a",)";
        text.append(R"("createdAt":"2026-01-02T03:04:05.000Z","updatedAt":")").append(updated);
        return read_records(text + "\"}").front();
    };
    CHECK(
        holds(typed("2026-01-02T03:05:00.000Z"), R"("llm.audit.edit.time":"2026-01-02T03:05:00)"));
    CHECK(holds(typed("2026-01-02T03:05:00.000Z"), "updated_later"));
    CHECK_FALSE(holds(typed("2026-01-02T03:04:05.900Z"), "edit.time"));
    CHECK(holds(typed("2026-01-02T03:04:05.900Z"), R"("updatedAt":"2026-01-02T03:04:05.900Z")"));
    CHECK_FALSE(holds(typed("2026-01-02T03:04:05.000Z"), "updatedAt"));
    std::string answer = read_records(kAnswer).front();
    CHECK_FALSE(holds(answer, "edit.time"));
    CHECK(holds(answer, R"("llm.audit.feedback.author.id":"u-104")"));
}

TEST_CASE("In a conversation a prompt stands in the record of its answer, and alone without one") {
    std::string answered = R"({"conversationId":"c","messages":[)" + prompt("m-1", "asked") + "," +
                           std::string(kAnswer) + "," + prompt("m-3", "alone") + "]}";
    auto records = read_records(answered);
    REQUIRE(records.size() == 2);
    CHECK(holds(records[0], R"("llm.audit.prompt.text":"asked")"));
    CHECK(holds(records[0], R"("llm.audit.response.text":"Thirty.")"));
    CHECK(holds(records[1], R"("llm.audit.prompt.text":"alone")"));
    CHECK_FALSE(holds(records[1], "asked"));
}

TEST_CASE("A prompt with very many answers does not multiply") {
    std::string long_text(20'000, 'x');
    std::string document = R"({"conversationId":"c","messages":[)" + prompt("m-1", long_text);
    for (int i = 0; i < 2'000; ++i) {
        document +=
            R"(,{"messageId":"a","conversationId":"c","isCreatedByUser":false,"parentMessageId":"m-1","text":"b"})";
    }
    auto started = std::chrono::steady_clock::now();
    auto records = read_records(document + "]}");
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(20));
    size_t bytes = 0;
    size_t with_prompt = 0;
    for (const std::string& record : records) {
        bytes += record.size();
        with_prompt += holds(record, "xxxx") ? size_t{1} : size_t{0};
    }
    CHECK(with_prompt == 1);
    CHECK(bytes < 10 * document.size());
}

TEST_CASE("Values of the wrong type anywhere in a message still give records") {
    size_t variants = for_each_odd_variant(kAnswer, [](std::string_view text) {
        REQUIRE(read_records(text, "librechat").size() == 1);
    });
    std::string conversation = R"({"conversationId":"c","messages":[)" + prompt("m-1", "asked") +
                               "," + std::string(kAnswer) + "]}";
    variants += for_each_odd_variant(conversation, [](std::string_view text) {
        REQUIRE(!read_records(text, "librechat").empty());
    });
    CHECK(variants > 500);
}

TEST_CASE("No value of a message is lost") {
    auto read = [](std::string_view text) { return read_records(text, "librechat"); };
    CHECK(lost_leaves(kAnswer, read) == "");
    CHECK(
        lost_leaves(
            R"({"messageId":"m","conversationId":"c","isCreatedByUser":true,"text":"a","sender":"User",)"
            R"("createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:05:05Z","quotes":["q"],)"
            R"("content":[{"type":"text","text":{"value":"a","x":"b"}},"c",{"type":"new","y":"z"}]})",
            read) == "");
    std::string conversation = R"({"conversationId":"c","title":"t","user":"u","messages":[)" +
                               prompt("m-1", "asked") + "," + std::string(kAnswer) + "]}";
    // Ids that name one another are told apart by the other; a text that repeats is one text.
    CHECK(lost_leaves(conversation, read) == "");
}
