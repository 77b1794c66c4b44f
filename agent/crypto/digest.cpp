#include "crypto/digest.h"

#include <algorithm>
#include <cstring>

// A record costs a dozen hashes of a few short pieces. OpenSSL's EVP interface takes longer for
// each than the hash itself, so that its own SHA-256 is called below it; 3.0 calls that deprecated.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/check.h"

namespace llmtrail {
namespace {

static_assert(SHA256_DIGEST_LENGTH == kDigestBytes);

constexpr size_t kBlockBytes = SHA256_CBLOCK;

unsigned char* raw(Digest& digest) {
    return reinterpret_cast<unsigned char*>(digest.data());
}

void start(SHA256_CTX& context) {
    LLMTRAIL_CHECK(SHA256_Init(&context) == 1);
}

void update(SHA256_CTX& context, ByteView bytes) {
    LLMTRAIL_CHECK(SHA256_Update(&context, bytes.data(), bytes.size()) == 1);
}

Digest finished(SHA256_CTX& context) {
    Digest digest;
    LLMTRAIL_CHECK(SHA256_Final(raw(digest), &context) == 1);
    return digest;
}

}  // namespace

struct Sha256::State {
    SHA256_CTX context;

    ~State() { OPENSSL_cleanse(&context, sizeof context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    start(state_->context);
}

Sha256::~Sha256() = default;

Sha256& Sha256::update(ByteView bytes) {
    llmtrail::update(state_->context, bytes);
    return *this;
}

Digest Sha256::finish() {
    Digest digest = finished(state_->context);
    start(state_->context);
    return digest;
}

Digest sha256(ByteView bytes) {
    SHA256_CTX context;
    start(context);
    update(context, bytes);
    return finished(context);
}

// RFC 2104 by hand: what the key does to both hashes is kept, and copied for each message.
struct Hmac::State {
    SHA256_CTX inner;  // has taken key XOR ipad
    SHA256_CTX outer;  // has taken key XOR opad

    ~State() {
        OPENSSL_cleanse(&inner, sizeof inner);
        OPENSSL_cleanse(&outer, sizeof outer);
    }

    static void begin(SHA256_CTX& context, const Digest& short_key, ByteView key, char pad) {
        ByteView used = key.size() > kBlockBytes ? view(short_key) : key;
        std::array<char, kBlockBytes> block;
        block.fill(pad);
        for (size_t i = 0; i < used.size(); ++i) {
            block[i] = static_cast<char>(used[i] ^ pad);
        }
        start(context);
        update(context, {block.data(), block.size()});
        OPENSSL_cleanse(block.data(), block.size());
    }
};

Hmac::Hmac(const Secret& key) : state_(std::make_unique<State>()) {
    LLMTRAIL_CHECK(!key.empty());
    Digest short_key{};
    if (key.size() > kBlockBytes) {
        short_key = sha256(key.reveal());
    }
    State::begin(state_->inner, short_key, key.reveal(), 0x36);
    State::begin(state_->outer, short_key, key.reveal(), 0x5c);
    OPENSSL_cleanse(short_key.data(), short_key.size());
}

Hmac::~Hmac() = default;

Digest Hmac::of(ByteView message) {
    SHA256_CTX context = state_->inner;
    update(context, message);
    Digest digest = finished(context);
    context = state_->outer;
    update(context, view(digest));
    return finished(context);
}

Secret hkdf_extract(ByteView salt, ByteView input) {
    Secret key = salt.empty() ? Secret(kDigestBytes) : Secret::copy_of(salt);
    Digest block = Hmac(key).of(input);
    Secret extracted = Secret::copy_of(view(block));
    OPENSSL_cleanse(block.data(), block.size());
    return extracted;
}

Secret hkdf_expand(const Secret& key, ByteView info) {
    // RFC 5869 section 2.3 for L = HashLen: one block, T(1) = HMAC(PRK, info || 0x01).
    Bytes message(info);
    put_u8(message, 1);
    Digest block = Hmac(key).of(message);
    Secret expanded = Secret::copy_of(view(block));
    OPENSSL_cleanse(block.data(), block.size());
    return expanded;
}

bool equal_constant_time(ByteView a, ByteView b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace llmtrail
