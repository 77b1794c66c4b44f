#include "pipeline/secret_reader.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "platform/host.h"
#include "spool/private_file.h"

namespace llmtrail {

namespace {

Result<Secret> read_environment(const std::string& name) {
    const char* value = ::secure_getenv(name.c_str());
    if (value == nullptr) {
        return fail(ErrorCode::kNotFound, "the environment has no variable of this name");
    }
    return Secret::copy_of(value);
}

Result<Secret> read_credential(const std::string& name, const std::string& credentials,
                               FileSystem& files) {
    if (credentials.empty()) {
        return fail(ErrorCode::kNotFound,
                    "no credentials were handed over ($CREDENTIALS_DIRECTORY is not set): "
                    "LoadCredentialEncrypted=" +
                        name + " in the unit gives this one");
    }
    return read_private_file(files, credentials + "/" + name, kSecretBytesMax,
                             PrivateFile::kCredential, effective_user());
}

Result<Secret> read_place(const SecretReference& reference, const std::string& credentials,
                          FileSystem& files) {
    switch (reference.place) {
        case SecretPlace::kCredential:
            return read_credential(reference.name, credentials, files);
        case SecretPlace::kFile:
            return read_private_file(files, reference.name, kSecretBytesMax, PrivateFile::kKey,
                                     effective_user());
        case SecretPlace::kEnvironment:
            return read_environment(reference.name);
    }
    return fail(ErrorCode::kInternal, "no such place");
}

}  // namespace

Result<Secret> read_secret(const SecretReference& reference, const std::string& credentials,
                           FileSystem& files) {
    Result<Secret> found = read_place(reference, credentials, files);
    if (!found) {
        return fail(std::move(found.error()).with_context(describe(reference)));
    }
    ByteView text = found->reveal();
    if (text.ends_with('\n')) {
        text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    }
    bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
    if (text.empty() || text.size() > kSecretBytesMax || !printable) {
        return fail(ErrorCode::kConfig,
                    describe(reference) + ": it must hold one line of printable characters");
    }
    return Secret::copy_of(text);
}

}  // namespace llmtrail
