#include "crypto/x25519.h"

#include <openssl/evp.h>

#include <memory>
#include <utility>

#include "base/check.h"
#include "crypto/digest.h"

namespace llmtrail {
namespace {

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

struct FreeContext {
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Key private_key(const Secret& secret) {
    return Key(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, raw(secret.reveal()),
                                               secret.size()));
}

}  // namespace

X25519Key::X25519Key(Secret secret, const X25519Public& public_key)
    : secret_(std::move(secret)), public_key_(public_key) {}

Result<X25519Key> X25519Key::generate(Random& random) {
    Result<Secret> secret = Secret::random(random, kX25519KeyBytes);
    if (!secret) {
        return fail(secret.error());
    }
    return from_secret(std::move(*secret));
}

Result<X25519Key> X25519Key::from_secret(Secret secret) {
    if (secret.size() != kX25519KeyBytes) {
        return fail(ErrorCode::kCrypto, "a key of the wrong size for X25519");
    }
    Key key = private_key(secret);
    X25519Public public_key;
    size_t size = public_key.size();
    if (!key || EVP_PKEY_get_raw_public_key(
                    key.get(), reinterpret_cast<unsigned char*>(public_key.data()), &size) != 1) {
        return fail(ErrorCode::kCrypto, "not usable as an X25519 key");
    }
    return X25519Key(std::move(secret), public_key);
}

Result<Secret> X25519Key::agree(const X25519Public& other) const {
    Key own = private_key(secret_);
    Key peer(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr,
                                            raw({other.data(), other.size()}), other.size()));
    Context context(own ? EVP_PKEY_CTX_new_from_pkey(nullptr, own.get(), nullptr) : nullptr);
    LLMTRAIL_CHECK(own && peer && context);
    LLMTRAIL_CHECK(EVP_PKEY_derive_init(context.get()) == 1);
    Secret shared(kX25519KeyBytes);
    size_t size = shared.size();
    // OpenSSL refuses a peer whose shared secret is zero in either call; the comparison says so for
    // any library.
    bool derived = EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
                   EVP_PKEY_derive(context.get(), shared.reveal_mutable(), &size) == 1 &&
                   size == shared.size();
    const Secret zeros(kX25519KeyBytes);
    if (!derived || equal_constant_time(shared.reveal(), zeros.reveal())) {
        return fail(ErrorCode::kCrypto, "a public key that gives no shared secret");
    }
    return shared;
}

}  // namespace llmtrail
