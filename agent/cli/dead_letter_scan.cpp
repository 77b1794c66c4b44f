#include "cli/dead_letter_scan.h"

#include "record/record_codec.h"

namespace llmtrail {

void DeadLetterScan::batch(const OpenedBatch& opened, SegmentOpeners&) {
    for (size_t at = 0; at < opened.batch.records.size(); ++at) {
        envelope_.clear();
        ByteView bytes = opened.batch.section(at, Section::kEnvelope);
        if (!decode_section(bytes, Section::kEnvelope, envelope_)) {
            continue;
        }
        std::optional<DeadLetter> letter = dead_letter_of(envelope_);
        if (letter && (output_.empty() || letter->output == output_) &&
            seen_.insert({letter->output, letter->index}).second) {
            UnixNanos time{envelope_.integer(Field::kEventTime).value_or(0)};
            letters_.push_back({time, std::move(*letter)});
        }
    }
}

bool RecordPick::wants(uint64_t first_index, const std::vector<Digest>& leaves) {
    auto next = indexes_.lower_bound(first_index);
    return next != indexes_.end() && *next - first_index < leaves.size();
}

void RecordPick::batch(const OpenedBatch& opened, SegmentOpeners&) {
    uint64_t first = opened.batch.first_index;
    auto next = indexes_.lower_bound(first);
    while (next != indexes_.end() && *next < opened.batch.end_index()) {
        bool taken = take_record(opened, static_cast<size_t>(*next - first), found_).has_value();
        if (taken) {
            take_(found_);
        }
        next = taken ? indexes_.erase(next) : ++next;
    }
}

}  // namespace llmtrail
