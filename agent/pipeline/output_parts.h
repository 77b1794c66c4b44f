// From the settings of an output to what it is made of: for the lanes of the daemon, and for the
// commands that try an output beside it. Start-up only.
#pragma once

#include <memory>
#include <string>

#include "config/settings.h"
#include "format/formatter.h"
#include "outputs/outputs.h"

namespace llmtrail {

// What events call this host.
struct HostNames {
    std::string host_id;
    std::string host_name;
};

HostNames host_names(const Settings& settings, FileSystem& files);

// `files` must outlive the plan, which reads its secrets there.
OutputPlan plan_of(const OutputSettings& settings, const HostNames& names, FileSystem& files);

std::unique_ptr<Formatter> make_formatter(const OutputSettings& settings, const HostNames& names);

}  // namespace llmtrail
