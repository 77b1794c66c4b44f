// Compares the leaves of one source record with the record made of it, and counts where each was
// found. Used by coverage_test.cpp, main thread. Disagreements are gathered by path, with one
// example each.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "field_check.h"
#include "mapping_table.h"
#include "source_walker.h"

namespace llmtrail::coverage {

struct Problem {
    size_t count = 0;
    std::string first;
};

struct Totals {
    size_t documents = 0, records = 0, leaves = 0, mapped = 0, unmapped = 0, anywhere = 0,
           missing = 0;
    std::map<std::string, size_t> dropped;        // by class of reason
    std::map<std::string, Problem> problems;      // by path and field
    std::map<std::string, size_t> second_choice;  // in unmapped, where a field comes first

    void problem(const std::string& key, const std::string& text);
    std::string text(const std::string& name) const;
};

class LeafCounter {
 public:
    LeafCounter(const MappingTable& table, const ValueMaps& maps, Totals& totals)
        : table_(table), maps_(maps), totals_(totals) {}

    // `where`: file and line, for the problems.
    void compare(const SourceRecord& source, const AuditRecord& record, const std::string& where);

 private:
    using Pieces = std::pair<const Row*, std::string>;  // row and group of one streamed text

    std::map<Pieces, std::string> join(const SourceRecord& source, RecordFields& fields,
                                       const std::string& where);
    std::string check(const Row& row, const SourceLeaf& leaf, RecordFields& fields,
                      const std::string& where);
    void count(const std::set<std::string>& places);

    const MappingTable& table_;
    const ValueMaps& maps_;
    Totals& totals_;
};

}  // namespace llmtrail::coverage
