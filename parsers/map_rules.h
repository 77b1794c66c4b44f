// The `map:` lines of a source: takes values from the document's paths and puts them into fields,
// over whatever the parser found there. Called by DocumentReader when a parser commits a record,
// and nowhere else, so that no parser can overwrite a mapped value. A rule that finds nothing, or
// nothing of the field's type, leaves the parser's value. Ingest thread; never fails.
#pragma once

#include <span>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"
#include "record/audit_record.h"

namespace llmtrail {

// `scratch` is used and left cleared.
void apply_map_rules(JsonValue document, const ParseContext& context, AuditRecord& record,
                     BodyScratch& scratch);

}  // namespace llmtrail
