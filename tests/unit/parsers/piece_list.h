// What a document's pieces of records are joined by, for the tests of parsers that write pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/parser.h"
#include "record_list.h"

namespace llmtrail {

// A sink that notes how the pieces of records are to be joined.
class PieceList final : public RecordSink {
 public:
    struct Piece {
        std::string key;
        uint32_t rank;
        bool last;
    };

    AuditRecord& begin() override {
        record_.clear();
        return record_;
    }

    void commit() override { ++whole; }

    void commit_piece(const RecordPiece& piece) override {
        pieces.push_back({std::string(piece.key), piece.rank, piece.last});
    }

    std::vector<Piece> pieces;
    size_t whole = 0;

 private:
    AuditRecord record_;
};

// The pieces of one document.
inline PieceList pieces_of(std::string_view text) {
    auto reader = DocumentReader::make("auto", {}, 0);
    PieceList list;
    if (reader) {
        DocumentReader::Document document;
        document.bytes = text;
        document.observed = kTestObserved;
        (*reader)->read(document, list);
    }
    return list;
}

}  // namespace llmtrail
