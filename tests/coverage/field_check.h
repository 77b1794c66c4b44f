// Does a record hold a source leaf? The comparison kinds of the tables, one function (README.md,
// "Comparisons"). A kind that is not known holds nothing. Main thread.
#pragma once

#include <map>
#include <string>

#include "flat_json.h"
#include "mapping_table.h"
#include "record/audit_record.h"
#include "source_walker.h"

namespace llmtrail::coverage {

// One record under comparison: remembers which values of its JSON fields have been counted already.
class RecordFields {
 public:
    explicit RecordFields(const AuditRecord& record) : record_(record) {}

    const AuditRecord& record() const { return record_; }

    FlatJson& flat(Field field);

 private:
    const AuditRecord& record_;
    std::map<Field, FlatJson> flat_;
};

bool holds(const Target& target, const SourceLeaf& leaf, RecordFields& fields,
           const ValueMaps& maps);

// For the tables' own test: a comparison that exists, with a value map that exists.
bool known_kind(const std::string& kind, const ValueMaps& maps);

}  // namespace llmtrail::coverage
