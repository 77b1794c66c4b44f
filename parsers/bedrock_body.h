// Which vendor's reader a Bedrock body is for: by the model's name, and by the body's own keys
// where the name does not tell (an ARN of a custom or provisioned model). For bedrock.cpp.
#pragma once

#include <string_view>

#include "bodies/bedrock_model_name.h"
#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

void read_bedrock_request(JsonValue body, std::string_view operation, std::string_view model,
                          std::string_view path, BodyScratch& scratch, AuditRecord& record);
// An array is a stream's chunks.
void read_bedrock_response(JsonValue body, std::string_view operation, std::string_view model,
                           std::string_view path, BodyScratch& scratch, AuditRecord& record);

}  // namespace llmtrail
