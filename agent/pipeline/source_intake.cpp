#include "pipeline/source_intake.h"

#include <utility>

#include "base/hex.h"
#include "pipeline/agent_record.h"
#include "record/record_codec.h"

namespace llmtrail {

static constexpr size_t kDocumentIdBytes = 15;  // 24 characters of base32

void append_sections(const std::array<Bytes, kSectionCount>& sections, SpoolWriter& spool) {
    std::array<ByteView, kSectionCount> views;
    for (size_t i = 0; i < kSectionCount; ++i) {
        views[i] = sections[i];
    }
    spool.append(views);
}

SourceIntake::SourceIntake(const SourceSettings& settings, std::unique_ptr<DocumentReader> reader,
                           SpoolWriter& spool, Clock& clock, Log& log, Mailbox& mailbox,
                           OnBatchFull on_batch_full)
    : reader_(std::move(reader)),
      spool_(spool),
      clock_(clock),
      log_(log),
      mailbox_(mailbox),
      on_batch_full_(std::move(on_batch_full)),
      document_id_(hkdf_expand(spool.position_key(), "llmtrail document id")),
      reject_digest_(hkdf_expand(spool.position_key(), "llmtrail reject digest")) {
    totals_.id = settings.id;
}

bool SourceIntake::document(const TailedDocument& document) {
    open_ = &document;
    ordinal_ = 0;
    rejected_ = false;
    observed_ = clock_.wall_now();
    reader_->read(
        DocumentReader::Document{
            .bytes = document.bytes,
            .padded = true,
            .truncated = document.truncated,
            .full_size_bytes = document.full_size_bytes,
            .observed = observed_,
        },
        *this);
    ++totals_.documents;
    totals_.read_bytes += document.full_size_bytes;
    (rejected_ ? totals_.rejected_bytes : totals_.record_bytes) += document.full_size_bytes;
    totals_.rejected += rejected_ ? 1 : 0;
    open_ = nullptr;
    return !spool_.batch_full();
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
    if (ordinal < open_->records_already_sealed) {
        return;
    }
    if (ordinal > 0) {
        record_.set_integer(Field::kRecordOrdinal, ordinal);
    }
    stamp(record_);
    for (Bytes& section : sections_) {
        section.clear();
    }
    encode_record(record_, sections_);
    ++appended_;
    ++totals_.records;
    append_encoded();
}

void SourceIntake::append_encoded() {
    if (spool_.batch_full()) {
        if (overflow_.empty()) {
            overflow_file_ = open_->file;
            overflow_ordinal_ = ordinal_ - 1;
        }
        overflow_.push_back(sections_);
        return;
    }
    append_sections(sections_, spool_);
    if (spool_.batch_full()) {
        tail_->hold_open_document(ordinal_);
        on_batch_full_(*this);
    }
}

bool SourceIntake::flush() {
    while (!overflow_.empty() && !spool_.batch_full()) {
        append_sections(overflow_.front(), spool_);
        overflow_.pop_front();
        ++overflow_ordinal_;
    }
    return overflow_.empty();
}

std::optional<FilePosition> SourceIntake::overflow_position() const {
    for (FilePosition& position : tail_->all_positions()) {
        if (position.file == overflow_file_ && position.open_document < position.offset) {
            position.open_document_records = overflow_ordinal_;
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
