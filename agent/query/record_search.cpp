#include "query/record_search.h"

#include <utility>

#include "record/record_codec.h"

namespace llmtrail {

RecordSearch::RecordSearch(SearchOptions options, Print print, Tell tell, size_t held_bytes_max)
    : options_(std::move(options)),
      print_(std::move(print)),
      tell_(std::move(tell)),
      held_bytes_max_(held_bytes_max) {}

bool RecordSearch::matches(const OpenedBatch& opened, size_t at) {
    envelope_.clear();
    ByteView bytes = opened.batch.section(at, Section::kEnvelope);
    if (!decode_section(bytes, Section::kEnvelope, envelope_)) {
        ++totals_.undecoded;
        return false;
    }
    if (!options_.filter.matches_envelope(envelope_)) {
        return false;
    }
    if (!options_.filter.wants_text()) {
        return true;
    }
    std::array<ByteView, kSectionCount> content;
    for (Section section : kSections) {
        size_t s = index_of(section);
        if (options_.words_in[s] && opened_section(opened.batch, section)) {
            content[s] = opened.batch.section(at, section);
        }
    }
    return options_.filter.matches_text(content);
}

void RecordSearch::batch(const OpenedBatch& opened, SegmentOpeners&) {
    for (size_t at = 0; at < opened.batch.records.size(); ++at) {
        if (totals_.matches >= options_.limit || gone_) {
            return;
        }
        if (!matches(opened, at)) {
            continue;
        }
        if (!take_record(opened, at, found_)) {
            ++totals_.undecoded;
            continue;
        }
        if (!options_.print_content) {
            found_.record = envelope_;
            for (Section section : kSections) {
                SectionState& state = found_.sections[index_of(section)];
                if (section != Section::kEnvelope && state == SectionState::kOpened) {
                    state = SectionState::kNotOpened;
                }
            }
        }
        ++totals_.matches;
        hold(options_.json ? found_json(found_) : found_line(found_));
    }
}

void RecordSearch::hold(FoundText text) {
    held_bytes_ += text.before_evidence.size() + text.after_evidence.size();
    held_.push_back(std::move(text));
}

void RecordSearch::let_go(Evidence evidence) {
    for (const FoundText& text : held_) {
        gone_ = gone_ || !print_(with_evidence(text, evidence));
    }
    held_.clear();
    held_bytes_ = 0;
}

void RecordSearch::settled(Evidence evidence, const SealBody*) {
    totals_.unsealed += evidence == Evidence::kUnsealed ? held_.size() : 0;
    totals_.unproven += evidence == Evidence::kUnproven ? held_.size() : 0;
    let_go(evidence);
}

bool RecordSearch::done() const {
    return gone_ || (totals_.matches >= options_.limit && held_.empty());
}

}  // namespace llmtrail
