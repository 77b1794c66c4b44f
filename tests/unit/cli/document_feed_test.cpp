#include "cli/document_feed.h"

#include "command_case.h"
#include "fakes/archives.h"

using namespace llmtrail;

namespace {

struct Seen {
    std::vector<std::string> documents;
    std::vector<uint64_t> offsets;
    std::vector<uint64_t> sizes;
    std::vector<bool> unterminated;
    uint64_t bytes = 0;
};

Seen feed(std::string_view text, size_t piece, uint64_t document_bytes_max = 1 << 20) {
    TextInput input(text, piece);
    DocumentFeed document_feed(input, document_bytes_max);
    Seen seen;
    auto outcome = document_feed.run([&seen](const StreamDocument& document) {
        seen.documents.emplace_back(document.bytes);
        seen.offsets.push_back(document.offset);
        seen.sizes.push_back(document.full_size_bytes);
        seen.unterminated.push_back(document.unterminated);
        return true;
    });
    CHECK(outcome.has_value());
    seen.bytes = document_feed.bytes_read();
    return seen;
}

}  // namespace

TEST_CASE("a stream is cut as a file is, whatever the size of its pieces") {
    std::string text = "started ok\n{\"a\":1}{\"a\":\n2}\n{\"a\":[1,2\n{\"a\":3}\n[4";
    for (size_t piece : {size_t{1}, size_t{2}, size_t{7}, text.size()}) {
        Seen seen = feed(text, piece);
        CHECK(seen.documents == std::vector<std::string>{"started ok", "{\"a\":1}", "{\"a\":\n2}",
                                                         "{\"a\":[1,2", "{\"a\":3}", "[4"});
        CHECK(seen.offsets == std::vector<uint64_t>{0, 11, 18, 27, 37, 45});
        CHECK(seen.unterminated.back());
        CHECK(seen.bytes == text.size());
    }
}

TEST_CASE("an empty stream and one of separators have no documents") {
    CHECK(feed("", 10).documents.empty());
    Seen seen = feed("\n\n  \n", 2);
    CHECK(seen.documents.empty());
    CHECK(seen.bytes == 5);
}

TEST_CASE("many documents pass through a bounded buffer") {
    std::string text;
    for (int i = 0; i < 200'000; ++i) {
        text += "{\"n\":" + std::to_string(i) + "}\n";
    }
    Seen seen = feed(text, 100'000);
    REQUIRE(seen.documents.size() == 200'000);
    CHECK(seen.documents[123'456] == "{\"n\":123456}");
    CHECK(text.substr(seen.offsets[123'456], seen.sizes[123'456]) == "{\"n\":123456}");
}

TEST_CASE("a long document is handed out as its head") {
    std::string text = "{\"a\":\"" + std::string(5000, 'x') + "\"}\n{\"b\":1}\n";
    Seen seen = feed(text, 333, 1024);
    REQUIRE(seen.documents.size() == 2);
    CHECK(seen.documents[0] == text.substr(0, 1024));
    CHECK(seen.sizes[0] == 5008);
    CHECK(seen.documents[1] == "{\"b\":1}");
}

TEST_CASE(
    "a document without an end does not take the stream's size in memory, nor what follows it") {
    for (const char* start : {"{\"a\":\"", "plain text ", "{\"a\":"}) {
        std::string text = start + std::string(3'000'000, '1') + "\n{\"b\":1}\n";
        Seen seen = feed(text, 50'000, 1024);
        REQUIRE(seen.documents.size() >= 2);
        CHECK(seen.documents[0] == text.substr(0, 1024));
        CHECK(seen.documents.back() == "{\"b\":1}");
        CHECK(seen.bytes == text.size());
        CHECK(seen.offsets.back() == text.size() - 8);
    }
}

TEST_CASE("an endless document at the end of the stream is handed out too") {
    std::string text = "{\"a\":" + std::string(3'000'000, '1');
    Seen seen = feed(text, 50'000, 1024);
    REQUIRE(seen.documents.size() == 1);
    CHECK(seen.sizes[0] == text.size());
}

TEST_CASE("the feed stops when it is told to") {
    TextInput input("{}\n{}\n{}\n", 100);
    DocumentFeed document_feed(input, 1024);
    int count = 0;
    auto outcome = document_feed.run([&count](const StreamDocument&) { return ++count < 2; });
    CHECK(outcome.has_value());
    CHECK(count == 2);
}

TEST_CASE("packed files are unpacked, and each member ends its last document") {
    MemoryFiles files;
    files.files["/a.gz"].text = gzip_of("{\"a\":1}\n{\"a\":2}");
    files.files["/a.zip"].text = zip_of({{"x", "one"}, {"y", "{\"a\":1}"}, {"z", "", "x"}});
    files.files["/a.log"].text = "plain\n";
    files.files["/a.xz"].text = filtered("text", ARCHIVE_FILTER_XZ);
    auto inputs = make_stdio_inputs(files);
    const auto documents_of = [&](const std::string& path, bool broken) {
        auto input = inputs->open(path);
        REQUIRE(input.has_value());
        std::vector<std::string> documents;
        DocumentFeed feed(**input, 1 << 20);
        const auto outcome = feed.run([&](const StreamDocument& document) {
            documents.emplace_back(document.bytes);
            return true;
        });
        CHECK(outcome.has_value() == !broken);
        return documents;
    };
    CHECK(documents_of("/a.gz", false) == std::vector<std::string>{"{\"a\":1}", "{\"a\":2}"});
    CHECK(documents_of("/a.zip", true) == std::vector<std::string>{"one", "{\"a\":1}"});
    CHECK(documents_of("/a.log", false) == std::vector<std::string>{"plain"});
    const auto refused = inputs->open("/a.xz");
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == ErrorCode::kUnsupported);
}
