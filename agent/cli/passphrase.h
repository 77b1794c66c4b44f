// The passphrase of a role key: from a file, or typed without echo. Main thread. Errors have been
// thought of by the caller: kLimit for one out of bounds, kNotFound without file and terminal,
// kCancelled, kInvalidArgument when it was typed differently the second time.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/commands.h"
#include "crypto/secret.h"

namespace llmtrail {

enum class PassphraseFor : uint8_t {
    kOpening,
    kMaking,  // typed twice
};

// `file`: empty, ask. The first line of a file, without its newline.
Result<Secret> read_passphrase(const std::string& file, PassphraseFor purpose, CommandSeams seams);

}  // namespace llmtrail
