// The file `cursors`: what outputs confirmed after the last SEAL, as a hint with a MAC. Used by
// spool_writer and recovery. A hint that is missing or wrong is no hint, never an error.
#pragma once

#include <string>

#include "base/result.h"
#include "platform/file_system.h"
#include "spool/control.h"
#include "spool/local_keys.h"
#include "spool/segment_header.h"

namespace llmtrail {

Result<void> write_cursor_file(FileSystem& files, const std::string& directory,
                               const LocalKeys& keys, const Cursors& cursors);

// Raises `cursors` to what the file says, where that lies between them and `end_index`.
void apply_cursor_file(FileSystem& files, const std::string& directory, const LocalKeys& keys,
                       uint64_t end_index, Cursors& cursors);

}  // namespace llmtrail
