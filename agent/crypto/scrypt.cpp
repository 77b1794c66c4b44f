#include "crypto/scrypt.h"

#include <openssl/evp.h>

#include "crypto/digest.h"

namespace llmtrail {
namespace {

constexpr uint64_t kBlockFactor = 8;
constexpr uint64_t kParallel = 1;
constexpr uint64_t kBytesPerBlock = 128;

}  // namespace

Result<Secret> scrypt(const Secret& passphrase, ByteView salt, uint8_t cost) {
    if (cost < kScryptCostLeast || cost > kScryptCostMost) {
        return fail(ErrorCode::kLimit, "a passphrase cost outside the bounds");
    }
    uint64_t rounds = uint64_t{1} << cost;
    uint64_t memory_bytes = (rounds + 2) * kBlockFactor * kBytesPerBlock * 2;
    Secret key(kDigestBytes);
    if (EVP_PBE_scrypt(passphrase.reveal().data(), passphrase.size(),
                       reinterpret_cast<const unsigned char*>(salt.data()), salt.size(), rounds,
                       kBlockFactor, kParallel, memory_bytes, key.reveal_mutable(),
                       key.size()) != 1) {
        return fail(ErrorCode::kCrypto, "a key could not be made from the passphrase");
    }
    return key;
}

}  // namespace llmtrail
