// The part of LogWriter that sets legal holds and erases sections. An erasure follows a sealed
// ERASE, so it may be stopped anywhere: a start reads from positions_ what is to be finished.
#include <algorithm>
#include <utility>

#include "spool/local_wrap.h"
#include "spool/spool_writer.h"

namespace llmtrail {
namespace {

std::string section_words(uint8_t section_mask) {
    std::string words;
    for (Section section : kSections) {
        if ((section_mask & section_bit(section)) != 0) {
            words += (words.empty() ? "" : ", ") + std::string(section_name(section));
        }
    }
    return words;
}

}  // namespace

Result<void> LogWriter::stage_hold(const std::string& id, std::optional<LegalHold> hold) {
    bool known = std::any_of(state_.holds.begin(), state_.holds.end(),
                             [&](const LegalHold& other) { return other.id == id; });
    if (!is_hold_id(id)) {
        return fail(ErrorCode::kInvalidArgument, "a hold's id is 1 to 64 of a-z, 0-9, `_` and `-`");
    }
    if (hold.has_value() == known) {
        return known ? fail(ErrorCode::kExists, "there is a hold `" + id + "` already")
                     : fail(ErrorCode::kNotFound, "there is no hold `" + id + "`");
    }
    if (hold && (hold->reason.empty() || hold->reason.size() > kRemovalTextBytesMax ||
                 hold->by.size() > kRemovalTextBytesMax || state_.holds.size() >= kHoldsMax ||
                 hold->segments.first > hold->segments.last)) {
        return fail(ErrorCode::kInvalidArgument, "a hold that cannot be kept");
    }
    staged_.push_back({hold_key(id), hold ? encode_hold(*hold) : Bytes()});
    return {};
}

Result<void> LogWriter::finish_erasures() {
    for (const SegmentFacts& facts : catalog_.closed()) {
        uint8_t sections = state_.erased_sections(facts.segment_no);
        if (sections == 0 || !facts.has_payload || facts.evidence) {
            continue;
        }
        Result<SegmentHeader> header = catalog_.header_of(facts);
        Result<bool> erased =
            header ? erase_section_keys(seams_.files, options_.directory, *header, sections)
                   : Result<bool>(fail(header.error()));
        if (!erased && erased.error().code != ErrorCode::kNotFound) {
            return fail(erased.error());
        }
    }
    return {};
}

Result<uint64_t> LogWriter::erase(const EraseBody& body) {
    Result<EraseBody> usable = decode_erase(encode_erase(body));
    if (!usable) {
        return fail(ErrorCode::kInvalidArgument, "an erasure without sections, basis or approver");
    }
    Result<void> done = ensure_segment();
    if (done) {
        done = refresh_catalog();
    }
    if (!done) {
        return fail(done.error());
    }
    SegmentRange range{body.first_segment, body.last_segment};
    if (range.last >= next_segment_no_ - 1) {
        return fail(ErrorCode::kInvalidArgument,
                    segment_range_text(range) + ": not all are closed");
    }
    if (const LegalHold* hold = state_.hold_on(range)) {
        return fail(ErrorCode::kPermission, "the legal hold `" + hold->id + "` names it");
    }
    uint64_t confirmed = confirmed_end(options_.retention.required_outputs, cursors_);
    uint64_t segments = 0;
    for (const SegmentFacts& facts : catalog_.closed()) {
        bool named = range.contains(facts.segment_no) && facts.has_payload;
        segments += named ? 1 : 0;
        if (named && facts.end_index > confirmed) {
            return fail(ErrorCode::kBusy, segment_file_name(facts.segment_no) +
                                              " has records that a required output has not "
                                              "confirmed");
        }
    }
    done = tell({SpoolNewsKind::kErasing,
                 segment_range_text(range) + ": keys of " + section_words(body.section_mask) +
                     " are destroyed, approved by " + body.approver + ": " + body.basis,
                 segments});
    if (done) {
        done = append_control(FrameType::kErase, 0, encode_erase(body));
    }
    if (done) {
        done = apply_erase(body, positions_);
    }
    if (done) {
        done = note_own_entries();
    }
    if (done) {
        done = seal_once(kSealForced);
    }
    if (done) {
        done = finish_erasures();
    }
    return done ? Result<uint64_t>(segments) : Result<uint64_t>(fail(done.error()));
}

}  // namespace llmtrail
