// The tail of a source with `whole_files: true`: a folder where complete files appear, plain or
// packed, each of which is read once to its end (docs/tailing.md, "Whole files"). Made by
// SourceTail::make; ingest thread only. Errors of one file are told through TailSink::file_problem
// and never stop the others.
#pragma once

#include <memory>
#include <vector>

#include "tail/source_tail.h"

namespace llmtrail {

inline constexpr int64_t kUnchangedMillis = 1'000;       // between two looks: the file is complete
inline constexpr int64_t kLongUnchangedMillis = 10'000;  // by its own stamp: so at the first look
inline constexpr size_t kWholeFilesMax =
    32'768;  // of one source, read ones that are still there included

std::unique_ptr<SourceTail> make_whole_file_tail(const SourceTailOptions& options,
                                                 FileSystem& files, FileWatch& watch, Clock& clock,
                                                 PositionHasher hasher,
                                                 std::vector<FilePosition> saved);

}  // namespace llmtrail
