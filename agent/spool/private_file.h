// Reads a file that only the agent and root may know: a key, a credential, a passphrase. Whoever
// could have read or replaced it makes it refused, and the message names the path component at
// fault. Used wherever a private key is loaded and by `keys check`. Errors: kPermission for a link,
// a file that is none, a wrong owner or loose permissions; kNotFound; kLimit for one too long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "crypto/secret.h"
#include "platform/file_system.h"

namespace llmtrail {

enum class PrivateFile : uint8_t {
    kKey,         // nobody but its owner
    kCredential,  // handed over by systemd, which may let a group of its own making read it
};

// `own_user`: who may own it beside root.
Result<Secret> read_private_file(FileSystem& files, const std::string& path, size_t bytes_max,
                                 PrivateFile kind, uint32_t own_user);

// The checks alone, file and directories.
Result<void> check_private_file(const std::string& path, const FileInfo& info, PrivateFile kind,
                                uint32_t own_user);

// Every directory above `path`: nobody but root and the agent's user may put another file there.
Result<void> check_way_to(FileSystem& files, const std::string& path, uint32_t own_user);

}  // namespace llmtrail
