#include "tail/unpacked_stream.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "fakes/archives.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

using Texts = std::vector<std::string>;

class TextFile : public ReadableFile {
 public:
    explicit TextFile(std::string text) : text_(std::move(text)) {}

    Result<size_t> read_at(uint64_t offset, char* out, size_t size) override {
        if (offset + size > fails_from && offset < text_.size()) {
            return fail(ErrorCode::kIo, "the disk is tired");
        }
        const size_t left = text_.size() - std::min<size_t>(offset, text_.size());
        const size_t some = std::min(left, size);
        std::memcpy(out, text_.data() + text_.size() - left, some);
        return some;
    }

    Result<FileInfo> info() override { return FileInfo{}; }

    uint64_t fails_from = UINT64_MAX;

 private:
    std::string text_;
};

struct Unpacked {
    Texts parts;
    std::optional<Error> error;

    std::string text() const {
        std::string all;
        for (const std::string& part : parts) {
            all += part;
        }
        return all;
    }
};

Unpacked unpack(const std::string& packed, size_t piece = 50'000, const UnpackLimits& limits = {}) {
    TextFile file(packed);
    Unpacked unpacked;
    const auto stream = open_unpacked(file, packed.size(), limits);
    if (!stream) {
        unpacked.error = stream.error();
        return unpacked;
    }
    std::string buffer(piece, '\0');
    for (;;) {
        std::string part;
        for (;;) {
            const auto got = (*stream)->read(buffer.data(), buffer.size());
            REQUIRE(got.has_value());
            if (*got == 0) {
                break;
            }
            part.append(buffer, 0, *got);
        }
        unpacked.parts.push_back(std::move(part));
        const auto more = (*stream)->next_part();
        if (!more) {
            CHECK(!unpacked.error);
            unpacked.error = more.error();
            const auto after = (*stream)->next_part();
            CHECK(after.has_value());
            CHECK(!*after);
            break;
        }
        if (!*more) {
            break;
        }
    }
    std::erase_if(unpacked.parts, [](const std::string& part) { return part.empty(); });
    return unpacked;
}

std::string lines(size_t bytes) {
    std::string text;
    FakeRandom random(bytes + 1);
    while (text.size() < bytes) {
        text += "{\"n\":" + std::to_string(random.below(1'000'000'000)) + "}\n";
    }
    text.resize(bytes);
    return text;
}

}  // namespace

TEST_CASE("a packed text is told by its first bytes and comes out as it was") {
    for (size_t bytes : {0U, 1U, 511U, 512U, 513U, 100'000U, 3'000'000U}) {
        const std::string text = lines(bytes);
        const Texts wanted = text.empty() ? Texts{} : Texts{text};
        for (const std::string& packed :
             {text, gzip_of(text), zstd_of(text), zip_of({{"a", text}})}) {
            for (size_t piece : {1'000U, 300'000U}) {
                const Unpacked unpacked = unpack(packed, piece);
                CHECK(unpacked.parts == wanted);
                CHECK_MESSAGE(!unpacked.error, unpacked.error->message);
            }
        }
    }
}

TEST_CASE("members are parts of their own") {
    const Unpacked zip = unpack(zip_of(
        {{"logs/", "", "", true}, {"logs/b", "second"}, {"logs/empty", ""}, {"logs/a", "third"}}));
    CHECK(zip.parts == Texts{"second", "third"});
    CHECK(!zip.error);
    const Unpacked gzip =
        unpack(gzip_of("first") + gzip_of("") + gzip_of("second") + std::string(600, '\0'));
    CHECK(gzip.parts == Texts{"first", "second"});
    CHECK(!gzip.error);
    const Unpacked zstd = unpack(zstd_of("one ") + zstd_of("stream"));
    CHECK(zstd.parts == Texts{"one stream"});
    CHECK(!zstd.error);
}

TEST_CASE("many small gzip members are read without a deep stack") {
    std::string packed;
    std::string text;
    for (int i = 0; i < 3'000; ++i) {
        packed += gzip_of("m\n");
        text += "m\n";
    }
    CHECK(unpack(packed).text() == text);
}

TEST_CASE("a file cut off anywhere gives what stands before the cut, and says so") {
    const std::string text = lines(3'000);
    for (const std::string& packed : {gzip_of(text), zstd_of(text), zip_of({{"a", text}})}) {
        for (size_t size = 10; size < packed.size(); ++size) {
            const Unpacked unpacked = unpack(packed.substr(0, size));
            CHECK(text.starts_with(unpacked.text()));
            CHECK_MESSAGE((unpacked.error || unpacked.text() == text), "cut at ", size);
        }
    }
    const std::string gzip = gzip_of(text);
    const Unpacked no_trailer = unpack(gzip.substr(0, gzip.size() - 3));
    CHECK(no_trailer.text() == text);
    REQUIRE(no_trailer.error);
    CHECK(no_trailer.error->message.find("cut off") != std::string::npos);
}

TEST_CASE("a damaged byte is noticed, and nothing damaged crashes") {
    const std::string text = lines(2'000);
    int errors = 0;
    for (const std::string& packed :
         {gzip_of(text), zstd_of(text), zip_of({{"a", text}, {"b", "neighbour"}})}) {
        for (size_t at = 0; at < packed.size(); ++at) {
            for (const int flip : {1, 0x80, 0xFF}) {
                std::string damaged = packed;
                damaged[at] = static_cast<char>(damaged[at] ^ flip);
                const Unpacked unpacked = unpack(damaged);
                if (packed[0] == '\x1F' && at >= 10) {
                    CHECK_MESSAGE((unpacked.error || unpacked.text() == text), "byte ", at);
                    errors += unpacked.error ? 1 : 0;
                }
            }
        }
    }
    CHECK(errors > 1'000);
}

TEST_CASE("a wrong checksum in a zip costs no neighbour") {
    const std::string text = lines(2'000);
    std::string packed = zip_of({{"a", "before"}, {"b", text}, {"c", "after"}});
    // The checksum of "b" stands in the central directory, 16 bytes after the signature of its
    // second entry.
    size_t entry = packed.find("PK\x01\x02");
    entry = packed.find("PK\x01\x02", entry + 1);
    REQUIRE(entry != std::string::npos);
    packed[entry + 16] = static_cast<char>(packed[entry + 16] ^ 1);
    const Unpacked unpacked = unpack(packed);
    CHECK(unpacked.parts.front() == "before");
    CHECK(unpacked.parts.back() == "after");
    REQUIRE(unpacked.error);
    CHECK(unpacked.error->code == ErrorCode::kCorrupt);
    CHECK(unpacked.error->message.starts_with("member 2: "));
}

TEST_CASE("what unpacks to too much stops there, and what came before stays") {
    const std::string bomb = gzip_of(std::string(size_t{64} << 20, '0'));
    const Unpacked unpacked = unpack(bomb);
    CHECK(unpacked.text().size() == bomb.size() * kUnpackedRatioMax);
    REQUIRE(unpacked.error);
    CHECK(unpacked.error->code == ErrorCode::kLimit);

    const std::string small(kUnpackedFreeBytes, '0');
    CHECK(!unpack(zstd_of(small)).error);  // whatever the ratio
    CHECK(unpack(zstd_of(small + "0")).error);

    const std::string text = lines(20'000);
    const std::string packed = zip_of({{"a", text}, {"b", text}});
    CHECK(!unpack(packed, 1'000, {.bytes_max = 40'000}).error);
    const Unpacked cut = unpack(packed, 1'000, {.bytes_max = 39'999});
    CHECK(cut.text().size() == 39'999);
    CHECK(cut.error->code == ErrorCode::kLimit);
}

TEST_CASE("members that are not to be read are named by number, and their neighbours are read") {
    const std::string name = "the\nname";
    const Unpacked unpacked = unpack(zip_of({{"a", "first"},
                                             {name, "", "/etc/passwd"},
                                             {name, gzip_of("inner")},
                                             {name, zip_of({{"x", "inner"}})},
                                             {"b", "last"}}));
    CHECK(unpacked.parts == Texts{"first", "last"});
    REQUIRE(unpacked.error);
    CHECK(unpacked.error->code == ErrorCode::kUnsupported);
    CHECK(unpacked.error->message ==
          "member 2: is a link or a device; member 3: holds an archive, which is not unpacked; "
          "member 4: holds an archive, which is not unpacked");
    const Unpacked encrypted = unpack(zip_of({{"a", "hidden"}, {"b", "hidden"}}, true));
    CHECK(encrypted.parts.empty());
    CHECK(encrypted.error->message == "member 1: is encrypted; member 2: is encrypted");
    const Unpacked twice = unpack(gzip_of(gzip_of("inner")));
    CHECK(twice.parts.empty());
    CHECK(twice.error->code == ErrorCode::kUnsupported);
    std::vector<ArchiveMember> links(20, {"a", "", "b"});
    CHECK(unpack(zip_of(links)).error->message.ends_with("; and 12 more"));
}

TEST_CASE("a zip with too large a directory is refused before it fills the memory") {
    std::vector<ArchiveMember> members(5'000, {std::string(200, 'n'), ""});
    const std::string packed = zip_of(members);
    CHECK(!unpack(packed).error);
    const Unpacked refused = unpack(packed, 1'000, {.zip_directory_bytes_max = 500'000});
    REQUIRE(refused.error);
    CHECK(refused.error->code == ErrorCode::kLimit);
}

TEST_CASE("other packings are refused in words") {
    for (const int filter : {ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_LZ4}) {
        const Unpacked unpacked = unpack(filtered(lines(1'000), filter));
        REQUIRE(unpacked.error);
        CHECK(unpacked.error->code == ErrorCode::kUnsupported);
    }
    const Unpacked garbage = unpack(gzip_of("text") + "more text");
    CHECK(garbage.parts == Texts{"text"});
    CHECK(garbage.error->code == ErrorCode::kCorrupt);
}

TEST_CASE("an error of the disk is told at once, as that") {
    const std::string text = lines(500'000);
    for (const std::string& packed : {text, gzip_of(text), zstd_of(text), zip_of({{"a", text}})}) {
        TextFile file(packed);
        const auto stream = open_unpacked(file, packed.size());
        REQUIRE(stream.has_value());
        std::string buffer(10'000, '\0');
        file.fails_from = packed.size() / 2;
        Result<size_t> got = (*stream)->read(buffer.data(), buffer.size());
        for (int i = 0; got && *got > 0 && i < 1'000; ++i) {
            got = (*stream)->read(buffer.data(), buffer.size());
        }
        REQUIRE(!got.has_value());
        CHECK(got.error().code == ErrorCode::kIo);
    }
}
