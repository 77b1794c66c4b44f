// What follows a sealed PRUNE on the disk: a segment becomes its leaf file. It may be stopped
// anywhere and is done again from the beginning by whoever comes next. Used by spool_writer, at
// start and afterwards. Errors: kCorrupt when the segment is not what it was (then nothing is
// removed), else those of the files.
#pragma once

#include <string>

#include "base/result.h"
#include "platform/file_system.h"
#include "spool/segment_catalog.h"

namespace llmtrail {

// Nothing is written: would replace_by_leaf() find the segment as it was?
Result<void> check_prunable(FileSystem& files, const std::string& directory,
                            SegmentCatalog& catalog, const SegmentFacts& segment);

// Steps 4 to 7 of docs/spool-format.md, "Pruning".
Result<void> replace_by_leaf(FileSystem& files, const std::string& directory,
                             SegmentCatalog& catalog, const SegmentFacts& segment);

}  // namespace llmtrail
