// Constants of docs/spool-format.md: magics, labels, hash prefixes, limits, file names. Used by the
// whole folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/section.h"

namespace llmtrail {

inline constexpr std::string_view kSegmentMagic{"\x89LSP\r\n\x1a\n", 8};
inline constexpr std::string_view kKeyFileMagic{"\x89LSK\r\n\x1a\n", 8};
inline constexpr std::string_view kCursorMagic{"\x89LSC\r\n\x1a\n", 8};
inline constexpr std::string_view kFrameMarker{"\xC3\x46\x52\x4D", 4};

inline constexpr uint16_t kFormatMajor = 1;
inline constexpr uint16_t kFormatMinor = 0;
inline constexpr uint32_t kSuite = 1;
inline constexpr uint32_t kIncompatibleFlagsKnown = 0;

inline constexpr char kLeafPrefix = 0x00;
inline constexpr char kNodePrefix = 0x01;
inline constexpr char kChainPrefix = 0x02;
inline constexpr char kHeaderPrefix = 0x03;
inline constexpr char kFramePrefix = 0x04;
inline constexpr char kCommitmentPrefix = 0x10;  // plus the section's number

// Signed texts and additional data of wraps end in NUL; derivation labels do not.
inline constexpr std::string_view kLogIdLabel{"llmtrail/log-id/v1\0", 19};
inline constexpr std::string_view kHeaderLabel{"llmtrail/header/v1\0", 19};
inline constexpr std::string_view kSealLabel{"llmtrail/seal/v1\0", 17};
inline constexpr std::string_view kDailyKeyLabel{"llmtrail/daily-key/v1\0", 22};
inline constexpr std::string_view kDataKeyLabel{"llmtrail/data-key/v1\0", 21};
inline constexpr std::string_view kPositionKeyLabel{"llmtrail/position-key/v1\0", 25};
inline constexpr std::string_view kRecipientIdLabel{"llmtrail/recipient-id/v1\0", 25};
inline constexpr std::string_view kRecipientWrapLabel{"llmtrail/recipient-wrap/v1\0", 27};
inline constexpr std::string_view kAeadInfo = "llmtrail/aead/v1";
inline constexpr std::string_view kCommitKeyInfo = "llmtrail/commit-key/v1";
inline constexpr std::string_view kKeyCommitInfo = "llmtrail/key-commit/v1";
inline constexpr std::string_view kDailyWrapInfo = "llmtrail/daily-wrap/v1";
inline constexpr std::string_view kPositionWrapInfo = "llmtrail/position-wrap/v1";
inline constexpr std::string_view kKeyIdInfo = "llmtrail/key-id/v1";
inline constexpr std::string_view kCursorsInfo = "llmtrail/cursors/v1";
inline constexpr std::string_view kPositionsInfo = "llmtrail/positions/v1";

inline constexpr size_t kLogIdBytes = 16;
inline constexpr size_t kBootIdBytes = 16;
inline constexpr size_t kDataKeyBytes = 32;

inline constexpr uint32_t kFrontierHashesMax = 64;
inline constexpr uint32_t kFrameBytesMax = uint32_t{128} << 20;
inline constexpr uint32_t kFrameClearBytesMax = uint32_t{24} << 20;
inline constexpr uint32_t kSealedSectionBytesMax = uint32_t{22} << 20;
inline constexpr uint32_t kFrameRawBytesMax = uint32_t{104} << 20;  // summed over the sections
inline constexpr uint64_t kZstdWindowBytesMax = uint64_t{8} << 20;  // of a section, when read
inline constexpr uint32_t kFrameRecordsMax = 65'536;
inline constexpr uint64_t kFramePositionsMax = uint64_t{1} << 20;
inline constexpr uint64_t kFramePositionsBytesMax = uint64_t{20} << 20;
inline constexpr size_t kPositionKeyBytesMax = 4096;
inline constexpr size_t kPositionValueBytesMax = size_t{1} << 20;
inline constexpr uint64_t kCursorsMax = 1024;
inline constexpr size_t kOutputIdBytesMax = 256;
inline constexpr size_t kLedgerBytesMax = size_t{1} << 20;
inline constexpr uint32_t kSegmentFramesMax = uint32_t{1} << 20;
inline constexpr uint64_t kSegmentLeavesMax = uint64_t{1} << 26;
// Lives of the data keys of a segment; the next one ends them.
inline constexpr uint64_t kSegmentKeyBytesMax = uint64_t{64} << 20;  // of the segment they write
inline constexpr int64_t kSegmentKeyAgeMaxMs = 3'600'000;
inline constexpr uint64_t kSegmentKeyRecordsMax = uint64_t{1} << 20;
inline constexpr int64_t kDailyKeyAgeMaxMs = 24 * 3'600'000;
inline constexpr uint16_t kStanzasMax = 1024;
inline constexpr size_t kRecipientsMax = 64;
inline constexpr size_t kKeyFileBytesMax = size_t{4} << 20;
inline constexpr size_t kPageBytes = 4096;

inline constexpr std::string_view kSegmentSuffix = ".lsp";
inline constexpr std::string_view kKeysSuffix = ".keys";
inline constexpr std::string_view kLockName = "LOCK";
inline constexpr std::string_view kCursorsName = "cursors";

constexpr size_t index_of(Section section) {
    return static_cast<size_t>(section);
}

std::string segment_stem(uint64_t segment_no);  // seg-00000000000000000007

inline std::string segment_file_name(uint64_t segment_no) {
    return segment_stem(segment_no) + std::string(kSegmentSuffix);
}

inline std::string keys_file_name(uint64_t segment_no) {
    return segment_stem(segment_no) + std::string(kKeysSuffix);
}

// The number in "seg-<20 digits><suffix>"; nothing for any other name.
std::optional<uint64_t> segment_number_of(std::string_view name, std::string_view suffix);

}  // namespace llmtrail
