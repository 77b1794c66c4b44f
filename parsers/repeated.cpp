#include "parsers/repeated.h"

namespace llmtrail {

namespace {

constexpr size_t kValueBytes = 8;
// A small log event of 15 attributes pays for 8 KiB.
constexpr size_t kEarnedBytes = 64;  // a word of the tape: a name, a text, half a number

}  // namespace

// Recursion goes no deeper than kJsonDepthMax.
size_t length_of(JsonValue value) {
    size_t bytes = kValueBytes + value.text().size();
    for (JsonMember member : value.members()) {
        bytes += member.key.size() + length_of(member.value);
    }
    for (JsonValue item : value.items()) {
        bytes += length_of(item);
    }
    return bytes;
}

void RepeatBudget::earn(JsonValue record) {
    if (record.exists()) {
        left_bytes_ += (record.next() - record.at()) * kEarnedBytes;
    }
}

bool RepeatBudget::takes(RepeatedPart& part, Unmapped& unmapped) {
    bool first = !part.told;
    part.told = true;
    if (!first && part.length_bytes > left_bytes_) {
        unmapped.note_truncated();
        return false;
    }
    left_bytes_ -= first ? 0 : part.length_bytes;
    return true;
}

}  // namespace llmtrail
