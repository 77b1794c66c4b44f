#include "spool/segment_survey.h"

#include <algorithm>
#include <utility>

#include "spool/key_file.h"
#include "spool/recovery.h"
#include "spool/segment_file.h"

namespace llmtrail {
namespace {

constexpr size_t kIdBytes = 8;
// A closing seal with its ledger, and what is written while one is due.
constexpr uint64_t kBytesSlack = uint64_t{2} << 20;
// The seal that ends an idle segment comes with the heartbeat, at most 15 min later.
constexpr int64_t kAgeSlackMs = 16 * 60'000;
constexpr uint64_t kFewLeaves = 4;  // one record may be larger than a segment should be

void read_wraps(const KeyStanzas& stanzas, SurveyedSegment& segment) {
    segment.local_wrap = has_local_wrap(stanzas);
    segment.auditor = true;
    bool any = false;
    for (uint8_t s = 0; s < kSectionCount; ++s) {
        if (has_stanza(stanzas, StanzaType::kDataKey, s) ||
            (!segment.local_wrap && has_auditor(stanzas, s))) {
            any = true;
            segment.auditor = segment.auditor && has_auditor(stanzas, s);
        }
    }
    segment.auditor = segment.auditor && any;
    for (const KeyStanza& stanza : stanzas.list) {
        if (stanza.type == StanzaType::kDailyKey && segment.local_id.empty() &&
            stanza.payload.size() >= kLocalKeyIdBytes + kDailyIdBytes) {
            segment.local_id = local_id_of(stanza);
            segment.daily_id = stanza.payload.substr(kLocalKeyIdBytes, kDailyIdBytes);
        }
        if (std::optional<RecipientStanza> read = read_recipient_stanza(stanza)) {
            RecipientId id;
            std::copy(read->id.begin(), read->id.end(), id.begin());
            if (std::find(segment.recipients.begin(), segment.recipients.end(), id) ==
                segment.recipients.end()) {
                segment.recipients.push_back(id);
            }
        }
    }
}

Result<SurveyedSegment> survey_one(FileSystem& files, const std::string& directory,
                                   uint64_t segment_no) {
    std::string path = directory + "/" + segment_file_name(segment_no);
    Result<SegmentFile> file = SegmentFile::open(files, path);
    Result<FileInfo> info = files.info(path, false);
    if (!file || !info) {
        return fail(file ? info.error() : file.error());
    }
    const SegmentHeader& header = file->header();
    SurveyedSegment segment;
    segment.segment_no = segment_no;
    segment.bytes = info->size_bytes;
    segment.first_index = header.first_index;
    segment.begun = UnixNanos{header.wall_ns};
    segment.last_written = info->modified;
    segment.commitment_head = Bytes(header.key_commitments[0].data(), kIdBytes);
    Result<Bytes> bytes =
        files.read_file(directory + "/" + keys_file_name(segment_no), kKeyFileBytesMax);
    if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
        return segment;  // nobody opens it any more
    }
    Result<KeyStanzas> stanzas =
        bytes ? key_stanzas_of(*bytes, header) : Result<KeyStanzas>(fail(bytes.error()));
    if (!stanzas) {
        return fail(std::move(stanzas).error().with_context(keys_file_name(segment_no)));
    }
    read_wraps(*stanzas, segment);
    return segment;
}

}  // namespace

std::optional<UnixNanos> SegmentSurvey::first_use_of(const RecipientId& id) const {
    for (const SurveyedSegment& segment : segments) {
        if (std::find(segment.recipients.begin(), segment.recipients.end(), id) !=
            segment.recipients.end()) {
            return segment.begun;
        }
    }
    return std::nullopt;
}

SegmentSurvey survey_segments(FileSystem& files, const std::string& directory) {
    SegmentSurvey survey;
    Result<std::vector<uint64_t>> numbers = list_segments(files, directory);
    if (!numbers) {
        if (numbers.error().code != ErrorCode::kNotFound) {
            survey.errors.push_back(numbers.error());
        }
        return survey;
    }
    for (uint64_t number : *numbers) {
        Result<SurveyedSegment> segment = survey_one(files, directory, number);
        if (!segment) {
            survey.errors.push_back(segment.error());
            continue;
        }
        if (!survey.segments.empty() && survey.segments.back().segment_no + 1 == number &&
            segment->first_index >= survey.segments.back().first_index) {
            survey.segments.back().leaves =
                segment->first_index - survey.segments.back().first_index;
        }
        survey.segments.push_back(std::move(*segment));
    }
    return survey;
}

std::optional<std::string> passed_limit(const SurveyedSegment& segment) {
    int64_t used_ms = (segment.last_written.value - segment.begun.value) / 1'000'000;
    if (used_ms > kSegmentKeyAgeMaxMs + kAgeSlackMs) {
        return "were in use for " + std::to_string(used_ms / 3'600'000) + " h, their limit is 1 h";
    }
    if (segment.leaves && *segment.leaves > kSegmentKeyRecordsMax) {
        return "sealed " + std::to_string(*segment.leaves) + " records, their limit is 2^20";
    }
    bool one_large = segment.leaves && *segment.leaves <= kFewLeaves;
    if (segment.bytes > kSegmentKeyBytesMax + kBytesSlack && !one_large) {
        return "sealed " + std::to_string(segment.bytes >> 20) + " MiB, their limit is 64 MiB";
    }
    return std::nullopt;
}

}  // namespace llmtrail
