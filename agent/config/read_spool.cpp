#include "config/choices.h"
#include "config/map_reader.h"
#include "config/section_readers.h"
#include "config/values.h"

namespace llmtrail {

namespace {

constexpr uint64_t kSizeMost = uint64_t{1} << 60;
constexpr uint64_t kSpoolBytesLeast = uint64_t{4} << 20;  // one full batch always fits
constexpr int64_t kRetentionMsLeast = 60'000;
constexpr int64_t kRetentionMsMost = int64_t{36'525} * 86'400'000;

void read_segment(MapReader& spool_reader, SpoolSettings& spool, Problems& problems) {
    const ConfigNode* node = spool_reader.find("segment");
    if (node == nullptr) {
        return;
    }
    MapReader reader(*node, "`segment` of `spool`", problems);
    reader.size("max_size", spool.segment_bytes_max, kSegmentBytesLeast, kSegmentBytesMost);
    reader.duration_ms("max_age", spool.segment_age_max_ms, 1000, kSegmentAgeMsMost);
    reader.finish();
}

void read_retention(MapReader& spool_reader, SpoolSettings& spool, Problems& problems) {
    const ConfigNode* node = spool_reader.find("retention");
    if (node == nullptr) {
        return;
    }
    MapReader reader(*node, "`retention` of `spool`", problems);
    reader.duration_ms("min_age", spool.retention_min_age_ms, 0, kRetentionMsMost);
    reader.duration_ms("max_age", spool.retention_max_age_ms, kRetentionMsLeast, kRetentionMsMost);
    if (spool.retention_max_age_ms < spool.retention_min_age_ms) {
        const ConfigNode* age = reader.find("max_age");
        reader.problem(
            age != nullptr ? *age : *node,
            "`max_age` is " + describe_duration(spool.retention_max_age_ms) +
                ", less than `min_age`: " + describe_duration(spool.retention_min_age_ms),
            "what must stay that long cannot go earlier");
    }
    reader.finish();
}

}  // namespace

void read_spool(const ConfigNode& map, Settings& settings, Problems& problems) {
    SpoolSettings& spool = settings.spool;
    MapReader reader(map, "`spool`", problems);
    reader.absolute_path("dir", spool.directory);
    reader.size("max_size", spool.max_size_bytes, kSpoolBytesLeast, kSizeMost);
    reader.size("min_free", spool.min_free_bytes, 0, kSizeMost);
    reader.choice("on_full", spool.on_full, kOnFullChoices);
    reader.duration_ms("sync_interval", spool.sync_interval_ms, 1, 1000);
    reader.duration_ms("seal_interval", spool.seal_interval_ms, 10, 60'000);
    reader.duration_ms("checkpoint_interval", spool.checkpoint_interval_ms, 1000,
                       kCheckpointIntervalMsMost);
    read_segment(reader, spool, problems);
    uint64_t level = static_cast<uint64_t>(spool.compression_level);
    reader.integer("compression", level, 0, kCompressionLevelMost);
    spool.compression_level = static_cast<int>(level);
    read_retention(reader, spool, problems);
    read_recipients(reader, spool, problems);
    reader.finish();

    uint64_t least = spool.segment_bytes_max * kSegmentsInSpoolLeast;
    if (spool.max_size_bytes < least) {
        const ConfigNode* size = reader.find("max_size");
        const ConfigNode& at = size != nullptr ? *size : map;
        reader.problem(at,
                       "`max_size` is " + describe_size(spool.max_size_bytes) + ", less than " +
                           std::to_string(kSegmentsInSpoolLeast) + " segments of " +
                           describe_size(spool.segment_bytes_max),
                       "write max_size: " + describe_size(least) +
                           " or more, or a smaller segment: {max_size: ...}");
    }
}

}  // namespace llmtrail
