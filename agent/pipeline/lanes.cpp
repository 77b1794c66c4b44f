#include "pipeline/lanes.h"

#include <algorithm>
#include <utility>

#include "outputs/outputs.h"
#include "pipeline/host_identity.h"
#include "platform/host.h"

namespace llmtrail {

namespace {

OutputPlan plan_of(const OutputSettings& settings, const std::string& host_name) {
    return OutputPlan{
        .id = settings.id,
        .type = settings.type == OutputType::kFile ? "file" : "syslog",
        .address = settings.address,
        .use_tls = settings.transport == SyslogTransport::kTls,
        .tls = settings.tls,
        .octet_counting = settings.framing == Framing::kOctet,
        .facility = settings.facility,
        .host_name = host_name,
        .process_id = process_id(),
        .path = settings.path,
    };
}

FormatOptions format_options(const OutputSettings& settings, const std::string& host_id,
                             const std::string& host_name) {
    return FormatOptions{
        .host_id = host_id,
        .host_name = host_name,
        .event_bytes_max = settings.max_event_bytes,
        .prompt_preview_characters = settings.preview_prompt_characters,
        .response_preview_characters = settings.preview_response_characters,
    };
}

uint64_t start_of(const std::string& output_id, const RecoveredSpool& recovered) {
    auto cursor = std::find_if(recovered.cursors.begin(), recovered.cursors.end(),
                               [&](const auto& known) { return known.first == output_id; });
    return cursor == recovered.cursors.end() ? recovered.next_index : cursor->second;
}

}  // namespace

Result<std::vector<std::unique_ptr<Lane>>> make_lanes(const Settings& settings,
                                                      const RecoveredSpool& recovered,
                                                      RecentBatches& recent, SpoolReader& spool,
                                                      Mailbox& mailbox, LaneSeams seams) {
    std::string name = host_name().value_or("localhost");
    std::string host_id = host_id_of(settings.host_id, name, seams.files);
    std::vector<std::unique_ptr<Lane>> lanes;
    for (const OutputSettings& output : settings.outputs) {
        auto made = make_output(plan_of(output, name), seams.network, seams.files, seams.random);
        if (!made) {
            return fail(std::move(made.error()).with_context("output " + output.id));
        }
        Route route({.kinds = output.only.kinds,
                     .classes = output.only.classes,
                     .min_severity = output.only.min_severity});
        FormatOptions options = format_options(output, host_id, name);
        LaneParts parts{std::move(*made),
                        output.format == EventFormat::kLeef
                            ? make_leef_formatter(std::move(options))
                            : make_cef_formatter(std::move(options)),
                        std::move(route)};
        lanes.push_back(std::make_unique<Lane>(std::move(parts), start_of(output.id, recovered),
                                               recovered.next_index, recent, spool, mailbox,
                                               seams.log));
        if (!recovered.clean) {
            lanes.back()->mark_resent_below(recovered.next_index);
        }
    }
    return lanes;
}

}  // namespace llmtrail
