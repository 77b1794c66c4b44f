#include "outputs/gzip.h"

#include <zlib.h>

#include <climits>

namespace llmtrail {

namespace {

constexpr int kLevel = 1;
constexpr int kGzipWindowBits = 15 + 16;  // the largest window, and gzip's frame
constexpr int kMemoryLevel = 8;

}  // namespace

struct Gzip::State {
    z_stream stream{};
    bool ready = false;
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
    state_->ready = deflateInit2(&state_->stream, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                                 Z_DEFAULT_STRATEGY) == Z_OK;
}

Gzip::~Gzip() {
    if (state_->ready) {
        deflateEnd(&state_->stream);
    }
}

Result<std::string> Gzip::pack(std::string_view text) {
    z_stream& stream = state_->stream;
    if (!state_->ready || text.size() > UINT_MAX || deflateReset(&stream) != Z_OK) {
        return fail(ErrorCode::kInternal, "a batch could not be compressed");
    }
    std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) {
        return fail(ErrorCode::kInternal, "a batch could not be compressed");
    }
    packed.resize(packed.size() - stream.avail_out);
    return packed;
}

}  // namespace llmtrail
