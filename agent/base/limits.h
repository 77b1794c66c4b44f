// Limits that more than one folder needs, with their units. A limit used by one folder stands in
// that folder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace llmtrail {

// A tail hands out documents with this many readable bytes after their end, so that a SIMD reader
// may load past it (simdjson's SIMDJSON_PADDING is 32, tested equal or smaller).
inline constexpr size_t kDocumentPaddingBytes = 64;

inline constexpr size_t kDocumentBytesMaxDefault = size_t{16} << 20;  // sources[].max_document
inline constexpr size_t kSectionBytesMax = size_t{20}
                                           << 20;  // a record's section is cut here, with a mark

inline constexpr size_t kBatchPlaintextBytesMax = size_t{1} << 20;
inline constexpr uint32_t kBatchRecordsMax = 1024;

}  // namespace llmtrail
