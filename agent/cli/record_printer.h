// The sink of `parse`: each record of a document as one line, JSON or CEF, on stdout. Main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/command_line.h"
#include "cli/console.h"
#include "cli/document_feed.h"
#include "crypto/digest.h"
#include "format/formatter.h"
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
    void start_document(const FedDocument& document, std::string_view path,
                        std::string_view source_id, UnixNanos observed);

    AuditRecord& begin() override;
    void commit() override;

    Result<void> flush();

    const Result<void>& outcome() const { return outcome_; }  // of writing so far

    ParseTotals& totals() { return totals_; }

 private:
    void stamp();

    ParseTo to_;
    TextSink& data_;
    Hmac digest_;
    std::unique_ptr<Formatter> formatter_;
    const FedDocument* document_ = nullptr;
    std::string path_;
    std::string source_id_;
    UnixNanos observed_;
    int64_t ordinal_ = 0;
    AuditRecord record_;
    std::string out_;
    Result<void> outcome_;
    ParseTotals totals_;
};

}  // namespace llmtrail
