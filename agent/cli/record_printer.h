// The sink of `parse`: each record as one line, JSON or CEF, on stdout. Pieces of records are
// joined over all inputs of a run, by bytes and not by age (docs/joining.md). Main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/console.h"
#include "cli/document_feed.h"
#include "crypto/digest.h"
#include "format/formatter.h"
#include "join/join_table.h"
#include "parsers/parser.h"

namespace llmtrail {

struct ParseTotals {
    uint64_t documents = 0;
    uint64_t records = 0;
    uint64_t rejected = 0;
    uint64_t bytes = 0;
};

class RecordPrinter : public RecordSink {
 public:
    // `digest_key`: of this run only, so that digests of rejected text tell nothing to anybody
    // else.
    RecordPrinter(ParseTo to, TextSink& data, Secret digest_key);

    // Records until the next call come from this document; `path` empty: standard input.
    // `joins`: of its source; false: each piece is a record.
    void start_document(const StreamDocument& document, std::string_view path,
                        std::string_view source_id, UnixNanos observed, bool joins = true);

    AuditRecord& begin() override;
    void commit() override;
    void commit_piece(const RecordPiece& piece) override;

    // At the end of all input: what still waits for the rest is printed as it is.
    void print_waiting();

    Result<void> flush();

    const Result<void>& outcome() const { return outcome_; }  // of writing so far

    ParseTotals& totals() { return totals_; }

 private:
    void stamp();
    void print(AuditRecord& record);
    void print_joined();

    TextSink& data_;
    Hmac digest_;
    std::unique_ptr<Formatter> formatter_;
    const StreamDocument* document_ = nullptr;
    std::string path_;
    std::string source_id_;
    UnixNanos observed_;
    int64_t ordinal_ = 0;
    bool joins_ = true;
    AuditRecord record_;
    JoinTable join_{JoinLimits()};
    std::string key_;
    std::vector<PiecePlace> places_;
    std::string out_;
    Result<void> outcome_;
    ParseTotals totals_;
};

}  // namespace llmtrail
