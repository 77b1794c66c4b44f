// What a document says once and means for each of its records: a resource's attributes, a batch's
// metadata. Many small records beside much of that would multiply it, and what a document costs has
// to grow with its length and no faster. So the first record has it all, and further ones as long
// as the records themselves are of some size. Used by the parsers of batches; ingest thread; never
// fails.
#pragma once

#include <cstddef>

#include "bodies/body.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

// Of a name or an id that all records of a document repeat in a field: none is longer.
inline constexpr size_t kRepeatedBytesMax = 1024;

// About the bytes of the value's names and texts, and some for each value.
size_t length_of(JsonValue value);

// One part of a document that its records repeat.
struct RepeatedPart {
    JsonValue value;
    size_t length_bytes = 0;
    bool told = false;  // some record has it
};

// But for the members that are no part of it, such as the list of records.
template <typename IsApart>
RepeatedPart repeated_part(JsonValue object, IsApart&& is_apart) {
    RepeatedPart part{object};
    for (JsonMember member : object.members()) {
        if (!is_apart(member)) {
            part.length_bytes += member.key.size() + length_of(member.value);
        }
    }
    return part;
}

class RepeatBudget {
 public:
    void start_document() { left_bytes_ = kFreeBytes; }

    // A record's own part of the document: what it holds pays for what it repeats.
    void earn(JsonValue record);

    // Shall the record at hand repeat it? If not, it is flagged as one that lacks something.
    bool takes(RepeatedPart& part, Unmapped& unmapped);

 private:
    static constexpr size_t kFreeBytes = size_t{64} << 10;

    size_t left_bytes_ = kFreeBytes;
};

}  // namespace llmtrail
