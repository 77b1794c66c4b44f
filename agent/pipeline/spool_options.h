// From settings to the spool's options: for the daemon and for the commands that open the spool as
// it does. Pure but for the environment (where systemd put credentials); any thread.
#pragma once

#include "config/settings.h"
#include "spool/spool.h"

namespace llmtrail {

SpoolOptions spool_options(const Settings& settings);

}  // namespace llmtrail
