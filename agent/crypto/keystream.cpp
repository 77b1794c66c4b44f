#include "crypto/keystream.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace llmtrail {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kBlocksMax = size_t{1} << 26;

const EVP_CIPHER* ctr_method() {
    static const EVP_CIPHER* const method = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
    LLMTRAIL_CHECK(method != nullptr);
    return method;
}

}  // namespace

struct Keystream::State {
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();

    State() { LLMTRAIL_CHECK(context != nullptr); }

    ~State() { EVP_CIPHER_CTX_free(context); }

    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

Keystream::Keystream(const Secret& key) : state_(std::make_unique<State>()) {
    LLMTRAIL_CHECK(key.size() == kKeyBytes);
    const auto* raw = reinterpret_cast<const unsigned char*>(key.reveal().data());
    LLMTRAIL_CHECK(EVP_EncryptInit_ex2(state_->context, ctr_method(), raw, nullptr, nullptr) == 1);
}

Keystream::~Keystream() = default;
Keystream::Keystream(Keystream&&) noexcept = default;
Keystream& Keystream::operator=(Keystream&&) noexcept = default;

void Keystream::generate(uint64_t first_block, size_t blocks, Bytes& out) {
    LLMTRAIL_CHECK(blocks <= kBlocksMax);
    std::array<unsigned char, kKeystreamBlockBytes> counter{};
    for (size_t i = 0; i < sizeof first_block; ++i) {
        counter[15 - i] = static_cast<unsigned char>(first_block >> (8 * i));
    }
    LLMTRAIL_CHECK(
        EVP_EncryptInit_ex2(state_->context, nullptr, nullptr, counter.data(), nullptr) == 1);
    out.assign(blocks * kKeystreamBlockBytes, '\0');
    int written = 0;
    auto* raw = reinterpret_cast<unsigned char*>(out.data());
    LLMTRAIL_CHECK(
        EVP_EncryptUpdate(state_->context, raw, &written, raw, static_cast<int>(out.size())) == 1);
}

}  // namespace llmtrail
