// Comparisons that know more than two values: the parts of a URL, a content filter's verdict. Used
// by field_check.cpp alone, main thread.
#pragma once

#include "field_check.h"

namespace llmtrail::coverage {

// One target asked about one leaf.
struct Question {
    Field field;
    std::string argument;  // of the kind, after its colon
    bool again = false;    // what has been counted already may be found once more
    const SourceLeaf& leaf;
    RecordFields& fields;
    const ValueMaps& maps;

    const AuditRecord& record() const { return fields.record(); }

    FlatJson& flat() const { return fields.flat(field); }

    const std::string& text() const { return leaf.value.text; }
};

// Nothing when the field is absent or of another type.
std::optional<int64_t> field_integer(const AuditRecord& record, Field field);
// The field as it would be compared; present fields only.
Scalar field_scalar(const AuditRecord& record, Field field);

// A time of any notation, to the nanosecond.
bool same_instant(const Scalar& value, int64_t unix_ns);

bool url_host(const Question& q);
bool url_path(const Question& q);
bool url_port(const Question& q);
bool url_query(const Question& q);
// Azure: content_filter_results.<category>.<attribute> against the entry of that category and side.
bool content_filter(const Question& q);
// Some field has the value, or a text that has it inside.
bool anywhere(const Question& q);

}  // namespace llmtrail::coverage
