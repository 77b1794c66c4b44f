#include "crypto/signature.h"

#include <doctest/doctest.h>

#include "base/hex.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

SigningKey key_of(std::string_view seed_hex) {
    return *SigningKey::from_seed(Secret::copy_of(*from_hex(seed_hex)));
}

}  // namespace

TEST_CASE("Ed25519 gives tests 1 and 3 of RFC 8032") {
    SigningKey one = key_of("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    CHECK(to_hex(view(one.public_key())) ==
          "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    CHECK(to_hex(view(one.sign(""))) ==
          "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
          "1cf9b46b"
          "d25bf5f0595bbe24655141438e7a100b");
    SigningKey three = key_of("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
    CHECK(to_hex(view(three.sign(*from_hex("af82")))) ==
          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
          "984dc659"
          "4a7c15e9716ed28dc027beceea1ec40a");
}

TEST_CASE("a signature is good for its key and its message only") {
    FakeRandom random(7);
    SigningKey key = *SigningKey::generate(random);
    SigningKey other = *SigningKey::generate(random);
    CHECK(key.public_key() != other.public_key());
    Signature signature = key.sign("message");
    CHECK(verify_signature(key.public_key(), "message", view(signature)));
    CHECK_FALSE(verify_signature(key.public_key(), "massage", view(signature)));
    CHECK_FALSE(verify_signature(other.public_key(), "message", view(signature)));
    CHECK_FALSE(verify_signature(key.public_key(), "message", view(signature).substr(1)));
    for (size_t i = 0; i < signature.size(); ++i) {
        Signature changed = signature;
        changed[i] = static_cast<char>(changed[i] ^ 0x10);
        CHECK_FALSE(verify_signature(key.public_key(), "message", view(changed)));
    }
}

TEST_CASE("a seed of another size is no signing key") {
    CHECK(SigningKey::from_seed(Secret(31)).error().code == ErrorCode::kCrypto);
}
