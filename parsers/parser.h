// From one document to its audit records: the contract of every file in this folder.
//
//   document ──> JsonTree ──> detect (auto) ──> one parser ──> RecordSink: begin(), fill, commit(),
//   ...
//
// A parser never fails: whatever the bytes, it gives records, perhaps one of kind `rejected` with a
// reason, and it gives each leaf of its input a place: a catalogue field, or `llm.audit.unmapped`
// under its source path. Parsers are stateless between documents, hold scratch buffers only, and
// are used by the ingest thread alone. docs/parsers.md says how to add one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

// One `map:` line of a source: which path of the document fills which field, before the parser's
// own choice.
struct MapRule {
    Field field;
    std::vector<std::string> path;  // member names; an array is entered element by element
};

// "metadata.documents" to its member names. Names hold no dots; empty names are kept and match
// nothing.
std::vector<std::string> split_path(std::string_view dotted);

// What a parser may know beside the document itself.
struct ParseContext {
    UnixNanos observed;                      // agent's clock when the document was read
    std::span<const MapRule> map;            // of the source
    int32_t default_utc_offset_seconds = 0;  // for stamps without a zone (sources[].time_zone)
};

// One of several pieces in which a source writes a record (a span and its log events, a create and
// its update, chunks of one message): pieces of one key become one record (docs/joining.md).
struct RecordPiece {
    std::string_view key;  // the same for all pieces of the record, other for any other record:
                           // "langfuse:observation:<id>"; unique within the source
    uint32_t rank = 0;     // where two pieces hold one field, the higher rank has it; of equal
                           // ranks the later one
    uint32_t order = 0;    // of pieces whose texts follow one another (chunks): their place
    bool last = false;     // nothing more is expected: the record may go
    bool chunk = false;    // cut anywhere: its first message may go on with what the chunk whose
                           // order is one less ends with
};

// Where records go. begin() gives an empty record with event.ingested set; commit() or
// commit_piece() takes it. A record that was begun and not committed is dropped by the next
// begin(). A sink that joins nothing takes each piece as a record of its own.
class RecordSink {
 public:
    virtual ~RecordSink() = default;
    virtual AuditRecord& begin() = 0;
    virtual void commit() = 0;

    virtual void commit_piece(const RecordPiece& /*piece*/) { commit(); }
};

class Parser {
 public:
    virtual ~Parser() = default;
    virtual std::string_view name() const = 0;       // as in `format:` and event.provider
    virtual std::string_view describes() const = 0;  // one line for `llmtrail parse --as list`
    // Names of top-level members, at least one of which every object of this format has; none: any
    // object may be of it. recognizes() is asked only then. Constant.
    virtual std::span<const std::string_view> keys() const = 0;
    // Does the document carry this format's required keys? Of the formats before `exchange` exactly
    // one says yes to a document of its own (tests/unit/parsers/detect_test.cpp); `exchange`,
    // `body` and `json` are shapes, asked last, and `json` says yes to any object.
    virtual bool recognizes(JsonValue document) const = 0;

    // Is this array as a whole one document of the format? Else its elements are documents.
    virtual bool recognizes_array(JsonValue /*array*/) const { return false; }

    // With this format configured: may it be one of its documents, although nothing in it says so?
    virtual bool accepts(JsonValue document) const { return recognizes(document); }

    virtual void parse(JsonValue document, const ParseContext& context, RecordSink& sink) = 0;

    // A document that is no JSON: one line of text. `any`: the format is configured and takes every
    // line; else only one of exactly its shapes. False: not taken, and nothing was given to the
    // sink. Only server_log reads text.
    virtual bool parse_text(std::string_view /*line*/, bool /*any*/,
                            const ParseContext& /*context*/, RecordSink& /*sink*/) {
        return false;
    }
};

struct ParserFormat {
    std::string_view name;  // what the parser calls itself
    std::unique_ptr<Parser> (*make)();
};

// All of them, in the order in which `auto` asks: the visible table is in parsers.cpp.
std::span<const ParserFormat> parser_formats();

// Reads documents for one source: JSON, detection or the configured format, rejection, flags. Its
// parsers are made at the first document, so that a source that is silent costs nothing.
class DocumentReader {
 public:
    // `format`: "auto" or a parser's name. kInvalidArgument names the nearest one.
    static Result<std::unique_ptr<DocumentReader>> make(std::string_view format,
                                                        std::vector<MapRule> map,
                                                        int32_t default_utc_offset_seconds);
    ~DocumentReader();

    struct Document {
        std::string_view bytes;  // kDocumentPaddingBytes readable bytes follow when padded
        bool padded = false;
        bool truncated =
            false;  // the source's document was longer than the limit: this is its head
        uint64_t full_size_bytes = 0;  // its whole length
        UnixNanos observed;
    };

    // Adds the document's records to the sink: at least one, unless it is a batch that holds none
    // (an empty array). Rejected: kind `rejected`, llm.audit.reject.reason, log.bytes; the digest
    // is the caller's.
    void read(const Document& document, RecordSink& sink);

 private:
    struct State;
    DocumentReader(std::string_view format, std::vector<MapRule> map,
                   int32_t default_utc_offset_seconds);

    std::string format_;
    std::vector<MapRule> map_;
    int32_t default_utc_offset_seconds_;
    std::unique_ptr<State> state_;  // null: no document yet
};

}  // namespace llmtrail
