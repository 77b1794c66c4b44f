// How the values of one field come together when pieces become a record: the table of
// docs/joining.md. Pure, any thread.
#pragma once

#include <cstdint>

#include "record/field_catalog.h"

namespace llmtrail {

enum class JoinRule : uint8_t {
    kLater,      // of the higher rank, of equal ranks the later one
    kFirstRead,  // of the piece read first: where the record stands in its log
    kTime,       // the earliest that the source stated, with its precision and zone
    kLatest,     // the largest
    kKnown,      // as kLater, but a word that says nothing loses against one that does
    kAny,        // true when any piece says so
    kUnion,      // every item, each once
    kSequence,   // arrays of the highest rank, one after the other
    kMembers,    // objects: every member, of equal names the later
    kUnmapped,   // objects: every member, also of equal names
    kDerived,    // follows from another field
};

JoinRule join_rule(Field field);

}  // namespace llmtrail
