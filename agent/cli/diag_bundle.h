// What `llmtrail diag` packs: by allow-list, each member made of facts that this file names. Never
// in it: text of logs, records, keys, secrets, the environment, lines of the configuration as they
// stand in its files. Main thread; what cannot be had is left out and named.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"

namespace llmtrail {

inline constexpr size_t kDiagMemberBytesMax = size_t{1} << 20;  // longer ones are cut
inline constexpr size_t kDiagFilesListedMax = 5000;             // of one folder
inline constexpr int64_t kDiagProgramMs = 10'000;               // for systemctl and journalctl

struct DiagBundle {
    std::vector<std::pair<std::string, std::string>> members;  // name, text
    std::vector<std::string> left_out;                         // "status.json: nobody listens"
};

DiagBundle gather_diagnostics(const DiagArguments& arguments, CommandSeams seams);

}  // namespace llmtrail
