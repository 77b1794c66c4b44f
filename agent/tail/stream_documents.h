// Cuts a stream into documents by the rules of docs/splitting.md, in bounded memory: whole files
// (WholeFileTail, ingest thread), `parse` and `check --sample` (main thread). A file that is tailed
// can be read again, a stream cannot: what an open document may need is kept up to
// kStreamKeptFactor times its limit, then its head alone. When it proves broken or without an end
// after that, the head is handed out, and it goes on to the next newline. Lists longer than a
// document may be are handed out element by element. Each part of the stream ends its last
// document, and offsets go on from part to part.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "tail/document_splitter.h"
#include "tail/list_elements.h"
#include "tail/parted_stream.h"

namespace llmtrail {

inline constexpr size_t kStreamChunkBytes = size_t{256} << 10;
inline constexpr uint64_t kStreamKeptFactor = 2;  // times document_bytes_max of an open document

struct StreamDocument {
    ByteView bytes;  // kDocumentPaddingBytes readable bytes follow; valid until the next call
    uint64_t offset = 0;
    uint64_t full_size_bytes = 0;  // in the stream
    bool truncated = false;        // `bytes` are its head
    bool unterminated = false;     // its part ended inside it
};

class StreamDocuments {
 public:
    StreamDocuments(PartedStream& stream, uint64_t document_bytes_max);

    // The next document; or nothing, after at most one chunk or one turn to the next part. A
    // content error (see parted_stream.h) ends the stream as its end does: the documents before it
    // come first, then it is returned once. Any other error is returned at once, and this object is
    // of no more use.
    Result<std::optional<StreamDocument>> next();

    bool ended() const { return ended_; }  // there is nothing more

    uint64_t bytes_read() const { return part_begin_ + read_; }

    size_t kept_bytes() const {
        return buffer_.size() + made_.size() + (head_ ? head_->size() : 0);
    }  // of text, for the tests of its bound

 private:
    std::optional<StreamDocument> cut();
    std::optional<StreamDocument> cut_endless();
    std::optional<StreamDocument> cut_list();
    std::optional<StreamDocument> list_document(uint64_t end, bool unterminated);
    std::optional<StreamDocument> end_list(uint64_t end);
    std::optional<StreamDocument> break_list(uint64_t at);
    bool enter_list(uint64_t begin);
    void keep_head(uint64_t at);
    void leave_list(uint64_t next_start);
    bool end_last_line();
    void keep_open_head(uint64_t begin);
    bool went_back(const std::optional<DocumentSpan>& span) const;
    uint64_t last_newline(uint64_t begin, uint64_t end) const;
    std::optional<StreamDocument> give_up(uint64_t begin, uint64_t at);
    StreamDocument document(const DocumentSpan& span);
    Result<void> read_chunk();
    uint64_t keep_from() const;
    Result<std::optional<StreamDocument>> next_part();

    ByteView from(uint64_t offset) const {
        return ByteView(buffer_).substr(offset - base_, read_ + virtual_ - offset);
    }

    PartedStream& stream_;
    uint64_t document_bytes_max_;
    // Offsets from here on are those in the part.
    DocumentSplitter splitter_;
    Bytes buffer_;  // from base_ on, then padding
    uint64_t base_ = 0;
    uint64_t read_ = 0;     // of the part
    uint64_t virtual_ = 0;  // 1: a newline that is not there ends the part's last line
    uint64_t part_begin_ = 0;
    char last_ = '\n';  // byte read
    bool part_ended_ = false;
    bool ended_ = false;
    std::optional<uint64_t> endless_;  // where a document began of which only head_ is kept
    std::optional<ListElements> list_;
    uint64_t list_begin_ = 0;
    Bytes list_head_;
    std::optional<uint64_t> open_;  // in a list: where an element began, or what is behind it
    bool behind_list_ = false;
    std::optional<uint64_t> list_tried_;  // the document that is no list
    std::optional<Bytes> head_;           // of what became longer than a document may be
    Bytes made_;                          // a document that does not stand so in the stream
    std::optional<Error> problem_;
};

}  // namespace llmtrail
