#include "spool/salvage_batch.h"

#include <zstd.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/unauthenticated.h"

namespace llmtrail {

namespace {

constexpr size_t kRandomBytes = 32;
constexpr size_t kBlocksPerRecord = kRandomBytes / kKeystreamBlockBytes;
constexpr size_t kPieceBytes = size_t{256} << 10;
constexpr size_t kTableAt = 4;  // in the clear body, behind the count of positions

constexpr uint8_t bit_of(size_t section) {
    return static_cast<uint8_t>(1U << section);
}

}  // namespace

SalvageKeys::SalvageKeys(const DataKeys& keys) {
    for (size_t s = 0; s < kSectionCount; ++s) {
        if (!keys[s].empty()) {
            aead[s] = hkdf_expand(keys[s], kAeadInfo);
            commit[s].emplace(hkdf_expand(keys[s], kCommitKeyInfo));
        }
    }
}

struct BatchSalvage::Zstd {
    Zstd() : context(ZSTD_createDCtx()) {
        constexpr int kWindowLog = 23;
        static_assert(uint64_t{1} << kWindowLog == kZstdWindowBytesMax);
        LLMTRAIL_CHECK(context != nullptr);
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLog);
    }

    ~Zstd() { ZSTD_freeDCtx(context); }

    Zstd(const Zstd&) = delete;
    Zstd& operator=(const Zstd&) = delete;

    ZSTD_DCtx* context;
};

BatchSalvage::BatchSalvage() : zstd_(std::make_unique<Zstd>()) {}

BatchSalvage::~BatchSalvage() = default;

Result<void> BatchSalvage::take(uint64_t segment_no, const FrameView& frame, SalvageKeys& keys,
                                SalvageVisitor& visitor, SalvageTotals& totals) {
    size_t count = frame.header.leaf_count;
    if (frame.clear.size() < kTableAt + count * kDigestBytes) {
        totals.lost_records += count;
        return {};
    }
    stored_.clear();
    for (Section section : kSections) {
        records_[index_of(section)].clear();
        computed_[index_of(section)].clear();
        if (!frame.sections[index_of(section)].empty() && keys.commit[index_of(section)]) {
            open_section(frame, keys, section);
        }
    }
    read_stored(count);
    for (size_t i = 0; i < count; ++i) {
        SalvagedRecord record;
        record.segment_no = segment_no;
        record.index = frame.header.index + i;
        if (!match(frame, i, record)) {
            ++totals.lost_records;
            continue;
        }
        ++totals.records;
        totals.whole_records += record.lost == 0 ? 1 : 0;
        if (Result<void> taken = visitor.record(record); !taken) {
            return taken;
        }
    }
    return {};
}

// Records and their commitments up to the first byte that makes no sense.
void BatchSalvage::open_section(const FrameView& frame, SalvageKeys& keys, Section section) {
    size_t s = index_of(section);
    size_t count = frame.header.leaf_count;
    decrypt_unauthenticated(keys.aead[s], frame.header.salt, frame.header.frame_no,
                            frame.sections[s], plaintext_);
    ByteView raw = expand(plaintext_, section, raw_[s]);
    keys.commit[s]->generate(frame.header.index * kBlocksPerRecord, count * kBlocksPerRecord,
                             randoms_);
    char tag = static_cast<char>(kCommitmentPrefix + s);
    ByteReader reader(raw);
    for (size_t i = 0; i < count; ++i) {
        ByteView bytes = reader.sized();
        if (!reader.ok()) {
            return;
        }
        records_[s].push_back(bytes);
        computed_[s].push_back(
            bytes.empty() ? Digest{}
                          : hash_.update({&tag, 1})
                                .update(ByteView(randoms_).substr(i * kRandomBytes, kRandomBytes))
                                .update(bytes)
                                .finish());
    }
}

// As much of the section as decompresses; the envelope's commitments beside it.
ByteView BatchSalvage::expand(ByteView plaintext, Section section, Bytes& raw) {
    raw.clear();
    ByteReader reader(plaintext);
    uint8_t method = reader.u8();
    uint32_t raw_bytes = reader.u32();
    ByteView commitments = reader.take(reader.u32());
    if (!reader.ok() || raw_bytes > kFrameRawBytesMax || method > 1) {
        return {};
    }
    if (section == Section::kEnvelope) {
        stored_ = commitments;
    }
    ByteView payload = plaintext.substr(reader.position());
    if (method == 0) {
        raw.assign(payload.substr(0, raw_bytes));
        return raw;
    }
    ZSTD_DCtx_reset(zstd_->context, ZSTD_reset_session_only);
    ZSTD_inBuffer in{payload.data(), payload.size(), 0};
    while (raw.size() < raw_bytes) {
        size_t had = raw.size();
        raw.resize(std::min<size_t>(had + kPieceBytes, raw_bytes));
        ZSTD_outBuffer out{raw.data() + had, raw.size() - had, 0};
        size_t left = ZSTD_decompressStream(zstd_->context, &out, &in);
        raw.resize(had + out.pos);
        if (ZSTD_isError(left) != 0 || left == 0 || (out.pos == 0 && in.pos == in.size)) {
            break;
        }
    }
    return raw;
}

// Presence bits and commitments of as many records as they can be read for.
void BatchSalvage::read_stored(size_t records) {
    present_.clear();
    expected_.clear();
    ByteReader reader(stored_);
    for (size_t i = 0; i < records; ++i) {
        uint8_t present = reader.u8();
        Commitments commitments{};
        for (size_t s = 1; s < kSectionCount; ++s) {
            if ((present & bit_of(s)) != 0) {
                ByteView hash = reader.take(kDigestBytes);
                std::copy(hash.begin(), hash.end(), commitments[s].begin());
            }
        }
        if (!reader.ok()) {
            return;
        }
        present_.push_back(present);
        expected_.push_back(commitments);
    }
}

// The leaf is made of the envelope as it opened and, for each other section, of what opened or,
// where that fails, of what the envelope says about it.
bool BatchSalvage::match(const FrameView& frame, size_t record, SalvagedRecord& out) {
    if (computed_[0].size() <= record) {
        return false;
    }
    frame.clear.copy(out.leaf.data(), out.leaf.size(), kTableAt + record * kDigestBytes);
    Commitments used{};
    used[0] = computed_[0][record];
    out.sections[0] = records_[0][record];
    bool told = present_.size() > record;
    for (size_t s = 1; s < kSectionCount; ++s) {
        bool opened = computed_[s].size() > record;
        bool agrees = opened && (!told || computed_[s][record] == expected_[record][s]);
        if (agrees) {
            used[s] = computed_[s][record];
            out.sections[s] = records_[s][record];
        } else if (told && (present_[record] & bit_of(s)) != 0) {
            used[s] = expected_[record][s];
            out.lost = static_cast<uint8_t>(out.lost | bit_of(s));
        }
    }
    return record_leaf(hash_, out.index, used) == out.leaf;
}

}  // namespace llmtrail
