// The key directory of this host: the local key, which opens what this host may open, and the
// identity key, which signs generations. Used by writer, reader and verifier, at start. Errors:
// kPermission for a private file that others may read, kCrypto for one that is not a key, kNotFound
// when there is none.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "platform/file_system.h"
#include "platform/random.h"

namespace llmtrail {

inline constexpr size_t kLocalKeyIdBytes = 8;

struct LocalKeys {
    Secret local;
    std::array<char, kLocalKeyIdBytes> local_id{};
    SigningKey identity;
    bool made_now = false;
};

Result<LocalKeys> load_local_keys(FileSystem& files, const std::string& directory);

// At a first start only: makes what is missing.
Result<LocalKeys> load_or_make_local_keys(FileSystem& files, Random& random,
                                          const std::string& directory);

// identity.pub, here or as the trust file of somebody else's log.
Result<PublicKey> read_public_key(FileSystem& files, const std::string& path);
std::string public_key_text(const PublicKey& key);  // ed25519:<base64>

std::string identity_public_path(const std::string& directory);

}  // namespace llmtrail
