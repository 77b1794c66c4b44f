#include "tail/stream_documents.h"

#include <doctest/doctest.h>

#include <cstring>

#include "fakes/fake_random.h"
#include "unit/tail/split.h"

using namespace llmtrail;

namespace {

using Texts = std::vector<std::string>;

class TextStream : public PartedStream {
 public:
    TextStream(Texts parts, size_t piece) : parts_(std::move(parts)), piece_(piece) {}

    Result<size_t> read(char* out, size_t size) override {
        const std::string& text = parts_[part_];
        const size_t some = std::min({size, piece_, text.size() - at_});
        std::memcpy(out, text.data() + at_, some);
        at_ += some;
        return some;
    }

    Result<bool> next_part() override {
        at_ = 0;
        ++part_;
        if (part_ == parts_.size() && broken) {
            return fail(ErrorCode::kCorrupt, "broken");
        }
        return part_ < parts_.size();
    }

    bool broken = false;

 private:
    Texts parts_;
    size_t piece_;
    size_t part_ = 0;
    size_t at_ = 0;
};

struct Cut {
    Texts documents;
    std::vector<uint64_t> offsets;
    std::vector<uint64_t> sizes;
    std::vector<bool> unterminated;
    std::vector<bool> truncated;
    uint64_t bytes = 0;
    size_t kept_bytes_max = 0;
    bool error = false;
};

Cut cut(const Texts& parts, uint64_t max = 1 << 20, size_t piece = 1'000'000, bool broken = false) {
    TextStream stream(parts, piece);
    stream.broken = broken;
    StreamDocuments documents(stream, max);
    Cut all;
    while (!documents.ended()) {
        auto next = documents.next();
        all.kept_bytes_max = std::max(all.kept_bytes_max, documents.kept_bytes());
        all.error = all.error || !next;
        if (next && *next) {
            volatile char last = (*next)->bytes.data()[(*next)->bytes.size() + 63];
            static_cast<void>(last);
            all.documents.emplace_back((*next)->bytes);
            all.offsets.push_back((*next)->offset);
            all.sizes.push_back((*next)->full_size_bytes);
            all.unterminated.push_back((*next)->unterminated);
            all.truncated.push_back((*next)->truncated);
        }
    }
    all.bytes = documents.bytes_read();
    return all;
}

std::string element(size_t number, size_t bytes = 60) {
    return "{\"n\":" + std::to_string(number) + ",\"t\":\"" + std::string(bytes, '[') + "\\\"\"}";
}

std::string list(size_t count, const std::string& between = ",\n ") {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
        text += (i == 0 ? "" : between) + element(i);
    }
    return text;
}

}  // namespace

TEST_CASE("a stream is cut as a tailed file is, whatever its pieces") {
    FakeRandom random(7);
    static const Texts pieces = {
        "{\"a\":1}", "{\"a\":[1,\n2]}", "text\n", "\n",   "[GIN] x\n", "{\"a\":\"cut\n",
        "[1,2",      "{\n \"b\":2\n}",  "\r\n",   "[[]]", "}",         "{\"l\":[{},{}]}"};
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (uint64_t left = random.below(40); left > 0; --left) {
            text += pieces[random.below(pieces.size())];
        }
        const SplitResult wanted =
            split(text + "\n", 1 << 20, true, [&] { return text.size() + 1; });
        const Cut whole = cut({text}, 1 << 20, 1 + random.below(20));
        std::string trimmed = wanted.documents.empty() ? "" : wanted.documents.back();
        if (!wanted.documents.empty() && wanted.spans.back().end > text.size()) {
            trimmed.pop_back();  // the newline that was added
        }
        REQUIRE(whole.documents.size() == wanted.documents.size());
        for (size_t i = 0; i < whole.documents.size(); ++i) {
            CHECK(whole.documents[i] ==
                  (i + 1 == whole.documents.size() ? trimmed : wanted.documents[i]));
            CHECK(whole.offsets[i] == wanted.spans[i].begin);
        }
        CHECK(whole.bytes == text.size());
    }
}

TEST_CASE("each part ends its last document, and offsets go on") {
    const Cut all = cut({"one", "", "{\"a\":", "\xEF\xBB\xBF{}", "{\"b\":2}\ntwo\n"});
    CHECK(all.documents == Texts{"one", "{\"a\":", "{}", "{\"b\":2}", "two"});
    CHECK(all.offsets == std::vector<uint64_t>{0, 3, 11, 13, 21});
    CHECK(all.unterminated == std::vector<bool>{false, true, false, false, false});
    CHECK(all.bytes == 25);
}

TEST_CASE("documents before an error of the content come out, then the error, once") {
    const Cut all = cut({"{\"a\":1}\n{\"b\":"}, 1 << 20, 3, true);
    CHECK(all.documents == Texts{"{\"a\":1}", "{\"b\":"});
    CHECK(all.error);
}

TEST_CASE("a list longer than a document comes out element by element, each in the list's place") {
    const std::string elements = list(100);
    for (const size_t piece : {1U, 7U, 100'000U}) {
        const Cut array = cut({"  [ " + elements + " ]\n{\"next\":1}"}, 1'000, piece);
        REQUIRE(array.documents.size() == 101);
        const Cut wrapped =
            cut({"{\"v\": \"[\", \"Records\": [" + elements + "]}\n{\"next\":1}"}, 1'000, piece);
        REQUIRE(wrapped.documents.size() == 101);
        for (size_t i = 0; i < 100; ++i) {
            CHECK(array.documents[i] == "[" + element(i) + "]");
            CHECK(wrapped.documents[i] == "{\"v\": \"[\", \"Records\": [" + element(i) + "]}");
            CHECK(array.sizes[i] == element(i).size());
            CHECK(!array.truncated[i]);
        }
        CHECK(array.offsets[0] == 4);
        CHECK(array.documents[100] == "{\"next\":1}");
        CHECK(wrapped.documents[100] == "{\"next\":1}");
    }
    CHECK(cut({"[" + list(3) + "]"}, 1'000).documents == Texts{"[" + list(3) + "]"});
}

TEST_CASE("numbers, words and texts are elements, too") {
    std::string values = "1,\"a\",true,-1.5e3 , null,[2],\"\\\"]\"";
    std::string text = "[" + values;
    for (int i = 0; i < 99; ++i) {
        text += "," + values;
    }
    const Cut all = cut({text + "]"}, 200);
    REQUIRE(all.documents.size() == 700);
    CHECK(all.documents[0] == "[1]");
    CHECK(all.documents[1] == "[\"a\"]");
    CHECK(all.documents[3] == "[-1.5e3]");
    CHECK(all.documents[5] == "[[2]]");
    CHECK(all.documents[699] == "[\"\\\"]\"]");
}

TEST_CASE("members behind a long list are a document, and none is made of brackets alone") {
    const Cut all = cut({"{\"Records\":[" + list(50) + "\n] , \"more\": {\"x\":[1]}}{}"}, 1'000);
    REQUIRE(all.documents.size() == 52);
    CHECK(all.documents[50] == "{\"Records\":[] , \"more\": {\"x\":[1]}}");
    CHECK(all.documents[51] == "{}");
    CHECK(cut({"{\"Records\":[" + list(50) + "\n] \n}\n{}"}, 1'000).documents.size() == 51);
}

TEST_CASE("an element longer than a document is its head") {
    const std::string huge = element(7, 5'000);
    for (const size_t piece : {100U, 1'000'000U}) {
        const Cut all = cut({"[" + list(20) + "," + huge + "," + list(20) + "]"}, 1'000, piece);
        REQUIRE(all.documents.size() == 41);
        CHECK(all.documents[20] == "[" + huge.substr(0, 1'000));
        CHECK(all.truncated[20]);
        CHECK(all.sizes[20] == huge.size());
        CHECK(all.documents[21] == "[" + element(0) + "]");
    }
}

TEST_CASE("an element larger than the buffer is its head; without an end it ends at a newline") {
    const std::string huge = element(7, 200'000);
    const Cut all = cut({"[" + list(20) + "," + huge + "," + list(20)}, 30'000);
    REQUIRE(all.documents.size() == 41);
    CHECK(all.sizes[20] == huge.size());
    CHECK(all.documents[20] == "[" + huge.substr(0, 30'000));
    const std::string endless = "[" + list(20) + ",[" + std::string(2'000'000, '1');
    const Cut given_up = cut({endless + "\n{\"a\":1}\n{\"a\":2}\n"}, 1'000);
    REQUIRE(given_up.documents.size() == 23);
    CHECK(given_up.offsets[20] + given_up.sizes[20] == endless.size());
    CHECK(given_up.truncated[20]);
    CHECK(given_up.documents[21] == "{\"a\":1}");
    CHECK(given_up.documents[22] == "{\"a\":2}");
}

TEST_CASE("a long list that breaks gives the elements before, and what comes behind") {
    const Cut all = cut({"[" + list(6'000) + ",{\"cut\":\"here\n{\"a\":1}\n{\"a\":2}\n"}, 1'000);
    REQUIRE(all.documents.size() == 6'003);
    CHECK(all.documents[6'000] == "{\"cut\":\"here");
    CHECK(all.documents[6'001] == "{\"a\":1}");
    CHECK(all.documents[6'002] == "{\"a\":2}");
    const Cut ends = cut({"[" + list(6'000) + ",{\"cut\":"}, 1'000);
    REQUIRE(ends.documents.size() == 6'001);
    CHECK(ends.documents[6'000] == "[{\"cut\":");
    CHECK(ends.unterminated[6'000]);
}

TEST_CASE("an object that is too long and no list is its head") {
    const std::string text = "{\"t\":\"" + std::string(3'000, 'x') + "\",\"l\":[" + list(3) + "]}";
    const Cut all = cut({text + "\n{}"}, 1'000);
    CHECK(all.documents == Texts{text.substr(0, 1'000), "{}"});
    const std::string two = "{\"a\":[1],\"l\":[" + list(50) + "]}";
    CHECK(cut({two + "\n{}"}, 1'000).documents == Texts{two.substr(0, 1'000), "{}"});
}

TEST_CASE(
    "of a document that is too long to be kept the head comes out, and no neighbour is lost") {
    constexpr uint64_t kMax = 200'000;
    std::string members;
    while (members.size() < 7 * kMax) {
        members += "  \"member\": {\"a\": 1},\n";
    }
    const std::string open = "{\"first\": {\n" + members;

    struct Case {
        std::string rest;
        std::string after;  // of it, in the document
        bool unterminated;
    };

    const std::vector<Case> cases = {
        {"  \"last\": 1 } }\n", "  \"last\": 1 } }", false},  // complete
        {"", "", false},                                      // broken by the next line
        {"  \"cut\": \"of\n", "  \"cut\": \"of", false},
        {members + members, members + members, false},
    };
    for (const Case& one : cases) {
        for (const size_t piece : {7'777U, 10'000'000U}) {
            const Cut all =
                cut({"{\"z\":0}\n" + open + one.rest + "{\"a\":1}\n{\"a\":2}\n"}, kMax, piece);
            REQUIRE(all.documents.size() >= 4);
            CHECK(all.documents[0] == "{\"z\":0}");
            CHECK(all.documents[1] == open.substr(0, kMax));
            CHECK(all.truncated[1]);
            CHECK_FALSE(all.unterminated[1]);
            CHECK(all.documents[all.documents.size() - 2] == "{\"a\":1}");
            CHECK(all.documents.back() == "{\"a\":2}");
            CHECK(all.kept_bytes_max < 3 * kMax + 3 * kStreamChunkBytes);
        }
    }
    const Cut complete = cut({open + cases[0].rest}, kMax);
    REQUIRE(complete.sizes.size() == 1);
    CHECK(complete.sizes[0] == open.size() + cases[0].after.size());
    const Cut broken = cut({open + "{\"a\":1}\n"}, kMax);
    REQUIRE(broken.documents.size() == 2);
    CHECK(broken.sizes[0] == open.size() - 1);
    const Cut line = cut({std::string(9 * kMax, 'x') + "\n{}"}, kMax);
    CHECK(line.sizes == std::vector<uint64_t>{9 * kMax, 2});
    CHECK(line.kept_bytes_max < 3 * kMax + 3 * kStreamChunkBytes);
}

TEST_CASE("of a document that is too long to be kept nothing is lost when the file ends in it") {
    constexpr uint64_t kMax = 100'000;
    std::string open = "{\"first\": [\n";
    while (open.size() < 6 * kMax) {
        open += "  {\"a\": 1},\n";
    }
    const Cut all = cut({"{\"x\": 1,\n" + open, "{}"}, kMax);
    uint64_t bytes = 0;
    for (uint64_t size : all.sizes) {
        bytes += size;
    }
    CHECK(all.documents.back() == "{}");
    CHECK(all.bytes == open.size() + 11);
    CHECK(bytes <= all.bytes);
}
