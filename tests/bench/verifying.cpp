#include "verifying.h"

#include <openssl/evp.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash_lanes.h"
#include "spool/batch_codec.h"
#include "spool/verify.h"

namespace llmtrail {

namespace {

constexpr size_t kBatchBytes = size_t{1} << 20;
constexpr size_t kPieceBytes = size_t{256} << 10;  // about a compressed section
constexpr size_t kCommitmentPrefixBytes = 33;
constexpr size_t kCachedRecords = 200;
constexpr int kRounds = 7;  // the cheapest counts: what else runs only adds

// One section of one batch, as it stands before and after compression.
struct Packed {
    Bytes raw;
    Bytes section;  // plaintext, as the spool seals it
};

std::vector<Packed> pack(const std::vector<Encoded>& records, int compression) {
    SectionCompressor compressor(compression);
    std::vector<Packed> packed;
    std::array<Bytes, kSectionCount> raw;
    size_t bytes = 0;
    for (size_t i = 0; i < records.size(); ++i) {
        for (size_t s = 0; s < kSectionCount; ++s) {
            put_sized(raw[s], records[i].sections[s]);
            bytes += records[i].sections[s].size();
        }
        if (bytes < kBatchBytes && i + 1 < records.size()) {
            continue;
        }
        for (Bytes& section : raw) {
            Packed& one = packed.emplace_back();
            if (auto done = compressor.compress(section, {}, one.section); !done) {
                give_up(done.error());
            }
            one.raw = std::move(section);
            section.clear();
        }
        bytes = 0;
    }
    return packed;
}

template <typename Work>
double cheapest(Work work) {
    double least = 0;
    for (int round = 0; round < kRounds; ++round) {
        double begun = cpu_seconds();
        work();
        double took = cpu_seconds() - begun;
        least = round == 0 ? took : std::min(least, took);
    }
    return least;
}

double decompressing(const std::vector<Packed>& packed) {
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
    Bytes room(2 * kBatchBytes, '\0');
    return cheapest([&] {
        for (const Packed& one : packed) {
            auto parts = split_section(one.section, room.size());
            if (parts && parts->compressed) {
                size_t written = ZSTD_decompressDCtx(context.get(), room.data(), room.size(),
                                                     parts->payload.data(), parts->payload.size());
                LLMTRAIL_CHECK(written == one.raw.size());
            }
        }
    });
}

// The same few over and over: a verifier finds what it has just decompressed in the cache.
double hashing_records(const std::vector<Encoded>& records) {
    HashLanes lanes;
    Bytes prefix(kCommitmentPrefixBytes, 'p');
    std::array<Digest, kSectionCount> digests;
    return cheapest([&] {
        for (size_t i = 0; i < records.size(); ++i) {
            const Encoded& record = records[i % kCachedRecords];
            for (size_t s = 0; s < kSectionCount; ++s) {
                if (!record.sections[s].empty()) {
                    lanes.add(prefix, record.sections[s], digests[s]);
                }
            }
        }
        lanes.finish();
    });
}

double hashing_frames(const std::vector<Packed>& packed) {
    HashLanes lanes;
    std::vector<Digest> digests(packed.size());
    return cheapest([&] {
        for (size_t i = 0; i < packed.size(); ++i) {
            lanes.add({}, packed[i].section, digests[i]);
        }
        lanes.finish();
    });
}

double decrypting(const std::vector<Packed>& packed) {
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                            EVP_CIPHER_CTX_free);
    std::array<unsigned char, kAeadKeyBytes> key{};
    std::array<unsigned char, kAeadNonceBytes> nonce{};
    std::vector<unsigned char> out(2 * kBatchBytes);
    LLMTRAIL_CHECK(
        EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nullptr) == 1);
    return cheapest([&] {
        for (const Packed& one : packed) {
            int written = 0;
            LLMTRAIL_CHECK(
                EVP_DecryptInit_ex(context.get(), nullptr, nullptr, nullptr, nonce.data()) == 1);
            LLMTRAIL_CHECK(
                EVP_DecryptUpdate(context.get(), out.data(), &written,
                                  reinterpret_cast<const unsigned char*>(one.section.data()),
                                  static_cast<int>(one.section.size())) == 1);
        }
    });
}

struct Verified {
    double seconds = 0;
    uint64_t bytes = 0;
};

Verified verifying(const VerifyOptions& options, bool with_keys, FileSystem& files) {
    Verified verified;
    verified.seconds = cheapest([&] {
        VerifyReport report = verify_spool(options, files);
        if (report.verdict != Verdict::kClean || report.content_checked != with_keys) {
            give_up({ErrorCode::kCorrupt, report.reason});
        }
        verified.bytes = report.bytes;
    });
    return verified;
}

void print_row(const char* what, double seconds, uint64_t bytes, const char* bar) {
    double size = static_cast<double>(bytes);
    std::printf("| %s | %.2f | %.2f | %s |\n", what, seconds / size * 1e9, size / seconds / 1e9,
                bar);
    std::fflush(stdout);
}

}  // namespace

void print_verifying(const std::vector<Encoded>& records, int compression,
                     const std::string& directory, SpoolSeams seams) {
    std::string spool = directory + "/spool";
    std::string trust = directory + "/keys/identity.pub";
    Verified without = verifying({spool, "", trust}, false, seams.files);
    Verified with = verifying({spool, directory + "/keys", trust}, true, seams.files);
    std::vector<Packed> packed = pack(records, compression);
    double zstd = decompressing(packed);
    double content = hashing_records(records);
    double frames = hashing_frames(packed);
    double gcm = decrypting(packed);
    uint64_t bytes = with.bytes;
    std::printf("\n| verifying, zstd %d: CPU | ns a byte of spool | GB/s of spool | bar |\n",
                compression);
    std::printf("|---|---|---|---|\n");
    print_row("without keys", without.seconds, bytes, "0.8");
    print_row("with keys", with.seconds, bytes, "0.4");
    print_row("libraries alone: all four below", zstd + content + frames + gcm, bytes, "");
    if (compression != 0) {
        print_row("... zstd decompresses the sections", zstd, bytes, "");
    }
    print_row("... SHA-256 of the records, two at a time", content, bytes, "");
    print_row("... SHA-256 of the sections as stored, two at a time", frames, bytes, "");
    print_row("... AES-256-GCM of the sections", gcm, bytes, "");
}

}  // namespace llmtrail
