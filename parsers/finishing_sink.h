// The sink that DocumentReader puts between a parser and the real one: gives each record what every
// record has (kind, provider, dataset, outcome, time, state, ordinal, flags) and applies the
// source's map rules last, so that parsers need to set only what they know better. Ingest thread;
// never fails.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"

namespace llmtrail {

class FinishingSink final : public RecordSink {
 public:
    // `format`: as configured; the provider of what is rejected.
    void start_document(RecordSink& sink, std::string_view format, UnixNanos observed,
                        uint64_t size_bytes);
    void start_parser(std::string_view name, JsonValue document, const ParseContext& context);
    void flag(
        std::string_view flag);  // constant text: goes to llm.audit.record.flags of every record
    void flag_oddities(const JsonRepairs& repairs, bool duplicate_keys);
    void reject(std::string_view reason);  // adds a record of kind `rejected`
    // Every record a parser gives from here on is of kind `rejected`, with what the parser found.
    void reject_all(std::string_view reason);

    int64_t records() const { return ordinal_; }  // committed for this document

    void end_document();  // nothing given to start_* is used after this

    AuditRecord& begin() override;
    void commit() override;
    // A piece is `partial` unless it says `last` or its parser said that it can stand alone. What
    // is rejected is a record of its own.
    void commit_piece(const RecordPiece& piece) override;

 private:
    void finish();
    void finish_time();

    RecordSink* sink_ = nullptr;
    AuditRecord* record_ = nullptr;  // begun and not committed
    const ParseContext* context_ = nullptr;
    JsonValue document_;
    std::string_view format_;
    std::string_view parser_;
    UnixNanos observed_;
    uint64_t size_bytes_ = 0;
    int64_t ordinal_ = 0;
    std::vector<std::string_view> flags_;
    std::string reject_all_reason_;
    BodyScratch scratch_;
};

}  // namespace llmtrail
