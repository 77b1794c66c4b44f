#include "join/record_merge.h"

#include <algorithm>

#include "fakes/fake_random.h"
#include "join_case.h"

using namespace llmtrail;

namespace {

class Pieces {
 public:
    Pieces& add(uint32_t rank, uint32_t order, const Fill& fill) {
        AuditRecord record;
        fill(record);
        held_.push_back(hold_piece(record));
        held_.back().rank = rank;
        held_.back().order = order;
        return *this;
    }

    Pieces& chunk(uint32_t order, const Fill& fill) {
        add(1, order, fill);
        held_.back().chunk = true;
        return *this;
    }

    void shuffle(FakeRandom& random) {
        for (size_t i = held_.size(); i > 1; --i) {
            std::swap(held_[i - 1], held_[random.below(i)]);
        }
    }

    AuditRecord merged() const {
        AuditRecord record;
        merge_pieces(held_, record);
        return record;
    }

    std::string json() const {
        std::string text;
        append_record_json(text, merged(), "");
        return text;
    }

 private:
    std::vector<HeldPiece> held_;
};

Fill text(Field field, std::string value) {
    return [=](AuditRecord& r) { r.set_text(field, value); };
}

Fill json(Field field, std::string value) {
    return [=](AuditRecord& r) { r.set_json(field, value); };
}

std::string message(const std::string& role, const std::string& content) {
    return "{\"role\":\"" + role + "\",\"parts\":[{\"type\":\"text\",\"content\":\"" + content +
           "\"}]}";
}

Fill prompt(const std::string& role, const std::string& content) {
    return [=](AuditRecord& r) {
        r.set_json(Field::kGenAiInputMessages, "[" + message(role, content) + "]");
        r.set_text(Field::kPromptText, content);
        r.set_integer(Field::kPromptBytes, static_cast<int64_t>(content.size()));
    };
}

}  // namespace

TEST_CASE(
    "absent fields are filled, the higher rank has what both hold, of equal ranks the later") {
    AuditRecord merged = Pieces()
                             .add(5, 0, text(Field::kUserId, "high"))
                             .add(1, 0, text(Field::kUserId, "low"))
                             .add(1, 0, text(Field::kPurpose, "first"))
                             .add(1, 0, text(Field::kPurpose, "second"))
                             .merged();
    CHECK(merged.text(Field::kUserId) == "high");
    CHECK(merged.text(Field::kPurpose) == "second");
}

TEST_CASE("where a record stands in its log is said by the piece read first, and by no other") {
    auto at = [](int64_t offset, bool ordinal) {
        return [=](AuditRecord& r) {
            r.set_integer(Field::kLogOffset, offset);
            if (ordinal) {
                r.set_integer(Field::kRecordOrdinal, 4);
            }
        };
    };
    AuditRecord merged = Pieces().add(0, 0, at(10, false)).add(9, 0, at(20, true)).merged();
    CHECK(merged.integer(Field::kLogOffset) == 10);
    CHECK_FALSE(merged.has(Field::kRecordOrdinal));
    merged = Pieces().add(9, 0, at(20, true)).add(0, 0, at(10, false)).merged();
    CHECK(merged.integer(Field::kLogOffset) == 20);
    CHECK(merged.integer(Field::kRecordOrdinal) == 4);
}

TEST_CASE("it happened at the earliest time a source stated and ended at the latest") {
    auto stamp = [](int64_t at, const char* precision, int64_t end) {
        return [=](AuditRecord& r) {
            r.set_time(Field::kEventTime, {at});
            r.set_text(Field::kEventTimePrecision, precision);
            r.set_time(Field::kEventEnd, {end});
        };
    };
    AuditRecord merged = Pieces()
                             .add(0, 0, stamp(100, "observed", 1))
                             .add(0, 0, stamp(700, "ms", 9))
                             .add(2, 0, stamp(500, "s", 5))
                             .merged();
    CHECK(merged.integer(Field::kEventTime) == 500);
    CHECK(merged.text(Field::kEventTimePrecision) == "s");
    CHECK(merged.integer(Field::kEventEnd) == 9);
    merged =
        Pieces().add(0, 0, stamp(9, "observed", 1)).add(0, 0, stamp(7, "observed", 1)).merged();
    CHECK(merged.integer(Field::kEventTime) == 7);
}

TEST_CASE("words that say nothing lose against words that do") {
    auto said = [](const char* kind, const char* outcome) {
        return [=](AuditRecord& r) {
            r.set_text(Field::kEventKind, kind);
            r.set_text(Field::kEventOutcome, outcome);
        };
    };
    AuditRecord merged = Pieces()
                             .add(0, 0, said("inference", "failure"))
                             .add(1, 0, said("other", "unknown"))
                             .merged();
    CHECK(merged.text(Field::kEventKind) == "inference");
    CHECK(merged.text(Field::kEventOutcome) == "failure");
    merged = Pieces()
                 .add(0, 0, said("tool", "failure"))
                 .add(1, 0, said("inference", "success"))
                 .merged();
    CHECK(merged.text(Field::kEventKind) == "inference");
    CHECK(merged.text(Field::kEventOutcome) == "success");
}

TEST_CASE("lists have every item once, and true of any piece is true of the record") {
    auto roles = [](const char* list, bool blocked) {
        return [=](AuditRecord& r) {
            r.set_json(Field::kUserRoles, list);
            r.set_boolean(Field::kGuardrailBlocked, blocked);
        };
    };
    AuditRecord merged = Pieces()
                             .add(0, 0, roles("[\"a\",\"b, \\\"c\\\"\"]", true))
                             .add(1, 0, roles("[\"b, \\\"c\\\"\",\"d\"]", false))
                             .merged();
    CHECK(merged.text(Field::kUserRoles) == "[\"a\",\"b, \\\"c\\\"\",\"d\"]");
    CHECK(merged.boolean(Field::kGuardrailBlocked) == true);
}

TEST_CASE("guardrails and sources are put together without repeats, and counted") {
    auto sources = [](const char* list, int64_t count) {
        return [=](AuditRecord& r) {
            r.set_json(Field::kDataSources, list);
            r.set_integer(Field::kDataSourcesCount, count);
        };
    };
    AuditRecord merged = Pieces()
                             .add(0, 0, sources("[{\"id\":\"1\"},{\"id\":\"2,]\"}]", 2))
                             .add(3, 0, sources("[{\"id\":\"2,]\"},{\"id\":\"3\"}]", 2))
                             .merged();
    CHECK(merged.text(Field::kDataSources) == "[{\"id\":\"1\"},{\"id\":\"2,]\"},{\"id\":\"3\"}]");
    CHECK(merged.integer(Field::kDataSourcesCount) == 3);
}

TEST_CASE(
    "messages of the highest rank follow each other by place, and the prompt is their last user "
    "turn") {
    AuditRecord merged = Pieces()
                             .add(1, 3, prompt("user", "third"))
                             .add(1, 1, prompt("system", "first"))
                             .add(0, 9, prompt("user", "lower rank"))
                             .add(1, 2, prompt("user", "second"))
                             .add(1, 4, prompt("assistant", "fourth"))
                             .merged();
    CHECK(merged.text(Field::kGenAiInputMessages) ==
          "[" + message("system", "first") + "," + message("user", "second") + "," +
              message("user", "third") + "," + message("assistant", "fourth") + "]");
    CHECK(merged.text(Field::kPromptText) == "third");
    CHECK(merged.integer(Field::kPromptBytes) == 5);
}

TEST_CASE("an array given again for its place is not repeated") {
    AuditRecord merged =
        Pieces().add(1, 0, prompt("user", "once")).add(1, 0, prompt("user", "once")).merged();
    CHECK(merged.text(Field::kGenAiInputMessages) == "[" + message("user", "once") + "]");
    merged = Pieces().add(1, 0, prompt("user", "hi")).add(1, 1, prompt("user", "hi")).merged();
    CHECK(merged.text(Field::kGenAiInputMessages) ==
          "[" + message("user", "hi") + "," + message("user", "hi") + "]");
}

TEST_CASE("answers of several pieces make one text, escapes resolved") {
    auto answer = [](const std::string& content) {
        return json(Field::kGenAiOutputMessages, "[" + message("assistant", content) + "]");
    };
    AuditRecord merged =
        Pieces().add(0, 1, answer("l\\u00f6\\n")).add(0, 0, answer("a \\\"b\\\"")).merged();
    CHECK(merged.text(Field::kResponseText) == "a \"b\"\nl\xC3\xB6\n");
    CHECK(merged.integer(Field::kResponseBytes) == 10);
}

TEST_CASE("the text of one piece's messages is the one it came with") {
    AuditRecord merged = Pieces()
                             .add(0, 0, text(Field::kPromptText, "of the lower rank"))
                             .add(1, 0,
                                  [](AuditRecord& r) {
                                      prompt("user", "masked")(r);
                                      r.set_integer(Field::kPromptBytes, 400);
                                  })
                             .merged();
    CHECK(merged.text(Field::kPromptText) == "masked");
    CHECK(merged.integer(Field::kPromptBytes) == 400);
}

TEST_CASE("chunks are put end to end by their place; of one place the later counts") {
    Pieces pieces;
    pieces.add(0, 2, text(Field::kResponseText, "lo wor"));
    pieces.add(0, 1, text(Field::kResponseText, "old"));
    pieces.add(0, 3, text(Field::kResponseText, "ld"));
    pieces.add(0, 1, text(Field::kResponseText, "hel"));
    CHECK(pieces.merged().text(Field::kResponseText) == "hello world");
    CHECK(pieces.merged().integer(Field::kResponseBytes) == 11);
    pieces.add(4, 0, text(Field::kResponseText, "in full"));
    CHECK(pieces.merged().text(Field::kResponseText) == "in full");
    CHECK(pieces.merged().integer(Field::kResponseBytes) == 7);
}

TEST_CASE("objects are merged; of unmapped paths every value stays") {
    AuditRecord merged =
        Pieces()
            .add(0, 0, json(Field::kUnmapped, "{\"a\":1,\"b\":\"x\",\"c#2\":0,\"c\":1}"))
            .add(1, 0, json(Field::kUnmapped, "{\"a\":2,\"b\":\"x\",\"c\":2}"))
            .add(2, 0, json(Field::kUnmapped, "{\"a\":3,\"c\":3,\"c#2\":9}"))
            .add(0, 0, json(Field::kUsageDetails, "{\"n\":1,\"m\":{\"k\":[1,2]}}"))
            .add(1, 0, json(Field::kUsageDetails, "{\"n\":2}"))
            .merged();
    CHECK(merged.text(Field::kUnmapped) ==
          "{\"a\":1,\"b\":\"x\",\"c#2\":0,\"c\":1,\"a#2\":2,\"c#3\":2,\"a#3\":3,\"c#4\":3,"
          "\"c#2#2\":9}");
    CHECK(merged.text(Field::kUsageDetails) == "{\"n\":2,\"m\":{\"k\":[1,2]}}");
}

TEST_CASE("one piece alone comes back as it was") {
    auto fill = [](AuditRecord& r) {
        prompt("user", "hi")(r);
        r.set_integer(Field::kPromptBytes, 99);
        r.set_real(Field::kUsageCostUsd, 0.25);
        r.set_boolean(Field::kGenAiRequestStream, false);
        r.set_json(Field::kUnmapped, "{\"a\": [ 1 ]}");
    };
    AuditRecord record;
    fill(record);
    std::string before;
    append_record_json(before, record, "");
    CHECK(Pieces().add(3, 2, fill).json() == before);
}

TEST_CASE("broken JSON in a field ends what is read of it and nothing else") {
    for (const char* broken :
         {"[", "[{\"a\":", "[1,,2]", "[\"a", "{\"a\"", "]", ",", "[[[[", "{}}}"}) {
        CAPTURE(broken);
        AuditRecord merged = Pieces()
                                 .add(0, 0, json(Field::kGenAiOutputMessages, broken))
                                 .add(0, 1, json(Field::kGenAiOutputMessages, broken))
                                 .add(0, 0, json(Field::kUnmapped, broken))
                                 .add(0, 0, json(Field::kGuardrails, broken))
                                 .add(1, 0, json(Field::kGuardrails, "[1]"))
                                 .add(0, 0, text(Field::kUserId, "u"))
                                 .merged();
        CHECK(merged.text(Field::kUserId) == "u");
        CHECK(merged.text(Field::kGuardrails).ends_with("1]"));
    }
}

TEST_CASE("pieces with places of their own give the same record in whatever order they come") {
    FakeRandom random(23);
    for (int round = 0; round < 300; ++round) {
        CAPTURE(round);
        Pieces pieces;
        uint64_t count = 2 + random.below(12);
        for (uint32_t i = 0; i < count; ++i) {
            std::string own = std::to_string(i);
            bool speaks = random.below(2) == 0;
            int64_t when = static_cast<int64_t>(random.below(5));
            pieces.add(i / 3, i % 3, [&](AuditRecord& r) {
                r.set_text(Field::kUserId, "u" + own);
                r.set_json(Field::kUserRoles, "[\"all\",\"r" + own + "\"]");
                r.set_time(Field::kEventTime, {1000 + when});
                r.set_text(Field::kEventTimePrecision, "ms");
                r.set_json(Field::kGuardrails, "[{\"name\":\"g" + own + "\"},{\"name\":\"g\"}]");
                r.set_json(Field::kUnmapped, "{\"x\":" + std::to_string(i % 4) + "}");
                if (speaks) {
                    prompt("user", "says " + own)(r);
                } else {
                    r.set_text(Field::kResponseText, "chunk " + own);
                }
            });
        }
        std::string as_written = pieces.json();
        for (int again = 0; again < 5; ++again) {
            pieces.shuffle(random);
            REQUIRE(pieces.json() == as_written);
        }
    }
}

TEST_CASE("a text of a chunk goes on in the next one, when nothing is missing between them") {
    auto messages = [](std::string list) {
        return json(Field::kGenAiInputMessages, "[" + list + "]");
    };
    AuditRecord merged =
        Pieces()
            .chunk(3, messages(message("user", "p3 ")))
            .chunk(1, messages(message("system", "s") + "," + message("user", "p1 ")))
            .chunk(2, messages(message("user", "p2 \\\"")))
            .merged();
    CHECK(merged.text(Field::kGenAiInputMessages) ==
          "[" + message("system", "s") + "," + message("user", "p1 p2 \\\"p3 ") + "]");
    CHECK(merged.text(Field::kPromptText) == "p1 p2 \"p3 ");
    CHECK(merged.integer(Field::kPromptBytes) == 10);
    for (uint32_t order : {1U, 3U}) {  // the place before again, and one with a gap before it
        merged = Pieces()
                     .chunk(1, messages(message("user", "a")))
                     .chunk(order, messages(message("user", "b")))
                     .merged();
        CHECK(merged.text(Field::kGenAiInputMessages) ==
              "[" + message("user", "a") + "," + message("user", "b") + "]");
    }
    for (const std::string& next :
         {message("assistant", "b"), std::string("{\"role\":\"user\",\"parts\":[]}"),
          std::string("{\"role\":\"user\",\"parts\":[{\"type\":\"uri\",\"uri\":\"b\"}]}")}) {
        CAPTURE(next);
        merged =
            Pieces().chunk(1, messages(message("user", "a"))).chunk(2, messages(next)).merged();
        CHECK(merged.text(Field::kGenAiInputMessages) ==
              "[" + message("user", "a") + "," + next + "]");
    }
    std::string finished = message("user", "a");
    finished.insert(finished.size() - 1, ",\"finish_reason\":\"stop\"");
    merged =
        Pieces().chunk(1, messages(finished)).chunk(2, messages(message("user", "b"))).merged();
    CHECK(merged.text(Field::kGenAiInputMessages) ==
          "[" + finished + "," + message("user", "b") + "]");
}

TEST_CASE("fragments of JSON are read as messages once all of them are there") {
    auto part = [](std::string role, std::string content) {
        std::string text = message(role, content);
        return text.replace(text.find("\"text\""), 6, "\"fragment\"");
    };
    auto answer = [](std::string list) {
        return json(Field::kGenAiOutputMessages, "[" + list + "]");
    };
    auto joined = [&](std::string first, std::string second) {
        return Pieces()
            .chunk(5, answer(part("assistant", first)))
            .chunk(6, answer(part("assistant", second)))
            .merged();
    };
    AuditRecord merged =
        joined("[{\\\"role\\\":\\\"assistant\\\",\\\"content\\\":\\\"say \\\\",
               "\\\"yes\\\\\\\"\\\"},{\\\"role\\\":\\\"tool\\\",\\\"content\\\":\\\"\\\"} ]\\n");
    CHECK(merged.text(Field::kGenAiOutputMessages) ==
          "[" + message("assistant", "say \\\"yes\\\"") + "," + message("tool", "") + "]");
    CHECK(merged.text(Field::kResponseText) == "say \"yes\"");
    for (const char* rest : {"", "}", "},", "}] x", "}]]", "},7]", ",\\\"x\\\":1}]"}) {
        CAPTURE(rest);
        std::string first = "[{\\\"role\\\":\\\"user\\\",";
        std::string second = std::string("\\\"content\\\":\\\"a\\\"") + rest;
        merged = joined(first, second);
        CHECK(merged.text(Field::kGenAiOutputMessages) ==
              "[" + part("assistant", first + second) + "]");
        CHECK(merged.text(Field::kResponseText).starts_with("[{\"role\":\"user\",\"content\""));
    }
}

TEST_CASE("a hundred thousand chunks of one text are joined in the time of their length") {
    Pieces pieces;
    constexpr uint32_t kChunks = 100'000;
    for (uint32_t i = 0; i < kChunks; ++i) {
        pieces.chunk(i, prompt("user", "0123456789"));
    }
    CHECK(pieces.merged().text(Field::kPromptText).size() == 10 * kChunks);
}

TEST_CASE("a last user turn without text gives no prompt, whatever was typed before") {
    AuditRecord merged =
        Pieces()
            .add(1, 1, prompt("user", "old"))
            .add(1, 2,
                 json(Field::kGenAiInputMessages,
                      "[{\"role\":\"user\",\"parts\":[{\"type\":\"uri\",\"uri\":\"u\"}]}]"))
            .merged();
    CHECK_FALSE(merged.has(Field::kPromptText));
    CHECK_FALSE(merged.has(Field::kPromptBytes));
    merged = Pieces()
                 .add(1, 1, prompt("user", "old"))
                 .add(1, 2,
                      json(Field::kGenAiInputMessages,
                           "[{\"role\":\"user\",\"parts\":[{\"type\":\"tool_call_response\","
                           "\"response\":1}]}]"))
                 .merged();
    CHECK(merged.text(Field::kPromptText) == "old");
}
