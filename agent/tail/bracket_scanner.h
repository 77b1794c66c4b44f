// Finds the end of one bracketed document, or the byte that shows it is broken (docs/splitting.md,
// rules 2, 4 and 6). 64 bytes at a time. Used by DocumentSplitter alone; pure, one thread. Work is
// linear in the bytes given.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace llmtrail {

inline constexpr size_t kBracketDepthMax = 1024;

class BracketScanner {
 public:
    enum class Found : uint8_t {
        kNothing,  // all bytes taken, the document goes on
        kEnd,      // scanned() is its length
        kBroken,   // scanned() is the distance of the offending byte from its start
        kEndless,  // longer than endless_bytes
    };

    // Starts a document; the first byte given must be its opening bracket. The first newline at or
    // after `resync_bytes` is remembered; at `endless_bytes`, or the first newline after that, the
    // document is given up.
    void begin(uint64_t resync_bytes, uint64_t endless_bytes);

    // The bytes that follow those given so far.
    Found scan(ByteView bytes);

    uint64_t scanned() const { return scanned_; }

    bool saw_open_at_column_0() const { return saw_open_at_column_0_; }

    uint64_t resync_at() const {
        return resync_at_;
    }  // a newline's distance from the start; 0: none seen

 private:
    struct Block {
        uint64_t events = 0;
        uint64_t in_string = 0;
    };

    Found scan_part(ByteView bytes);
    Block look(const char* bytes, size_t size);
    Found event(ByteView bytes, size_t at, bool in_string);
    Found open(bool array);
    Found close(bool array);
    Found newline(ByteView bytes, size_t at, bool in_string);
    bool start_line(char byte);
    bool may_start_line(char byte) const;
    void remember_significant(ByteView bytes, size_t end);

    uint64_t scanned_ = 0;
    uint64_t resync_bytes_ = 0;
    uint64_t endless_bytes_ = 0;
    uint64_t resync_at_ = 0;
    std::array<uint64_t, kBracketDepthMax / 64> arrays_{};  // bit n: level n is an array
    size_t depth_ = 0;
    size_t significant_from_ = 0;  // in the bytes of this call: not yet looked at for significant_
    uint64_t string_carry_ = 0;    // all ones: the block begins in a string
    uint64_t escape_carry_ = 0;    // 1: its first byte is escaped
    char significant_ = 0;         // last byte that is not white space, as of the last newline
    bool check_next_ = false;      // the next byte stands at column 0
    bool saw_open_at_column_0_ = false;
};

}  // namespace llmtrail
