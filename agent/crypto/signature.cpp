#include "crypto/signature.h"

#include <openssl/evp.h>

#include <memory>
#include <utility>

#include "base/check.h"

namespace llmtrail {
namespace {

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Key private_key(const Secret& seed) {
    return Key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, raw(seed.reveal()),
                                               seed.size()));
}

}  // namespace

Result<SigningKey> SigningKey::generate(Random& random) {
    Result<Secret> seed = Secret::random(random, kSigningSeedBytes);
    if (!seed) {
        return fail(seed.error());
    }
    return from_seed(std::move(*seed));
}

Result<SigningKey> SigningKey::from_seed(Secret seed) {
    if (seed.size() != kSigningSeedBytes) {
        return fail(ErrorCode::kCrypto, "a signing key of the wrong size");
    }
    Key key = private_key(seed);
    PublicKey public_key;
    size_t size = public_key.size();
    if (!key || EVP_PKEY_get_raw_public_key(
                    key.get(), reinterpret_cast<unsigned char*>(public_key.data()), &size) != 1) {
        return fail(ErrorCode::kCrypto, "not usable as a signing key");
    }
    return SigningKey(std::move(seed), public_key);
}

SigningKey::SigningKey(Secret seed, const PublicKey& public_key)
    : seed_(std::move(seed)), public_key_(public_key) {}

Signature SigningKey::sign(ByteView message) const {
    Key key = private_key(seed_);
    Context context(EVP_MD_CTX_new());
    LLMTRAIL_CHECK(key && context);
    LLMTRAIL_CHECK(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                         key.get(), nullptr) == 1);
    Signature signature;
    size_t size = signature.size();
    LLMTRAIL_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                  &size, raw(message), message.size()) == 1);
    LLMTRAIL_CHECK(size == signature.size());
    return signature;
}

bool verify_signature(const PublicKey& public_key, ByteView message, ByteView signature) {
    if (signature.size() != kSignatureBytes) {
        return false;
    }
    Key key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr,
                                           raw({public_key.data(), public_key.size()}),
                                           public_key.size()));
    Context context(EVP_MD_CTX_new());
    return key && context &&
           EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(),
                                   nullptr) == 1 &&
           EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message),
                            message.size()) == 1;
}

}  // namespace llmtrail
