// The keys of this host: the local keys, which open what this host may open, and the identity key,
// which signs generations. They lie in the key directory, or come as systemd credentials. Used by
// writer, reader, verifier and the key commands, at start. Errors: kPermission for a private file
// that others could have read or replaced, kCrypto for one that is not a key, kNotFound when there
// is none.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "platform/file_system.h"
#include "platform/host.h"
#include "platform/random.h"

namespace llmtrail {

inline constexpr size_t kLocalKeyIdBytes = 8;
inline constexpr std::string_view kLocalKeyAuto = "auto";
inline constexpr std::string_view kCredentialWord = "credential:";

using LocalKeyId = std::array<char, kLocalKeyIdBytes>;

// Where to look. A directory alone is the usual case: its local.key, or the one before that.
struct KeyPlaces {
    // NOLINTNEXTLINE(google-explicit-constructor)
    KeyPlaces(std::string key_directory) : directory(std::move(key_directory)) {}

    KeyPlaces(std::string key_directory, std::vector<std::string> local_sources,
              std::string credentials_directory)
        : directory(std::move(key_directory)),
          local(std::move(local_sources)),
          credentials(std::move(credentials_directory)) {}

    std::string directory;                 // state_dir/keys
    std::vector<std::string> local;        // keys.local: "auto", "credential:NAME"; empty: auto
    std::string credentials;               // $CREDENTIALS_DIRECTORY
    uint32_t own_user = effective_user();  // who may own the keys beside root
};

struct LocalKey {
    Secret key;
    LocalKeyId id{};
    std::string path;
};

struct LocalKeys {
    std::vector<LocalKey> local;  // never empty: wraps are written under the first, all are tried
    SigningKey identity;
    bool made_now = false;

    // Null when it is not one of this host's.
    const LocalKey* local_of(ByteView id) const;
};

Result<LocalKeys> load_local_keys(FileSystem& files, const KeyPlaces& places);

// At a first start only: makes what is missing; credentials cannot be made here.
Result<LocalKeys> load_or_make_local_keys(FileSystem& files, Random& random,
                                          const KeyPlaces& places);

// The local keys alone, without the identity.
Result<std::vector<LocalKey>> load_local_secrets(FileSystem& files, const KeyPlaces& places);
// For a command that reads what an agent wrote: run by root it takes the owner of the folder for
// the agent's user. Never for the agent itself, which such an owner could give other keys.
Result<std::vector<LocalKey>> load_local_secrets_as_reader(FileSystem& files,
                                                           const std::string& key_directory);
Result<LocalKeys> load_local_keys_as_reader(FileSystem& files, const std::string& key_directory);

// One file with a local key, wherever it lies, for a command that reads.
Result<LocalKey> load_local_key(FileSystem& files, const std::string& path);

LocalKey make_local_key(Secret key);
Secret local_key_text(const LocalKey& key);  // what such a file holds

// Puts `next` in the place of local.key, which stays as local-previous.key until
// forget_previous_local_key(); kExists while there is one. A crash leaves both readable at every
// point.
Result<void> replace_local_key(FileSystem& files, const std::string& directory,
                               const LocalKey& next);
Result<void> forget_previous_local_key(FileSystem& files, const std::string& directory);

// identity.pub, here or as the trust file of somebody else's log.
Result<PublicKey> read_public_key(FileSystem& files, const std::string& path);
std::string public_key_text(const PublicKey& key);  // ed25519:<base64>

std::string identity_public_path(const std::string& directory);
std::string identity_path(const std::string& directory);
std::string local_path(const std::string& directory);
std::string previous_local_path(const std::string& directory);

}  // namespace llmtrail
