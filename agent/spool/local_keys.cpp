#include "spool/local_keys.h"

#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "spool/format.h"

namespace llmtrail {
namespace {

constexpr std::string_view kLocalKeyWord = "llmtrail-local-key-v1 ";
constexpr std::string_view kIdentityKeyWord = "llmtrail-identity-key-v1 ";
constexpr std::string_view kPublicKeyWord = "ed25519:";
constexpr size_t kKeyTextBytesMax = 4096;
constexpr uint32_t kPrivateMode = 0600;
constexpr uint32_t kPublicMode = 0644;
constexpr uint32_t kOthersMask = 0077;

std::string local_path(const std::string& directory) {
    return directory + "/local.key";
}

std::string identity_path(const std::string& directory) {
    return directory + "/identity.key";
}

Result<Secret> read_private_key(FileSystem& files, const std::string& path, std::string_view word) {
    Result<FileInfo> info = files.info(path, false);
    if (!info) {
        return fail(std::move(info).error().with_context("reading a key"));
    }
    if ((info->mode & kOthersMask) != 0) {
        return fail(ErrorCode::kPermission,
                    path + " can be read by group or others: chmod 600 " + path);
    }
    Result<Bytes> text = files.read_file(path, kKeyTextBytesMax);
    if (!text) {
        return fail(std::move(text).error().with_context("reading a key"));
    }
    ByteView rest = *text;
    std::optional<Bytes> key;
    if (rest.starts_with(word) && rest.ends_with('\n')) {
        rest.remove_prefix(word.size());
        rest.remove_suffix(1);
        key = from_hex(rest);
    }
    wipe(*text);
    if (!key || key->size() != kDataKeyBytes) {
        return fail(ErrorCode::kCrypto, path + " is not a key of this program");
    }
    Secret secret = Secret::copy_of(*key);
    wipe(*key);
    return secret;
}

Result<void> write_private_key(FileSystem& files, const std::string& path, std::string_view word,
                               const Secret& key) {
    Bytes hex = to_hex(key.reveal());
    Bytes text;
    text.reserve(word.size() + hex.size() + 1);
    text.append(word).append(hex).push_back('\n');
    Result<void> written = files.replace_file(path, text, kPrivateMode);
    wipe(hex);
    wipe(text);
    return written;
}

Result<Secret> read_or_make(FileSystem& files, Random& random, const std::string& path,
                            std::string_view word, bool& made) {
    Result<Secret> read = read_private_key(files, path, word);
    if (read || read.error().code != ErrorCode::kNotFound) {
        return read;
    }
    Result<Secret> key = Secret::random(random, kDataKeyBytes);
    if (!key) {
        return key;
    }
    Result<void> written = write_private_key(files, path, word, *key);
    if (!written) {
        return fail(std::move(written).error().with_context("writing a key"));
    }
    made = true;
    return key;
}

Result<LocalKeys> assemble(Result<Secret> local, Result<Secret> seed, bool made) {
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
    LocalKeys keys{std::move(*local), {}, std::move(*identity), made};
    Secret id = hkdf_expand(keys.local, kKeyIdInfo);
    std::copy_n(id.reveal().begin(), keys.local_id.size(), keys.local_id.begin());
    return keys;
}

}  // namespace

std::string identity_public_path(const std::string& directory) {
    return directory + "/identity.pub";
}

Result<LocalKeys> load_local_keys(FileSystem& files, const std::string& directory) {
    return assemble(read_private_key(files, local_path(directory), kLocalKeyWord),
                    read_private_key(files, identity_path(directory), kIdentityKeyWord), false);
}

Result<LocalKeys> load_or_make_local_keys(FileSystem& files, Random& random,
                                          const std::string& directory) {
    bool made = false;
    Result<Secret> seed =
        read_or_make(files, random, identity_path(directory), kIdentityKeyWord, made);
    if (!seed) {
        return fail(seed.error());
    }
    Result<Secret> local = read_or_make(files, random, local_path(directory), kLocalKeyWord, made);
    Result<LocalKeys> keys = assemble(std::move(local), std::move(seed), made);
    if (!keys) {
        return keys;
    }
    Bytes text = public_key_text(keys->identity.public_key()) + "\n";
    std::string path = identity_public_path(directory);
    Result<Bytes> present = files.read_file(path, kKeyTextBytesMax);
    if (!present || *present != text) {
        Result<void> written = files.replace_file(path, text, kPublicMode);
        if (!written) {
            return fail(std::move(written).error().with_context("writing a key"));
        }
    }
    return keys;
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
