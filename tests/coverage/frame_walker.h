// Reads AWS's binary event frames, logged as base64, for the walker: what each holds as one JSON
// array, {"<event type>": payload} or, of a model's chunk, the JSON inside its bytes. Written apart
// from the parsers' reader; checks nothing. Used by leaf_walker.cpp.
#pragma once

#include <string>
#include <string_view>

namespace llmtrail::coverage {

std::string json_of_frames(std::string_view base64);

}  // namespace llmtrail::coverage
