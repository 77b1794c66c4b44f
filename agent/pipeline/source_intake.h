// One source on its way in: what its tail hands out becomes records in the spool's open batch, at
// once or when their pieces are together (docs/joining.md). Ingest thread only.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "crypto/digest.h"
#include "enrich/enrich.h"
#include "join/join_table.h"
#include "log/log.h"
#include "parsers/parser.h"
#include "pipeline/document_read.h"
#include "pipeline/held_documents.h"
#include "pipeline/ledger.h"
#include "pipeline/mailbox.h"
#include "pipeline/repeats.h"
#include "platform/clock.h"
#include "spool/spool.h"
#include "tail/source_tail.h"

namespace llmtrail {

class SourceIntake : private TailSink, private RecordSink {
 public:
    // `batch_full` is called between records when the open batch is full: it commits, with the
    // position of the open document held at `records` (docs/spool-format.md, "Positions").
    using OnBatchFull = std::function<void(SourceIntake& intake)>;

    SourceIntake(const SourceSettings& settings, DocumentRead read_document, SpoolWriter& spool,
                 Clock& clock, Log& log, Mailbox& mailbox, Repeats& repeats,
                 OnBatchFull on_batch_full);

    void attach(std::unique_ptr<SourceTail> tail) { tail_ = std::move(tail); }

    SourceTail& tail() { return *tail_; }

    void rescan() { tail_->rescan(*this); }

    uint64_t read(uint64_t budget_bytes) { return tail_->read(*this, budget_bytes); }

    // Records of a document that did not fit because the spool took no more in the middle of it.
    // Until they are in, this source's position must not move. flush() appends what fits, then what
    // was joined; true when none is left.
    bool has_overflow() const { return !overflow_.empty(); }

    bool flush();

    // Pieces that waited long enough are records now: flush() appends them.
    void expire(MonotonicNanos now) { join_.expire(now); }

    void expire_all() { join_.expire_all(); }

    std::optional<MonotonicNanos> next_expiry() const { return join_.next_expiry(); }

    // Pieces were taken since the positions were asked for last: until those are durable a log that
    // is rotated away may be unknown after a crash.
    bool holds_unsaved() const { return holds_unsaved_; }

    // For the frame that is about to be committed. While there is overflow: only the file's whose
    // document is open, with those of its records that are in.
    std::vector<FilePosition> take_positions();

    const SourceTotals& totals() const { return totals_; }

    // The ledger of a source goes on when it is exchanged for another of its id.
    void count_from(const SourceTotals& totals) { totals_ = totals; }

    uint64_t appended() const { return appended_; }

    // Since the last call a record came that is to be sealed at once.
    bool take_urgent() { return std::exchange(urgent_, false); }

 private:
    bool document(const TailedDocument& document) override;
    void skipped(uint64_t bytes) override;
    void file_problem(std::string_view path, const Error& error) override;
    void file_lost(std::string_view path, uint64_t unread_bytes) override;
    void content_moved(const FileId& from, const std::optional<FileId>& to) override;
    AuditRecord& begin() override;
    void commit() override;
    void commit_piece(const RecordPiece& piece) override;

    struct Overflow {
        uint32_t ordinal = 0;  // of the record in its document
        uint32_t pieces = 0;   // of the document that came before it
        std::array<Bytes, kSectionCount> sections;
    };

    void count(const TailedDocument& document);
    void stamp(AuditRecord& record);
    bool wants_piece(uint32_t ordinal, uint32_t number) const;
    bool join(const RecordPiece& piece, uint32_t number);
    void encode(AuditRecord& record);
    void append_encoded();
    void commit_full_batch();
    bool append_joined();
    std::optional<FilePosition> overflow_position() const;

    HeldDocuments::Document open_document() const {
        return {open_->file, open_->offset, open_->offset + open_->full_size_bytes,
                open_->reread.has_value(), open_->reread && open_->reread->loose};
    }

    SourceTotals totals_;
    DocumentRead read_document_;
    SpoolWriter& spool_;
    Clock& clock_;
    Log& log_;
    Mailbox& mailbox_;
    Repeats& repeats_;
    OnBatchFull on_batch_full_;
    Hmac document_id_;
    Hmac reject_digest_;
    std::unique_ptr<SourceTail> tail_;

    const TailedDocument* open_ = nullptr;  // the document being read
    uint32_t ordinal_ = 0;                  // of the record being filled
    uint32_t pieces_ = 0;                   // of it so far
    bool rejected_ = false;
    uint64_t appended_ = 0;
    bool urgent_ = false;
    UnixNanos observed_;
    AuditRecord record_;
    std::array<Bytes, kSectionCount> sections_;
    Bytes scratch_;
    std::deque<Overflow> overflow_;
    FileId overflow_file_;
    JoinLimits join_limits_;
    JoinTable join_;
    LanguageOf languages_;
    HeldDocuments held_;
    bool holds_unsaved_ = false;
    std::vector<PiecePlace> places_;
};

// Appends encoded sections to the spool's open batch, which must not be full.
void append_sections(const std::array<Bytes, kSectionCount>& sections, SpoolWriter& spool);

}  // namespace llmtrail
