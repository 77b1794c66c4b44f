// What a torn end may cost: bytes are asked again and again, and bounded all the same.
#include <doctest/doctest.h>

#include "fakes/forged_header.h"
#include "spool/segment_file.h"

using namespace llmtrail;

namespace {

// Counts what is read of it.
class CountedFile : public ReadableFile {
 public:
    explicit CountedFile(Bytes content) : content_(std::move(content)) {}

    Result<size_t> read_at(uint64_t offset, char* out, size_t size) override {
        ByteView left = ByteView(content_).substr(std::min<uint64_t>(offset, content_.size()));
        size_t got = left.copy(out, size);
        read_bytes += got;
        return got;
    }

    Result<FileInfo> info() override {
        FileInfo info;
        info.size_bytes = content_.size();
        return info;
    }

    uint64_t read_bytes = 0;

 private:
    Bytes content_;
};

// Before it a frame that is cut; the end of the file is the end of what it announces.
bool torn(const Bytes& behind, uint64_t* read_bytes = nullptr) {
    Bytes begun = announced_frame(static_cast<uint32_t>(behind.size() + 1000));
    CountedFile file(begun + behind);
    Result<bool> shape = has_crash_shape(file, 0, begun.size() + behind.size());
    REQUIRE(shape);
    if (read_bytes != nullptr) {
        *read_bytes = file.read_bytes;
    }
    return *shape;
}

}  // namespace

TEST_CASE("headers that announce what is no frame leave a torn end torn") {
    CHECK(torn(Bytes(5000, 'x')));
    CHECK(torn(announced_frames(1)));
    CHECK(torn(announced_frames(5)));
    Bytes whole = announced_frames(1);
    finish_frame(whole, 0);
    CHECK_FALSE(torn(whole));
    CHECK_FALSE(torn(announced_frames(4) + whole));
}

TEST_CASE("headers that announce the same bytes too often end the search, and it is no torn end") {
    constexpr uint32_t kFrames = 14'000;  // quadratic, it would read 7 GB
    Bytes behind = announced_frames(kFrames);
    uint64_t read_bytes = 0;
    CHECK_FALSE(torn(behind, &read_bytes));
    CHECK(read_bytes < 6 * behind.size() + (size_t{4} << 20));
}

TEST_CASE(
    "the search is given up at four times the bytes behind the torn frame's first, not before") {
    // One header announces n bytes; each further one that many again.
    for (uint32_t announced : {3U, 4U, 5U}) {
        CAPTURE(announced);
        constexpr uint32_t kLong = 20'000;
        Bytes behind;
        for (uint32_t i = 0; i < announced; ++i) {
            behind += announced_frame(kLong);
        }
        behind += Bytes(kLong, 'x');
        CHECK(torn(behind) == (announced * kLong <= 4 * (behind.size() + kFrameHeaderBytes - 1)));
    }
}
