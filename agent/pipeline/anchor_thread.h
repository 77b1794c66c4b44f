// From settings to the anchor thread, and from what it learns to the mailbox: receipts become
// ANCHOR frames, a holder that is lost or back becomes news (710, 711), and one with proof that
// this log is not what it was becomes 600. Start-up; the callbacks run on the anchor thread.
#pragma once

#include <memory>

#include "anchor/anchor_worker.h"
#include "config/settings.h"
#include "log/log.h"
#include "pipeline/mailbox.h"
#include "platform/file_system.h"
#include "platform/random.h"

namespace llmtrail {

struct AnchorThreadSeams {
    FileSystem& files;
    Clock& clock;
    Random& random;
    Log& log;
};

// Null without `anchors:`. Errors: those of the configuration.
Result<std::unique_ptr<AnchorWorker>> start_anchor_thread(const Settings& settings,
                                                          Mailbox& mailbox,
                                                          AnchorThreadSeams seams);

// The shortest interval between two receipts of one holder.
int64_t anchor_interval_ms(const Settings& settings);

}  // namespace llmtrail
