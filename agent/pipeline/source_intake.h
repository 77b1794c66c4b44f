// One source on its way in: what its tail hands out becomes records in the spool's open batch.
// Ingest thread only.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "crypto/digest.h"
#include "log/log.h"
#include "parsers/parser.h"
#include "pipeline/ledger.h"
#include "pipeline/mailbox.h"
#include "platform/clock.h"
#include "spool/spool.h"
#include "tail/source_tail.h"

namespace llmtrail {

class SourceIntake : private TailSink, private RecordSink {
 public:
    // `batch_full` is called between records when the open batch is full: it commits, with the
    // position of the open document held at `records` (docs/spool-format.md, "Positions").
    using OnBatchFull = std::function<void(SourceIntake& intake)>;

    SourceIntake(const SourceSettings& settings, std::unique_ptr<DocumentReader> reader,
                 SpoolWriter& spool, Clock& clock, Log& log, Mailbox& mailbox,
                 OnBatchFull on_batch_full);

    void attach(std::unique_ptr<SourceTail> tail) { tail_ = std::move(tail); }

    SourceTail& tail() { return *tail_; }

    void rescan() { tail_->rescan(*this); }

    uint64_t read(uint64_t budget_bytes) { return tail_->read(*this, budget_bytes); }

    // Records of a document that did not fit because the spool took no more in the middle of it.
    // Until they are in, this source's position must not move. flush() appends what fits; true when
    // none is left.
    bool has_overflow() const { return !overflow_.empty(); }

    bool flush();
    // Meanwhile: the file's position with those of its open document's records that are in. Nothing
    // when none is open.
    std::optional<FilePosition> overflow_position() const;

    const SourceTotals& totals() const { return totals_; }

    uint64_t appended() const { return appended_; }

 private:
    bool document(const TailedDocument& document) override;
    void skipped(uint64_t bytes) override;
    void file_problem(std::string_view path, const Error& error) override;
    void file_lost(std::string_view path, uint64_t unread_bytes) override;
    AuditRecord& begin() override;
    void commit() override;

    void stamp(AuditRecord& record);
    void append_encoded();

    SourceTotals totals_;
    std::unique_ptr<DocumentReader> reader_;
    SpoolWriter& spool_;
    Clock& clock_;
    Log& log_;
    Mailbox& mailbox_;
    OnBatchFull on_batch_full_;
    Hmac document_id_;
    Hmac reject_digest_;
    std::unique_ptr<SourceTail> tail_;

    const TailedDocument* open_ = nullptr;  // the document being read
    uint32_t ordinal_ = 0;                  // of the record being filled
    bool rejected_ = false;
    uint64_t appended_ = 0;
    UnixNanos observed_;
    AuditRecord record_;
    std::array<Bytes, kSectionCount> sections_;
    Bytes scratch_;
    std::deque<std::array<Bytes, kSectionCount>> overflow_;
    FileId overflow_file_;
    uint32_t overflow_ordinal_ = 0;  // of its first
};

// Appends encoded sections to the spool's open batch, which must not be full.
void append_sections(const std::array<Bytes, kSectionCount>& sections, SpoolWriter& spool);

}  // namespace llmtrail
