#include "crypto/aead.h"

#include <openssl/evp.h>

#include <cstring>

#include "base/check.h"

namespace llmtrail {
namespace {

using Nonce = std::array<unsigned char, kAeadNonceBytes>;

const EVP_CIPHER* gcm_method() {
    static const EVP_CIPHER* const method = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    LLMTRAIL_CHECK(method != nullptr);
    return method;
}

Nonce nonce_of(uint64_t salt, uint32_t number) {
    Nonce nonce;
    std::memcpy(nonce.data(), &salt, sizeof salt);
    for (size_t i = 0; i < sizeof number; ++i) {
        nonce[sizeof salt + i] = static_cast<unsigned char>(number >> (24 - 8 * i));
    }
    return nonce;
}

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* raw(Bytes& bytes, size_t offset) {
    return reinterpret_cast<unsigned char*>(bytes.data()) + offset;
}

// One AES-256-GCM context with its key scheduled.
struct Gcm {
    Gcm(const Secret& key, bool encrypt) : context(EVP_CIPHER_CTX_new()) {
        LLMTRAIL_CHECK(context != nullptr && key.size() == kAeadKeyBytes);
        LLMTRAIL_CHECK(EVP_CipherInit_ex2(context, gcm_method(), raw(key.reveal()), nullptr,
                                          encrypt ? 1 : 0, nullptr) == 1);
    }

    ~Gcm() { EVP_CIPHER_CTX_free(context); }

    Gcm(const Gcm&) = delete;
    Gcm& operator=(const Gcm&) = delete;

    void begin(const Nonce& nonce, AeadContext parts) {
        LLMTRAIL_CHECK(EVP_CipherInit_ex2(context, nullptr, nullptr, nonce.data(), -1, nullptr) ==
                       1);
        int written = 0;
        for (ByteView part : parts) {
            LLMTRAIL_CHECK(part.size() <= kAeadMessageBytesMax);
            LLMTRAIL_CHECK(EVP_CipherUpdate(context, nullptr, &written, raw(part),
                                            static_cast<int>(part.size())) == 1);
        }
    }

    void transform(ByteView in, unsigned char* out) {
        int written = 0;
        if (!in.empty()) {
            LLMTRAIL_CHECK(EVP_CipherUpdate(context, out, &written, raw(in),
                                            static_cast<int>(in.size())) == 1);
        }
    }

    void seal(const Nonce& nonce, AeadContext parts, ByteView plaintext, Bytes& out) {
        begin(nonce, parts);
        size_t at = out.size();
        out.resize(at + plaintext.size() + kAeadTagBytes);
        transform(plaintext, raw(out, at));
        int written = 0;
        unsigned char nothing[kAeadTagBytes];
        LLMTRAIL_CHECK(EVP_CipherFinal_ex(context, nothing, &written) == 1);
        LLMTRAIL_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes,
                                           raw(out, at + plaintext.size())) == 1);
    }

    // The plaintext is wiped before a failure is told.
    bool open(const Nonce& nonce, AeadContext parts, ByteView sealed, unsigned char* out) {
        begin(nonce, parts);
        size_t size = sealed.size() - kAeadTagBytes;
        transform(sealed.substr(0, size), out);
        unsigned char tag[kAeadTagBytes];
        std::memcpy(tag, sealed.data() + size, kAeadTagBytes);
        LLMTRAIL_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag) ==
                       1);
        int written = 0;
        unsigned char nothing[kAeadTagBytes];
        if (EVP_CipherFinal_ex(context, nothing, &written) != 1) {
            OPENSSL_cleanse(out, size);
            return false;
        }
        return true;
    }

    EVP_CIPHER_CTX* context;
};

}  // namespace

struct AeadSealer::State {
    explicit State(const Secret& key) : gcm(key, true) {}

    Gcm gcm;
    uint64_t next_number = 0;
    uint32_t messages = 0;
    uint64_t bytes = 0;
};

AeadSealer::AeadSealer(const Secret& key) : state_(std::make_unique<State>(key)) {}

AeadSealer::~AeadSealer() = default;
AeadSealer::AeadSealer(AeadSealer&&) noexcept = default;
AeadSealer& AeadSealer::operator=(AeadSealer&&) noexcept = default;

Result<void> AeadSealer::seal(uint64_t salt, uint32_t number, AeadContext context,
                              ByteView plaintext, Bytes& out) {
    if (number < state_->next_number) {
        return fail(ErrorCode::kLimit, "a nonce would be used twice");
    }
    if (plaintext.size() > kAeadMessageBytesMax || state_->messages >= kAeadMessagesMax ||
        state_->bytes + plaintext.size() > kAeadBytesMax) {
        return fail(ErrorCode::kLimit, "a data key is used up");
    }
    state_->next_number = uint64_t{number} + 1;
    state_->messages += 1;
    state_->bytes += plaintext.size();
    state_->gcm.seal(nonce_of(salt, number), context, plaintext, out);
    return {};
}

struct AeadOpener::State {
    explicit State(const Secret& key) : gcm(key, false) {}

    Gcm gcm;
};

AeadOpener::AeadOpener(const Secret& key) : state_(std::make_unique<State>(key)) {}

AeadOpener::~AeadOpener() = default;
AeadOpener::AeadOpener(AeadOpener&&) noexcept = default;
AeadOpener& AeadOpener::operator=(AeadOpener&&) noexcept = default;

Result<void> AeadOpener::open(uint64_t salt, uint32_t number, AeadContext context, ByteView sealed,
                              Bytes& out) {
    out.clear();
    if (sealed.size() < kAeadTagBytes || sealed.size() > kAeadMessageBytesMax) {
        return fail(ErrorCode::kCrypto, "sealed bytes of an impossible size");
    }
    out.assign(sealed);
    return open_in_place(salt, number, context, out);
}

Result<void> AeadOpener::open_in_place(uint64_t salt, uint32_t number, AeadContext context,
                                       Bytes& bytes) {
    if (bytes.size() < kAeadTagBytes || bytes.size() > kAeadMessageBytesMax) {
        bytes.clear();
        return fail(ErrorCode::kCrypto, "sealed bytes of an impossible size");
    }
    size_t size = bytes.size() - kAeadTagBytes;
    bool right = state_->gcm.open(nonce_of(salt, number), context, bytes, raw(bytes, 0));
    bytes.resize(right ? size : 0);
    return right ? Result<void>{}
                 : Result<void>(fail(ErrorCode::kCrypto, "authentication tag does not match"));
}

Result<Bytes> wrap_secret(const Secret& key, Random& random, AeadContext context,
                          const Secret& secret) {
    Nonce nonce;
    Result<void> filled = random.fill(nonce.data(), nonce.size());
    if (!filled) {
        return fail(filled.error());
    }
    Bytes wrapped(reinterpret_cast<const char*>(nonce.data()), nonce.size());
    Gcm(key, true).seal(nonce, context, secret.reveal(), wrapped);
    return wrapped;
}

Result<Secret> unwrap_secret(const Secret& key, AeadContext context, ByteView wrapped) {
    if (wrapped.size() < kAeadNonceBytes + kAeadTagBytes || wrapped.size() > kAeadMessageBytesMax) {
        return fail(ErrorCode::kCrypto, "wrapped key of an impossible size");
    }
    Nonce nonce;
    std::memcpy(nonce.data(), wrapped.data(), nonce.size());
    ByteView sealed = wrapped.substr(nonce.size());
    Secret secret(sealed.size() - kAeadTagBytes);
    if (!Gcm(key, false).open(nonce, context, sealed, secret.reveal_mutable())) {
        return fail(ErrorCode::kCrypto, "the key does not open this wrap");
    }
    return secret;
}

}  // namespace llmtrail
