// Reading a stretch of a file as a whole. Used by the readers of this folder, ingest thread.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "platform/file_system.h"

namespace llmtrail {

// Up to `size` bytes at `offset`: fewer when the file ends there.
Result<Bytes> read_exactly(ReadableFile& file, uint64_t offset, size_t size);

}  // namespace llmtrail
