// Stability's image bodies as Bedrock's InvokeModel takes and gives them: Stable Diffusion XL
// ("text_prompts", "artifacts") and what came after it ("prompt", "images"). Called by the bedrock
// parser; body.h says how all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

void read_stability_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record);
void read_stability_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                             AuditRecord& record);

}  // namespace llmtrail
