// Tails one configured source: finds its files, reads each from where the spool says it was, and hands out whole
// documents. Ingest thread only. docs/architecture.md ("tail") has the picture; the splitting rules are in
// docs/splitting.md; positions in docs/spool-format.md ("Positions").
//
//   glob ──> file identity ──> read ──> DocumentSplitter ──> DocumentSink
//
// Promises: a file is known by its identity and head, never by its path; a renamed file is read to its end before
// its successor is started; no byte is passed over without being counted (SourceLedger). Errors of one file are
// reported through TailSink::file_problem and never stop the others.
#pragma once

#include <cstdint>
#include <memory>
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
    std::vector<std::string> paths;    // globs, absolute: * ? [..] in any component, ** not supported
    std::vector<std::string> exclude;  // globs matched against the whole path
    bool start_at_end = false;         // only for files never seen before
    size_t document_bytes_max = 0;
    bool follow_symlinks = false;
};

struct TailedDocument {
    ByteView bytes;  // kDocumentPaddingBytes readable bytes follow; valid during the call only
    std::string_view path;
    FileId file;
    uint64_t offset = 0;           // of its first byte
    uint64_t full_size_bytes = 0;  // larger than bytes.size() when truncated
    bool truncated = false;        // longer than document_bytes_max: the head is here
    bool unterminated = false;     // the file ended (rotated or removed) inside it
    uint32_t records_already_sealed = 0;  // after a restart inside it: skip this many of its records
};

// Skipped bytes: separators between documents, a byte order mark.
class TailSink {
 public:
    virtual ~TailSink() = default;
    // False: stop handing out (the batch is full or the spool is); the document counts as taken.
    virtual bool document(const TailedDocument& document) = 0;
    virtual void skipped(uint64_t bytes) = 0;
    virtual void file_problem(std::string_view path, const Error& error) = 0;  // once per state change
    virtual void file_lost(std::string_view path, uint64_t unread_bytes) = 0;  // truncated or gone before it was read
};

class SourceTail {
 public:
    // `saved`: this source's positions as recovered from the spool. `position_key`: 32 bytes, keys the hashes
    // in positions, so that they tell nothing about the text. `watch` may be shared by sources.
    static std::unique_ptr<SourceTail> make(const SourceTailOptions& options, FileSystem& files, FileWatch& watch,
                                            Clock& clock, ByteView position_key, std::vector<FilePosition> saved);
    virtual ~SourceTail() = default;

    // Looks for new, renamed, truncated and removed files. Called at start, on news from the watch, and by poll.
    virtual void rescan(TailSink& sink) = 0;

    // Reads at most about `budget_bytes`, fairly over the files that have some. Returns the bytes read: 0 means
    // caught up.
    virtual uint64_t read(TailSink& sink, uint64_t budget_bytes) = 0;

    // A document's records did not all fit the batch being committed: its position is its start and this count.
    virtual void hold_open_document(uint32_t records_sealed) = 0;

    // Positions that changed since the last call, to go into the frame that carries their records; all of them
    // for a new segment.
    virtual std::vector<FilePosition> changed_positions() = 0;
    virtual std::vector<FilePosition> all_positions() = 0;

    virtual uint64_t lag_bytes() const = 0;  // known to be unread
    virtual size_t files() const = 0;
};

}  // namespace llmtrail
