#include <doctest/doctest.h>

#include "base/hex.h"
#include "crypto/aead.h"
#include "crypto/keystream.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

Bytes unhex(std::string_view text) {
    return *from_hex(text);
}

// Test case 16 of the GCM submission (256-bit key, 96-bit nonce, additional data).
const char* const kKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const char* const kPlain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
const char* const kContext = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const char* const kSealed =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    "76fc6ece0f4e1768cddf8853bb2d551b";
// Its nonce cafebabefacedbaddecaf888 as salt (little-endian) and number (big-endian).
constexpr uint64_t kSalt = 0xaddbcefabebafecaULL;
constexpr uint32_t kNumber = 0xdecaf888U;

}  // namespace

TEST_CASE(
    "AES-256-GCM gives test case 16 of the GCM submission, with the additional data in pieces") {
    Secret key = Secret::copy_of(unhex(kKey));
    Bytes context = unhex(kContext);
    Bytes sealed = "before";
    AeadSealer sealer(key);
    REQUIRE(sealer.seal(kSalt, kNumber,
                        {ByteView(context).substr(0, 7), ByteView(context).substr(7)},
                        unhex(kPlain), sealed));
    CHECK(to_hex(sealed.substr(6)) == kSealed);
    AeadOpener opener(key);
    Bytes plain;
    REQUIRE(opener.open(kSalt, kNumber, {context}, unhex(kSealed), plain));
    CHECK(to_hex(plain) == kPlain);
}

TEST_CASE("AES-256-GCM gives test case 13 of the GCM submission: nothing but a tag") {
    Bytes sealed;
    AeadSealer sealer{Secret(kAeadKeyBytes)};
    REQUIRE(sealer.seal(0, 0, {}, "", sealed));
    CHECK(to_hex(sealed) == "530f8afbc74536b9a963b4f1c4cb738b");
}

TEST_CASE("a change in key, nonce, additional data or any sealed byte does not open") {
    Secret key = Secret::copy_of(unhex(kKey));
    AeadOpener opener(key);
    Bytes sealed = unhex(kSealed);
    Bytes context = unhex(kContext);
    Bytes plain;
    CHECK_FALSE(opener.open(kSalt + 1, kNumber, {context}, sealed, plain));
    CHECK_FALSE(opener.open(kSalt, kNumber + 1, {context}, sealed, plain));
    CHECK_FALSE(opener.open(kSalt, kNumber, {context, "x"}, sealed, plain));
    CHECK_FALSE(AeadOpener(Secret(kAeadKeyBytes)).open(kSalt, kNumber, {context}, sealed, plain));
    for (size_t i = 0; i < sealed.size(); ++i) {
        Bytes changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        Result<void> opened = opener.open(kSalt, kNumber, {context}, changed, plain);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == ErrorCode::kCrypto);
        CHECK(plain.empty());
    }
    CHECK_FALSE(opener.open(kSalt, kNumber, {context}, "short", plain));
    CHECK(opener.open(kSalt, kNumber, {context}, sealed, plain));
}

TEST_CASE("a sealer refuses to use a message number twice") {
    AeadSealer sealer{Secret(kAeadKeyBytes)};
    Bytes out;
    REQUIRE(sealer.seal(1, 5, {}, "a", out));
    Result<void> again = sealer.seal(2, 5, {}, "b", out);
    REQUIRE_FALSE(again);
    CHECK(again.error().code == ErrorCode::kLimit);
    CHECK_FALSE(sealer.seal(1, 4, {}, "b", out));
    CHECK(sealer.seal(1, 6, {}, "b", out));
}

TEST_CASE("a sealer stops at its number of messages") {
    AeadSealer sealer{Secret(kAeadKeyBytes)};
    Bytes out;
    for (uint32_t i = 0; i < kAeadMessagesMax; ++i) {
        out.clear();
        if (!sealer.seal(0, i, {}, "", out)) {
            FAIL("refused too early");
        }
    }
    CHECK(sealer.seal(0, kAeadMessagesMax, {}, "", out).error().code == ErrorCode::kLimit);
}

TEST_CASE("a wrapped secret opens with its key and context alone") {
    FakeRandom random(1);
    Secret key = *Secret::random(random, kAeadKeyBytes);
    Secret secret = *Secret::random(random, 32);
    Bytes wrapped = *wrap_secret(key, random, {"label", "place"}, secret);
    CHECK(wrapped.size() == kAeadNonceBytes + 32 + kAeadTagBytes);
    Result<Secret> opened = unwrap_secret(key, {"labelplace"}, wrapped);
    REQUIRE(opened);
    CHECK(opened->reveal() == secret.reveal());
    CHECK_FALSE(unwrap_secret(key, {"label"}, wrapped));
    CHECK_FALSE(unwrap_secret(*Secret::random(random, kAeadKeyBytes), {"label", "place"}, wrapped));
    CHECK_FALSE(unwrap_secret(key, {"label", "place"}, wrapped.substr(0, 20)));
}

TEST_CASE("the keystream is AES-256-CTR with the block number as counter") {
    // SP 800-38A F.5.5 checks the cipher: its second counter block is the first plus one, with a
    // carry.
    Secret key =
        Secret::copy_of(unhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"));
    Keystream keystream(key);
    Bytes four;
    keystream.generate(0x0102, 4, four);
    Bytes two;
    keystream.generate(0x0104, 2, two);
    CHECK(four.size() == 64);
    CHECK(four.substr(32) == two);
    // AES-256 of a counter block of zeros under a zero key (FIPS 197 known answer, GFSbox/KeySbox
    // tables).
    Keystream zero{Secret(32)};
    Bytes block;
    zero.generate(0, 1, block);
    CHECK(to_hex(block) == "dc95c078a2408989ad48a21492842087");
}
