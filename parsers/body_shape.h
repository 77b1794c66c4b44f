// Which vendor's body an object is, by keys that only bodies have: for documents and members that
// come without a URL. Strict: an application's own record of a call is no body. Pure; ingest
// thread.
#pragma once

#include "json_tree/json_tree.h"
#include "parsers/body_readers.h"

namespace llmtrail {

// Null: no request, no answer that is known by its keys alone. An array is a stream's chunks.
const BodyReaders* readers_of_request(JsonValue body);
const BodyReaders* readers_of_response(JsonValue body);
// Of an array that is the chunks of one stream and cannot be a list of whole answers; else null.
const BodyReaders* readers_of_stream(JsonValue array);

}  // namespace llmtrail
