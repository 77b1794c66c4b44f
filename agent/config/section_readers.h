// The sections of agent.yaml, each from its node into the part of Settings it fills. Every fault
// goes to `problems`; what is filled in then is of no use. Inside config only. One thread.
#pragma once

#include <string>

#include "config/config_tree.h"
#include "config/problems.h"
#include "config/settings.h"

namespace llmtrail {

inline constexpr uint64_t kMaxDocumentBytesLeast = uint64_t{1} << 10;
inline constexpr uint64_t kMaxDocumentBytesMost = uint64_t{64} << 20;
inline constexpr uint64_t kJoinBytesMost = uint64_t{256} << 20;
inline constexpr int64_t kJoinAgeMsMost = 3'600'000;
inline constexpr uint64_t kMaxEventBytesLeast = 1024;
inline constexpr uint64_t kMaxEventBytesMost = uint64_t{1} << 20;
inline constexpr uint64_t kBatchBytesLeast = uint64_t{16} << 10;
inline constexpr uint64_t kBatchBytesMost = uint64_t{4} << 20;
inline constexpr uint64_t kIngestBytesMost = 1'000'000;  // of one call, as Azure takes it
inline constexpr uint64_t kKafkaQueueBytesLeast = uint64_t{2} << 20;  // more than any event
inline constexpr uint64_t kKafkaQueueBytesMost = uint64_t{256} << 20;
inline constexpr uint64_t kPreviewCharactersMost = 4096;
inline constexpr uint64_t kSegmentBytesLeast = uint64_t{64} << 10;
// A segment has data keys of its own: its limits are theirs (docs/spool-format.md, "Lives").
inline constexpr uint64_t kSegmentBytesMost = uint64_t{64} << 20;
inline constexpr int64_t kSegmentAgeMsMost = 3'600'000;
inline constexpr uint64_t kSegmentsInSpoolLeast =
    4;  // spool.max_size in segments: less leaves nothing to prune
inline constexpr int64_t kCheckpointIntervalMsMost = 15 * 60'000;
inline constexpr int kCompressionLevelMost = 19;
inline constexpr int64_t kTimestampIntervalMs = 3'600'000;  // by default: authorities serve many
inline constexpr int64_t kAnchorIntervalMsMost = 86'400'000;

void read_sources(const ConfigNode& list, const ConfigVocabulary& vocabulary, Settings& settings,
                  Problems& problems);
void read_outputs(const ConfigNode& list, const ConfigVocabulary& vocabulary, Settings& settings,
                  Problems& problems);
void read_anchors(const ConfigNode& list, Settings& settings, Problems& problems);
void read_spool(const ConfigNode& map, Settings& settings, Problems& problems);
void read_keys(const ConfigNode& map, Settings& settings, Problems& problems);
void read_metrics(const ConfigNode& map, Settings& settings, Problems& problems);

class MapReader;
void read_kafka(MapReader& reader, OutputSettings& output, Problems& problems);
void read_sentinel(MapReader& reader, OutputSettings& output, Problems& problems);
void read_syslog(MapReader& reader, OutputSettings& output, Problems& problems);
void read_tls(MapReader& output_reader, OutputSettings& output, Problems& problems);
void read_splunk_hec(MapReader& reader, OutputSettings& output, Problems& problems);
void read_recipients(MapReader& spool_reader, SpoolSettings& spool, Problems& problems);

// What no section can see alone: a file that is written and read, or written twice.
void check_across_sections(const ConfigNode& root, const Settings& settings, Problems& problems);

// Reads the `id` of an item of a list: present, well formed, not taken. Returns how messages name
// the item.
std::string item_name(std::string_view kind, const ConfigNode& item);
void read_id(MapReader& item, std::string& id, std::vector<std::string>& taken);

}  // namespace llmtrail
