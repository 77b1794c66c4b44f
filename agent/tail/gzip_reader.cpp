#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "tail/packed_readers.h"

namespace llmtrail {

namespace {

constexpr int kGzipOnly = 16;  // added to the window bits: a gzip header is wanted, its CRC checked
constexpr ByteView kMagic = "\x1F\x8B";

class GzipReader : public PackedReader {
 public:
    GzipReader(ReadableFile& file, uint64_t packed_bytes)
        : file_(file), packed_bytes_(packed_bytes), chunk_(kPackedChunkBytes, '\0') {}

    GzipReader(const GzipReader&) = delete;
    GzipReader& operator=(const GzipReader&) = delete;

    ~GzipReader() override { inflateEnd(&state_); }

    bool start() { return inflateInit2(&state_, MAX_WBITS + kGzipOnly) == Z_OK; }

    Result<bool> next_part() override;
    Result<size_t> read(char* out, size_t size) override;

 private:
    Result<void> fill();

    ReadableFile& file_;
    uint64_t packed_bytes_;
    uint64_t offset_ = 0;  // of the file: read up to here
    Bytes chunk_;
    z_stream state_{};
    bool broken_ = false;
    bool in_member_ = false;
};

Result<void> GzipReader::fill() {
    if (state_.avail_in > 0) {
        return {};
    }
    const uint64_t left = packed_bytes_ - std::min(offset_, packed_bytes_);
    const auto got = file_.read_at(offset_, chunk_.data(), std::min<uint64_t>(left, chunk_.size()));
    if (!got) {
        return fail(got.error());
    }
    offset_ += *got;
    state_.next_in = reinterpret_cast<Bytef*>(chunk_.data());
    state_.avail_in = static_cast<uInt>(*got);
    return {};
}

Result<bool> GzipReader::next_part() {
    while (!broken_) {
        if (auto filled = fill(); !filled) {
            return fail(filled.error());
        }
        while (state_.avail_in > 0 && *state_.next_in == 0) {
            ++state_.next_in;
            --state_.avail_in;
        }
        if (state_.avail_in > 0) {
            break;
        }
        if (offset_ >= packed_bytes_) {
            return false;
        }
        if (auto filled = fill(); !filled || state_.avail_in == 0) {
            return filled ? Result<bool>(false) : Result<bool>(fail(filled.error()));
        }
    }
    if (broken_) {
        return false;
    }
    if (*state_.next_in != static_cast<Bytef>(kMagic[0])) {
        broken_ = true;
        return fail(ErrorCode::kCorrupt, "the bytes after the last gzip member are none");
    }
    inflateReset(&state_);
    in_member_ = true;
    return true;
}

Result<size_t> GzipReader::read(char* out, size_t size) {
    state_.next_out = reinterpret_cast<Bytef*>(out);
    state_.avail_out = static_cast<uInt>(std::min<size_t>(size, UINT32_MAX));
    while (in_member_ && state_.avail_out > 0) {
        if (auto filled = fill(); !filled) {
            return fail(filled.error());
        }
        const bool at_end = state_.avail_in == 0;
        const int outcome = inflate(&state_, Z_NO_FLUSH);
        const size_t got = static_cast<size_t>(state_.next_out - reinterpret_cast<Bytef*>(out));
        if (outcome == Z_STREAM_END) {
            in_member_ = false;
        } else if (outcome == Z_MEM_ERROR) {
            return fail(ErrorCode::kIo, "no memory for unpacking");
        } else if (outcome != Z_OK && !(outcome == Z_BUF_ERROR && !at_end)) {
            if (got > 0) {
                return got;  // the error comes again with the next call
            }
            in_member_ = false;
            broken_ = true;
            if (outcome == Z_BUF_ERROR) {
                return fail(ErrorCode::kCorrupt, "the gzip data is cut off");
            }
            return fail(ErrorCode::kCorrupt, std::string("the gzip data is damaged: ") +
                                                 (state_.msg != nullptr ? state_.msg : "unknown"));
        }
        if (got > 0 && state_.avail_in == 0) {
            return got;
        }
    }
    return static_cast<size_t>(state_.next_out - reinterpret_cast<Bytef*>(out));
}

}  // namespace

Result<std::unique_ptr<PackedReader>> make_gzip_reader(ReadableFile& file, uint64_t packed_bytes) {
    auto reader = std::make_unique<GzipReader>(file, packed_bytes);
    if (!reader->start()) {
        return fail(ErrorCode::kIo, "no memory for unpacking");
    }
    return reader;
}

}  // namespace llmtrail
