// What became of each value of the documents that `parse --coverage` reads: in a field of a record,
// in llm.audit.unmapped, or neither (translated, computed with, constant). It knows nothing of the
// parsers and compares values alone, so a value that stands in the record for another reason counts
// as found; tests/coverage has the exact count, path by path. Null, empty and boolean values are
// not counted. Memory: one document, its records, and kCoveragePathsMax paths a format. Main
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "cli/record_printer.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"

namespace llmtrail {

inline constexpr size_t kCoveragePathsMax = 10'000;
inline constexpr size_t kCoveragePathBytesMax = 256;
inline constexpr size_t kCoveragePathsShown = 20;  // of a format and kind, most frequent first

class ValueBook;

class FieldCoverage : public RecordSink {
 public:
    FieldCoverage();
    ~FieldCoverage() override;

    // The records that follow are made of this document.
    void start_document(UnixNanos observed);
    AuditRecord& begin() override;
    void commit() override;

    // All of them are there. `bytes` are padded as JsonTree wants it.
    void end_document(std::string_view bytes, bool truncated);

    std::string report() const;

    ParseTotals& parsed() { return parsed_; }

 private:
    struct Totals {
        uint64_t documents = 0;
        uint64_t records = 0;
        uint64_t leaves = 0;
        uint64_t in_fields = 0;
        uint64_t unmapped = 0;
        std::map<std::string, uint64_t> unmapped_paths;
        std::map<std::string, uint64_t> other_paths;
    };

    static void append_paths(std::string& out, std::string_view kind,
                             const std::map<std::string, uint64_t>& paths);

    UnixNanos observed_;
    AuditRecord record_;
    std::string format_;
    uint64_t records_ = 0;
    std::unique_ptr<ValueBook> fields_;
    std::unique_ptr<ValueBook> unmapped_;
    std::string scratch_;
    ParseTotals parsed_;
    JsonTree tree_;
    std::map<std::string, Totals> totals_;  // by format
};

}  // namespace llmtrail
