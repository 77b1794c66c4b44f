// The records of a section's raw bytes while these come in pieces. Used by the verifier for
// sections that are not to be in memory as a whole. Takes hostile bytes; keeps none of them. One
// thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"

namespace llmtrail {

class RecordPieces {
 public:
    explicit RecordPieces(size_t records) : records_(records) {}

    // Calls take(record, piece, first, last) for each piece of each record that is not empty.
    template <typename Take>
    void feed(ByteView raw, Take take) {
        while (!raw.empty()) {
            if (left_ == 0 && !read_size(raw)) {
                continue;
            }
            if (broken_ || raw.empty()) {
                return;
            }
            ByteView piece =
                raw.substr(0, static_cast<size_t>(std::min<uint64_t>(left_, raw.size())));
            raw.remove_prefix(piece.size());
            left_ -= piece.size();
            take(record_, piece, first_, left_ == 0);
            first_ = false;
            record_ += left_ == 0 ? 1 : 0;
        }
    }

    // Every record was there, and nothing else.
    bool complete() const { return !broken_ && record_ == records_ && left_ == 0 && shift_ == 0; }

 private:
    // Takes bytes of a length from the front. True: there is one, or something is wrong.
    bool read_size(ByteView& raw) {
        if (record_ == records_ || shift_ >= 64) {
            broken_ = true;
            return true;
        }
        auto byte = static_cast<uint8_t>(raw.front());
        raw.remove_prefix(1);
        size_ |= static_cast<uint64_t>(byte & 0x7FU) << shift_;
        shift_ += 7;
        if ((byte & 0x80U) != 0) {
            return false;
        }
        left_ = size_;
        first_ = true;
        size_ = 0;
        shift_ = 0;
        record_ += left_ == 0 ? 1 : 0;
        return left_ != 0;
    }

    size_t records_;
    size_t record_ = 0;
    uint64_t left_ = 0;  // of the record at hand
    bool first_ = false;
    uint64_t size_ = 0;  // a length on its way
    unsigned shift_ = 0;
    bool broken_ = false;
};

}  // namespace llmtrail
