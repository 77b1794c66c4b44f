#include "bodies/embedding.h"

#include <doctest/doctest.h>

#include <string>

#include "json_tree/json_tree.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

AuditRecord read(std::string_view json) {
    JsonTree tree;
    auto value = tree.read(json, false);
    REQUIRE(value);
    AuditRecord record;
    BodyScratch scratch;
    scratch.clear();
    read_embeddings(BodyPlace("v", scratch, record), *value);
    store_messages(scratch, record);
    scratch.unmapped.store(record);
    return record;
}

}  // namespace

TEST_CASE("Vectors are counted and measured in every form that providers give them") {
    struct Row {
        std::string_view json;
        int64_t count;
        int64_t length;
    };

    constexpr Row kRows[] = {
        {"[0.1,0.2,3]", 1, 3},
        {"[[0.1,0.2],[0.3,0.4],[0.5,0.6]]", 3, 2},
        {R"({"float":[[1,2,3,4],[1,2,3,4]],"binary":[[1],[2]]})", 2, 4},
        {R"({"base64":["AAAAAAAAgD8=","AACAPwAAAAA="]})", 2, 2},
        {R"([{"embeddingType":"TEXT","embedding":[1,2,3]}])", 1, 3},
        {R"([{"embedding":[1,2]},{"embedding":[3,4]}])", 2, 2},
        {R"({"values":[1,2,3,4,5]})", 1, 5},
        {R"([{"object":"embedding","embedding":"AAAAAAAAgD8="}])", 1, 2},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.json);
        AuditRecord record = read(row.json);
        CHECK(record.integer(Field::kGenAiEmbeddingsCount) == row.count);
        CHECK(record.integer(Field::kGenAiEmbeddingsDimensionCount) == row.length);
        CHECK_FALSE(holds(record.text(Field::kUnmapped), "0.1"));
        CHECK_FALSE(holds(record.text(Field::kUnmapped), "AAAA"));
    }
}

TEST_CASE("What stands among vectors and is none is kept") {
    struct Row {
        std::string_view json;
        std::string_view unmapped;
    };

    constexpr Row kRows[] = {
        {R"([0.1,"x"])", R"({"v.0":0.1,"v.1":"x"})"},
        {R"([{"embedding":[1],"index":0,"tokens":[5,6]}])",
         R"({"v.0.index":0,"v.0.tokens.0":5,"v.0.tokens.1":6})"},
        {R"({"float":"no vector","n":1})", R"({"v.float":"no vector","v.n":1})"},
        {R"(["AAAAAAAAgD8="])", R"({"v.0":"AAAAAAAAgD8="})"},
        {"7", R"({"v":7})"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.json);
        CHECK(read(row.json).text(Field::kUnmapped) == row.unmapped);
    }
}

TEST_CASE("A text is a vector only where it can be numbers of 32 bits in base64") {
    JsonTree tree;
    auto texts = tree.read(R"(["AAAAAAAAgD8=","AAAAAA==","hello","a b c d","","AAA"])", false);
    REQUIRE(texts);
    std::string lengths;
    for (JsonValue text : texts->items()) {
        lengths += std::to_string(vector_length(text)) + " ";
    }
    CHECK(lengths == "2 1 0 0 0 0 ");
}
