#include <zlib.h>

#include <algorithm>

#include "base/bytes.h"
#include "tail/frame_pump.h"
#include "tail/packed_readers.h"

namespace llmtrail {

namespace {

constexpr int kGzipOnly = 16;  // added to the window bits: a gzip header is wanted, its CRC checked
constexpr ByteView kMagic = "\x1F\x8B";

class GzipDecoder : public FrameDecoder {
 public:
    GzipDecoder() = default;
    GzipDecoder(const GzipDecoder&) = delete;
    GzipDecoder& operator=(const GzipDecoder&) = delete;

    ~GzipDecoder() override { inflateEnd(&state_); }

    bool start() { return inflateInit2(&state_, MAX_WBITS + kGzipOnly) == Z_OK; }

    void begin_frame() override { inflateReset(&state_); }

    Step step(ByteView in, char* out, size_t size) override;

 private:
    z_stream state_{};
};

FrameDecoder::Step GzipDecoder::step(ByteView in, char* out, size_t size) {
    // zlib takes no const input and does not write to it.
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    state_.avail_in = static_cast<uInt>(in.size());
    state_.next_out = reinterpret_cast<Bytef*>(out);
    state_.avail_out = static_cast<uInt>(std::min<size_t>(size, UINT32_MAX));
    const uInt room = state_.avail_out;
    const int outcome = inflate(&state_, Z_NO_FLUSH);
    Step step;
    step.taken = in.size() - state_.avail_in;
    step.made = room - state_.avail_out;
    if (outcome == Z_STREAM_END) {
        step.state = State::kFrameEnd;
    } else if (outcome == Z_MEM_ERROR) {
        step.state = State::kNoMemory;
    } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {  // that is: no progress
        step.state = State::kDamaged;
        step.why = state_.msg;
    }
    return step;
}

class GzipReader : public PackedReader {
 public:
    GzipReader(ReadableFile& file, uint64_t packed_bytes, std::unique_ptr<GzipDecoder> decoder)
        : pump_(file, packed_bytes, "gzip", std::move(decoder)) {}

    Result<bool> next_part() override;

    Result<size_t> read(char* out, size_t size) override { return pump_.read(out, size); }

 private:
    FramePump pump_;
};

Result<bool> GzipReader::next_part() {
    if (pump_.broken()) {
        return false;
    }
    while (true) {
        const auto packed = pump_.packed();
        if (!packed) {
            return fail(packed.error());
        }
        if (packed->empty()) {
            return false;
        }
        const size_t padding = std::min(packed->find_first_not_of('\0'), packed->size());
        pump_.skip(padding);
        if (padding == packed->size()) {
            continue;
        }
        if ((*packed)[padding] != kMagic[0]) {
            return fail(pump_.break_off("the bytes after the last gzip member are none"));
        }
        pump_.begin_frame();
        return true;
    }
}

}  // namespace

Result<std::unique_ptr<PackedReader>> make_gzip_reader(ReadableFile& file, uint64_t packed_bytes) {
    auto decoder = std::make_unique<GzipDecoder>();
    if (!decoder->start()) {
        return fail(ErrorCode::kIo, "no memory for unpacking");
    }
    return std::make_unique<GzipReader>(file, packed_bytes, std::move(decoder));
}

}  // namespace llmtrail
