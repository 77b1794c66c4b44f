#include "crypto/hpke.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "base/hex.h"
#include "crypto/scrypt.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

Bytes unhex(std::string_view text) {
    return *from_hex(text);
}

// The vector file that its authors publish beside RFC 9180 (cfrg/draft-irtf-cfrg-hpke,
// test-vectors.json): mode 0, kem 0x0020, kdf 0x0001, aead 0x0002, first encryption. The appendix
// of the RFC prints this KEM with other ciphers only.
const char* const kInfo = "4f6465206f6e2061204772656369616e2055726e";
const char* const kRecipientSecret =
    "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d";
const char* const kRecipientPublic =
    "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c";
const char* const kOnceSecret = "179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11";
const char* const kEnc = "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256";
const char* const kAad = "436f756e742d30";
const char* const kPlain = "4265617574792069732074727574682c20747275746820626561757479";
const char* const kCiphertext =
    "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a";

// Points of small order: every secret gives zeros with them (RFC 7748 section 6.1).
const char* const kSmallOrder[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

class GivenBytes : public Random {
 public:
    explicit GivenBytes(Bytes bytes) : bytes_(std::move(bytes)) {}

    Result<void> fill(void* out, size_t size) override {
        REQUIRE(size == bytes_.size());
        std::memcpy(out, bytes_.data(), size);
        return {};
    }

 private:
    Bytes bytes_;
};

class NoRandom : public Random {
 public:
    Result<void> fill(void*, size_t) override {
        return llmtrail::fail(ErrorCode::kCrypto, "no randomness");
    }
};

X25519Public public_of(std::string_view hex) {
    Bytes raw = unhex(hex);
    X25519Public key;
    std::copy(raw.begin(), raw.end(), key.begin());
    return key;
}

X25519Key recipient() {
    return *X25519Key::from_secret(Secret::copy_of(unhex(kRecipientSecret)));
}

}  // namespace

TEST_CASE("X25519 gives the first vector of RFC 7748 section 5.2, and both sides the same secret") {
    X25519Key key = *X25519Key::from_secret(
        Secret::copy_of(unhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")));
    Result<Secret> product =
        key.agree(public_of("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
    REQUIRE(product);
    CHECK(to_hex(product->reveal()) ==
          "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    FakeRandom random(1);
    X25519Key other = *X25519Key::generate(random);
    Result<Secret> one_side = key.agree(other.public_key());
    Result<Secret> other_side = other.agree(key.public_key());
    REQUIRE(one_side);
    REQUIRE(other_side);
    CHECK(one_side->reveal() == other_side->reveal());
}

TEST_CASE("HPKE seals and opens the published vector of its suite") {
    CHECK(recipient().public_key() == public_of(kRecipientPublic));
    GivenBytes once(unhex(kOnceSecret));
    Result<HpkeSealed> sealed = hpke_seal(public_of(kRecipientPublic), unhex(kInfo), unhex(kAad),
                                          Secret::copy_of(unhex(kPlain)), once);
    REQUIRE(sealed);
    CHECK(to_hex({sealed->enc.data(), sealed->enc.size()}) == kEnc);
    CHECK(to_hex(sealed->ciphertext) == kCiphertext);
    Result<Secret> opened =
        hpke_open(recipient(), unhex(kEnc), unhex(kInfo), unhex(kAad), unhex(kCiphertext));
    REQUIRE(opened);
    CHECK(to_hex(opened->reveal()) == kPlain);
}

TEST_CASE("HPKE opens nothing when a single bit of anything is another") {
    auto refused = [](const X25519Key& key, const Bytes& enc, const Bytes& info, const Bytes& aad,
                      const Bytes& ciphertext) {
        Result<Secret> opened = hpke_open(key, enc, info, aad, ciphertext);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == ErrorCode::kCrypto);
    };
    Bytes enc = unhex(kEnc);
    Bytes info = unhex(kInfo);
    Bytes aad = unhex(kAad);
    Bytes ciphertext = unhex(kCiphertext);
    auto each_bit = [](Bytes& bytes, auto check) {
        for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            char flip = static_cast<char>(1 << bit % 8);
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ flip);
            check();
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ flip);
        }
    };
    X25519Key key = recipient();
    for (Bytes* part : {&enc, &info, &aad, &ciphertext}) {
        each_bit(*part, [&] { refused(key, enc, info, aad, ciphertext); });
    }
    FakeRandom random(7);
    refused(*X25519Key::generate(random), enc, info, aad, ciphertext);
    refused(key, enc, info + "x", aad, ciphertext);
    refused(key, enc, info, "", ciphertext);
}

TEST_CASE("HPKE refuses encapsulated keys and ciphertexts of any other size") {
    Bytes enc = unhex(kEnc);
    for (const Bytes& wrong : {Bytes(), enc.substr(0, 31), enc + "x", Bytes(1000, 'x')}) {
        Result<Secret> opened =
            hpke_open(recipient(), wrong, unhex(kInfo), unhex(kAad), unhex(kCiphertext));
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == ErrorCode::kCrypto);
    }
    Bytes ciphertext = unhex(kCiphertext);
    for (size_t size = 0; size < ciphertext.size(); ++size) {
        CHECK_FALSE(hpke_open(recipient(), enc, unhex(kInfo), unhex(kAad),
                              ByteView(ciphertext).substr(0, size)));
    }
}

TEST_CASE("a public key of small order gives no secret: neither sealed to nor opened from") {
    FakeRandom random(3);
    for (const char* hex : kSmallOrder) {
        Result<HpkeSealed> sealed =
            hpke_seal(public_of(hex), "info", "aad", Secret::copy_of("plain"), random);
        REQUIRE_FALSE(sealed);
        CHECK(sealed.error().code == ErrorCode::kCrypto);
        Result<Secret> opened = hpke_open(recipient(), unhex(hex), "info", "aad", Bytes(48, 'x'));
        REQUIRE_FALSE(opened);
        CHECK(opened.error().message == "a public key that gives no shared secret");
    }
}

TEST_CASE("HPKE carries secrets of any size, each time with another one-time key") {
    FakeRandom random(9);
    X25519Key key = *X25519Key::generate(random);
    Bytes previous;
    for (size_t size : {size_t{0}, size_t{1}, size_t{32}, size_t{1000}}) {
        Result<Secret> secret = Secret::random(random, size);
        Result<HpkeSealed> sealed = hpke_seal(key.public_key(), "i", "a", *secret, random);
        REQUIRE(sealed);
        CHECK(sealed->ciphertext.size() == size + 16);
        ByteView enc(sealed->enc.data(), sealed->enc.size());
        CHECK(enc != previous);
        previous = enc;
        Result<Secret> opened = hpke_open(key, enc, "i", "a", sealed->ciphertext);
        REQUIRE(opened);
        CHECK(opened->reveal() == secret->reveal());
    }
}

TEST_CASE("without randomness nothing is sealed") {
    NoRandom none;
    Result<HpkeSealed> sealed =
        hpke_seal(public_of(kRecipientPublic), "i", "a", Secret::copy_of("x"), none);
    REQUIRE_FALSE(sealed);
    CHECK(sealed.error().message == "no randomness");
    CHECK_FALSE(X25519Key::from_secret(Secret(31)));
    CHECK_FALSE(X25519Key::from_secret(Secret()));
}

TEST_CASE("scrypt is what other programs make of the same passphrase, within bounds") {
    // hashlib.scrypt(b"pleaseletmein", salt=b"SodiumChloride", n=16384, r=8, p=1), RFC 7914
    // section 12, first 32 bytes.
    Result<Secret> key = scrypt(Secret::copy_of("pleaseletmein"), "SodiumChloride", 14);
    REQUIRE(key);
    CHECK(to_hex(key->reveal()) ==
          "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
    for (int cost : {0, 13, 21, 63, 255}) {
        Result<Secret> refused =
            scrypt(Secret::copy_of("pleaseletmein"), "salt", static_cast<uint8_t>(cost));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::kLimit);
    }
}
