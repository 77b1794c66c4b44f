// What Amazon Bedrock calls a model: an id ("anthropic.…", with a region before it: "eu.…") or the
// ARN of a model, an inference profile, a router. Pure; any thread.
#pragma once

#include <string_view>

namespace llmtrail {

// What comes after the last '/' of an ARN, else the id as it is.
std::string_view bedrock_model_name(std::string_view model_id);

}  // namespace llmtrail
