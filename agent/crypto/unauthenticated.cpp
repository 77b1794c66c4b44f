#include "crypto/unauthenticated.h"

#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "crypto/aead.h"

namespace llmtrail {

namespace {

// GCM encrypts in counter mode; block 1 masks the tag, the message begins with block 2.
constexpr unsigned char kFirstBlock = 2;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

}  // namespace

void decrypt_unauthenticated(const Secret& key, uint64_t salt, uint32_t number, ByteView sealed,
                             Bytes& out) {
    out.clear();
    LLMTRAIL_CHECK(key.size() == kAeadKeyBytes && sealed.size() <= kAeadMessageBytesMax);
    if (sealed.size() <= kAeadTagBytes) {
        return;
    }
    ByteView ciphertext = sealed.substr(0, sealed.size() - kAeadTagBytes);
    std::array<unsigned char, 16> counter{};
    std::memcpy(counter.data(), &salt, sizeof salt);
    for (size_t i = 0; i < sizeof number; ++i) {
        counter[sizeof salt + i] = static_cast<unsigned char>(number >> (24 - 8 * i));
    }
    counter[15] = kFirstBlock;
    std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
    std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)> method(
        EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr), &EVP_CIPHER_free);
    LLMTRAIL_CHECK(context != nullptr && method != nullptr);
    const auto* raw_key = reinterpret_cast<const unsigned char*>(key.reveal().data());
    LLMTRAIL_CHECK(
        EVP_DecryptInit_ex2(context.get(), method.get(), raw_key, counter.data(), nullptr) == 1);
    out.resize(ciphertext.size());
    int written = 0;
    LLMTRAIL_CHECK(EVP_DecryptUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                                     &written,
                                     reinterpret_cast<const unsigned char*>(ciphertext.data()),
                                     static_cast<int>(ciphertext.size())) == 1);
}

}  // namespace llmtrail
