#include "tail/unpacked_stream.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "tail/packed_readers.h"
#include "tail/read_exactly.h"

namespace llmtrail {

namespace {

constexpr size_t kHeadBytes = 512;
constexpr size_t kTarMagicAt = 257;

enum class Packing : uint8_t { kNone, kGzip, kZstd, kZip, kOther };

struct Magic {
    ByteView bytes;
    Packing packing;
};

constexpr std::array<Magic, 11> kMagics = {{
    {{"\x1F\x8B\x08", 3}, Packing::kGzip},
    {{"\x28\xB5\x2F\xFD", 4}, Packing::kZstd},
    {{"PK\x03\x04", 4}, Packing::kZip},
    {{"PK\x05\x06", 4}, Packing::kZip},  // an empty one
    {{"PK\x07\x08", 4}, Packing::kOther},
    {{"\xFD\x37zXZ\0", 6}, Packing::kOther},
    {{"\x04\x22\x4D\x18", 4}, Packing::kOther},  // lz4
    {{"7z\xBC\xAF\x27\x1C", 6}, Packing::kOther},
    {{"Rar!\x1A\x07", 6}, Packing::kOther},
    {{"\xFFsNaPpY", 7}, Packing::kOther},
    {{"PAR1", 4}, Packing::kOther},  // Parquet
}};

Packing packing_of(ByteView head) {
    for (const Magic& magic : kMagics) {
        if (head.starts_with(magic.bytes)) {
            return magic.packing;
        }
    }
    const bool skippable_frame = head.size() >= 4 && (head[0] & '\xF0') == '\x50' &&
                                 head.substr(1, 3) == ByteView("\x2A\x4D\x18", 3);
    if (skippable_frame) {
        return Packing::kZstd;
    }
    const bool bzip2 = head.starts_with("BZh") &&
                       head.substr(std::min<size_t>(4, head.size())).starts_with("1AY&SY");
    const bool tar = head.size() > kTarMagicAt && head.substr(kTarMagicAt).starts_with("ustar");
    return tar || bzip2 ? Packing::kOther : Packing::kNone;
}

class PlainStream : public PartedStream {
 public:
    PlainStream(ReadableFile& file, uint64_t bytes) : file_(file), bytes_(bytes) {}

    Result<size_t> read(char* out, size_t size) override {
        const auto got = file_.read_at(offset_, out, std::min<uint64_t>(size, bytes_ - offset_));
        offset_ += got ? *got : 0;
        return got;
    }

    Result<bool> next_part() override { return false; }

 private:
    ReadableFile& file_;
    uint64_t bytes_;
    uint64_t offset_ = 0;
};

class UnpackedStream : public PartedStream {
 public:
    UnpackedStream(std::unique_ptr<PackedReader> reader, bool numbered, uint64_t bytes_max)
        : reader_(std::move(reader)), numbered_(numbered), bytes_max_(bytes_max) {}

    Result<size_t> read(char* out, size_t size) override;
    Result<bool> next_part() override;

 private:
    Result<bool> begin_part();
    Result<size_t> read_part(char* out, size_t size);
    void note(Error error);
    size_t capped(size_t bytes);

    std::unique_ptr<PackedReader> reader_;
    bool numbered_;  // it has members that can be spoken of
    uint64_t bytes_max_;
    uint64_t bytes_ = 0;  // unpacked so far
    uint64_t part_ = 0;
    bool in_part_ = false;
    bool begun_ = false;
    bool ended_ = false;
    Bytes head_;  // of the part, not handed out yet
    std::optional<Error> problem_;
    size_t problems_ = 0;
};

void UnpackedStream::note(Error error) {
    in_part_ = false;
    ++problems_;
    if (problems_ > kMemberProblemsMax) {
        return;
    }
    const std::string where =
        numbered_ && part_ > 0 ? "member " + std::to_string(part_) + ": " : std::string();
    if (!problem_) {
        problem_ = Error{error.code, where + error.message, 0};
    } else {
        problem_->message += "; " + where + error.message;
    }
}

Result<size_t> UnpackedStream::read_part(char* out, size_t size) {
    auto got = reader_->read(out, size);
    if (!got) {
        if (!is_content_error(got.error().code)) {
            return got;
        }
        note(std::move(got.error()));
        return size_t{0};
    }
    in_part_ = *got > 0;
    return got;
}

// Opens the next part that may be read. False: there is none.
Result<bool> UnpackedStream::begin_part() {
    ++part_;
    const auto more = reader_->next_part();
    if (!more) {
        if (!is_content_error(more.error().code)) {
            return fail(more.error());
        }
        note(more.error());
        return true;  // an empty part in its place
    }
    if (!*more) {
        return false;
    }
    in_part_ = true;
    head_.resize(kHeadBytes);
    size_t size = 0;
    while (in_part_ && size < kHeadBytes) {
        const auto got = read_part(head_.data() + size, kHeadBytes - size);
        if (!got) {
            return fail(got.error());
        }
        size += *got;
    }
    head_.resize(size);
    if (packing_of(head_) != Packing::kNone) {
        head_.clear();
        note({ErrorCode::kUnsupported, "holds an archive, which is not unpacked", 0});
    }
    return true;
}

size_t UnpackedStream::capped(size_t bytes) {
    const uint64_t left = bytes_max_ - bytes_;
    bytes_ += std::min<uint64_t>(bytes, left);
    if (bytes <= left) {
        return bytes;
    }
    ended_ = true;
    head_.clear();
    note({ErrorCode::kLimit,
          "unpacks to more than " + std::to_string(bytes_max_) + " bytes, the rest is not read",
          0});
    return left;
}

Result<size_t> UnpackedStream::read(char* out, size_t size) {
    if (!begun_) {
        begun_ = true;
        const auto more = begin_part();
        if (!more) {
            return fail(more.error());
        }
        ended_ = ended_ || !*more;
    }
    if (ended_) {
        return size_t{0};
    }
    if (!head_.empty()) {
        const size_t count = std::min(size, head_.size());
        std::copy_n(head_.begin(), count, out);
        head_.erase(0, count);
        return capped(count);
    }
    if (!in_part_) {
        return size_t{0};
    }
    const auto got = read_part(out, size);
    return got ? Result<size_t>(capped(*got)) : got;
}

Result<bool> UnpackedStream::next_part() {
    if (!ended_) {
        const auto more = begin_part();
        if (!more) {
            return more;
        }
        ended_ = ended_ || !*more;
    }
    if (!ended_) {
        return true;
    }
    if (!problem_) {
        return false;
    }
    Error problem = std::move(*problem_);
    problem_.reset();
    if (problems_ > kMemberProblemsMax) {
        problem.message += "; and " + std::to_string(problems_ - kMemberProblemsMax) + " more";
    }
    return fail(std::move(problem));
}

// 0 times anything is the free amount: an archive of no bytes unpacks to none.
uint64_t unpacked_bytes_max(uint64_t packed_bytes, const UnpackLimits& limits) {
    const bool beyond = packed_bytes > limits.bytes_max / std::max<uint64_t>(limits.ratio_max, 1);
    const uint64_t by_ratio = beyond ? limits.bytes_max : packed_bytes * limits.ratio_max;
    return std::min(limits.bytes_max, std::max(by_ratio, kUnpackedFreeBytes));
}

}  // namespace

Result<std::unique_ptr<PartedStream>> open_unpacked(ReadableFile& file, uint64_t packed_bytes,
                                                    const UnpackLimits& limits) {
    const auto head = read_exactly(file, 0, std::min<uint64_t>(kHeadBytes, packed_bytes));
    if (!head) {
        return fail(head.error());
    }
    const Packing packing = packing_of(*head);
    Result<std::unique_ptr<PackedReader>> reader;
    switch (packing) {
        case Packing::kNone:
            return std::make_unique<PlainStream>(file, packed_bytes);
        case Packing::kOther:
            return fail(ErrorCode::kUnsupported,
                        "packed in a form that is not read: gzip, zstd and zip are");
        case Packing::kGzip:
            reader = make_gzip_reader(file, packed_bytes);
            break;
        case Packing::kZstd:
            reader = make_zstd_reader(file, packed_bytes);
            break;
        case Packing::kZip:
            reader = make_zip_reader(file, packed_bytes, limits.zip_directory_bytes_max);
            break;
    }
    if (!reader) {
        return fail(reader.error());
    }
    return std::make_unique<UnpackedStream>(std::move(*reader), packing != Packing::kZstd,
                                            unpacked_bytes_max(packed_bytes, limits));
}

}  // namespace llmtrail
