// Which records of a span and of its log events are pieces of one call, and in what order.
#include <doctest/doctest.h>

#include "parsers/otlp.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

struct Piece {
    std::string key;
    uint32_t rank = 0;
    uint32_t order = 0;
    bool last = false;
    std::string record;
};

class PieceList final : public RecordSink {
 public:
    AuditRecord& begin() override {
        record_.clear();
        return record_;
    }

    void commit() override {
        std::string json;
        append_record_json(json, record_, "");
        whole.push_back(std::move(json));
    }

    void commit_piece(const RecordPiece& piece) override {
        std::string json;
        append_record_json(json, record_, "");
        pieces.push_back({std::string(piece.key), piece.rank, piece.order, piece.last, json});
    }

    std::vector<std::string> whole;
    std::vector<Piece> pieces;

 private:
    AuditRecord record_;
};

PieceList read(const std::string& document) {
    PieceList list;
    JsonTree tree;
    auto root = tree.read(document, false);
    REQUIRE(root);
    ParseContext context{kTestObserved, {}, 0};
    auto parser = make_otlp_parser();
    REQUIRE(parser->recognizes(*root));
    parser->parse(*root, context, list);
    return list;
}

constexpr std::string_view kIds =
    R"("traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174")";
constexpr std::string_view kKey = "otel:5b8efff798038103d269b633813fc60c:eee19b7ec3c1b174";

std::string text(std::string_view key, std::string_view value) {
    std::string out = R"({"key":")";
    out.append(key).append(R"(","value":{"stringValue":")").append(value).append(R"("}})");
    return out;
}

std::string span(std::string_view attributes, std::string_view ids = kIds) {
    std::string out = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"s",)";
    out.append(ids).append(R"(,"startTimeUnixNano":"1767312000000000000","attributes":[)");
    return out.append(attributes).append("]}]}]}]}");
}

std::string log(std::string_view name, std::string_view at, std::string_view body,
                std::string_view ids = kIds) {
    std::string out = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":")";
    out.append(name).append("\",").append(ids).append(R"(,"timeUnixNano":")").append(at);
    return out.append(R"(","body":)").append(body).append("}]}]}]}");
}

std::string content(std::string_view words) {
    std::string out = R"({"kvlistValue":{"values":[)";
    return out.append(text("content", words)).append("]}}");
}

const std::string kChat = text("gen_ai.operation.name", "chat");
const std::string kMessages =
    text("gen_ai.input.messages", R"([{\"role\":\"user\",\"content\":\"a\"}])");

}  // namespace

TEST_CASE("A chat span without text is a piece of the record that its log events belong to") {
    PieceList list = read(span(kChat));
    REQUIRE(list.pieces.size() == 1);
    CHECK(list.whole.empty());
    CHECK(list.pieces[0].key == kKey);
    CHECK_FALSE(list.pieces[0].last);

    PieceList events =
        read(log("gen_ai.user.message", "1767312000000000000", content("Who are you?")));
    REQUIRE(events.pieces.size() == 1);
    CHECK(events.pieces[0].key == kKey);
    CHECK(events.pieces[0].rank < list.pieces[0].rank);
}

TEST_CASE("A span that holds its text or never has text in log events is complete") {
    CHECK(read(span(kChat + "," + kMessages)).pieces.empty());
    CHECK(read(span(text("gen_ai.operation.name", "embeddings"))).pieces.empty());
    CHECK(read(span(text("gen_ai.operation.name", "execute_tool"))).pieces.empty());
    CHECK(read(span(kChat + "," + text("openinference.span.kind", "LLM"))).pieces.empty());
    CHECK(read(span(kChat + "," + text("langfuse.observation.type", "generation"))).pieces.empty());
    CHECK(read(span(text("db.system", "postgresql"))).pieces.empty());
}

TEST_CASE("What has no trace or span id is a record of its own") {
    CHECK(read(span(kChat, R"("traceId":"","spanId":"eee19b7ec3c1b174")")).pieces.empty());
    CHECK(read(span(kChat, R"("traceId":"00000000000000000000000000000000")")).pieces.empty());
    CHECK(read(log("gen_ai.choice", "1767312000000000000", content("x"), R"("spanId":"")"))
              .pieces.empty());
}

TEST_CASE("Messages are in the order of their stamps") {
    auto order = [](std::string_view at) {
        return read(log("gen_ai.user.message", at, content("x"))).pieces.at(0).order;
    };
    CHECK(order("1767312000000000000") < order("1767312000000100000"));
    CHECK(order("1767312000000100000") < order("1767312001000000000"));
    CHECK(order("1767312000000000000") == order("1767312000000000900"));
}

TEST_CASE("Only what the user typed is the prompt of a joined record") {
    auto record = [](std::string_view name) {
        return read(log(name, "1767312000000000000", content("words"))).pieces.at(0).record;
    };
    CHECK(record("gen_ai.user.message").find("llm.audit.prompt.text") != std::string::npos);
    for (std::string_view name :
         {"gen_ai.system.message", "gen_ai.assistant.message", "gen_ai.tool.message"}) {
        CAPTURE(name);
        CHECK(record(name).find("llm.audit.prompt.text") == std::string::npos);
        CHECK(record(name).find("words") != std::string::npos);
    }
}

TEST_CASE("An event with all the text of a call is a piece, other events are not") {
    std::string attributes = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{)";
    attributes.append(R"("eventName":"gen_ai.client.inference.operation.details",)");
    attributes.append(kIds).append(R"(,"attributes":[)").append(kMessages).append("]}]}]}]}");
    PieceList details = read(attributes);
    REQUIRE(details.pieces.size() == 1);
    CHECK(details.pieces[0].key == kKey);
    CHECK(details.pieces[0].record.find(R"("llm.audit.prompt.text":"a")") != std::string::npos);
    CHECK(read(log("gen_ai.evaluation.result", "1767312000000000000", "{}")).pieces.empty());
    CHECK(read(log("app.started", "1767312000000000000", "{}")).pieces.empty());
}

TEST_CASE("A score in a span's event is a record of its own, with the ids of the span") {
    std::string document = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"s",)";
    document.append(kIds).append(R"(,"attributes":[)").append(kChat).append(",").append(kMessages);
    document.append(R"(],"events":[{"name":"gen_ai.evaluation.result","attributes":[)");
    document.append(text("gen_ai.evaluation.name", "relevance")).append("]},");
    document.append(R"({"name":"gen_ai.evaluation.result","attributes":7}]}]}]}]})");
    PieceList list = read(document);
    REQUIRE(list.whole.size() == 2);
    CHECK(list.whole[0].find(R"("event.kind":"inference")") != std::string::npos);
    CHECK(list.whole[0].find(R"("events.1.attributes":7)") != std::string::npos);
    CHECK(list.whole[1].find(R"("event.kind":"evaluation")") != std::string::npos);
    CHECK(list.whole[1].find(R"("span.id":"eee19b7ec3c1b174")") != std::string::npos);
    CHECK(list.whole[1].find(R"("gen_ai.evaluation.name":"relevance")") != std::string::npos);
}
