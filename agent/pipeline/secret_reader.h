// Reads a secret where agent.yaml says it is. A file or credential that others could have read is
// refused (spool/private_file.h); one line end behind it is not part of it. Errors name the place,
// never what was found there: kNotFound, kPermission, kConfig for what can be no token. Called at
// start, by `check`, and by an output each time it needs its secret anew; any one thread.
#pragma once

#include <string>

#include "config/secret_reference.h"
#include "crypto/secret.h"
#include "platform/file_system.h"

namespace llmtrail {

inline constexpr size_t kSecretBytesMax = 4096;

// `credentials`: the directory that systemd handed over; empty: none.
Result<Secret> read_secret(const SecretReference& reference, const std::string& credentials,
                           FileSystem& files);

}  // namespace llmtrail
