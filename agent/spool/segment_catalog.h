// What the directory holds, segment by segment: where each one ends, since when it is closed, how
// large it is. Used by the retention of spool_writer, by start and by the commands. Headers are
// read once and remembered: a closed segment never changes. One thread per object. Errors: those of
// reading the directory; a segment that cannot be read is an entry marked as evidence.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/file_system.h"
#include "spool/control.h"
#include "spool/leaf_file.h"

namespace llmtrail {

// A segment that is closed: a later one counts.
struct SegmentFacts {
    uint64_t segment_no = 0;
    bool has_payload = false;  // seg-N.lsp stands
    bool has_leaf = false;
    uint64_t payload_bytes = 0;  // of seg-N.lsp and seg-N.keys
    uint64_t leaf_bytes = 0;
    uint64_t first_index = 0;
    uint64_t end_index = 0;
    UnixNanos closed_at;                 // when the next one was begun
    std::optional<uint64_t> stated_end;  // a RECOVERY says that the rest is void; 0: all of it
    bool evidence = false;               // unreadable, or a RECOVERY says that no crash left it so
};

class SegmentCatalog {
 public:
    SegmentCatalog(FileSystem& files, std::string directory)
        : files_(files), directory_(std::move(directory)) {}

    // Reads what is new. `open_segment` is written now, and so in order.
    Result<void> refresh(uint64_t open_segment);

    const std::vector<SegmentFacts>& closed() const { return closed_; }  // ascending

    const SegmentFacts* find(uint64_t segment_no) const;

    void mark_evidence(uint64_t segment_no);  // until the next refresh()

    uint64_t payload_bytes() const { return payload_bytes_; }  // segments and key files

    uint64_t leaf_bytes() const { return leaf_bytes_; }

    // Where the segment ends, read from the next one that counts.
    Result<SegmentEnd> end_of(const SegmentFacts& segment);

    Result<SegmentHeader> header_of(const SegmentFacts& segment) {
        return read_header(segment.segment_no, segment.has_payload);
    }

 private:
    struct Head {
        bool readable = false;
        uint64_t first_index = 0;
        UnixNanos begun_at;
        std::optional<RecoveryBody> recovery;
        uint64_t recovery_end = 0;  // byte after the RECOVERY
    };

    struct Files {
        uint64_t payload_bytes = 0;
        uint64_t keys_bytes = 0;
        uint64_t leaf_bytes = 0;
        bool has_payload = false;
        bool has_leaf = false;
    };

    Result<std::map<uint64_t, Files>> list();
    Result<Head> read_head(uint64_t segment_no, const Files& files);
    Result<Head> read_payload_head(uint64_t segment_no);
    Result<Head> read_leaf_head(uint64_t segment_no);
    Result<SegmentHeader> read_header(uint64_t segment_no, bool has_payload);

    FileSystem& files_;
    std::string directory_;
    std::map<uint64_t, Head> heads_;
    std::vector<SegmentFacts> closed_;
    std::map<uint64_t, uint64_t> successors_;  // of each closed one, the next that counts
    uint64_t payload_bytes_ = 0;
    uint64_t leaf_bytes_ = 0;
};

}  // namespace llmtrail
