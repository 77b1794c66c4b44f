#include "bodies/sse.h"

#include <doctest/doctest.h>

#include <string>

using namespace llmtrail;

TEST_CASE("An event stream is known by its first field, and must have data") {
    CHECK(SseReader::is_event_stream("data: {}\n\n"));
    CHECK(SseReader::is_event_stream("\xEF\xBB\xBF\nevent: ping\ndata: {}\n"));
    CHECK(SseReader::is_event_stream(": waiting\n\ndata: {}\n"));
    CHECK_FALSE(SseReader::is_event_stream("event: but nothing more"));
    CHECK_FALSE(SseReader::is_event_stream("{\"data:\":1}"));
    CHECK_FALSE(SseReader::is_event_stream(""));
}

TEST_CASE("Chunks are read in order with any line end, and [DONE] is seen") {
    for (std::string_view end : {"\n", "\r\n", "\r"}) {
        std::string text;
        for (std::string_view line : {"event: a", "data: {\"n\":1}", "", ": comment",
                                      "data:{\"n\":2}", "id: 7", "", "data: [DONE]", ""}) {
            text.append(line).append(end);
        }
        SseReader reader;
        StreamText stream = reader.read_events(text);
        REQUIRE(stream.chunks.size() == 2);
        int64_t expected = 1;
        for (JsonValue chunk : stream.chunks.items()) {
            CHECK(chunk["n"].integer() == expected++);
        }
        CHECK(stream.done);
        CHECK(stream.unreadable.empty());
    }
}

TEST_CASE("A stream that is cut gives its whole chunks and the rest as text") {
    SseReader reader;
    StreamText stream =
        reader.read_events("data: {\"n\":1}\n\ndata: {\"n\":2}\n\ndata: {\"n\":3,\"te");
    CHECK(stream.chunks.size() == 2);
    CHECK_FALSE(stream.done);
    CHECK(stream.unreadable == "{\"n\":3,\"te");
}

TEST_CASE("Lines that only together look like JSON are not taken for chunks") {
    SseReader reader;
    StreamText stream = reader.read_events("data: {\"a\":1\ndata: \"b\":2}\ndata: {\"c\":3}\n");
    REQUIRE(stream.chunks.size() == 1);
    CHECK((*stream.chunks.items().begin())["c"].integer() == 3);
    CHECK(stream.unreadable == "{\"a\":1");
    stream = reader.read_events("data: 1],[2\n");
    CHECK(stream.chunks.size() == 0);
    CHECK(stream.unreadable == "1],[2");
    stream = reader.read_events("data: {\"a\":1},{\"a\":2}\n");
    CHECK(stream.chunks.size() == 0);
}

TEST_CASE("A reader is used again without traces of the stream before") {
    SseReader reader;
    CHECK(reader.read_events("data: {\"n\":1}\ndata: [DONE]\n").done);
    StreamText stream = reader.read_events("data: {\"n\":2}\n");
    CHECK_FALSE(stream.done);
    CHECK(stream.chunks.size() == 1);
    CHECK(reader.read_events("").chunks.size() == 0);
}

TEST_CASE("Lines of JSON are a stream when there is more than one") {
    CHECK(SseReader::is_json_lines("{\"n\":1}\n{\"n\":2}\n"));
    CHECK_FALSE(SseReader::is_json_lines("{\"n\":1}\n"));
    CHECK_FALSE(SseReader::is_json_lines("{\n \"n\":1}"));
    SseReader reader;
    CHECK(reader.read_json_lines("{\"n\":1}\n\n{\"n\":2}\n").chunks.size() == 2);
}
