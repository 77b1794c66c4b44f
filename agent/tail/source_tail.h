// Tails one configured source: finds its files, reads each from where the spool says it was, and
// hands out whole documents. Ingest thread only. Splitting: docs/splitting.md; positions:
// docs/positions.md; how files are followed through rotation: docs/tailing.md.
//
//   glob ──> file identity ──> read ──> DocumentSplitter ──> TailSink
//
// Promises: a file is known by its identity and content, never by its path; a renamed file is read
// to its end before its successor is started; no byte is passed over without being counted. Errors
// of one file are told through TailSink::file_problem and never stop the others.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "platform/clock.h"
#include "platform/file_system.h"
#include "platform/file_watch.h"
#include "tail/position.h"

namespace llmtrail {

struct SourceTailOptions {
    std::string source_id;
    std::vector<std::string> paths;    // globs, absolute: * ? [..] in any component, no **
    std::vector<std::string> exclude;  // globs: of the whole path, or without '/' of the name
    // Only for files there at the first look of a source that has no saved positions.
    bool start_at_end = false;
    size_t document_bytes_max = 0;
    bool follow_symlinks = false;
    // Complete files, packed or not, each read once (docs/tailing.md, "Whole files").
    bool whole_files = false;
};

// A document that was handed out before the agent started: of its pieces (docs/joining.md) only
// these are wanted, everything else of it is sealed.
struct Reread {
    uint32_t first_piece = 0;
    uint32_t pieces = UINT32_MAX;
    bool loose = false;  // some of them may be sealed, too
};

struct TailedDocument {
    ByteView bytes;  // kDocumentPaddingBytes readable bytes follow; valid during the call only
    std::string_view path;
    FileId file;
    uint64_t offset = 0;           // of its first byte
    uint64_t full_size_bytes = 0;  // larger than bytes.size() when truncated
    bool truncated = false;        // longer than document_bytes_max: the head is here
    bool unterminated = false;     // the file ended (rotated or removed) inside it
    // After a restart inside it: skip this many of its records.
    uint32_t records_already_sealed = 0;
    std::optional<Reread> reread;
};

// Bytes in documents (full_size_bytes, those read again apart), skipped bytes and lost bytes add up
// to what files held.
class TailSink {
 public:
    virtual ~TailSink() = default;
    // False: stop handing out (the batch is full or the spool is); the document counts as taken. It
    // may call hold_open_document() and changed_positions() of the tail, nothing else.
    virtual bool document(const TailedDocument& document) = 0;
    // Separators between documents, a byte order mark.
    virtual void skipped(uint64_t bytes) = 0;
    // Once per state change.
    virtual void file_problem(std::string_view path, const Error& error) = 0;
    // Truncated or gone before it was read: bytes known to have been there.
    virtual void file_lost(std::string_view path, uint64_t unread_bytes) = 0;

    // What was read of `from` is now in `to` (a copy made before it was truncated), or nowhere.
    virtual void content_moved(const FileId& /*from*/, const std::optional<FileId>& /*to*/) {}
};

class SourceTail {
 public:
    // `saved`: this source's positions as recovered from the spool. `hasher`: HMAC-SHA-256 under
    // the spool's position key. `watch` may be shared by sources.
    static std::unique_ptr<SourceTail> make(const SourceTailOptions& options, FileSystem& files,
                                            FileWatch& watch, Clock& clock, PositionHasher hasher,
                                            std::vector<FilePosition> saved);
    virtual ~SourceTail() = default;

    // Looks for new, renamed, truncated and removed files. Called at start, on news from the watch,
    // and at least every second (a look that was costly is put off by up to that long).
    virtual void rescan(TailSink& sink) = 0;

    // Reads at most about `budget_bytes`, fairly over the files that have some. Returns the bytes
    // read: 0 means caught up.
    virtual uint64_t read(TailSink& sink, uint64_t budget_bytes) = 0;

    // Called from within TailSink::document(), before changed_positions(): of the records of the
    // document being handed out only `records_sealed` fit the batch that is about to be committed.
    virtual void hold_open_document(uint32_t records_sealed) = 0;

    // Positions that changed since the last call, to go into the frame that carries their records.
    // A `finished` one says that its file is gone: an empty value forgets it. Within document(),
    // the document being handed out counts as unread unless hold_open_document() was called.
    virtual std::vector<FilePosition> changed_positions() = 0;
    // All of them that are not finished, as changed_positions() told them last.
    virtual std::vector<FilePosition> all_positions() = 0;

    // Pieces of this file's documents that a join holds now: they go with its position, which
    // thereby changes, and keep it from being forgotten.
    virtual void set_open_ranges(const FileId& file, std::vector<OpenRange> ranges) = 0;

    virtual uint64_t lag_bytes() const = 0;  // known to be unread

    // Files, or folders of files, that are there and could not be read when last tried: no
    // permission, an I/O error, too many of them. At most kProblemsMax are counted.
    virtual size_t unreadable_files() const = 0;

    // Files are there that are not read before another look, a second after the last, finds them
    // unchanged.
    virtual bool waits_for_files() const { return false; }

    virtual size_t files() const = 0;
};

}  // namespace llmtrail
