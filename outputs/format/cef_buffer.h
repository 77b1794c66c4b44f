// Bytes of an event while it is put together. A writer asks for room once, writes by pointer and
// says where it stopped, so that a short value costs no call. Belongs to one CEF formatter and
// keeps its memory. Pure, one thread at a time.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/check.h"

namespace llmtrail {

class CefBuffer {
 public:
    // Where the next byte goes; `bytes` may be written from there. Valid until the next room().
    char* room(size_t bytes) {
        if (capacity_ - size_ < bytes) {
            grow(bytes);
        }
        return bytes_.get() + size_;
    }

    // `end` is the end of what was written into the last room().
    void written_to(const char* end) {
        size_ = static_cast<size_t>(end - bytes_.get());
        LLMTRAIL_CHECK(size_ <= capacity_);
    }

    void append(std::string_view text) {
        char* at = room(text.size());
        std::memcpy(at, text.data(), text.size());
        written_to(at + text.size());
    }

    void cut_back_to(size_t size) {
        LLMTRAIL_CHECK(size <= size_);
        size_ = size;
    }

    void clear() { size_ = 0; }

    size_t size() const { return size_; }

    std::string_view view() const { return {bytes_.get(), size_}; }

 private:
    void grow(size_t bytes) {
        size_t wanted = 2 * capacity_ + bytes;
        // Not value-initialized: every byte is written before it is read.
        std::unique_ptr<char[]> larger(new char[wanted]);
        if (size_ > 0) {
            std::memcpy(larger.get(), bytes_.get(), size_);
        }
        bytes_ = std::move(larger);
        capacity_ = wanted;
    }

    std::unique_ptr<char[]> bytes_;
    size_t size_ = 0;
    size_t capacity_ = 0;
};

}  // namespace llmtrail
