#include "spool/batch_builder.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace llmtrail {
namespace {

constexpr uint64_t kRecordOverheadMax =
    kDigestBytes + 1 + 3 * kDigestBytes + 4 * 5;  // leaf, commitments, lengths
constexpr uint64_t kFrameOverheadMax = 4096;
constexpr uint64_t kCompressionSlackShift = 7;  // zstd's bound is below raw + raw/128 + 1 KiB

// Room for a batch like the last one, so that it grows without being copied.
size_t expected_bytes(const Bytes& last) {
    return std::min(last.size() + last.size() / 8, kBatchPlaintextBytesMax);
}

}  // namespace

BatchBuilder::BatchBuilder(int compression_level) : compressor_(compression_level) {}

void BatchBuilder::append(const std::array<ByteView, kSectionCount>& sections) {
    BatchRecord record{};
    uint64_t raw_bytes = 0;
    for (size_t s = 0; s < kSectionCount; ++s) {
        LLMTRAIL_CHECK(sections[s].size() <= kSectionBytesMax);
        put_sized(raw_[s], sections[s]);
        record.offsets[s] = static_cast<uint32_t>(raw_[s].size() - sections[s].size());
        record.sizes[s] = static_cast<uint32_t>(sections[s].size());
        section_content_bytes_[s] += sections[s].size();
        content_bytes_ += sections[s].size();
        raw_bytes += raw_[s].size();
    }
    records_.push_back(record);
    LLMTRAIL_CHECK(records_.size() <= kFrameRecordsMax && raw_bytes <= kFrameRawBytesMax);
}

bool BatchBuilder::full() const {
    return records_.size() >= kBatchRecordsMax || content_bytes_ >= kBatchPlaintextBytesMax;
}

uint64_t BatchBuilder::frame_bytes_max() const {
    return content_bytes_ + (content_bytes_ >> kCompressionSlackShift) +
           records_.size() * kRecordOverheadMax + kFrameOverheadMax;
}

Result<void> BatchBuilder::encode(FrameEncoder& encoder,
                                  const std::vector<PositionEntry>& positions, Bytes& out) {
    uint64_t first_index = encoder.head().tree.size();
    for (Section section : kSections) {
        size_t s = index_of(section);
        if (section_content_bytes_[s] != 0) {
            committer_.commit(encoder.keystream(section), section, first_index, raw_[s], records_);
        } else {
            for (BatchRecord& record : records_) {
                record.commitments[s] = Digest{};
            }
        }
    }
    committer_.put_leaves(first_index, records_);
    commitments_.clear();
    encode_commitments(records_, commitments_);
    for (size_t s = 0; s < kSectionCount; ++s) {
        plaintexts_[s].clear();
        bool is_envelope = s == index_of(Section::kEnvelope);
        if (!is_envelope && section_content_bytes_[s] == 0) {
            continue;
        }
        Result<void> compressed = compressor_.compress(
            raw_[s], is_envelope ? ByteView(commitments_) : ByteView(), plaintexts_[s]);
        if (!compressed) {
            return compressed;
        }
    }
    return encoder.batch(records_, positions, plaintexts_, out);
}

void BatchBuilder::clear() {
    for (Bytes& raw : raw_) {
        raw.clear();
    }
    records_.clear();
    content_bytes_ = 0;
    section_content_bytes_ = {};
}

std::shared_ptr<const Batch> BatchBuilder::take(uint64_t segment_no, uint64_t first_index) {
    auto batch = std::make_shared<Batch>();
    batch->segment_no = segment_no;
    batch->first_index = first_index;
    batch->sections = std::move(raw_);
    batch->records = std::move(records_);
    for (size_t s = 0; s < kSectionCount; ++s) {
        raw_[s].clear();
        raw_[s].reserve(expected_bytes(batch->sections[s]));
    }
    records_.clear();
    records_.reserve(batch->records.size());
    content_bytes_ = 0;
    section_content_bytes_ = {};
    return batch;
}

}  // namespace llmtrail
