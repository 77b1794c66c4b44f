// Bodies of Hugging Face's Text Generation Inference: generate, and the pieces of its stream; its
// chat form is OpenAI's. Called by the exchange and body parsers; body.h says how all readers
// behave.
#pragma once

#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

void read_tgi_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                      AuditRecord& record);
// An answer, or {"data": [answers]} as serving layers wrap them.
void read_tgi_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record);
// Pieces of one stream, or an array of whole answers.
void read_tgi_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                     AuditRecord& record);

}  // namespace llmtrail
