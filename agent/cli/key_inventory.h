// Every key that this host's spool lives by: what it is, where, how old, until when, and what is
// wrong with it. Limits are those of docs/spool-format.md, "Lives". Used by `keys list` and
// `keys check`. Reads files only, in memory bounded by one key file. Main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/key_places.h"

namespace llmtrail {

inline constexpr int64_t kDaySeconds = 86'400;
inline constexpr int64_t kLocalKeyAgeMaxSeconds = 365 * kDaySeconds;
inline constexpr int64_t kIdentityKeyAgeMaxSeconds = 365 * kDaySeconds;
inline constexpr int64_t kRecipientKeyAgeSeconds = 90 * kDaySeconds;
inline constexpr int64_t kRecipientKeyAgeMaxSeconds = 365 * kDaySeconds;

struct ListedKey {
    std::string name;  // identity, local, daily, data, recipient, seal
    std::string kind;  // Ed25519, AES-256, X25519
    std::string id;    // empty: not known here
    std::string where;
    std::string purpose;
    std::optional<int64_t> age_seconds;
    std::string age_note;  // what the age means, or why there is none
    std::optional<int64_t> limit_seconds;
    std::string limit;
    std::string next_change;
    std::string value;  // of a public key
};

struct KeyProblem {
    bool fails = true;  // else a warning
    ExitCode code = ExitCode::kConfig;
    std::string message;
    std::string hint;
};

struct KeyInventory {
    std::vector<ListedKey> keys;
    std::vector<KeyProblem> problems;

    // Of the segments that are there:
    uint64_t segments = 0;
    uint64_t locally_wrapped = 0;  // this host opens them, or would with the right local key
    uint64_t host_only = 0;        // no auditor opens them
    uint64_t under_older_key = 0;  // wrapped under another than the first local key
    uint64_t foreign = 0;          // wrapped under a local key that is not here
};

KeyInventory take_key_inventory(const KeyCommandPlaces& places, CommandSeams seams);

}  // namespace llmtrail
