// What the segments of a spool say about their keys without opening one: headers, key files, sizes
// and times. Used by `keys list` and `keys check`. One pass, one key file in memory at a time.
// Errors of single segments are collected.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/file_system.h"
#include "spool/key_stanza.h"

namespace llmtrail {

struct SurveyedSegment {
    uint64_t segment_no = 0;
    uint64_t bytes = 0;
    uint64_t first_index = 0;
    std::optional<uint64_t> leaves;  // unknown for the newest
    UnixNanos begun;
    UnixNanos last_written;
    Bytes commitment_head;  // first bytes of the envelope's key commitment: an id
    bool local_wrap = false;
    bool auditor = false;  // for every section that has a local wrap
    Bytes local_id;        // of the first stanza 1; empty: none
    Bytes daily_id;
    std::vector<RecipientId> recipients;
};

struct SegmentSurvey {
    std::vector<SurveyedSegment> segments;  // ascending
    std::vector<Error> errors;

    const SurveyedSegment* newest() const { return segments.empty() ? nullptr : &segments.back(); }

    // Beginning of the oldest segment that is wrapped for it.
    std::optional<UnixNanos> first_use_of(const RecipientId& id) const;
};

SegmentSurvey survey_segments(FileSystem& files, const std::string& directory);

// "were in use for 3 h, their limit is 1 h": nothing while the limits of data keys were kept.
std::optional<std::string> passed_limit(const SurveyedSegment& segment);

}  // namespace llmtrail
