#include "bodies/event_stream.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/hex.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

uint32_t crc_of(std::string_view bytes) {
    uint32_t crc = ~0U;
    for (char c : bytes) {
        crc ^= static_cast<uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320U : crc >> 1;
        }
    }
    return ~crc;
}

std::string big_endian(uint32_t value, int bytes = 4) {
    std::string out;
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>((value >> shift) & 255));
    }
    return out;
}

std::string text_header(std::string_view name, std::string_view value) {
    std::string out(1, static_cast<char>(name.size()));
    out.append(name).push_back(7);
    return out + big_endian(static_cast<uint32_t>(value.size()), 2) + std::string(value);
}

std::string message(std::string_view headers, std::string_view payload) {
    auto size = static_cast<uint32_t>(headers.size() + payload.size() + 16);
    std::string out = big_endian(size) + big_endian(static_cast<uint32_t>(headers.size()));
    out += big_endian(crc_of(out));
    out.append(headers).append(payload);
    return out + big_endian(crc_of(out));
}

std::string event(std::string_view type, std::string_view payload) {
    return message(text_header(":event-type", type) +
                       text_header(":content-type", "application/json") +
                       text_header(":message-type", "event"),
                   payload);
}

std::string chunk(std::string_view bytes) {
    return event("chunk", R"({"bytes":")" + to_base64(bytes) + R"(","p":"abcdef"})");
}

// What one stream gives, with everything in texts of its own.
struct Read {
    explicit Read(std::string_view base64, ChunkBytes form = ChunkBytes::kJson) {
        EventStreamReader reader;
        EventStream stream = reader.read(base64, form);
        chunks = stream.chunks.json();
        whole = stream.whole;
        unreadable = stream.unreadable;
        error_type = stream.error_type;
        error_message = stream.error_message;
    }

    std::string chunks, unreadable, error_type, error_message;
    bool whole = false;
};

}  // namespace

TEST_CASE("Binary frames give the model's own chunks, and events under their names") {
    Read model(to_base64(chunk(R"({"n":1})") + chunk(R"({"n":2})")));
    CHECK(model.chunks == R"([{"n":1},{"n":2}])");
    CHECK(model.whole);
    CHECK(model.unreadable.empty());
    Read events(to_base64(event("messageStart", R"({"p":"abc","role":"assistant"})") +
                          event("messageStop", R"({"stopReason":"end_turn"})") + event("end", "")));
    CHECK(
        events.chunks ==
        R"([{"messageStart":{"role":"assistant"}},{"messageStop":{"stopReason":"end_turn"}},{"end":{}}])");
    CHECK(events.whole);
}

TEST_CASE("An agent's chunks are pieces of text, and what stands beside the bytes is kept") {
    Read agent(to_base64(chunk("{\"a\":1}")), ChunkBytes::kText);
    CHECK(agent.chunks == R"([{"chunk":{"text":"{\"a\":1}"}}])");
    std::string beside = R"({"bytes":")" + to_base64("Hi") + R"(","attribution":{"citations":[]}})";
    CHECK(Read(to_base64(event("chunk", beside)), ChunkBytes::kText).chunks ==
          R"([{"chunk":{"text":"Hi"}},{"chunk":{"attribution":{"citations":[]}}}])");
}

TEST_CASE("A stream is known by its first prelude and header alone") {
    std::string text = to_base64(chunk("{}"));
    CHECK(EventStreamReader::is_event_stream(text));
    CHECK(EventStreamReader::is_event_stream(text.substr(0, 20)));
    CHECK_FALSE(EventStreamReader::is_event_stream(text.substr(0, 16)));
    CHECK_FALSE(EventStreamReader::is_event_stream(""));
    CHECK_FALSE(EventStreamReader::is_event_stream("The answer is forty-two, of course."));
    CHECK_FALSE(EventStreamReader::is_event_stream("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    CHECK_FALSE(EventStreamReader::is_event_stream(to_base64(message("", "{}"))));
    CHECK_FALSE(EventStreamReader::is_event_stream("////////////////////////////////"));
}

TEST_CASE("A stream cut anywhere gives the messages before the cut and says that it is not whole") {
    std::string first = chunk(R"({"n":1})");
    std::string text = to_base64(first + chunk(R"({"n":2})"));
    for (size_t size = 1; size < text.size(); ++size) {
        Read cut(text.substr(0, size));
        bool has_first = size / 4 * 3 >= first.size();
        CHECK(cut.chunks == (has_first ? R"([{"n":1}])" : "[]"));
        bool at_the_border = size % 4 == 0 && size / 4 * 3 == first.size();
        CHECK(cut.whole == at_the_border);
    }
}

TEST_CASE("Any bit that is wrong is noticed, and what stood before it is read") {
    std::string first = chunk(R"({"n":1})");
    std::string bytes = first + chunk(R"({"n":2})");
    for (size_t at = 0; at < bytes.size(); ++at) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        Read stream(to_base64(damaged));
        CHECK_FALSE(stream.whole);
        if (at >= first.size()) {
            CHECK(stream.chunks.starts_with(R"([{"n":1})"));
        }
    }
}

TEST_CASE("Lengths that cannot be end the reading, whatever their checksums say") {
    struct Lengths {
        uint32_t message, headers;
    };

    for (Lengths lengths :
         {Lengths{0, 0}, Lengths{15, 0}, Lengths{16, 1}, Lengths{40, 25}, Lengths{0xFFFFFFFF, 0},
          Lengths{0x2000000, 20}, Lengths{0x1000000, 0xFFFFFF}, Lengths{20, 0xFFFFFFFF}}) {
        std::string head = big_endian(lengths.message) + big_endian(lengths.headers);
        std::string bytes = chunk(R"({"n":1})") + head + big_endian(crc_of(head));
        bytes += std::string(64, 'x');
        Read stream(to_base64(bytes));
        CHECK(stream.chunks == R"([{"n":1}])");
        CHECK_FALSE(stream.whole);
        CHECK(stream.unreadable == to_base64(bytes.substr(chunk(R"({"n":1})").size())));
    }
}

TEST_CASE("Headers and payloads that cannot be read cost their message alone") {
    std::string good = chunk(R"({"n":1})");
    std::vector<std::string> bad = {
        message("\xFF:event", "{}"),                      // a name beyond its headers
        message(std::string("\x02:e\x0A") + "ab", "{}"),  // a type that does not exist
        message(std::string("\x02:e\x07\xFF\xFF", 6) + "ab", "{}"),
        message(std::string("\x02:e\x07\x00", 5), "{}"),
        message(std::string("\x02:e", 3), "{}"),
        event("chunk", "not JSON"),
        event("chunk", "[1]"),
        event("chunk", R"({"bytes":"%%%"})"),
        event("chunk", R"({"bytes":"bm90IEpTT04="})"),
        event("chunk", R"({"bytes":"WzFd"})"),
    };
    for (const std::string& one : bad) {
        Read stream(to_base64(good + one + good));
        CHECK(stream.chunks == R"([{"n":1},{"n":1}])");
        CHECK_FALSE(stream.whole);
        CHECK(stream.unreadable == to_base64(one));
    }
}

TEST_CASE("Headers of every type are passed over") {
    std::string headers;
    for (auto [type, bytes] : std::vector<std::pair<char, size_t>>{
             {0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 4}, {5, 8}, {8, 8}, {9, 16}}) {
        headers += std::string("\x02:h") + type + std::string(bytes, 'v');
    }
    headers += std::string("\x02:b\x06\x00\x02", 6) + "vv";
    headers += text_header(":event-type", "metadata");
    CHECK(Read(to_base64(message(headers, R"({"a":1})"))).chunks == R"([{"metadata":{"a":1}}])");
}

TEST_CASE("A message of an error ends the stream with its words") {
    Read thrown(to_base64(chunk(R"({"n":1})") +
                          message(text_header(":message-type", "exception") +
                                      text_header(":exception-type", "throttlingException"),
                                  R"({"message":"Too many requests"})")));
    CHECK(thrown.error_type == "throttlingException");
    CHECK(thrown.error_message == "Too many requests");
    Read failed(to_base64(message(text_header(":message-type", "error") +
                                      text_header(":error-code", "InternalError") +
                                      text_header(":error-message", "went wrong"),
                                  "")));
    CHECK(failed.error_type == "InternalError");
    CHECK(failed.error_message == "went wrong");
}

TEST_CASE("Text after the base64, nesting without end and many messages are borne") {
    std::string text = to_base64(chunk(R"({"n":1})"));
    Read tail(text + "...(cut by the logger)");
    CHECK(tail.chunks == R"([{"n":1}])");
    CHECK_FALSE(tail.whole);
    CHECK(tail.unreadable == "...(cut by the logger)");
    std::string deep = std::string(127, '[') + std::string(127, ']');
    Read nested(to_base64(event("a", R"({"d":)" + deep + "}")));
    CHECK(nested.chunks == "null");
    CHECK_FALSE(nested.whole);
    std::string many;
    for (int i = 0; i < 10000; ++i) {
        many += message(text_header(":event-type", "e"), "");
    }
    Read all(to_base64(many));
    CHECK(all.whole);
    CHECK(all.chunks.size() == 1 + 10000 * std::string_view(R"({"e":{}},)").size());
}

TEST_CASE("An exchange whose binary stream is damaged says so and keeps what it could not read") {
    auto document = [](std::string_view data) {
        return R"({"url":"https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.titan-text-express-v1/invoke-with-response-stream",)"
               R"("request":{"inputText":"Hello"},"response":{"encoding":"base64","data":")" +
               std::string(data) + "\"}}";
    };
    std::string text = to_base64(chunk(
        R"({"outputText":"Good day","index":0,"completionReason":"FINISH","inputTextTokenCount":3,"totalOutputTextTokenCount":2})"));
    auto whole = read_records(document(text));
    REQUIRE(whole.size() == 1);
    CHECK(whole[0].find(R"("llm.audit.response.text":"Good day")") != std::string::npos);
    CHECK(whole[0].find("incomplete_stream") == std::string::npos);
    auto cut = read_records(document(text + text.substr(0, 40)));
    REQUIRE(cut.size() == 1);
    CHECK(cut[0].find(R"("llm.audit.response.text":"Good day")") != std::string::npos);
    CHECK(cut[0].find(R"("llm.audit.record.flags":["incomplete_stream"])") != std::string::npos);
    CHECK(cut[0].find(R"("llm.audit.response.truncated":true)") != std::string::npos);
    CHECK(cut[0].find(R"("response.data.unreadable":")" + text.substr(0, 40)) != std::string::npos);
}
