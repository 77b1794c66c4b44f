#include "pipeline/source_intake.h"

#include <utility>

#include "base/hex.h"
#include "pipeline/agent_record.h"
#include "pipeline/urgent_record.h"
#include "record/record_codec.h"

namespace llmtrail {

static constexpr size_t kDocumentIdBytes = 15;  // 24 characters of base32

static LanguageOf languages_of(DetectLanguage wanted) {
    switch (wanted) {
        case DetectLanguage::kNone:
            return LanguageOf::kNone;
        case DetectLanguage::kPrompt:
            return LanguageOf::kPrompt;
        case DetectLanguage::kBoth:
            return LanguageOf::kPromptAndResponse;
    }
    return LanguageOf::kNone;
}

void append_sections(const std::array<Bytes, kSectionCount>& sections, SpoolWriter& spool) {
    std::array<ByteView, kSectionCount> views;
    for (size_t i = 0; i < kSectionCount; ++i) {
        views[i] = sections[i];
    }
    spool.append(views);
}

SourceIntake::SourceIntake(const SourceSettings& settings, DocumentRead read_document,
                           SpoolWriter& spool, Clock& clock, Log& log, Mailbox& mailbox,
                           Repeats& repeats, OnBatchFull on_batch_full)
    : read_document_(std::move(read_document)),
      spool_(spool),
      clock_(clock),
      log_(log),
      mailbox_(mailbox),
      repeats_(repeats),
      on_batch_full_(std::move(on_batch_full)),
      document_id_(hkdf_expand(spool.position_key(), "llmtrail document id")),
      reject_digest_(hkdf_expand(spool.position_key(), "llmtrail reject digest")),
      join_limits_{settings.join_bytes_max, settings.join_age_max_ms},
      join_(join_limits_),
      languages_(languages_of(settings.detect_language)) {
    totals_.id = settings.id;
}

bool SourceIntake::document(const TailedDocument& document) {
    open_ = &document;
    ordinal_ = 0;
    pieces_ = 0;
    rejected_ = false;
    observed_ = clock_.wall_now();
    read_document_(
        DocumentReader::Document{
            .bytes = document.bytes,
            .padded = true,
            .truncated = document.truncated,
            .full_size_bytes = document.full_size_bytes,
            .observed = observed_,
        },
        *this);
    if (pieces_ > 0) {
        held_.end_document(open_document(), pieces_);
        append_joined();
    }
    if (!document.reread) {
        count(document);
    }
    open_ = nullptr;
    return !spool_.batch_full();
}

void SourceIntake::count(const TailedDocument& document) {
    ++totals_.documents;
    totals_.read_bytes += document.full_size_bytes;
    (rejected_ ? totals_.rejected_bytes : totals_.record_bytes) += document.full_size_bytes;
    totals_.rejected += rejected_ ? 1 : 0;
}

void SourceIntake::skipped(uint64_t bytes) {
    totals_.read_bytes += bytes;
    totals_.skipped_bytes += bytes;
}

void SourceIntake::file_problem(std::string_view path, const Error& error) {
    log_.warn({"source ", LogName{totals_.id}, ": ", LogName{path}, ": ", error});
}

void SourceIntake::file_lost(std::string_view path, uint64_t unread_bytes) {
    totals_.lost_bytes += unread_bytes;
    std::string detail = "a file was truncated or removed before it was read; bytes lost: ";
    detail += unread_bytes > 0 ? std::to_string(unread_bytes) : "unknown";
    log_.error(
        {"source ", LogName{totals_.id}, ": ", LogName{path},
         " was truncated or removed before it was read; bytes known to be lost: ", unread_bytes});
    mailbox_.put_news({kClassSourceLost, totals_.id, std::move(detail), 1});
}

void SourceIntake::content_moved(const FileId& from, const std::optional<FileId>& to) {
    held_.move(from, to);
}

AuditRecord& SourceIntake::begin() {
    record_.clear();
    record_.set_time(Field::kEventIngested, observed_);
    return record_;
}

void SourceIntake::commit() {
    uint32_t ordinal = ordinal_++;
    if (record_.text(Field::kEventKind) == "rejected") {
        rejected_ = true;
    }
    if (ordinal < open_->records_already_sealed || open_->reread) {
        return;
    }
    if (ordinal > 0) {
        record_.set_integer(Field::kRecordOrdinal, ordinal);
    }
    stamp(record_);
    if (rejected_) {
        repeats_.note(record_, kClassUnparsable, totals_.id, clock_.monotonic_now());
    }
    encode(record_);
    append_encoded();
}

void SourceIntake::commit_piece(const RecordPiece& piece) {
    uint32_t ordinal = ordinal_++;
    uint32_t number = pieces_++;
    if (!wants_piece(ordinal, number)) {
        return;
    }
    if (ordinal > 0) {
        record_.set_integer(Field::kRecordOrdinal, ordinal);
    }
    stamp(record_);
    if (!join(piece, number)) {
        encode(record_);
        append_encoded();
    } else if (!open_->reread) {
        append_joined();
    }
}

// Of a document that is read again everything but the pieces that were held is sealed.
bool SourceIntake::wants_piece(uint32_t ordinal, uint32_t number) const {
    if (open_->reread) {
        return number >= open_->reread->first_piece &&
               number - open_->reread->first_piece < open_->reread->pieces;
    }
    return ordinal >= open_->records_already_sealed;
}

// False: the record is finished and nobody holds it.
bool SourceIntake::join(const RecordPiece& piece, uint32_t number) {
    if (open_->reread && open_->reread->loose) {
        record_.append_to_list(Field::kRecordFlags, "reread");
    }
    bool held = false;
    if (join_limits_.joins()) {
        PiecePlace place = held_.hold(open_document(), number);
        JoinPiece joined{piece.key, piece.rank, piece.order, piece.last, piece.chunk};
        held = join_.add(record_, joined, place, clock_.monotonic_now()) == JoinTable::Added::kHeld;
        if (!held) {
            held_.release(place);
        }
    }
    if (!held && open_->reread) {
        join_.hold_ready(record_, held_.hold(open_document(), number));
        held = true;
    }
    holds_unsaved_ = holds_unsaved_ || held;
    return held;
}

void SourceIntake::encode(AuditRecord& record) {
    add_languages(record, languages_);
    for (Bytes& section : sections_) {
        section.clear();
    }
    encode_record(record, sections_);
    urgent_ = urgent_ || is_urgent(record);
    ++appended_;
    ++totals_.records;
}

void SourceIntake::append_encoded() {
    if (spool_.batch_full()) {
        if (overflow_.empty()) {
            overflow_file_ = open_->file;
        }
        overflow_.push_back({ordinal_ - 1, pieces_, sections_});
        return;
    }
    append_sections(sections_, spool_);
    commit_full_batch();
}

void SourceIntake::commit_full_batch() {
    if (!spool_.batch_full()) {
        return;
    }
    if (open_ != nullptr && !open_->reread) {
        tail_->hold_open_document(ordinal_);
    }
    on_batch_full_(*this);
}

// What was joined and is ready. False: the spool takes no more, or what came before is not in yet.
bool SourceIntake::append_joined() {
    while (join_.ready()) {
        if (has_overflow() || spool_.batch_full()) {
            return false;
        }
        join_.take(record_, places_);
        for (const PiecePlace& place : places_) {
            held_.release(place);
        }
        encode(record_);
        append_sections(sections_, spool_);
        commit_full_batch();
    }
    return true;
}

bool SourceIntake::flush() {
    while (!overflow_.empty() && !spool_.batch_full()) {
        append_sections(overflow_.front().sections, spool_);
        overflow_.pop_front();
    }
    return overflow_.empty() && append_joined();
}

std::vector<FilePosition> SourceIntake::take_positions() {
    if (has_overflow()) {
        std::optional<FilePosition> position = overflow_position();
        return position ? std::vector<FilePosition>{std::move(*position)}
                        : std::vector<FilePosition>();
    }
    holds_unsaved_ = false;
    if (!held_.empty()) {
        for (auto& [file, ranges] : held_.take_changed()) {
            tail_->set_open_ranges(file, std::move(ranges));
        }
    }
    return tail_->changed_positions();
}

std::optional<FilePosition> SourceIntake::overflow_position() const {
    const Overflow& first = overflow_.front();
    for (FilePosition& position : tail_->all_positions()) {
        if (position.file == overflow_file_ && position.open_document < position.offset) {
            position.open_document_records = first.ordinal;
            position.open_ranges =
                held_.ranges_before(overflow_file_, position.open_document, first.pieces);
            limit_open_ranges(position.open_ranges, position.open_document);
            return std::move(position);
        }
    }
    return std::nullopt;
}

void SourceIntake::stamp(AuditRecord& record) {
    const TailedDocument& document = *open_;
    record.set_text(Field::kSourceId, totals_.id);
    record.set_text(Field::kLogFilePath, document.path);
    record.set_integer(Field::kLogOffset, static_cast<int64_t>(document.offset));
    record.set_integer(Field::kLogBytes, static_cast<int64_t>(document.full_size_bytes));
    if (document.unterminated) {
        record.append_to_list(Field::kRecordFlags, "unterminated");
    }
    scratch_.clear();
    put_sized(scratch_, totals_.id);
    put_u64(scratch_, document.file.device);
    put_u64(scratch_, document.file.inode);
    put_u64(scratch_, document.file.generation);
    put_u64(scratch_, document.offset);
    put_u32(scratch_, ordinal_ - 1);
    Digest id = document_id_.of(scratch_);
    record.set_text(Field::kDocumentId, to_base32(view(id).substr(0, kDocumentIdBytes)));
    if (rejected_) {
        Digest digest = reject_digest_.of(document.bytes);
        record.set_text(Field::kRejectDigest, to_hex(view(digest)));
    }
}

}  // namespace llmtrail
