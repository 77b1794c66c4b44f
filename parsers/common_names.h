// Common names: one table of the key names applications choose by themselves (ts, user, latency_ms,
// sources, …) and the catalogue field each one means. Keys are compared without case, '_', '-', '.'
// and ' ', so that snake, camel and kebab case are one name. Used by `json` for whole documents and
// by `exchange` for what stands around a request and its response. Never overwrites a field that is
// set; what the table does not know goes to Unmapped under its path, values of secrets as
// "[redacted]". Never fails. Ingest thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"
#include "record/audit_record.h"

namespace llmtrail {

class NameMemory;

// Gives every member of `object` a place, but for those named in `skip_keys` (exact names, this
// level only), which the caller reads itself. `path` is put before the names in Unmapped ("" at the
// top). event.time, its precision and zone are set when a stamp is found; the date of response
// headers counts when nothing better was there. Data sources, guardrail results and tool calls go
// through `scratch`: store_messages() and unmapped.store() are the caller's, afterwards.
void apply_common_names(JsonValue object, std::string_view path,
                        std::span<const std::string_view> skip_keys, const ParseContext& context,
                        AuditRecord& record, BodyScratch& scratch);
// The same for a parser that reads one document after the other so, and remembers their names.
void apply_common_names(JsonValue document, const ParseContext& context, AuditRecord& record,
                        BodyScratch& scratch, NameMemory& memory);

// event.kind by what the record holds, when nothing has said it: setting, edit, feedback, prompt or
// answer, tool, guardrail, error; else `other`. event.outcome from status, error and guardrails,
// when they say it. Call it after store_messages().
void infer_kind_and_outcome(AuditRecord& record);

}  // namespace llmtrail
