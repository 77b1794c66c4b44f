#include "crypto/digest.h"

#include <doctest/doctest.h>

#include "base/hex.h"

using namespace llmtrail;

namespace {

std::string hex(const Digest& digest) {
    return to_hex(view(digest));
}

Secret key(std::string_view hex_text) {
    return Secret::copy_of(*from_hex(hex_text));
}

}  // namespace

TEST_CASE("SHA-256 gives the FIPS 180-4 examples, whole and in pieces") {
    CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    Sha256 hash;
    hash.update("abcdbcdecdefdefgefghfghighijhijk").update("ijkljklmklmnlmnomnopnopq");
    CHECK(hex(hash.finish()) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hex(hash.finish()) == hex(sha256("")));
    CHECK(hex(hash.update("abc").finish()) == hex(sha256("abc")));
}

TEST_CASE("HMAC-SHA-256 gives the RFC 4231 examples and its key serves many messages") {
    Secret first = key("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    Hmac hmac(first);
    std::string expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
    CHECK(hex(hmac.of("Hi There")) == expected);
    CHECK(hex(hmac.of("something else")) != expected);
    CHECK(hex(hmac.of("Hi There")) == expected);
    CHECK(hex(Hmac(Secret::copy_of("Jefe")).of("what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    Secret large = Secret::copy_of(std::string(131, '\xaa'));
    CHECK(hex(Hmac(large).of("Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HMAC-SHA-256 hashes a key only when it is longer than a block") {
    Hmac block(Secret::copy_of(std::string(64, 'k')));
    CHECK(hex(block.of("message")) ==
          "890f3a16e0ca0aaa3bf180f70fa8e3970b3fd6505e98fde157988dcc19d1685c");
    CHECK(hex(block.of("")) == "83026a325aaee70e36cfe607536aa1054104ad1077c36134810d4ccded1ccd3b");
    CHECK(hex(Hmac(Secret::copy_of(std::string(65, 'k'))).of("message")) ==
          "0c256505306af48015530c139bb7add5ad7a6a9291cd511278a067e765816fbd");
}

TEST_CASE("SHA-256 is the same however a message is cut, at every length around a gathered piece") {
    std::string message;
    for (int i = 0; i < 1100; ++i) {
        message.push_back(static_cast<char>(i * 31));
    }
    Sha256 hash;
    for (size_t size :
         {size_t{0}, size_t{1}, size_t{63}, size_t{64}, size_t{65}, size_t{255}, size_t{256},
          size_t{257}, size_t{511}, size_t{512}, size_t{513}, size_t{1100}}) {
        ByteView whole = ByteView(message).substr(0, size);
        Digest expected = sha256(whole);
        for (size_t piece :
             {size_t{1}, size_t{7}, size_t{255}, size_t{256}, size_t{257}, size_t{600}}) {
            for (size_t at = 0; at < size; at += piece) {
                hash.update(whole.substr(at, piece));
            }
            CHECK(hash.finish() == expected);
        }
        hash.update(whole.substr(0, size / 2)).update("").update(whole.substr(size / 2));
        CHECK(hash.finish() == expected);
    }
}

TEST_CASE("HKDF-Expand gives the first block of the RFC 5869 examples") {
    Secret prk = key("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    Secret okm = hkdf_expand(prk, *from_hex("f0f1f2f3f4f5f6f7f8f9"));
    CHECK(to_hex(okm.reveal()) ==
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    Secret prk3 = key("19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
    CHECK(to_hex(hkdf_expand(prk3, "").reveal()) ==
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST_CASE("comparison in constant time still tells equal from different") {
    CHECK(equal_constant_time("abc", "abc"));
    CHECK_FALSE(equal_constant_time("abc", "abd"));
    CHECK_FALSE(equal_constant_time("abc", "ab"));
    CHECK(equal_constant_time("", ""));
}

TEST_CASE("a secret moves without leaving a second owner and clones to equal bytes") {
    Secret a = Secret::copy_of("key bytes");
    Secret b = std::move(a);
    CHECK(b.reveal() == "key bytes");
    CHECK(a.empty());  // NOLINT(bugprone-use-after-move): a moved-from secret is empty by contract
    CHECK(b.clone().reveal() == b.reveal());
    a = std::move(b);
    CHECK(a.reveal() == "key bytes");
    CHECK(b.empty());
}
