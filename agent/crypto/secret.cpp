#include "crypto/secret.h"

#include <openssl/crypto.h>

#include <cstring>
#include <utility>

#include "base/check.h"

namespace llmtrail {
namespace {

constexpr size_t kSecureHeapBytes = size_t{256} * 1024;
constexpr size_t kSecureHeapBlockBytes = 32;

uint8_t* allocate_zeroed(size_t size) {
    if (size == 0) {
        return nullptr;
    }
    auto* data = static_cast<uint8_t*>(OPENSSL_secure_zalloc(size));
    LLMTRAIL_CHECK(data != nullptr);
    return data;
}

}  // namespace

Secret::Secret(size_t size) : data_(allocate_zeroed(size)), size_(size) {}

Secret Secret::copy_of(ByteView bytes) {
    Secret secret(bytes.size());
    if (!bytes.empty()) {
        std::memcpy(secret.data_, bytes.data(), bytes.size());
    }
    return secret;
}

Result<Secret> Secret::random(Random& random, size_t size) {
    Secret secret(size);
    Result<void> filled = random.fill(secret.data_, size);
    if (!filled) {
        return fail(filled.error());
    }
    return secret;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        OPENSSL_secure_clear_free(data_, size_);
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

Secret::~Secret() {
    OPENSSL_secure_clear_free(data_, size_);
}

Secret Secret::clone() const {
    return copy_of(reveal());
}

void wipe(Bytes& bytes) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
    bytes.clear();
}

bool init_secure_memory() {
    // 1: mapped and locked; 2: mapped, but the system refused to lock it.
    return CRYPTO_secure_malloc_initialized() == 1 ||
           CRYPTO_secure_malloc_init(kSecureHeapBytes, kSecureHeapBlockBytes) == 1;
}

}  // namespace llmtrail
