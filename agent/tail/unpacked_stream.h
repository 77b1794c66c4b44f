// A file as the text in it: plain, gzip, zstd or zip, told by its first bytes, never by its name.
// Used for whole files (WholeFileTail, ingest thread) and by `parse` and `check --sample`. Nothing
// is written anywhere.
//
// Archives are attacker bytes. Text that was read before something is found wrong stays; members
// that cannot be read are passed over, their neighbours are read. What was wrong is returned once,
// by next_part() at the end, in one content error (parted_stream.h) that names members by number.
// Errors of the file itself are returned at once.
//
// Memory: 64 KiB read at a time; gzip 40 KiB; zip 64 KiB, and its directory, of which at most
// kZipDirectoryBytesMax are read (about six times as much in memory); zstd one window, at most 128
// MiB (frames that want more, as with `--long=31`, are refused).
#pragma once

#include <cstdint>
#include <memory>

#include "platform/file_system.h"
#include "tail/parted_stream.h"

namespace llmtrail {

inline constexpr uint64_t kUnpackedBytesMax = uint64_t{64} << 30;      // of one packed file
inline constexpr uint64_t kUnpackedRatioMax = 1'000;                   // times the packed size,
inline constexpr uint64_t kUnpackedFreeBytes = uint64_t{1} << 20;      // beyond this much
inline constexpr uint64_t kZipDirectoryBytesMax = uint64_t{16} << 20;  // about 300,000 members
inline constexpr size_t kMemberProblemsMax = 8;                        // told one by one

struct UnpackLimits {
    uint64_t bytes_max = kUnpackedBytesMax;
    uint64_t ratio_max = kUnpackedRatioMax;
    uint64_t zip_directory_bytes_max = kZipDirectoryBytesMax;
};

// The first `packed_bytes` of `file`, which must live as long as the stream.
Result<std::unique_ptr<PartedStream>> open_unpacked(ReadableFile& file, uint64_t packed_bytes,
                                                    const UnpackLimits& limits = {});

}  // namespace llmtrail
