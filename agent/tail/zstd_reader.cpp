#include <zstd.h>

#include <algorithm>

#include "base/bytes.h"
#include "tail/packed_readers.h"

namespace llmtrail {

namespace {

constexpr int kWindowLogMax = 27;  // 128 MiB, what zstd itself takes without being asked

struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdReader : public PackedReader {
 public:
    ZstdReader(ReadableFile& file, uint64_t packed_bytes)
        : file_(file),
          packed_bytes_(packed_bytes),
          chunk_(kPackedChunkBytes, '\0'),
          context_(ZSTD_createDCtx()) {}

    bool start() {
        return context_ && ZSTD_isError(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax,
                                                               kWindowLogMax)) == 0;
    }

    Result<bool> next_part() override { return !std::exchange(begun_, true); }

    Result<size_t> read(char* out, size_t size) override;

 private:
    Result<void> fill();

    Result<size_t> broken(std::string message) {
        ended_ = true;
        return fail(ErrorCode::kCorrupt, std::move(message));
    }

    ReadableFile& file_;
    uint64_t packed_bytes_;
    uint64_t offset_ = 0;  // of the file: read up to here
    Bytes chunk_;
    ZSTD_inBuffer in_{};
    std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
    bool begun_ = false;
    bool ended_ = false;
    bool in_frame_ = false;
};

Result<void> ZstdReader::fill() {
    if (in_.pos < in_.size) {
        return {};
    }
    const uint64_t left = packed_bytes_ - std::min(offset_, packed_bytes_);
    const auto got = file_.read_at(offset_, chunk_.data(), std::min<uint64_t>(left, chunk_.size()));
    if (!got) {
        return fail(got.error());
    }
    offset_ += *got;
    in_ = {chunk_.data(), *got, 0};
    return {};
}

Result<size_t> ZstdReader::read(char* out, size_t size) {
    ZSTD_outBuffer to{out, size, 0};
    while (!ended_ && to.pos == 0 && size > 0) {
        if (auto filled = fill(); !filled) {
            return fail(filled.error());
        }
        const bool at_end = in_.size == 0;
        if (at_end && !in_frame_) {
            ended_ = true;
            break;
        }
        const size_t before = in_.pos;
        const size_t outcome = ZSTD_decompressStream(context_.get(), &to, &in_);
        if (ZSTD_isError(outcome) != 0) {
            return broken(std::string("the zstd data is damaged: ") + ZSTD_getErrorName(outcome));
        }
        in_frame_ = outcome != 0;
        if (in_frame_ && at_end && to.pos == 0 && in_.pos == before) {
            return broken("the zstd data is cut off");
        }
    }
    return to.pos;
}

}  // namespace

Result<std::unique_ptr<PackedReader>> make_zstd_reader(ReadableFile& file, uint64_t packed_bytes) {
    auto reader = std::make_unique<ZstdReader>(file, packed_bytes);
    if (!reader->start()) {
        return fail(ErrorCode::kIo, "no memory for unpacking");
    }
    return reader;
}

}  // namespace llmtrail
