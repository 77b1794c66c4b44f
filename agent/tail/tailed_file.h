// One file being tailed: where it was read to, its open descriptor, and how its bytes become
// documents. SourceTail decides which file this is and when it is read; this class knows nothing of
// globs or other files. Ingest thread only. Errors are reported in Turn and never lose the place.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "platform/clock.h"
#include "platform/file_system.h"
#include "tail/document_splitter.h"
#include "tail/file_progress.h"
#include "tail/position.h"
#include "tail/range_reread.h"
#include "tail/source_tail.h"

namespace llmtrail {

inline constexpr size_t kReadBufferBytes = size_t{256} << 10;

// The bytes of one file last read, shared by all files of a tail. Zero bytes follow them.
struct ReadBuffer {
    Bytes bytes;
    uint64_t base = 0;  // offset of its first byte in the file
    size_t size = 0;

    uint64_t end() const { return base + size; }

    bool holds(uint64_t from, uint64_t to) const { return from >= base && to <= end(); }

    ByteView view(uint64_t from, uint64_t to) const {
        return ByteView(bytes).substr(from - base, to - from);
    }
};

// Whether `file` has the bytes that `position` remembers: its head, and those before its offset.
// An error says neither: the file is still to be compared.
Result<bool> position_fits(const FilePosition& position, ReadableFile& file,
                           const PositionHasher& hasher);

class TailedFile {
 public:
    enum class Outcome : uint8_t {
        kProgress,  // perhaps more to read
        kCaughtUp,
        kStopped,    // the sink wants no more
        kTruncated,  // shorter than before, or not the bytes that were there
        kMoved,      // the path is another file's now
        kFailed,     // error says why; try again after the next look
    };

    struct Turn {
        Outcome outcome = Outcome::kCaughtUp;
        uint64_t bytes = 0;
        Error error;
    };

    TailedFile(const SourceTailOptions& options, FileSystem& files, const FileId& id,
               std::string path, uint64_t offset);
    TailedFile(const SourceTailOptions& options, FileSystem& files, const FilePosition& saved);

    // Reads up to one buffer and hands out what it completes. With `finish_due`, at the end also
    // the rest.
    Turn read(ReadBuffer& buffer, TailSink& sink);

    // Whether this file, opened anew, is still what the saved position says. Afterwards it can be
    // read.
    Result<bool> resume(const PositionHasher& hasher);
    Result<void> remember_text_before();  // of the place it is at; open
    void restart(uint64_t offset);        // its content was replaced

    void note(const FileInfo& info);  // what a look found

    void close() { handle_.reset(); }

    Result<void> open();  // no effect when open; kBusy when the path is another file's now

    ReadableFile* handle() { return handle_.get(); }

    void update_fingerprint(const PositionHasher& hasher);
    FilePosition position(const PositionHasher& hasher) const;

    // Ranges of the position it was resumed from, still to be handed out again.
    bool rereads() const { return !reread_.done(); }

    const RangeReread& reread() const { return reread_; }

    bool has_unread() const {
        return rereads() || suspect || splitter_.wants() < size_bytes ||
               (finish_due && splitter_.position() < read_end_);
    }

    uint64_t read_end() const { return read_end_; }

    // Known to have been there, and neither read nor held by anybody.
    uint64_t bytes_that_go_with_it() const {
        return (known_bytes > progress.taken() ? known_bytes - progress.taken() : 0) +
               reread_.bytes();
    }

    uint64_t unread_bytes() const {
        return size_bytes > progress.taken() ? size_bytes - progress.taken() : 0;
    }

    bool holds_open_document() const { return read_end_ > splitter_.position(); }

    FileProgress progress;

    // SourceTail's notes about this file.
    FileId id;
    std::string path;
    std::string log_path;      // the name its generations and copies are named after
    uint64_t size_bytes = 0;   // as of the last look or read
    uint64_t known_bytes = 0;  // the most it was ever seen to hold since its start
    UnixNanos modified;        // as of the last look
    uint32_t links = 1;
    uint64_t look = 0;         // the last look in which a glob named it
    uint64_t missed_look = 0;  // the look in which it was not found, for the first time
    bool resumed = true;       // false: a saved position not yet compared with its file
    bool moved = false;        // no glob names it any more, but its folder holds it
    bool detached = false;     // no path is known: only the descriptor keeps it
    bool suspect = false;  // changed without growing: its text is to be compared at the next turn
    bool blocked = false;  // could not be opened or read: not before the next look
    bool finish_due = false;  // it will not grow: an open document is handed out unterminated
    MonotonicNanos grown_at;  // when it last grew, or left its path
    MonotonicNanos used_at;
    std::optional<FileId> after;  // read that one to its end first

 private:
    Turn read_again(TailSink& sink);
    std::optional<Turn> fill(ReadBuffer& buffer, uint64_t& new_bytes);
    std::optional<Turn> hand_out(const DocumentSpan& span, const ReadBuffer& buffer,
                                 TailSink& sink);
    std::optional<Turn> finish(ReadBuffer& buffer, TailSink& sink);
    Bytes bytes_before(uint64_t offset) const;

    const SourceTailOptions& options_;
    FileSystem& files_;
    std::unique_ptr<ReadableFile> handle_;
    DocumentSplitter splitter_;
    uint64_t read_end_;  // bytes up to here were seen
    Bytes guard_;        // the last of them, at most kTailHashBytes
    uint32_t fingerprint_bytes_ = 0;
    PositionHash fingerprint_{};

    const ReadBuffer* buffer_ = nullptr;  // during read()
    Bytes tail_;  // the bytes before what was taken, as of the end of the last turn
    RangeReread reread_;
};

}  // namespace llmtrail
