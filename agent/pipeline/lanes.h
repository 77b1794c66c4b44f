// From settings to lanes: one a configured output. Start-up only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "pipeline/lane.h"
#include "platform/network.h"
#include "platform/random.h"

namespace llmtrail {

struct LaneSeams {
    Network& network;
    FileSystem& files;
    Random& random;
    Log& log;
};

// An output that the spool has no cursor for starts with this run's first record.
Result<std::vector<std::unique_ptr<Lane>>> make_lanes(const Settings& settings,
                                                      const RecoveredSpool& recovered,
                                                      RecentBatches& recent, SpoolReader& spool,
                                                      Mailbox& mailbox, LaneSeams seams);

}  // namespace llmtrail
