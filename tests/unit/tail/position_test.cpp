#include "tail/position.h"

#include <doctest/doctest.h>

#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

FilePosition sample() {
    FilePosition position;
    position.source_id = "chatapp";
    position.path = "/var/log/chatapp/app.jsonl";
    position.file = {2049, 131'074, 0xDEADBEEF};
    position.size_bytes = 123'456;
    position.modified = {1'767'225'600'123'456'789};
    position.fingerprint_bytes = 1024;
    position.fingerprint.fill('f');
    position.tail_hash.fill('t');
    position.offset = 120'000;
    position.open_document = 119'000;
    position.open_document_records = 17;
    position.open_ranges = {{5, 10},
                            {100'000, 119'000, OpenRange::Held::kLoose, 0, 0},
                            {119'000, 119'900, OpenRange::Held::kSome, 3, 200},
                            {119'000, 119'900, OpenRange::Held::kSomeLoose, 300, 1}};
    position.finished = true;
    return position;
}

Result<FilePosition> decoded(ByteView bytes) {
    ByteReader reader(bytes);
    auto position = decode_position(reader);
    if (position && !reader.at_end()) {
        return fail(ErrorCode::kCorrupt, "bytes left");
    }
    return position;
}

}  // namespace

TEST_CASE("a position reads back as it was written") {
    Bytes bytes;
    encode_position(bytes, sample());
    const auto back = decoded(bytes);
    REQUIRE(back);
    CHECK(*back == sample());

    Bytes empty;
    encode_position(empty, FilePosition{});
    REQUIRE(decoded(empty));
    CHECK(*decoded(empty) == FilePosition{});
}

TEST_CASE("a position of another version is refused as such") {
    Bytes bytes;
    encode_position(bytes, sample());
    bytes[0] = 2;
    REQUIRE_FALSE(decoded(bytes));
    CHECK(decoded(bytes).error().code == ErrorCode::kUnsupported);
}

TEST_CASE("a position cut short anywhere is corrupt") {
    Bytes bytes;
    encode_position(bytes, sample());
    for (size_t size = 0; size < bytes.size(); ++size) {
        const auto back = decoded(ByteView(bytes).substr(0, size));
        REQUIRE_FALSE(back);
        CHECK(back.error().code == ErrorCode::kCorrupt);
    }
}

TEST_CASE("a position with any byte changed decodes to something sound or not at all") {
    Bytes bytes;
    encode_position(bytes, sample());
    FakeRandom random(3);
    int refused = 0;
    for (int round = 0; round < 5'000; ++round) {
        Bytes changed = bytes;
        changed[random.below(changed.size())] = static_cast<char>(random.below(256));
        ByteReader reader(changed);
        const auto back = decode_position(reader);
        if (!back) {
            ++refused;
            continue;
        }
        REQUIRE(back->open_document <= back->offset);
        REQUIRE(back->fingerprint_bytes <= kFingerprintBytesMax);
        REQUIRE(back->open_ranges.size() <= kOpenRangesMax);
        for (const OpenRange& range : back->open_ranges) {
            REQUIRE(range.begin < range.end);
            REQUIRE(range.end <= back->offset);
            REQUIRE(range.of_one_document() == (range.pieces > 0));
        }
    }
    CHECK(refused > 0);
}
