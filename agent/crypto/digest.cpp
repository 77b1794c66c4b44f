#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

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

unsigned char* raw(Digest& digest) {
    return reinterpret_cast<unsigned char*>(digest.data());
}

constexpr size_t kBlockBytes = 64;  // of SHA-256

struct Context {
    EVP_MD_CTX* md = EVP_MD_CTX_new();

    Context() { LLMTRAIL_CHECK(md != nullptr); }

    ~Context() { EVP_MD_CTX_free(md); }

    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    void start() { LLMTRAIL_CHECK(EVP_DigestInit_ex2(md, sha256_method(), nullptr) == 1); }

    void copy(const Context& from) { LLMTRAIL_CHECK(EVP_MD_CTX_copy_ex(md, from.md) == 1); }

    void update(const void* bytes, size_t size) {
        LLMTRAIL_CHECK(EVP_DigestUpdate(md, bytes, size) == 1);
    }

    void finish(Digest& digest) {
        LLMTRAIL_CHECK(EVP_DigestFinal_ex(md, raw(digest), nullptr) == 1);
    }
};

}  // namespace

// A leaf or a node is hashed from a few short pieces, and OpenSSL's call costs as much as hashing
// one of them: they are gathered first.
struct Sha256::State {
    static constexpr size_t kGatheredBytesMax = 256;

    Context context;
    bool started = false;
    size_t gathered_size = 0;
    std::array<char, kGatheredBytesMax> gathered;

    ~State() { OPENSSL_cleanse(gathered.data(), gathered.size()); }

    void pass_on(ByteView bytes) {
        if (!started) {
            context.start();
            started = true;
        }
        context.update(bytes.data(), bytes.size());
    }

    void pass_on_gathered() {
        pass_on({gathered.data(), gathered_size});
        gathered_size = 0;
    }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}

Sha256::~Sha256() = default;

Sha256& Sha256::update(ByteView bytes) {
    State& state = *state_;
    if (bytes.size() > state.gathered.size() - state.gathered_size) {
        state.pass_on_gathered();
        if (bytes.size() > state.gathered.size()) {
            state.pass_on(bytes);
            return *this;
        }
    }
    std::copy(bytes.begin(), bytes.end(), state.gathered.data() + state.gathered_size);
    state.gathered_size += bytes.size();
    return *this;
}

Digest Sha256::finish() {
    state_->pass_on_gathered();
    Digest digest;
    state_->context.finish(digest);
    state_->started = false;
    return digest;
}

Digest sha256(ByteView bytes) {
    Digest digest;
    LLMTRAIL_CHECK(EVP_Digest(bytes.data(), bytes.size(), raw(digest), nullptr, sha256_method(),
                              nullptr) == 1);
    return digest;
}

// RFC 2104 by hand: what the key does to both hashes is kept, and copied for each message.
struct Hmac::State {
    Context inner;  // has taken key XOR ipad
    Context outer;  // has taken key XOR opad
    Context work;

    static void begin(Context& context, const Digest& short_key, ByteView key, char pad) {
        ByteView used = key.size() > kBlockBytes ? view(short_key) : key;
        std::array<char, kBlockBytes> block;
        block.fill(pad);
        for (size_t i = 0; i < used.size(); ++i) {
            block[i] = static_cast<char>(used[i] ^ pad);
        }
        context.start();
        context.update(block.data(), block.size());
        OPENSSL_cleanse(block.data(), block.size());
    }
};

Hmac::Hmac(const Secret& key) : state_(std::make_unique<State>()) {
    LLMTRAIL_CHECK(!key.empty());
    Digest short_key{};
    if (key.size() > kBlockBytes) {
        short_key = sha256(key.reveal());
    }
    State::begin(state_->inner, short_key, key.reveal(), 0x36);
    State::begin(state_->outer, short_key, key.reveal(), 0x5c);
    OPENSSL_cleanse(short_key.data(), short_key.size());
}

Hmac::~Hmac() = default;

Digest Hmac::of(ByteView message) {
    Digest digest;
    state_->work.copy(state_->inner);
    state_->work.update(message.data(), message.size());
    state_->work.finish(digest);
    state_->work.copy(state_->outer);
    state_->work.update(digest.data(), digest.size());
    state_->work.finish(digest);
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
