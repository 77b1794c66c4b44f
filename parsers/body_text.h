// Bodies of calls that come as text: what reading them took, and answers that are neither JSON nor
// a stream. Used by the exchange parser and by GatewayCall. Ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

// Flags of what was repaired before a body inside the document could be read.
void flag_repairs(AuditRecord& record, const JsonRepairs& repairs);

// A plain text that was sent to a model.
void read_text_request(std::string_view text, BodyScratch& scratch, AuditRecord& record);

// A plain text that came back. That of a call that failed, and a web page ("502 Bad Gateway" of a
// proxy on the way), is no model's answer but the text of the error: `error` is its kind.
void read_text_answer(std::string_view text, BodyScratch& scratch, AuditRecord& record);

}  // namespace llmtrail
