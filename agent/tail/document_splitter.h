// Cuts the bytes of one file into documents (docs/splitting.md has the rules, examples and bounds).
// It keeps no text: the tail gives it bytes in order, gets back where documents are, and may be
// asked for earlier bytes again. Called by the tail, ingest thread. Pure; nothing can fail; memory
// is constant.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "tail/array_start.h"
#include "tail/bracket_scanner.h"

namespace llmtrail {

inline constexpr uint64_t kEndlessFactor = 8;  // times document_bytes_max without an end: given up
inline constexpr uint64_t kRescanCreditBytesMax = uint64_t{1} << 20;
inline constexpr uint64_t kRescanCreditFactor =
    4;  // earned for each byte that goes out in a document

struct DocumentSpan {
    uint64_t begin = 0;
    uint64_t end = 0;           // one past its last byte
    bool unterminated = false;  // the file ended inside it
};

class DocumentSplitter {
 public:
    DocumentSplitter(uint64_t offset, uint64_t document_bytes_max);

    // Where to go on after a restart: the start of the open document, or the first byte of which
    // nothing is known.
    uint64_t position() const { return start_; }

    // The offset of the byte it wants next. It may go back after a break, never before position().
    uint64_t wants() const { return frontier_; }

    // `bytes` are those from wants() on. The next document that ends in them; nothing: they are
    // used up, or wants() went back. Call again until it returns nothing and wants() is at the end
    // of what there is.
    std::optional<DocumentSpan> next(ByteView bytes);

    // There are no bytes from wants() on and never will be. Nothing, with wants() gone back: call
    // next() again.
    std::optional<DocumentSpan> finish();

    // The open document has brackets, and they are being followed.
    bool in_brackets() const { return mode_ == Mode::kBrackets; }

    // Brackets were followed in vain up to here.
    uint64_t failed_at() const { return failed_at_; }

    uint64_t scanned_bytes() const {
        return scanned_bytes_;
    }  // work done, for the tests of its bound

 private:
    enum class Mode : uint8_t { kBetween, kByteOrderMark, kArrayStart, kBrackets, kLine };

    size_t skip_separators(ByteView bytes);
    size_t skip_byte_order_mark(ByteView bytes);
    void begin_document(char first);
    void begin_brackets();
    size_t look_at_array_start(ByteView bytes);
    std::optional<DocumentSpan> scan_brackets(ByteView& bytes);
    std::optional<DocumentSpan> scan_line(ByteView& bytes);
    void break_at(uint64_t offset);
    DocumentSpan take(uint64_t end, uint64_t next_start);

    uint64_t document_bytes_max_;
    uint64_t start_;
    uint64_t frontier_;
    uint64_t failed_at_ = 0;
    uint64_t credit_ = kRescanCreditBytesMax;
    uint64_t scanned_bytes_ = 0;
    ArrayStart array_start_;
    BracketScanner brackets_;
    Mode mode_;
    bool after_return_ = false;  // in a line: the byte before frontier_ is CR
};

}  // namespace llmtrail
