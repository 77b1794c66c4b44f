#include "crypto/hpke.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "crypto/aead.h"
#include "crypto/digest.h"

namespace llmtrail {
namespace {

// Ids of RFC 9180 section 7, as they enter the labels.
constexpr std::string_view kKemSuite{"KEM\x00\x20", 5};
constexpr std::string_view kHpkeSuite{"HPKE\x00\x20\x00\x01\x00\x02", 10};
constexpr std::string_view kVersion = "HPKE-v1";
constexpr char kModeBase = 0;

Bytes labeled(std::string_view suite, std::string_view label, ByteView value) {
    Bytes out;
    out.reserve(kVersion.size() + suite.size() + label.size() + value.size());
    out.append(kVersion).append(suite).append(label).append(value);
    return out;
}

Secret labeled_extract(std::string_view suite, ByteView salt, std::string_view label,
                       ByteView value) {
    Bytes input = labeled(suite, label, value);
    Secret extracted = hkdf_extract(salt, input);
    wipe(input);
    return extracted;
}

// Of the first hash block, which is all that this suite asks for.
Secret labeled_expand(std::string_view suite, const Secret& key, std::string_view label,
                      ByteView info, size_t size) {
    Bytes text;
    text.push_back(0);
    text.push_back(static_cast<char>(size));
    text.append(labeled(suite, label, info));
    Secret block = hkdf_expand(key, text);
    return Secret::copy_of(block.reveal().substr(0, size));
}

struct MessageKey {
    Secret key;
    Secret nonce;
};

// ExtractAndExpand of section 4.1, then KeySchedule of section 5.1 for the first message.
MessageKey schedule(const Secret& shared, const X25519Public& enc, const X25519Public& recipient,
                    ByteView info) {
    Bytes kem_context(enc.data(), enc.size());
    kem_context.append(recipient.data(), recipient.size());
    Secret extracted = labeled_extract(kKemSuite, {}, "eae_prk", shared.reveal());
    Secret kem_secret =
        labeled_expand(kKemSuite, extracted, "shared_secret", kem_context, kDigestBytes);
    Bytes context(1, kModeBase);
    context.append(labeled_extract(kHpkeSuite, {}, "psk_id_hash", {}).reveal());
    context.append(labeled_extract(kHpkeSuite, {}, "info_hash", info).reveal());
    Secret secret = labeled_extract(kHpkeSuite, kem_secret.reveal(), "secret", {});
    return {labeled_expand(kHpkeSuite, secret, "key", context, kAeadKeyBytes),
            labeled_expand(kHpkeSuite, secret, "base_nonce", context, kAeadNonceBytes)};
}

// aead.h takes a nonce as salt and number.
uint64_t salt_of(const Secret& nonce) {
    uint64_t salt = 0;
    std::memcpy(&salt, nonce.reveal().data(), sizeof salt);
    return salt;
}

uint32_t number_of(const Secret& nonce) {
    uint32_t number = 0;
    for (char byte : nonce.reveal().substr(sizeof(uint64_t))) {
        number = number << 8 | static_cast<uint8_t>(byte);
    }
    return number;
}

}  // namespace

Result<HpkeSealed> hpke_seal(const X25519Public& recipient, ByteView info, ByteView aad,
                             const Secret& plaintext, Random& random) {
    Result<X25519Key> once = X25519Key::generate(random);
    if (!once) {
        return fail(once.error());
    }
    Result<Secret> shared = once->agree(recipient);
    if (!shared) {
        return fail(shared.error());
    }
    HpkeSealed sealed;
    sealed.enc = once->public_key();
    MessageKey message = schedule(*shared, sealed.enc, recipient, info);
    Result<void> done = AeadSealer(message.key)
                            .seal(salt_of(message.nonce), number_of(message.nonce), {aad},
                                  plaintext.reveal(), sealed.ciphertext);
    if (!done) {
        return fail(done.error());
    }
    return sealed;
}

Result<Secret> hpke_open(const X25519Key& recipient, ByteView enc, ByteView info, ByteView aad,
                         ByteView ciphertext) {
    if (enc.size() != kHpkeEncBytes) {
        return fail(ErrorCode::kCrypto, "an encapsulated key of the wrong size");
    }
    X25519Public once;
    std::copy(enc.begin(), enc.end(), once.begin());
    Result<Secret> shared = recipient.agree(once);
    if (!shared) {
        return shared;
    }
    MessageKey message = schedule(*shared, once, recipient.public_key(), info);
    Bytes wrapped(message.nonce.reveal());
    wrapped.append(ciphertext);
    return unwrap_secret(message.key, {aad}, wrapped);
}

}  // namespace llmtrail
