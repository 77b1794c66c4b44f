// What new settings need beyond themselves, made and tried before anything of the old is touched:
// readers of formats, outputs, secrets, certificates, and whether new files may be read. Main
// thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/document_read.h"
#include "pipeline/lanes.h"
#include "pipeline/settings_change.h"

namespace llmtrail {

struct ReloadParts {
    std::map<std::string, DocumentRead> reads;  // of sources that are new or changed, by id
    std::map<std::string, LaneParts> lanes;     // of outputs that are
};

struct ReloadProblem {
    std::string message;
    // The process may not: what a process may read, it is told when it starts.
    bool restart_needed = false;
};

// All that stands in the way at once; without a problem `parts` is complete.
std::vector<ReloadProblem> make_reload_parts(const Settings& before, const Settings& after,
                                             const SettingsChange& change, LaneSeams seams,
                                             ReloadParts& parts);

}  // namespace llmtrail
