#include "spool/local_keys.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/hex.h"
#include "spool/format.h"
#include "spool/private_file.h"

namespace llmtrail {
namespace {

constexpr std::string_view kLocalKeyWord = "llmtrail-local-key-v1 ";
constexpr std::string_view kIdentityKeyWord = "llmtrail-identity-key-v1 ";
constexpr std::string_view kPublicKeyWord = "ed25519:";
constexpr size_t kKeyTextBytesMax = 4096;
constexpr uint32_t kPrivateMode = 0600;
constexpr uint32_t kPublicMode = 0644;

// "<word><64 hex>\n", straight from and to memory that is locked and wiped.
std::optional<Secret> key_of_text(ByteView text, std::string_view word) {
    if (text.size() != word.size() + 2 * kDataKeyBytes + 1 || !text.starts_with(word) ||
        !text.ends_with('\n')) {
        return std::nullopt;
    }
    std::optional<Bytes> key = from_hex(text.substr(word.size(), 2 * kDataKeyBytes));
    if (!key) {
        return std::nullopt;
    }
    Secret secret = Secret::copy_of(*key);
    wipe(*key);
    return secret;
}

Secret text_of_key(const Secret& key, std::string_view word) {
    Bytes text(word);
    text.reserve(word.size() + 2 * key.size() + 1);
    Bytes hex = to_hex(key.reveal());
    text.append(hex).push_back('\n');
    Secret secret = Secret::copy_of(text);
    wipe(hex);
    wipe(text);
    return secret;
}

Result<Secret> read_private_key(FileSystem& files, const std::string& path, std::string_view word,
                                PrivateFile kind, uint32_t own_user) {
    Result<Secret> text = read_private_file(files, path, kKeyTextBytesMax, kind, own_user);
    if (!text) {
        return fail(std::move(text).error().with_context("reading a key"));
    }
    std::optional<Secret> key = key_of_text(text->reveal(), word);
    if (!key) {
        return fail(ErrorCode::kCrypto, path + " is not a key of this program");
    }
    return std::move(*key);
}

Result<void> write_private_key(FileSystem& files, const std::string& path, std::string_view word,
                               const Secret& key) {
    Result<void> written = files.replace_file(path, text_of_key(key, word).reveal(), kPrivateMode);
    return written ? written : fail(std::move(written).error().with_context("writing a key"));
}

Result<Secret> read_or_make(FileSystem& files, Random& random, const std::string& path,
                            std::string_view word, bool& made) {
    Result<Secret> read = read_private_key(files, path, word, PrivateFile::kKey, effective_user());
    if (read || read.error().code != ErrorCode::kNotFound) {
        return read;
    }
    Result<Secret> key = Secret::random(random, kDataKeyBytes);
    if (!key) {
        return key;
    }
    Result<void> written = write_private_key(files, path, word, *key);
    if (!written) {
        return fail(written.error());
    }
    made = true;
    return key;
}

struct LocalPlace {
    std::string path;
    PrivateFile kind = PrivateFile::kKey;
};

Result<std::vector<LocalPlace>> local_places(const KeyPlaces& places) {
    std::vector<std::string> sources = places.local;
    if (sources.empty()) {
        sources.emplace_back(kLocalKeyAuto);
    }
    std::vector<LocalPlace> found;
    for (const std::string& source : sources) {
        if (source == kLocalKeyAuto) {
            found.push_back({local_path(places.directory), PrivateFile::kKey});
            found.push_back({previous_local_path(places.directory), PrivateFile::kKey});
            continue;
        }
        std::string_view name = source;
        if (!name.starts_with(kCredentialWord) || name.find('/') != std::string_view::npos) {
            return fail(ErrorCode::kConfig, "`" + source + "` names no local key");
        }
        name.remove_prefix(kCredentialWord.size());
        if (places.credentials.empty()) {
            return fail(ErrorCode::kNotFound,
                        "no credentials were handed over ($CREDENTIALS_DIRECTORY is not set): "
                        "LoadCredentialEncrypted=" +
                            std::string(name) + " in the unit gives this one");
        }
        found.push_back({places.credentials + "/" + std::string(name), PrivateFile::kCredential});
    }
    return found;
}

Result<LocalKeys> assemble(Result<std::vector<LocalKey>> local, Result<Secret> seed, bool made) {
    if (!local) {
        return fail(local.error());
    }
    if (!seed) {
        return fail(seed.error());
    }
    Result<SigningKey> identity = SigningKey::from_seed(std::move(*seed));
    if (!identity) {
        return fail(identity.error());
    }
    return LocalKeys{std::move(*local), std::move(*identity), made};
}

bool is_made_here(const KeyPlaces& places) {
    return places.local.empty() || places.local.front() == kLocalKeyAuto;
}

Result<KeyPlaces> places_of_reader(FileSystem& files, const std::string& key_directory) {
    KeyPlaces places(key_directory);
    if (places.own_user != 0) {
        return places;
    }
    Result<FileInfo> folder = files.info(key_directory, true);
    if (!folder && folder.error().code != ErrorCode::kNotFound) {
        return fail(std::move(folder).error().with_context("reading a key"));
    }
    if (folder) {
        places.own_user = folder->owner;
    }
    return places;
}

}  // namespace

std::string identity_public_path(const std::string& directory) {
    return directory + "/identity.pub";
}

std::string identity_path(const std::string& directory) {
    return directory + "/identity.key";
}

std::string local_path(const std::string& directory) {
    return directory + "/local.key";
}

std::string previous_local_path(const std::string& directory) {
    return directory + "/local-previous.key";
}

const LocalKey* LocalKeys::local_of(ByteView id) const {
    for (const LocalKey& key : local) {
        if (id == ByteView(key.id.data(), key.id.size())) {
            return &key;
        }
    }
    return nullptr;
}

LocalKey make_local_key(Secret key) {
    LocalKey local;
    local.key = std::move(key);
    Secret id = hkdf_expand(local.key, kKeyIdInfo);
    std::copy_n(id.reveal().begin(), local.id.size(), local.id.begin());
    return local;
}

Secret local_key_text(const LocalKey& key) {
    return text_of_key(key.key, kLocalKeyWord);
}

Result<LocalKey> load_local_key(FileSystem& files, const std::string& path) {
    Result<KeyPlaces> places = places_of_reader(files, path.substr(0, path.rfind('/')));
    if (!places) {
        return fail(std::move(places.error()));
    }
    Result<Secret> key =
        read_private_key(files, path, kLocalKeyWord, PrivateFile::kKey, places->own_user);
    if (!key) {
        return fail(key.error());
    }
    LocalKey local = make_local_key(std::move(*key));
    local.path = path;
    return local;
}

// The first must be there; the others only while somebody still hands them over.
Result<std::vector<LocalKey>> load_local_secrets(FileSystem& files, const KeyPlaces& places) {
    Result<std::vector<LocalPlace>> listed = local_places(places);
    if (!listed) {
        return fail(listed.error());
    }
    std::vector<LocalKey> keys;
    for (const LocalPlace& place : *listed) {
        Result<Secret> key =
            read_private_key(files, place.path, kLocalKeyWord, place.kind, places.own_user);
        if (!key && (keys.empty() || key.error().code != ErrorCode::kNotFound)) {
            return fail(key.error());
        }
        if (key) {
            keys.push_back(make_local_key(std::move(*key)));
            keys.back().path = place.path;
        }
    }
    return keys;
}

Result<LocalKeys> load_local_keys(FileSystem& files, const KeyPlaces& places) {
    Result<std::vector<LocalKey>> local = load_local_secrets(files, places);
    if (!local) {
        return fail(local.error());
    }
    return assemble(std::move(local),
                    read_private_key(files, identity_path(places.directory), kIdentityKeyWord,
                                     PrivateFile::kKey, places.own_user),
                    false);
}

Result<std::vector<LocalKey>> load_local_secrets_as_reader(FileSystem& files,
                                                           const std::string& key_directory) {
    Result<KeyPlaces> places = places_of_reader(files, key_directory);
    return places ? load_local_secrets(files, *places)
                  : Result<std::vector<LocalKey>>(fail(std::move(places.error())));
}

Result<LocalKeys> load_local_keys_as_reader(FileSystem& files, const std::string& key_directory) {
    Result<KeyPlaces> places = places_of_reader(files, key_directory);
    return places ? load_local_keys(files, *places)
                  : Result<LocalKeys>(fail(std::move(places.error())));
}

Result<LocalKeys> load_or_make_local_keys(FileSystem& files, Random& random,
                                          const KeyPlaces& places) {
    bool made = false;
    Result<Secret> seed =
        read_or_make(files, random, identity_path(places.directory), kIdentityKeyWord, made);
    if (seed && is_made_here(places)) {
        Result<Secret> local =
            read_or_make(files, random, local_path(places.directory), kLocalKeyWord, made);
        if (!local) {
            return fail(local.error());
        }
    }
    if (!seed) {
        return fail(seed.error());
    }
    Result<LocalKeys> keys = assemble(load_local_secrets(files, places), std::move(seed), made);
    if (!keys) {
        return keys;
    }
    Bytes text = public_key_text(keys->identity.public_key()) + "\n";
    std::string path = identity_public_path(places.directory);
    Result<Bytes> present = files.read_file(path, kKeyTextBytesMax);
    if (!present || *present != text) {
        Result<void> written = files.replace_file(path, text, kPublicMode);
        if (!written) {
            return fail(std::move(written).error().with_context("writing a key"));
        }
    }
    return keys;
}

Result<void> replace_local_key(FileSystem& files, const std::string& directory,
                               const LocalKey& next) {
    Result<FileInfo> previous = files.info(previous_local_path(directory), false);
    if (previous || previous.error().code != ErrorCode::kNotFound) {
        return previous ? Result<void>(
                              fail(ErrorCode::kExists, previous_local_path(directory) +
                                                           " may still be needed: rewrap first"))
                        : Result<void>(fail(previous.error()));
    }
    Result<Secret> present = read_private_key(files, local_path(directory), kLocalKeyWord,
                                              PrivateFile::kKey, effective_user());
    if (!present) {
        return fail(present.error());
    }
    Result<void> kept =
        write_private_key(files, previous_local_path(directory), kLocalKeyWord, *present);
    return kept ? write_private_key(files, local_path(directory), kLocalKeyWord, next.key) : kept;
}

Result<void> forget_previous_local_key(FileSystem& files, const std::string& directory) {
    Result<void> removed = files.remove(previous_local_path(directory));
    if (!removed && removed.error().code == ErrorCode::kNotFound) {
        return {};
    }
    return removed ? files.sync_directory(directory) : removed;
}

std::string public_key_text(const PublicKey& key) {
    return std::string(kPublicKeyWord) + to_base64(view(key));
}

Result<PublicKey> read_public_key(FileSystem& files, const std::string& path) {
    Result<Bytes> text = files.read_file(path, kKeyTextBytesMax);
    if (!text) {
        return fail(std::move(text).error().with_context("reading a public key"));
    }
    ByteView rest = *text;
    while (rest.ends_with('\n') || rest.ends_with('\r') || rest.ends_with(' ')) {
        rest.remove_suffix(1);
    }
    std::optional<Bytes> raw;
    if (rest.starts_with(kPublicKeyWord)) {
        raw = from_base64(rest.substr(kPublicKeyWord.size()));
    }
    if (!raw || raw->size() != kPublicKeyBytes) {
        return fail(ErrorCode::kCrypto, path + " is not a public key (ed25519:<base64>)");
    }
    PublicKey key;
    std::copy(raw->begin(), raw->end(), key.begin());
    return key;
}

}  // namespace llmtrail
