// Events as lines of a local file, for a log shipper or for reading. Confirmed (`synced`) after
// fdatasync. A file that was renamed or removed (logrotate) is left behind after a last sync and
// made anew. Deliver thread, which the sync blocks: this output is for local disks.
#pragma once

#include <memory>

#include "outputs/output.h"
#include "outputs/outputs.h"

namespace llmtrail {

inline constexpr size_t kFileBufferBytesMax = size_t{256} << 10;  // written and synced at once
inline constexpr int64_t kFileSyncIntervalMs = 20;                // at least, between two syncs
inline constexpr int64_t kFileRotationCheckMs = 1'000;
inline constexpr uint32_t kFileOutputMode = 0640;

std::unique_ptr<Output> make_file_output(const OutputPlan& plan, FileSystem& files, Random& random);

}  // namespace llmtrail
