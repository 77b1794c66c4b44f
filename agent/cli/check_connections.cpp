#include "cli/check_connections.h"

#include "base/utf8.h"
#include "crypto/secret.h"
#include "outputs/probe.h"
#include "pipeline/output_parts.h"
#include "platform/posix.h"

namespace llmtrail {

namespace {

std::string block_of(const std::string& id, const ProbeResult& result) {
    std::string block = "connecting output " + id + "\n";
    for (const ProbeStep& step : result.passed) {
        block += "  " + step.name + ": " + terminal_safe(step.told) + "\n";
    }
    if (result.failure) {
        const ProbeFailure& failure = *result.failure;
        block += "  " + failure.step + ": error: " + terminal_safe(failure.error.message) + "\n";
    }
    return block;
}

}  // namespace

Result<std::vector<Advice>> check_connections(const Settings& settings, CommandSeams seams) {
    (void)init_secure_memory();  // tokens are shown to receivers; unlocked they still work
    std::unique_ptr<Network> network = make_posix_network();
    ProbeSeams probe{*network, seams.files, seams.random, seams.clock};
    HostNames names = host_names(settings, seams.files);
    std::vector<Advice> wrong;
    for (const OutputSettings& output : settings.outputs) {
        if (output.type == OutputType::kFile) {
            continue;
        }
        ProbeResult result = probe_output(plan_of(output, names, seams.files), probe);
        Result<void> written = seams.data.write(block_of(output.id, result));
        if (written) {
            written = seams.data.flush();
        }
        if (!written) {
            return fail(std::move(written.error()));
        }
        if (const auto& failure = result.failure) {
            wrong.push_back(
                {false, failure->error.code == ErrorCode::kPermission,
                 "output `" + output.id + "`: " + failure->step + ": " + failure->error.message,
                 failure->hint});
        }
    }
    return wrong;
}

}  // namespace llmtrail
