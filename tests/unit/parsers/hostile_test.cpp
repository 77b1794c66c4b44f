// Documents made to cost more than their length: long names above many leaves, objects that are
// searched by name, numbers at the edge. What grows faster than the document would run into the
// test's time limit; what is checked is the size of what is spelled out.
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "bodies/body_place.h"
#include "bodies/openai.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

constexpr size_t kLeaves = 100'000;
constexpr size_t kLongNameBytes = size_t{2} << 20;

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

// {"k": leaf, "k": leaf, …}: each member is kept by itself.
std::string leaves(std::string_view leaf) {
    std::string out = "{";
    for (size_t i = 0; i < kLeaves; ++i) {
        out += i > 0 ? "," : "";
        out += "\"k\":";
        out += leaf;
    }
    return out + "}";
}

struct Answer {
    explicit Answer(std::string_view json) {
        auto body = tree.read(json, false);
        REQUIRE(body);
        read_openai_response(*body, "response", scratch, record);
        store_messages(scratch, record);
        scratch.unmapped.store(record);
    }

    bool truncated() const {
        return record.text(Field::kRecordFlags).find("unmapped_truncated") !=
               std::string_view::npos;
    }

    JsonTree tree;
    BodyScratch scratch;
    AuditRecord record;
};

}  // namespace

TEST_CASE("A place spells no more of its path than may be stored") {
    BodyScratch scratch;
    AuditRecord record;
    std::string name(kLongNameBytes, 'n');
    BodyPlace root("request", scratch, record);
    BodyPlace far = root.below(name);
    BodyPlace below = far.below("leaf");
    for (const BodyPlace* place : {&far, &below}) {
        CHECK(place->path().size() == kUnmappedPathBytesMax + 1);
    }
    BodyPlace item = root.below("a");
    CHECK(item.below(7).path() == "request.a.7");
}

TEST_CASE("A path is kept up to its bound and left out above it") {
    JsonTree tree;
    auto leaf = tree.read("1", false);
    REQUIRE(leaf);
    for (size_t size : {kUnmappedPathBytesMax, kUnmappedPathBytesMax + 1}) {
        CAPTURE(size);
        bool fits = size == kUnmappedPathBytesMax;
        std::string whole(size, 'p');
        std::string key(size - 2, 'k');
        for (int form = 0; form < 4; ++form) {
            CAPTURE(form);
            Unmapped unmapped;
            AuditRecord record;
            switch (form) {
                case 0:
                    unmapped.add(whole, *leaf);
                    break;
                case 1:
                    unmapped.add("p", key, *leaf);
                    break;
                case 2:
                    unmapped.add_text(whole, "x");
                    break;
                default:
                    unmapped.add_json(whole, "1");
            }
            unmapped.store(record);
            CHECK(record.has(Field::kUnmapped) == fits);
            CHECK(record.has(Field::kRecordFlags) == !fits);
        }
    }
}

TEST_CASE("Nothing is flagged where what has a long path carries nothing") {
    Answer answer("{" + quoted(std::string(kLongNameBytes, 'n')) + ":{}}");
    CHECK_FALSE(answer.truncated());
}

TEST_CASE("A long name above very many leaves costs its length once") {
    std::string name(kLongNameBytes, 'n');
    SUBCASE("leaves that Unmapped walks to") {
        Answer answer("{" + quoted(name) + ":" + leaves("1") + ",\"after\":1}");
        CHECK(answer.truncated());
        CHECK(answer.record.text(Field::kUnmapped) == R"({"response.after":1})");
    }
    SUBCASE("leaves that a reader keeps one by one") {
        Answer answer(R"({"choices":[{"content_filter_results":{)" + quoted(name) + ":" +
                      leaves("1") + "}}]}");
        CHECK(answer.truncated());
        CHECK_FALSE(answer.record.has(Field::kUnmapped));
    }
    SUBCASE("the type of an annotation is a name of the document's") {
        Answer answer(R"({"choices":[{"message":{"annotations":[{"type":)" + quoted(name) + "," +
                      quoted(name) + ":" + leaves("1") + "}]}}]}");
        CHECK(answer.truncated());
        CHECK(answer.record.text(Field::kUnmapped).size() <= kUnmappedBytesMax);
    }
    SUBCASE("through a parser of whole documents") {
        for (std::string_view around :
             {R"({"request":{"messages":[]},"response":{)", R"({"prompt":"p","metadata":{)"}) {
            auto records =
                read_records(std::string(around) + quoted(name) + ":" + leaves("1") + "}}");
            REQUIRE(records.size() == 1);
            CHECK(records[0].find("unmapped_truncated") != std::string::npos);
            CHECK(records[0].size() < 2 * kUnmappedBytesMax);
        }
    }
}

TEST_CASE("More moderation categories than there can be are kept unread, not searched for") {
    std::string categories;
    std::string scores;
    for (size_t i = 0; i < kLeaves; ++i) {
        std::string name = quoted("category-" + std::to_string(i));
        categories += (i > 0 ? "," : "") + name + ":true";
        scores += (i > 0 ? "," : "") + name + ":0.5";
    }
    Answer answer(R"({"results":[{"categories":{)" + categories + R"(},"category_scores":{)" +
                  scores + "}}]}");
    CHECK(answer.scratch.guardrails.count() == 0);
    CHECK(answer.truncated());
    CHECK(answer.record.text(Field::kUnmapped)
              .starts_with(R"({"response.results.0.categories.category-0":true,)"));
}

TEST_CASE("A moderation score without its category, or beyond 0 to 1, is kept and raises nothing") {
    Answer answer(
        R"({"results":[{"categories":{"hate":true},"category_scores":{"hate":1e300,"violence":0.9}}]})");
    CHECK_FALSE(answer.record.has(Field::kPromptToxicity));
    CHECK(answer.record.text(Field::kUnmapped) ==
          R"({"response.results.0.category_scores.violence":0.9})");
    CHECK(answer.scratch.guardrails.count() == 1);
}

TEST_CASE("Counters at the edge of 64 bits are not added up past it") {
    JsonTree tree;
    auto usage = tree.read(R"({"a":9223372036854775807,"b":1,"c":-5})", false);
    REQUIRE(usage);
    for (std::string_view cached : {"b", "c"}) {
        CAPTURE(cached);
        BodyScratch scratch;
        AuditRecord record;
        UsageCounts counts;
        counts.input = {"a", (*usage)["a"]};
        counts.cache_read = {cached, (*usage)[cached]};
        counts.input_excludes_cache = true;
        store_usage(BodyPlace("p", scratch, record), counts);
        CHECK(record.integer(Field::kGenAiUsageInputTokens) == std::numeric_limits<int64_t>::max());
    }
}

TEST_CASE("Finish reasons of very many answers stay within their bound") {
    std::string choices;
    for (size_t i = 0; i < kLeaves; ++i) {
        choices += (i > 0 ? "," : "") + std::string(R"({"finish_reason":"reason-)") +
                   std::to_string(i) + "\"}";
    }
    Answer answer(R"({"choices":[)" + choices + "]}");
    CHECK(answer.record.text(Field::kFinishReasonRaw).size() <= 8192);
    CHECK(answer.record.text(Field::kGenAiResponseFinishReasons) == R"(["other"])");
    CHECK(answer.record.text_bytes() < (size_t{64} << 20));
}

TEST_CASE("Choices and items of a stream may have any number") {
    for (std::string_view index : {"-1", "-9223372036854775808", "9223372036854775807"}) {
        CAPTURE(index);
        std::string at(index);
        for (const std::string& stream :
             {R"([{"choices":[{"index":)" + at + R"(,"delta":{"content":"a"}}]}])",
              R"([{"type":"response.output_item.done","output_index":)" + at +
                  R"(,"item":{"type":"message","x":1,"content":"a"}}])"}) {
            JsonTree tree;
            BodyScratch scratch;
            AuditRecord record;
            auto chunks = tree.read(stream, false);
            REQUIRE(chunks);
            read_openai_stream(*chunks, "response", false, scratch, record);
            store_messages(scratch, record);
            CHECK(record.text(Field::kResponseText) == "a");
        }
    }
}

TEST_CASE("Headers that are no object are kept without what authenticates") {
    for (std::string_view headers :
         {R"([["Authorization","SECRETVALUE"],["x-trace","t1"]])",
          R"([{"name":"Cookie","value":"SECRETVALUE"},{"name":"x-trace","value":"t1"}])"}) {
        CAPTURE(headers);
        auto records = read_records(R"({"request_headers":)" + std::string(headers) +
                                    R"(,"request":{"messages":[]},"response":null})");
        REQUIRE(records.size() == 1);
        CHECK(records[0].find("SECRETVALUE") == std::string::npos);
        CHECK(records[0].find("\"t1\"") != std::string::npos);
    }
}
