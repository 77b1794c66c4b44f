// The readers behind open_unpacked(): each gives the parts of one kind of file and names what is
// wrong with them as a content error; then next_part() may still find more. Only
// unpacked_stream.cpp calls them, which guards sizes. gzip_reader.cpp alone knows zlib,
// zstd_reader.cpp libzstd, zip_reader.cpp libarchive: libarchive's own gzip filter checks no CRC
// and takes a file that is cut off for an empty one.
#pragma once

#include <memory>

#include "platform/file_system.h"
#include "tail/unpacked_stream.h"

namespace llmtrail {

inline constexpr size_t kPackedChunkBytes = size_t{64} << 10;

class PackedReader {
 public:
    virtual ~PackedReader() = default;

    // Called first. False: there are no more.
    virtual Result<bool> next_part() = 0;

    // After an error or 0 the part has ended.
    virtual Result<size_t> read(char* out, size_t size) = 0;
};

// Members that follow one another; trailing zeros are padding. Checks length and CRC.
Result<std::unique_ptr<PackedReader>> make_gzip_reader(ReadableFile& file, uint64_t packed_bytes);

// Frames that follow one another are one part, as zstd itself reads them.
Result<std::unique_ptr<PackedReader>> make_zstd_reader(ReadableFile& file, uint64_t packed_bytes);

// Each member is a part. Folders are passed over; links and encrypted members are errors.
Result<std::unique_ptr<PackedReader>> make_zip_reader(ReadableFile& file, uint64_t packed_bytes,
                                                      uint64_t directory_bytes_max);

}  // namespace llmtrail
