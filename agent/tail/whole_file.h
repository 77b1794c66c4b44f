// One complete file of a source with `whole_files`: unpacked as a stream and cut into documents,
// once. Positions count unpacked bytes; going on at one unpacks from the start again and passes
// over what was taken. WholeFileTail decides when it is read. Ingest thread only. Errors are
// reported in Turn and lose no place.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/file_system.h"
#include "tail/file_progress.h"
#include "tail/position.h"
#include "tail/source_tail.h"
#include "tail/stream_documents.h"

namespace llmtrail {

// Names of files that are still being written: left alone.
bool is_unfinished_name(std::string_view name);

class WholeFile {
 public:
    enum class Outcome : uint8_t {
        kProgress,
        kStopped,   // the sink wants no more
        kComplete,  // read to its end; with an error: as far as that could be read, for good
        kChanged,   // not what the look saw: not before the next one
        kFailed,    // error says why; try again after the next look
    };

    struct Turn {
        Outcome outcome = Outcome::kProgress;
        uint64_t bytes = 0;  // of work done, at least 1
        std::optional<Error> error;
    };

    enum class Change : uint8_t { kNone, kGrew, kOtherContent };

    WholeFile(const SourceTailOptions& options, FileSystem& files, const FileId& id,
              std::string path);
    WholeFile(const SourceTailOptions& options, FileSystem& files, const FilePosition& saved);

    // Hands out documents until about `budget_bytes` were unpacked. Only when settled.
    Turn read(const PositionHasher& hasher, TailSink& sink, uint64_t budget_bytes);

    // What became of it, by its packed bytes, since it was read or begun.
    Result<Change> compare(const PositionHasher& hasher);

    void note(const FileInfo& info);  // what a look found
    void accept_touch();              // the change was none: remembered as it is now
    void go_on();                     // it grew: what was added is still to be read
    void restart();                   // it is another one
    Result<void> pass_over(const PositionHasher& hasher);  // counts as complete, unread

    void stop() {
        documents_.reset();
        stream_.reset();
        handle_.reset();
        pending_.reset();
    }

    bool begun() const { return fingerprint_bytes_ > 0 || progress.taken() > 0 || complete; }

    bool reading() const { return documents_ != nullptr; }

    bool differs() const { return size_bytes != packed_bytes_ || modified != packed_modified_; }

    bool rereads() const { return !reread_.empty(); }

    bool has_unread() const { return !complete || rereads(); }

    FilePosition position() const;

    FileProgress progress{0};  // unpacked

    // WholeFileTail's notes about this file.
    FileId id;
    std::string path;
    uint64_t size_bytes = 0;  // packed, as of the last look
    UnixNanos modified;
    MonotonicNanos unchanged_since;
    uint64_t look = 0;
    uint64_t missed_look = 0;  // the look in which it was not found, for the first time
    bool seen = false;         // by a look of this run
    bool settled = false;      // it did not change for long enough, and is what was begun
    bool complete = false;
    bool blocked = false;  // not before the next look

 private:
    Result<void> open();
    Result<void> hash_content(const PositionHasher& hasher);
    std::optional<Turn> start(const PositionHasher& hasher);
    Turn finish(TailSink& sink, std::optional<Error> error);
    bool hand_out(TailSink& sink);
    bool hand_out_again(TailSink& sink);
    TailedDocument document() const;

    const SourceTailOptions& options_;
    FileSystem& files_;
    std::unique_ptr<ReadableFile> handle_;
    std::unique_ptr<PartedStream> stream_;
    std::unique_ptr<StreamDocuments> documents_;
    std::optional<StreamDocument> pending_;  // cut, not handed out

    // What was read or begun, packed: its size, time of change and hashes.
    uint64_t packed_bytes_ = 0;
    UnixNanos packed_modified_;
    uint32_t fingerprint_bytes_ = 0;
    PositionHash fingerprint_{};
    PositionHash tail_hash_{};

    std::vector<OpenRange> reread_;  // still to be handed out again
};

}  // namespace llmtrail
