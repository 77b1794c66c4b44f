#include "crypto/hash_lanes.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace llmtrail {

namespace {

constexpr std::array<uint32_t, 8> kInitialState = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

#if defined(__x86_64__)

// FIPS 180-4 section 4.2.2.
alignas(16) constexpr std::array<uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

bool has_instructions() {
    constexpr unsigned kShaBit = 1U << 29;
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kShaBit) != 0 &&
           __builtin_cpu_supports("sse4.1") != 0;
}

// The instructions want the eight words as A B E F and C D G H.
struct Words {
    __m128i abef;
    __m128i cdgh;
};

__attribute__((target("sha,sse4.1"), always_inline)) inline Words load_state(
    const std::array<uint32_t, 8>& state) {
    __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data()));
    __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data() + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
    __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
    return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
}

__attribute__((target("sha,sse4.1"), always_inline)) inline void store_state(
    const Words& words, std::array<uint32_t, 8>& state) {
    __m128i feba = _mm_shuffle_epi32(words.abef, 0x1B);
    __m128i dchg = _mm_shuffle_epi32(words.cdgh, 0xB1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data()), _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data() + 4), _mm_alignr_epi8(dchg, feba, 8));
}

// `blocks` blocks of each of N messages. All lanes go through a round together, so that one waits
// while another works.
template <size_t N>
__attribute__((target("sha,sse4.1"))) void compress(
    const std::array<std::array<uint32_t, 8>*, N>& states,
    const std::array<const unsigned char*, N>& messages, size_t blocks) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    Words now[N];
    for (size_t lane = 0; lane < N; ++lane) {
        now[lane] = load_state(*states[lane]);
    }
    for (size_t block = 0; block < blocks; ++block) {
        Words before[N];
        __m128i schedule[N][4];
#pragma GCC unroll 2
        for (size_t lane = 0; lane < N; ++lane) {
            before[lane] = now[lane];
            const unsigned char* bytes = messages[lane] + block * 64;
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; ++i) {
                schedule[lane][i] = _mm_shuffle_epi8(
                    _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i)), big_endian);
            }
        }
#pragma GCC unroll 16
        for (size_t group = 0; group < 16; ++group) {
            const __m128i constants = _mm_load_si128(
                reinterpret_cast<const __m128i*>(kRoundConstants.data() + 4 * group));
#pragma GCC unroll 2
            for (size_t lane = 0; lane < N; ++lane) {
                __m128i* w = schedule[lane];
                __m128i sum = _mm_add_epi32(w[group % 4], constants);
                now[lane].cdgh = _mm_sha256rnds2_epu32(now[lane].cdgh, now[lane].abef, sum);
                now[lane].abef = _mm_sha256rnds2_epu32(now[lane].abef, now[lane].cdgh,
                                                       _mm_shuffle_epi32(sum, 0x0E));
                if (group < 12) {  // the words of four groups later
                    __m128i next = _mm_sha256msg1_epu32(w[group % 4], w[(group + 1) % 4]);
                    next = _mm_add_epi32(
                        next, _mm_alignr_epi8(w[(group + 3) % 4], w[(group + 2) % 4], 4));
                    w[group % 4] = _mm_sha256msg2_epu32(next, w[(group + 3) % 4]);
                }
            }
        }
#pragma GCC unroll 2
        for (size_t lane = 0; lane < N; ++lane) {
            now[lane].abef = _mm_add_epi32(now[lane].abef, before[lane].abef);
            now[lane].cdgh = _mm_add_epi32(now[lane].cdgh, before[lane].cdgh);
        }
    }
    for (size_t lane = 0; lane < N; ++lane) {
        store_state(now[lane], *states[lane]);
    }
}

#else

bool has_instructions() {
    return false;
}

template <size_t N>
void compress(const std::array<std::array<uint32_t, 8>*, N>&,
              const std::array<const unsigned char*, N>&, size_t) {}

#endif

void put_state(const std::array<uint32_t, 8>& state, Digest& digest) {
    for (size_t i = 0; i < state.size(); ++i) {
        uint32_t big_endian = __builtin_bswap32(state[i]);
        std::memcpy(digest.data() + 4 * i, &big_endian, sizeof big_endian);
    }
}

}  // namespace

HashLanes::HashLanes() : HashLanes(true) {}

HashLanes::HashLanes(bool use_instructions)
    : use_instructions_(use_instructions && has_instructions()) {}

void HashLanes::add(ByteView prefix, ByteView body, Digest& digest) {
    LLMTRAIL_CHECK(prefix.size() <= kLanePrefixBytesMax);
    if (!use_instructions_) {
        digest = plain_.update(prefix).update(body).finish();
        return;
    }
    auto idle = [](const Lane& lane) { return lane.digest == nullptr; };
    auto free = std::find_if(lanes_.begin(), lanes_.end(), idle);
    while (free == lanes_.end()) {
        step();
        free = std::find_if(lanes_.begin(), lanes_.end(), idle);
    }
    start(*free, prefix, body, digest);
}

void HashLanes::finish() {
    while (lanes_[0].digest != nullptr || lanes_[1].digest != nullptr) {
        step();
    }
}

// A short message is copied, so that its blocks are one part. Of a longer one the first part is the
// prefix and as much of the body as makes its last block whole.
void HashLanes::start(Lane& lane, ByteView prefix, ByteView body, Digest& digest) {
    lane.state = kInitialState;
    lane.bytes = prefix.size() + body.size();
    lane.digest = &digest;
    lane.at = lane.edge.data();
    std::memcpy(lane.edge.data(), prefix.data(), prefix.size());
    lane.in_body = lane.bytes <= kCopiedBytesMax;
    lane.ending = lane.in_body;
    if (lane.ending) {
        std::memcpy(lane.edge.data() + prefix.size(), body.data(), body.size());
        pad(lane, lane.bytes);
        return;
    }
    size_t open = prefix.size() % kBlockBytes;
    size_t taken = open == 0 ? 0 : kBlockBytes - open;
    std::memcpy(lane.edge.data() + prefix.size(), body.data(), taken);
    lane.rest = body.substr(taken);
    lane.blocks = (prefix.size() + taken) / kBlockBytes;
    if (lane.blocks == 0) {
        next_part(lane);
    }
}

// From the beginning to the body's whole blocks, from there to the padded end. False: done.
bool HashLanes::next_part(Lane& lane) {
    if (!lane.in_body) {
        lane.in_body = true;
        lane.at = reinterpret_cast<const unsigned char*>(lane.rest.data());
        lane.blocks = lane.rest.size() / kBlockBytes;
        lane.rest = lane.rest.substr(lane.blocks * kBlockBytes);
        return true;
    }
    if (!lane.ending) {
        lane.ending = true;
        std::memcpy(lane.edge.data(), lane.rest.data(), lane.rest.size());
        lane.at = lane.edge.data();
        pad(lane, lane.rest.size());
        return true;
    }
    put_state(lane.state, *lane.digest);
    lane.digest = nullptr;
    return false;
}

// What stands in `edge` becomes the message's last blocks.
void HashLanes::pad(Lane& lane, size_t size) {
    uint64_t bits = __builtin_bswap64(lane.bytes * 8);
    lane.blocks = (size + 1 + sizeof bits + kBlockBytes - 1) / kBlockBytes;
    unsigned char* end = lane.edge.data() + lane.blocks * kBlockBytes;
    lane.edge[size] = 0x80;
    std::fill(lane.edge.data() + size + 1, end - sizeof bits, static_cast<unsigned char>(0));
    std::memcpy(end - sizeof bits, &bits, sizeof bits);
}

// As many blocks as the shorter part has; a lane alone goes on alone.
void HashLanes::step() {
    Lane& a = lanes_[0];
    Lane& b = lanes_[1];
    size_t blocks = 0;
    if (a.digest != nullptr && b.digest != nullptr) {
        blocks = std::min(a.blocks, b.blocks);
        compress<2>({&a.state, &b.state}, {a.at, b.at}, blocks);
    } else {
        Lane& one = a.digest != nullptr ? a : b;
        blocks = one.blocks;
        compress<1>({&one.state}, {one.at}, blocks);
    }
    for (Lane& lane : lanes_) {
        if (lane.digest == nullptr) {
            continue;
        }
        lane.at += blocks * kBlockBytes;
        lane.blocks -= blocks;
        while (lane.blocks == 0 && next_part(lane)) {
        }
    }
}

}  // namespace llmtrail
