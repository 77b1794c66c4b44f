// From settings to lanes: one a configured output. Main thread, at the start and for a reload.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "pipeline/lane.h"
#include "pipeline/output_parts.h"
#include "platform/network.h"
#include "platform/random.h"

namespace llmtrail {

struct LaneSeams {
    Network& network;
    FileSystem& files;
    Random& random;
    Log& log;
};

Result<LaneParts> make_lane_parts(const OutputSettings& output, const HostNames& names,
                                  LaneSeams seams);

// An output that the spool has no cursor for starts with this run's first record.
Result<std::vector<std::unique_ptr<Lane>>> make_lanes(const Settings& settings,
                                                      const RecoveredSpool& recovered,
                                                      RecentBatches& recent, SpoolReader& spool,
                                                      Mailbox& mailbox, LaneSeams seams);

}  // namespace llmtrail
