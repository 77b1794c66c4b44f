// Which documents of a source's files hold pieces that a join still keeps: what the open ranges of
// positions are made of (docs/positions.md, docs/joining.md). Ingest thread only. Work is O(log n)
// a piece, and O(n) when the ranges of a file are asked for. Nothing can fail.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "join/held_piece.h"
#include "platform/file_system.h"
#include "tail/position.h"

namespace llmtrail {

// Text without pieces between two held documents that is rather read again than given a range.
inline constexpr uint64_t kRangeGapBytesMax = uint64_t{64} << 10;

class HeldDocuments {
 public:
    struct Document {
        FileId file;
        uint64_t begin = 0;
        uint64_t end = 0;
        bool reread = false;  // after a restart
        bool loose = false;   // some of its pieces may be sealed already
    };

    // Until end_document() only numbers above those of before are held.
    PiecePlace hold(const Document& document, uint32_t number);

    // `pieces`: how many it had in all, held or not.
    void end_document(const Document& document, uint32_t pieces);

    void release(const PiecePlace& place);

    // What was read of `from` is in `to`, or nowhere: then nobody can read it again.
    void move(const FileId& from, const std::optional<FileId>& to);

    bool empty() const { return files_.empty(); }

    // Of the document at `begin` only the pieces before `number`.
    std::vector<OpenRange> ranges_before(const FileId& file, uint64_t begin, uint32_t number) const;

    // Files whose ranges changed since the last call, with all their ranges.
    std::vector<std::pair<FileId, std::vector<OpenRange>>> take_changed();

 private:
    struct Held {
        uint64_t end = 0;
        uint32_t pieces = UINT32_MAX;       // unknown until the document ends
        std::map<uint32_t, uint32_t> runs;  // of numbers: first, one past the last
        bool loose = false;
        bool reread = false;
        bool sealed_after = false;  // pieces before the next held document are sealed
    };

    struct File {
        FileId id;
        std::map<uint64_t, Held> documents;
        bool changed = false;
    };

    using Files = std::map<uint32_t, File>;

    uint32_t number_of(const FileId& file);
    void note_sealed(File& file, uint64_t begin);
    static std::vector<OpenRange> ranges_of(const File& file, uint64_t begin, uint32_t number);

    Files files_;
    std::map<FileId, uint32_t> numbers_;
    uint32_t next_number_ = 1;
};

}  // namespace llmtrail
