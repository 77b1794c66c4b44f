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
inline constexpr uint64_t kPreviewCharactersMost = 4096;
inline constexpr uint64_t kSegmentBytesLeast = uint64_t{64} << 10;
inline constexpr uint64_t kSegmentBytesMost = uint64_t{4} << 30;
inline constexpr uint64_t kSegmentsInSpoolLeast =
    4;  // spool.max_size in segments: less leaves nothing to prune
inline constexpr int64_t kCheckpointIntervalMsMost = 15 * 60'000;
inline constexpr int kCompressionLevelMost = 19;

void read_sources(const ConfigNode& list, const ConfigVocabulary& vocabulary, Settings& settings,
                  Problems& problems);
void read_outputs(const ConfigNode& list, const ConfigVocabulary& vocabulary, Settings& settings,
                  Problems& problems);
void read_spool(const ConfigNode& map, Settings& settings, Problems& problems);

// What no section can see alone: an output that writes into a file a source reads.
void check_across_sections(const ConfigNode& root, const Settings& settings, Problems& problems);

// Reads the `id` of an item of a list: present, well formed, not taken. Returns how messages name
// the item.
class MapReader;
std::string item_name(std::string_view kind, const ConfigNode& item);
void read_id(MapReader& item, std::string& id, std::vector<std::string>& taken);

}  // namespace llmtrail
