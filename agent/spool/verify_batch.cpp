#include "spool/verify_batch.h"

#include <zstd.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "spool/record_pieces.h"

namespace llmtrail {

namespace {

constexpr size_t kRandomBytes = 32;
constexpr size_t kBlocksPerRecord = kRandomBytes / kKeystreamBlockBytes;
constexpr size_t kWholeRawBytesMax = size_t{4} << 20;  // more passes through in pieces
constexpr size_t kPieceBytes = size_t{256} << 10;
constexpr size_t kStoredBytesMax = 1 + (kSectionCount - 1) * kDigestBytes;  // of a record

constexpr uint8_t bit_of(Section section) {
    return static_cast<uint8_t>(1U << index_of(section));
}

}  // namespace

struct BatchCheck::Zstd {
    Zstd() : context(ZSTD_createDCtx()) {
        LLMTRAIL_CHECK(context != nullptr);
        constexpr int kWindowLog = 23;
        static_assert(uint64_t{1} << kWindowLog == kZstdWindowBytesMax);
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLog);
    }

    ~Zstd() { ZSTD_freeDCtx(context); }

    Zstd(const Zstd&) = delete;
    Zstd& operator=(const Zstd&) = delete;

    ZSTD_DCtx* context;
};

char* BatchCheck::Room::of(size_t wanted) {
    if (wanted > size) {
        bytes = std::make_unique_for_overwrite<char[]>(wanted);
        size = wanted;
    }
    return bytes.get();
}

BatchCheck::BatchCheck() : zstd_(std::make_unique<Zstd>()) {}

BatchCheck::~BatchCheck() = default;

Result<std::optional<ContentFault>> BatchCheck::check(FrameStream& stream,
                                                      const StreamedFrame& frame,
                                                      SegmentOpeners& openers, const Digest& chain,
                                                      ByteView leaves, Digest& digest) {
    header_ = &frame.view.header;
    commitments_.assign(header_->leaf_count, Commitments{});
    present_.assign(header_->leaf_count, 0);
    stored_.clear();
    raw_bytes_left_ = kFrameRawBytesMax;
    if (frame.digest) {
        digest = *frame.digest;
    } else {
        Bytes prefix(1, kFramePrefix);
        prefix += frame.view.head;
        lanes_.add(prefix, frame.view.body, digest);
    }
    uint8_t unopened = 0;
    Fault fault;
    for (Section section : kSections) {
        if ((header_->section_mask & bit_of(section)) == 0 || fault) {
            continue;
        }
        if (section != Section::kEnvelope && !openers.has(section)) {
            unopened = static_cast<uint8_t>(unopened | bit_of(section));
            continue;
        }
        Result<Fault> checked = check_section(stream, frame, openers, chain, section);
        if (!checked) {
            lanes_.finish();
            return checked;
        }
        fault = std::move(*checked);
    }
    lanes_.finish();
    if (fault) {
        return fault;
    }
    // What was not opened takes its commitments from the envelope before a leaf can be made;
    // otherwise leaves come first, they tell which record is at fault.
    auto known = static_cast<uint8_t>(0x0FU & ~unsigned{unopened});
    fault = unopened != 0 ? check_stored(known) : check_leaves(leaves);
    if (!fault) {
        fault = unopened != 0 ? check_leaves(leaves) : check_stored(known);
    }
    return fault;
}

Result<BatchCheck::Fault> BatchCheck::check_section(FrameStream& stream, const StreamedFrame& frame,
                                                    SegmentOpeners& openers, const Digest& chain,
                                                    Section section) {
    Result<void> read = stream.read_section(frame, section, plaintext_);
    if (!read) {
        return fail(std::move(read.error()));
    }
    auto wrong = [section](const std::string& what) {
        std::string name(section_name(section));
        return Fault(ContentFault{name + ": " + what, name, {}});
    };
    Result<void> opened =
        openers.open_in_place(stream.header().header_hash, chain, frame.view, section, plaintext_);
    if (!opened) {
        return wrong(opened.error().message);
    }
    Result<SectionParts> parts = split_section(plaintext_, raw_bytes_left_);
    if (!parts) {
        return wrong(parts.error().message);
    }
    raw_bytes_left_ -= parts->raw_bytes;
    if (section == Section::kEnvelope) {
        if (parts->commitments.size() > header_->leaf_count * kStoredBytesMax) {
            return wrong("commitments cannot be read");
        }
        stored_.assign(parts->commitments);
    }
    Fault fault = take_section(*parts, openers, section);
    if (!fault && section != Section::kEnvelope && !parts->commitments.empty()) {
        fault = ContentFault{"commitments where none belong", "", {}};
    }
    return fault ? wrong(fault->reason) : Fault();
}

// What is hashed in lanes must stay until they finish: each section has its own memory.
BatchCheck::Fault BatchCheck::take_section(const SectionParts& parts, SegmentOpeners& openers,
                                           Section section) {
    size_t s = index_of(section);
    openers.keystream(section).generate(header_->index * kBlocksPerRecord,
                                        header_->leaf_count * kBlocksPerRecord, randoms_[s]);
    if (parts.raw_bytes > kWholeRawBytesMax) {
        return stream_records(parts, section);
    }
    char* raw = raw_[s].of(parts.raw_bytes);
    if (!parts.compressed) {
        std::copy(parts.payload.begin(), parts.payload.end(), raw);
    } else {
        size_t written = ZSTD_decompressDCtx(zstd_->context, raw, parts.raw_bytes,
                                             parts.payload.data(), parts.payload.size());
        if (ZSTD_isError(written) != 0 || written != parts.raw_bytes) {
            return ContentFault{"a section does not decompress", "", {}};
        }
    }
    return hash_records(ByteView(raw, parts.raw_bytes), section);
}

BatchCheck::Fault BatchCheck::hash_records(ByteView raw, Section section) {
    size_t s = index_of(section);
    std::array<char, 1 + kRandomBytes> prefix{static_cast<char>(kCommitmentPrefix + s)};
    ByteReader reader(raw);
    for (size_t i = 0; i < commitments_.size(); ++i) {
        ByteView bytes = reader.sized();
        if (bytes.empty()) {
            continue;
        }
        present_[i] = static_cast<uint8_t>(present_[i] | bit_of(section));
        std::copy_n(randoms_[s].begin() + static_cast<ptrdiff_t>(i * kRandomBytes), kRandomBytes,
                    prefix.begin() + 1);
        lanes_.add({prefix.data(), prefix.size()}, bytes, commitments_[i][s]);
    }
    if (!reader.ok() || !reader.at_end()) {
        return ContentFault{"a section's records do not fill it", "", {}};
    }
    return std::nullopt;
}

// The same for a section that is not to be in memory as a whole.
BatchCheck::Fault BatchCheck::stream_records(const SectionParts& parts, Section section) {
    size_t s = index_of(section);
    char tag = static_cast<char>(kCommitmentPrefix + s);
    RecordPieces pieces(commitments_.size());
    auto take = [&](ByteView raw) {
        pieces.feed(raw, [&](size_t record, ByteView piece, bool first, bool last) {
            if (first) {
                present_[record] = static_cast<uint8_t>(present_[record] | bit_of(section));
                hash_.update({&tag, 1}).update(
                    ByteView(randoms_[s]).substr(record * kRandomBytes, kRandomBytes));
            }
            hash_.update(piece);
            if (last) {
                commitments_[record][s] = hash_.finish();
            }
        });
    };
    if (!parts.compressed) {
        take(parts.payload);
    } else {
        ZSTD_DCtx_reset(zstd_->context, ZSTD_reset_session_only);
        ZSTD_inBuffer in{parts.payload.data(), parts.payload.size(), 0};
        char* room = raw_[s].of(kPieceBytes);
        uint64_t written = 0;
        for (size_t left = 1; left != 0;) {
            ZSTD_outBuffer out{room, kPieceBytes, 0};
            left = ZSTD_decompressStream(zstd_->context, &out, &in);
            bool stuck = out.pos == 0 && in.pos == in.size;
            written += out.pos;
            if (ZSTD_isError(left) != 0 || (left != 0 && stuck) || written > parts.raw_bytes) {
                hash_.finish();
                return ContentFault{"a section does not decompress", "", {}};
            }
            take(ByteView(room, out.pos));
        }
    }
    if (!pieces.complete()) {
        hash_.finish();
        return ContentFault{"a section's records do not fill it", "", {}};
    }
    return std::nullopt;
}

BatchCheck::Fault BatchCheck::check_leaves(ByteView leaves) {
    leaves_.resize(commitments_.size());
    for (size_t i = 0; i < commitments_.size(); ++i) {
        LeafPrefix prefix = leaf_prefix(header_->index + i);
        lanes_.add({prefix.data(), prefix.size()}, leaf_body(commitments_[i]), leaves_[i]);
    }
    lanes_.finish();
    for (size_t i = 0; i < leaves_.size(); ++i) {
        if (view(leaves_[i]) != leaves.substr(i * kDigestBytes, kDigestBytes)) {
            uint64_t index = header_->index + i;
            return ContentFault{
                "record " + std::to_string(index) + " is not the one in the leaf table", "", index};
        }
    }
    return std::nullopt;
}

// Presence bits and hashes that stand in the envelope, with those made here; what was not opened is
// taken over.
BatchCheck::Fault BatchCheck::check_stored(uint8_t known) {
    auto wrong = [](const char* what) { return ContentFault{what, "", {}}; };
    ByteReader reader(stored_);
    for (size_t i = 0; i < commitments_.size(); ++i) {
        uint8_t present = reader.u8();
        for (size_t s = 0; s < kSectionCount && reader.ok(); ++s) {
            bool computed = (known & (1U << s)) != 0;
            bool has = (present & (1U << s)) != 0;
            if (computed && has != ((present_[i] & (1U << s)) != 0)) {
                return wrong("a record's sections are not the committed ones");
            }
            if (s == 0 || !has) {
                continue;
            }
            ByteView hash = reader.take(kDigestBytes);
            if (computed && hash != view(commitments_[i][s])) {
                return wrong("a record does not match its commitment");
            }
            std::copy(hash.begin(), hash.end(), commitments_[i][s].begin());
        }
    }
    return reader.ok() && reader.at_end() ? Fault() : wrong("commitments cannot be read");
}

}  // namespace llmtrail
