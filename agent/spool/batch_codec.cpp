#include "spool/batch_codec.h"

#include <zstd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/hex.h"
#include "spool/frame.h"

namespace llmtrail {
namespace {

constexpr uint8_t kMethodStored = 0;
constexpr uint8_t kMethodZstd = 1;
constexpr int kWindowLogMax = 20;  // written: bounds the compressor's memory to a few MiB
// Level 1, as the library has it for inputs above 256 KiB, also for the smaller ones of a short
// batch: a tenth faster on prose and a hundredth larger.
constexpr int kFastHashLog = 14;
constexpr int kFastMatchBytesMin = 7;
constexpr int kWindowLogAccepted = 23;  // read: kZstdWindowBytesMax
constexpr size_t kRandomBytes = 32;
constexpr size_t kBlocksPerRecord = kRandomBytes / kKeystreamBlockBytes;
constexpr size_t kEventIdBytes = 20;

tl::unexpected<Error> corrupt(const char* what) {
    return fail(ErrorCode::kCorrupt, what);
}

bool is_present(const BatchRecord& record, size_t section) {
    return record.sizes[section] != 0;
}

}  // namespace

std::string event_id_of(const Digest& leaf) {
    return to_base32(view(leaf).substr(0, kEventIdBytes));
}

struct SectionCompressor::State {
    explicit State(int compression_level)
        : level(compression_level), context(compression_level == 0 ? nullptr : ZSTD_createCCtx()) {
        if (context == nullptr) {
            return;
        }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
        ZSTD_bounds window = ZSTD_cParam_getBounds(ZSTD_c_windowLog);
        if (ZSTD_isError(window.error) == 0) {
            ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, kWindowLogMax);
        }
        if (level == 1) {
            ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, kFastHashLog);
            ZSTD_CCtx_setParameter(context, ZSTD_c_minMatch, kFastMatchBytesMin);
        }
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1);
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0);
    }

    ~State() { ZSTD_freeCCtx(context); }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    // At least `bytes`, never cleared: a string would be filled with zeros for each section.
    char* room(size_t bytes) {
        if (bytes > room_bytes) {
            room_bytes = bytes;
            compressed = std::make_unique_for_overwrite<char[]>(bytes);
        }
        return compressed.get();
    }

    int level;
    ZSTD_CCtx* context;
    std::unique_ptr<char[]> compressed;
    size_t room_bytes = 0;
};

SectionCompressor::SectionCompressor(int level) : state_(std::make_unique<State>(level)) {
    LLMTRAIL_CHECK(level == 0 || state_->context != nullptr);
}

SectionCompressor::~SectionCompressor() = default;

Result<void> SectionCompressor::compress(ByteView raw, ByteView commitments, Bytes& out) {
    out.clear();
    bool stored = state_->level == 0 || raw.empty();
    put_u8(out, stored ? kMethodStored : kMethodZstd);
    put_u32(out, static_cast<uint32_t>(raw.size()));
    put_u32(out, static_cast<uint32_t>(commitments.size()));
    out.append(commitments);
    if (stored) {
        out.append(raw);
        return {};
    }
    size_t bound = ZSTD_compressBound(raw.size());
    char* compressed = state_->room(bound);
    size_t written = ZSTD_compress2(state_->context, compressed, bound, raw.data(), raw.size());
    if (ZSTD_isError(written) != 0) {
        return fail(ErrorCode::kInternal,
                    std::string("compressing: ") + ZSTD_getErrorName(written));
    }
    out.append(compressed, written);
    return {};
}

struct SectionExpander::State {
    State() : context(ZSTD_createDCtx()) {
        LLMTRAIL_CHECK(context != nullptr);
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLogAccepted);
    }

    ~State() { ZSTD_freeDCtx(context); }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ZSTD_DCtx* context;
};

SectionExpander::SectionExpander() : state_(std::make_unique<State>()) {}

SectionExpander::~SectionExpander() = default;

namespace {

// What a decompressor must keep to read this frame, from the frame's header (RFC 8878, section
// 3.1.1.1); the whole content when the frame has no window. Nothing: no such header.
std::optional<uint64_t> zstd_window_bytes(ByteView frame) {
    constexpr size_t kDescriptorAt = 4;
    constexpr unsigned kSingleSegment = 0x20;
    if (frame.size() < kDescriptorAt + 2) {
        return std::nullopt;
    }
    auto descriptor = static_cast<uint8_t>(frame[kDescriptorAt]);
    if ((descriptor & kSingleSegment) != 0) {
        return ZSTD_getFrameContentSize(frame.data(), frame.size());
    }
    auto window = static_cast<uint8_t>(frame[kDescriptorAt + 1]);
    uint64_t base = uint64_t{1} << (10 + (window >> 3));
    return base + base / 8 * (window & 7U);
}

}  // namespace

Result<SectionParts> split_section(ByteView plaintext, size_t raw_bytes_max) {
    SectionParts parts;
    ByteReader reader(plaintext);
    uint8_t method = reader.u8();
    parts.raw_bytes = reader.u32();
    parts.commitments = reader.take(reader.u32());
    if (!reader.ok() || method > kMethodZstd) {
        return corrupt("a section cannot be read");
    }
    if (parts.raw_bytes > raw_bytes_max) {
        return corrupt("a section is larger than a frame may be");
    }
    parts.compressed = method == kMethodZstd;
    parts.payload = plaintext.substr(reader.position());
    if (!parts.compressed) {
        return parts.payload.size() == parts.raw_bytes
                   ? Result<SectionParts>(parts)
                   : Result<SectionParts>(corrupt("a section cannot be read"));
    }
    const char* data = parts.payload.data();
    size_t size = parts.payload.size();
    if (ZSTD_getFrameContentSize(data, size) != parts.raw_bytes ||
        ZSTD_findFrameCompressedSize(data, size) != size) {
        return corrupt("a section's compressed size is not the announced one");
    }
    if (zstd_window_bytes(parts.payload).value_or(~uint64_t{0}) > kZstdWindowBytesMax) {
        return corrupt("a section asks for more memory than it may");
    }
    return parts;
}

Result<void> SectionExpander::expand(ByteView plaintext, size_t raw_bytes_max,
                                     ByteView& commitments, Bytes& raw) {
    raw.clear();
    Result<SectionParts> parts = split_section(plaintext, raw_bytes_max);
    if (!parts) {
        return fail(std::move(parts.error()));
    }
    commitments = parts->commitments;
    if (!parts->compressed) {
        raw.assign(parts->payload);
        return {};
    }
    raw.resize(parts->raw_bytes);
    size_t written = ZSTD_decompressDCtx(state_->context, raw.data(), raw.size(),
                                         parts->payload.data(), parts->payload.size());
    if (ZSTD_isError(written) != 0 || written != parts->raw_bytes) {
        raw.clear();
        return corrupt("a section does not decompress");
    }
    return {};
}

void Committer::commit(Keystream& keystream, Section section, uint64_t first_index, ByteView raw,
                       std::vector<BatchRecord>& records) {
    size_t s = index_of(section);
    std::array<char, 1 + kRandomBytes> prefix{static_cast<char>(kCommitmentPrefix + s)};
    keystream.generate(first_index * kBlocksPerRecord, records.size() * kBlocksPerRecord, randoms_);
    for (size_t i = 0; i < records.size(); ++i) {
        BatchRecord& record = records[i];
        if (!is_present(record, s)) {
            record.commitments[s] = Digest{};
            continue;
        }
        randoms_.copy(prefix.data() + 1, kRandomBytes, i * kRandomBytes);
        lanes_.add({prefix.data(), prefix.size()}, raw.substr(record.offsets[s], record.sizes[s]),
                   record.commitments[s]);
    }
    lanes_.finish();
}

void Committer::put_leaves(uint64_t first_index, std::vector<BatchRecord>& records) {
    for (size_t i = 0; i < records.size(); ++i) {
        LeafPrefix prefix = leaf_prefix(first_index + i);
        lanes_.add({prefix.data(), prefix.size()}, leaf_body(records[i].commitments),
                   records[i].leaf);
    }
    lanes_.finish();
}

void encode_commitments(const std::vector<BatchRecord>& records, Bytes& out) {
    for (const BatchRecord& record : records) {
        uint8_t present = 0;
        for (size_t s = 0; s < kSectionCount; ++s) {
            present = static_cast<uint8_t>(present | (is_present(record, s) ? 1U << s : 0U));
        }
        put_u8(out, present);
        for (size_t s = 1; s < kSectionCount; ++s) {
            if (is_present(record, s)) {
                out.append(view(record.commitments[s]));
            }
        }
    }
}

Result<void> check_commitments(ByteView stored, uint8_t known, std::vector<BatchRecord>& records) {
    ByteReader reader(stored);
    for (size_t i = 0; i < records.size(); ++i) {
        BatchRecord& record = records[i];
        uint8_t present = reader.u8();
        for (size_t s = 0; s < kSectionCount && reader.ok(); ++s) {
            bool computed = (known & (1U << s)) != 0;
            bool has = (present & (1U << s)) != 0;
            if (computed && has != is_present(record, s)) {
                return corrupt("a record's sections are not the committed ones");
            }
            if (s == 0 || !has) {
                continue;
            }
            ByteView hash = reader.take(kDigestBytes);
            if (computed && hash != view(record.commitments[s])) {
                return corrupt("a record does not match its commitment");
            }
            std::copy(hash.begin(), hash.end(), record.commitments[s].begin());
        }
    }
    return reader.ok() && reader.at_end() ? Result<void>{}
                                          : Result<void>(corrupt("commitments cannot be read"));
}

Result<void> locate_records(ByteView raw, Section section, std::vector<BatchRecord>& records) {
    size_t s = index_of(section);
    ByteReader reader(raw);
    for (BatchRecord& record : records) {
        ByteView bytes = reader.sized();
        record.offsets[s] = static_cast<uint32_t>(reader.position() - bytes.size());
        record.sizes[s] = static_cast<uint32_t>(bytes.size());
    }
    if (!reader.ok() || !reader.at_end()) {
        return corrupt("a section's records do not fill it");
    }
    return {};
}

}  // namespace llmtrail
