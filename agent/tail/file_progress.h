// How far the documents of one file were handed out, and what its position says of that: the
// document being handed out, the one a restart began in, and the ranges that a join holds. The same
// for a file that is followed and one that is read once; which bytes are documents is theirs.
// Ingest thread only; nothing can fail.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tail/position.h"
#include "tail/source_tail.h"

namespace llmtrail {

class FileProgress {
 public:
    explicit FileProgress(uint64_t offset) : taken_(offset) {}

    explicit FileProgress(const FilePosition& saved);

    uint64_t taken() const { return taken_; }  // handed out or skipped up to here

    // Its content is another one; what was told stays to be replaced.
    void restart(uint64_t offset);

    void skip_to(uint64_t offset, TailSink& sink);

    // A new document, with what lies before it skipped. False: the sink wants no more.
    bool hand_out(TailedDocument& document, TailSink& sink);

    // Of the document being handed out only these records fit the batch.
    void hold_open_document(uint32_t records_sealed) { held_records_ = records_sealed; }

    // The document that a restart began in does not come again.
    void forget_resumed() { resumed_.reset(); }

    void set_open_ranges(std::vector<OpenRange> ranges);

    void note_reread() { ranges_changed_ = true; }

    bool holds_pieces() const { return !held_ranges_.empty(); }

    bool changed() const;                     // since the position was told last
    void told(const FilePosition& position);  // it will be in the next frame

    // The saved position, while nothing of its open document was handed out. `reread`: ranges that
    // are still to be handed out again.
    std::optional<FilePosition> as_resumed(const std::vector<OpenRange>& reread) const;

    // When its file is gone, so that the position is forgotten; nothing: none was ever told.
    std::optional<FilePosition> last_position() const;

    // Offset, open document and ranges.
    void describe(FilePosition& position, const std::vector<OpenRange>& reread) const;

    bool must_report = false;              // its position is to be told though no byte was read
    std::optional<FilePosition> reported;  // as told last

 private:
    std::vector<OpenRange> ranges_before(uint64_t offset, uint64_t open_document,
                                         const std::vector<OpenRange>& reread) const;

    uint64_t taken_;
    std::optional<uint64_t> handing_out_;  // the end of a document
    std::optional<uint32_t> held_records_;
    std::optional<FilePosition> resumed_;  // within a document that was not handed out since
    std::vector<OpenRange> held_ranges_;   // as the sink told them
    bool ranges_changed_ = false;
};

}  // namespace llmtrail
