// Vectors of embeddings: counted and measured, never stored. They are the largest and least
// readable part of a log, and what they were made from is in the record. Used by the vendor body
// readers and by the parsers of frameworks' logs; body.h says how readers behave.
#pragma once

#include <cstddef>

#include "bodies/body_place.h"

namespace llmtrail {

// Of an array of numbers, or of binary32 numbers in base64; 0: it is no vector.
size_t vector_length(JsonValue vector);

// A vector, a list of them, an object of such by type ("float", "int8"), or objects that hold one
// as "embedding" or "values". `place` is the value's own; what is no vector is kept there.
void read_embeddings(const BodyPlace& place, JsonValue value);

}  // namespace llmtrail
