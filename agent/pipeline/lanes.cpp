#include "pipeline/lanes.h"

#include <algorithm>
#include <utility>

#include "outputs/outputs.h"

namespace llmtrail {

namespace {

uint64_t start_of(const std::string& output_id, const RecoveredSpool& recovered) {
    auto cursor = std::find_if(recovered.cursors.begin(), recovered.cursors.end(),
                               [&](const auto& known) { return known.first == output_id; });
    return cursor == recovered.cursors.end() ? recovered.next_index : cursor->second;
}

}  // namespace

Result<LaneParts> make_lane_parts(const OutputSettings& output, const HostNames& names,
                                  LaneSeams seams) {
    auto made =
        make_output(plan_of(output, names, seams.files), seams.network, seams.files, seams.random);
    if (!made) {
        return fail(std::move(made.error()));
    }
    Route route({.kinds = output.only.kinds,
                 .classes = output.only.classes,
                 .min_severity = output.only.min_severity});
    return LaneParts{std::move(*made), make_formatter(output, names), std::move(route)};
}

Result<std::vector<std::unique_ptr<Lane>>> make_lanes(const Settings& settings,
                                                      const RecoveredSpool& recovered,
                                                      RecentBatches& recent, SpoolReader& spool,
                                                      Mailbox& mailbox, LaneSeams seams) {
    HostNames names = host_names(settings, seams.files);
    std::vector<std::unique_ptr<Lane>> lanes;
    for (const OutputSettings& output : settings.outputs) {
        Result<LaneParts> made = make_lane_parts(output, names, seams);
        if (!made) {
            return fail(std::move(made.error()).with_context("output " + output.id));
        }
        lanes.push_back(std::make_unique<Lane>(std::move(*made), start_of(output.id, recovered),
                                               recovered.next_index, recent, spool, mailbox,
                                               seams.log));
        // A receiver may have stored what it had no time to acknowledge.
        bool answers = output.type == OutputType::kSplunkHec ||
                       output.type == OutputType::kSentinel ||
                       output.type == OutputType::kKafka ||
                       output.transport == SyslogTransport::kRelp;
        if (!recovered.clean || answers) {
            lanes.back()->mark_resent_below(recovered.next_index);
        }
    }
    return lanes;
}

}  // namespace llmtrail
