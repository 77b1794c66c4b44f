#include "pipeline/spool_options.h"

#include "platform/host.h"

namespace llmtrail {

static RetentionPolicy retention_policy(const Settings& settings) {
    RetentionPolicy policy;
    policy.min_age_ms = settings.spool.retention_min_age_ms;
    policy.max_age_ms = settings.spool.retention_max_age_ms;
    policy.drop_oldest = settings.spool.on_full == OnFull::kDropOldest;
    for (const OutputSettings& output : settings.outputs) {
        if (output.required) {
            policy.required_outputs.push_back(output.id);
        }
    }
    return policy;
}

SpoolOptions spool_options(const Settings& settings) {
    return SpoolOptions{
        .directory = settings.spool.directory,
        .key_directory = settings.state_directory + "/keys",
        .max_size_bytes = settings.spool.max_size_bytes,
        .min_free_bytes = settings.spool.min_free_bytes,
        .segment_bytes_max = settings.spool.segment_bytes_max,
        .segment_age_max_ms = settings.spool.segment_age_max_ms,
        .seal_interval_ms = settings.spool.seal_interval_ms,
        .compression_level = settings.spool.compression_level,
        .retention = retention_policy(settings),
        .local_keys = settings.local_keys,
        .credentials_directory = credentials_directory(),
        .recipients = settings.spool.recipients,
    };
}

}  // namespace llmtrail
