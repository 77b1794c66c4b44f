#include <zstd.h>
#include <zstd_errors.h>

#include <utility>

#include "base/bytes.h"
#include "tail/frame_pump.h"
#include "tail/packed_readers.h"

namespace llmtrail {

namespace {

constexpr int kWindowLogMax = 27;  // 128 MiB, what zstd itself takes without being asked

struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdDecoder : public FrameDecoder {
 public:
    ZstdDecoder() : context_(ZSTD_createDCtx()) {}

    bool start() {
        return context_ && ZSTD_isError(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax,
                                                               kWindowLogMax)) == 0;
    }

    void begin_frame() override {}  // the end of the one before left it ready

    Step step(ByteView in, char* out, size_t size) override {
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        ZSTD_outBuffer to{out, size, 0};
        const size_t outcome = ZSTD_decompressStream(context_.get(), &to, &from);
        Step step{.taken = from.pos, .made = to.pos};
        if (ZSTD_isError(outcome) != 0) {
            const bool no_memory = ZSTD_getErrorCode(outcome) == ZSTD_error_memory_allocation;
            step.state = no_memory ? State::kNoMemory : State::kDamaged;
            step.why = ZSTD_getErrorName(outcome);
        } else if (outcome == 0) {
            step.state = State::kFrameEnd;
        }
        return step;
    }

 private:
    std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
};

class ZstdReader : public PackedReader {
 public:
    ZstdReader(ReadableFile& file, uint64_t packed_bytes, std::unique_ptr<ZstdDecoder> decoder)
        : pump_(file, packed_bytes, "zstd", std::move(decoder)) {}

    Result<bool> next_part() override { return !std::exchange(begun_, true); }

    Result<size_t> read(char* out, size_t size) override;

 private:
    FramePump pump_;
    bool begun_ = false;
};

Result<size_t> ZstdReader::read(char* out, size_t size) {
    while (size > 0) {
        const auto got = pump_.read(out, size);
        if (!got || *got > 0 || pump_.broken()) {
            return got;
        }
        const auto packed = pump_.packed();
        if (!packed) {
            return fail(packed.error());
        }
        if (packed->empty()) {
            return size_t{0};
        }
        pump_.begin_frame();
    }
    return size_t{0};
}

}  // namespace

Result<std::unique_ptr<PackedReader>> make_zstd_reader(ReadableFile& file, uint64_t packed_bytes) {
    auto decoder = std::make_unique<ZstdDecoder>();
    if (!decoder->start()) {
        return fail(ErrorCode::kIo, "no memory for unpacking");
    }
    return std::make_unique<ZstdReader>(file, packed_bytes, std::move(decoder));
}

}  // namespace llmtrail
