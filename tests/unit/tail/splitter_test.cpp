#include <doctest/doctest.h>

#include "fakes/fake_random.h"
#include "unit/tail/split.h"

using namespace llmtrail;

namespace {

using Texts = std::vector<std::string>;
constexpr size_t kMax = size_t{16} << 20;

// The same documents whatever the pieces: all at once, byte by byte, and around the block size.
SplitResult split_anyhow(const std::string& text, bool finished = false, size_t max = kMax) {
    SplitResult whole = split(text, max, finished, [&] { return text.size() + 1; });
    for (size_t piece : {1U, 2U, 3U, 7U, 63U, 64U, 65U, 100U}) {
        const SplitResult pieces = split(text, max, finished, [&] { return piece; });
        CHECK_MESSAGE(pieces.documents == whole.documents, "in pieces of ", piece);
        CHECK(pieces.position == whole.position);
    }
    return whole;
}

Texts documents(const std::string& text, bool finished = false, size_t max = kMax) {
    return split_anyhow(text, finished, max).documents;
}

std::string repeated(const std::string& text, size_t bytes) {
    std::string all;
    while (all.size() < bytes) {
        all += text;
    }
    return all;
}

}  // namespace

TEST_CASE("the examples of docs/splitting.md hold") {
    CHECK(documents("{\"a\":1}\n{\"a\":2}\n") == Texts{"{\"a\":1}", "{\"a\":2}"});
    CHECK(documents("{\"a\":1}{\"a\":2} [3]\n") == Texts{"{\"a\":1}", "{\"a\":2}", "[3]"});
    const std::string pretty = "{\n  \"a\": {\n    \"b\": 1\n  }\n}";
    CHECK(documents(pretty + "\n" + pretty) == Texts{pretty, pretty});
    CHECK(documents("{\"a\":\"}{\"}\n") == Texts{"{\"a\":\"}{\"}"});
    CHECK(documents("started ok\n{\"a\":1}\n") == Texts{"started ok", "{\"a\":1}"});
    CHECK(documents("{\"a\":\"cut\n{\"a\":2}\n") == Texts{"{\"a\":\"cut", "{\"a\":2}"});
    CHECK(documents("{\"a\":[1,2\n{\"a\":2}\n") == Texts{"{\"a\":[1,2", "{\"a\":2}"});
    CHECK(documents("{\"a\":[1,\n{\"a\":2}\n{\"a\":3}\n") ==
          Texts{"{\"a\":[1,", "{\"a\":2}", "{\"a\":3}"});
    CHECK(documents("{\"a\":1]}\n{\"a\":2}\n") == Texts{"{\"a\":1]}", "{\"a\":2}"});
    CHECK(documents(",{\"a\":1}\n") == Texts{",{\"a\":1}"});
}

TEST_CASE("a bracket before what is no JSON token begins a line of text") {
    for (const std::string line :
         {"[GIN] 2026/01/02 - 15:04:05 | 200", "[2026-01-02 15:04:05] INFO [x] {}", "[15:04:05] a",
          "[01/Jan/2026] a", "[127.0.0.1] a", "[info] a", "[trace] a", "[nginx] a", "[falsey] a",
          "[-x] a", "[1.e] a", "[1e+x] a", "[tru", "[nul\r", "[\x01]", "['a']", "[}", "[,]"}) {
        Texts wanted = {line, "{}"};
        if (line.ends_with('\r')) {
            wanted[0].pop_back();
        }
        CHECK_MESSAGE(documents(line + "\n{}\n") == wanted, line);
    }
    const std::string digits(100, '1');
    for (const std::string& array :
         Texts{"[]", "[ 1]", "[\"a\"]", "[-1]", "[1.5e+3]", "[0]", "[true]", "[false ]", "[null,1]",
               "[\n1]", "[[]]", "[{}]", "[2E5,1]", "[" + digits + "]"}) {
        const Texts wanted = {array, "text", "{}"};
        CHECK_MESSAGE(documents(array + " text\n{}\n") == wanted, array);
    }
    CHECK(documents("[GIN", true) == Texts{"[GIN"});
    CHECK(documents("{\"a\":[1,\n[GIN] b\n{}\n") == Texts{"{\"a\":[1,", "[GIN] b", "{}"});
}

TEST_CASE("escapes decide where a string ends") {
    CHECK(documents(R"({"a":"\"}"}{"b":"\\"}{"c":"\\\"}"})") ==
          Texts{R"({"a":"\"}"})", R"({"b":"\\"})", R"({"c":"\\\"}"})"});
    for (size_t before = 50; before < 70;
         ++before) {  // runs of backslashes across the end of a block
        for (size_t slashes = 1; slashes < 6; ++slashes) {
            const std::string first =
                "{\"a\":\"" + std::string(before, 'x') + std::string(2 * slashes, '\\') + "\"}";
            const std::string second = "{\"a\":\"" + std::string(before, 'x') +
                                       std::string(2 * slashes + 1, '\\') + "\"}\"}";
            CHECK(documents(first + second) == Texts{first, second});
        }
    }
}

TEST_CASE(
    "separators are skipped: white space, CR LF, NUL, RS, and a byte order mark at the start") {
    CHECK(documents("\xEF\xBB\xBF{\"a\":1}\r\n\r\n \t{\"b\":1}\r\n") ==
          Texts{"{\"a\":1}", "{\"b\":1}"});
    CHECK(documents(std::string(300, '\0') + "{}\n" + "\x1E{}\n") == Texts{"{}", "{}"});
    CHECK(documents("text\r\nmore\r\n") == Texts{"text", "more"});
    CHECK(documents("{}\xEF\xBB\xBF\n") == Texts{"{}", "\xEF\xBB\xBF"});
    CHECK(documents("\xEF\xBBx\n{}") == Texts{"\xEF\xBBx", "{}"});
    CHECK(split_anyhow("{}\n\n  \n").position == 7);
}

TEST_CASE("a pretty-printed document with brackets at column 0 is one document") {
    for (const std::string text :
         {"[\n{\n\"a\"\n:\n[\n1\n,\n2\n]\n,\n\"b\"\n:\n{\n}\n}\n,\n[\n]\n,\n-1\n,\ntrue\n,"
          "\nnull\n]",
          "{\r\n\"a\":\r\n[1,\r\n\r\n\r\n2]\r\n}", "{\"a\":[\n\n{\"b\":1},\n{\"b\":2}\n]}"}) {
        CHECK(documents(text + "\n{}") == Texts{text, "{}"});
    }
}

TEST_CASE("what no JSON document has breaks it, and its neighbours come out") {
    const std::string good = "{\"good\": [1, 2]}";
    for (const std::string bad : {"{",          "[",          "{\"",          "{\"a\"",
                                  "{\"a\":",    "{\"a\":{",   "{\"a\":[",     "{\"a\":[1",
                                  "{\"a\":[1,", "{\"a\":\"b", "{\"a\":\"b\\", "[{]",
                                  "{[}",        "[1, 2",      "{\\",          "{}}",
                                  "]",          "}",          "\"",           ":",
                                  "0",          "[[[[[[",     "{\"a\": tru"}) {
        const Texts found = documents(good + "\n" + bad + "\n" + good + "\n" + good + "\n", true);
        CHECK_MESSAGE(std::count(found.begin(), found.end(), good) == 3, bad);
    }
    CHECK(documents("{\"a\":[1,\nnot json\n{}\n") == Texts{"{\"a\":[1,", "not json", "{}"});
    CHECK(documents("{\"a\":1,\n2026-01-01 text\n{}\n") ==
          Texts{"{\"a\":1,", "2026-01-01 text", "{}"});
}

TEST_CASE("depth is bounded at 1,024") {
    const std::string most = std::string(1024, '[') + std::string(1024, ']');
    CHECK(documents(most + "\n{}") == Texts{most, "{}"});
    const std::string deeper = std::string(1025, '[') + std::string(1025, ']');
    CHECK(documents(deeper + "\n{}\n") ==
          Texts{deeper, "{}"});  // as a text line, which looks the same
    const std::string broken_apart =
        std::string(1025, '[') + "\n" + std::string(1025, ']') + "\n{}";
    CHECK(documents(broken_apart) == Texts{std::string(1025, '['), std::string(1025, ']'), "{}"});
}

TEST_CASE("an open document waits until the file is finished") {
    const SplitResult open = split_anyhow("{}\n{\"a\": [1,\n  2");
    CHECK(open.documents == Texts{"{}"});
    CHECK(open.position == 3);
    const SplitResult finished = split_anyhow("{}\n{\"a\": [1,\n  2", true);
    CHECK(finished.documents == Texts{"{}", "{\"a\": [1,\n  2"});
    CHECK(finished.spans.back().unterminated);
    CHECK_FALSE(finished.spans.front().unterminated);
    CHECK(documents("no newline", true) == Texts{"no newline"});
    CHECK(documents("\xEF\xBB", true) == Texts{"\xEF\xBB"});
    CHECK(documents("{\"a\":[1,\n{\"ok\":1}\n", true) == Texts{"{\"a\":[1,", "{\"ok\":1}"});
}

TEST_CASE("a document longer than the cap ends where it ends") {
    const std::string longer = "{\"a\":\"" + std::string(500, 'x') + "\"}";
    const std::string line = std::string(500, 'x');
    CHECK(documents(longer + "\n{}\n" + line + "\n[]\n", false, 100) ==
          Texts{longer, "{}", line, "[]"});
}

TEST_CASE("a document without an end is given up at a newline after the cap") {
    std::string endless = "[\n";
    while (endless.size() < 1000) {
        endless += " 1,\n";
    }
    const SplitResult result = split_anyhow(endless + "{\"ok\":1}\n", false, 100);
    REQUIRE(result.documents.size() > 2);
    CHECK(result.documents.front() == endless.substr(0, 101));
    CHECK(result.documents.back() == "{\"ok\":1}");
    const std::string one_line = "[" + std::string(2000, '1');  // no newline: as long as it takes
    CHECK(documents(one_line + "\n{}\n", false, 100) == Texts{one_line, "{}"});
    CHECK(documents("[" + std::string(2000, '1') + "]{}", false, 100).size() == 2);
}

TEST_CASE("hostile text is scanned at most six times and a mebibyte") {
    constexpr size_t kBytes = size_t{5} << 20;
    for (const std::string text :
         {"{\"a\":\n", "[\n", "[", "\"", "{\"", "{\"a\":[\n", "{\n\"a\":\n", "[ \n", "{}}", "[]\n]",
          "[1,\n", "{\"a\":\"\\", "[[[[[[[[[[[[[[[[\n"}) {
        const std::string all = repeated(text, kBytes);
        const SplitResult result = split(all, kMax, true, [] { return size_t{256} << 10; });
        CHECK_MESSAGE(result.scanned_bytes <= 6 * all.size() + kRescanCreditBytesMax, text);
        CHECK(result.position == all.size());
        // With a small cap too, where documents are given up.
        CHECK_MESSAGE(split(all, 1000, true, [] { return size_t{256} << 10; }).scanned_bytes <=
                          6 * all.size() + kRescanCreditBytesMax,
                      text);
    }
}

TEST_CASE(
    "random bytes of JSON's alphabet split the same in any pieces, without a gap or an overlap") {
    FakeRandom random(7);
    const std::string alphabet = "{}[]\",:\\\n\n 1at";
    for (int round = 0; round < 400; ++round) {
        std::string text;
        for (uint64_t left = random.below(600); left > 0; --left) {
            text += alphabet[random.below(alphabet.size())];
        }
        const bool finished = random.below(2) == 0;
        const size_t max = 1 + random.below(300);
        const SplitResult whole = split(text, max, finished, [&] { return text.size() + 1; });
        const SplitResult pieces = split(text, max, finished, [&] { return 1 + random.below(90); });
        REQUIRE(whole.documents == pieces.documents);
        REQUIRE(whole.position == pieces.position);
        uint64_t at = 0;
        for (const DocumentSpan& span : whole.spans) {
            REQUIRE(span.begin >= at);
            REQUIRE(span.end > span.begin);
            for (; at < span.begin; ++at) {
                REQUIRE(ByteView("\n \r\t").find(text[at]) != ByteView::npos);
            }
            at = span.end;
        }
        REQUIRE(whole.position >= at);
    }
}
