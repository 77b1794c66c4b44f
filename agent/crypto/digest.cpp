#include "crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/check.h"

namespace llmtrail {
namespace {

// Fetched once for the life of the process: a fetch per message would cost more than a short
// message.
const EVP_MD* sha256_method() {
    static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    LLMTRAIL_CHECK(method != nullptr);
    return method;
}

EVP_MAC* hmac_method() {
    static EVP_MAC* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    LLMTRAIL_CHECK(method != nullptr);
    return method;
}

unsigned char* raw(Digest& digest) {
    return reinterpret_cast<unsigned char*>(digest.data());
}

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    bool started = false;

    State() { LLMTRAIL_CHECK(context != nullptr); }

    ~State() { EVP_MD_CTX_free(context); }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void start() {
        if (!started) {
            LLMTRAIL_CHECK(EVP_DigestInit_ex2(context, sha256_method(), nullptr) == 1);
            started = true;
        }
    }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}

Sha256::~Sha256() = default;

Sha256& Sha256::update(ByteView bytes) {
    state_->start();
    LLMTRAIL_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
    return *this;
}

Digest Sha256::finish() {
    state_->start();
    Digest digest;
    LLMTRAIL_CHECK(EVP_DigestFinal_ex(state_->context, raw(digest), nullptr) == 1);
    state_->started = false;
    return digest;
}

Digest sha256(ByteView bytes) {
    Digest digest;
    LLMTRAIL_CHECK(EVP_Digest(bytes.data(), bytes.size(), raw(digest), nullptr, sha256_method(),
                              nullptr) == 1);
    return digest;
}

struct Hmac::State {
    EVP_MAC_CTX* context = EVP_MAC_CTX_new(hmac_method());

    State() { LLMTRAIL_CHECK(context != nullptr); }

    ~State() { EVP_MAC_CTX_free(context); }

    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

Hmac::Hmac(const Secret& key) : state_(std::make_unique<State>()) {
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end()};
    LLMTRAIL_CHECK(!key.empty());
    LLMTRAIL_CHECK(EVP_MAC_init(state_->context, raw(key.reveal()), key.size(), parameters) == 1);
}

Hmac::~Hmac() = default;

Digest Hmac::of(ByteView message) {
    Digest digest;
    size_t written = 0;
    LLMTRAIL_CHECK(EVP_MAC_init(state_->context, nullptr, 0, nullptr) == 1);
    LLMTRAIL_CHECK(EVP_MAC_update(state_->context, raw(message), message.size()) == 1);
    LLMTRAIL_CHECK(EVP_MAC_final(state_->context, raw(digest), &written, digest.size()) == 1);
    LLMTRAIL_CHECK(written == digest.size());
    return digest;
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
