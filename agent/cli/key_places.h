// Where a key command looks: as the configuration says, or in folders named on the command line.
// Used by the `keys` commands. Main thread. On errors they have been told.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/role.h"
#include "cli/commands.h"
#include "spool/local_keys.h"

namespace llmtrail {

struct KeyCommandPlaces {
    KeyPlaces keys{""};
    std::string spool;                  // empty: none is known
    std::vector<Recipient> recipients;  // of the configuration
    bool configured = false;            // a configuration was read
};

// Empty: return `exit_code`.
struct FoundPlaces {
    std::optional<KeyCommandPlaces> places;
    ExitCode exit_code = ExitCode::kOk;
};

// `--config` when given; else `--keys` with the spool beside it; else the usual configuration when
// it is there; else the usual folders.
FoundPlaces find_key_places(const KeysArguments& arguments, CommandSeams seams);

}  // namespace llmtrail
