// Many descriptors behind one (epoll(7)), for a library that opens sockets of its own: whoever
// waits, waits for descriptor(). One thread. Errors: error_from_errno.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"

namespace llmtrail {

class PollSet {
 public:
    struct Ready {
        int descriptor = -1;
        bool readable = false;
        bool writable = false;
        bool failed = false;
    };

    virtual ~PollSet() = default;

    // Adds it, or changes what it is watched for; neither means: no longer.
    virtual Result<void> watch(int descriptor, bool read, bool write) = 0;
    // What is ready now, without waiting. Empties `ready` first.
    virtual Result<void> take(std::vector<Ready>& ready) = 0;
    virtual int descriptor() const = 0;  // readable while something is ready
};

Result<std::unique_ptr<PollSet>> make_poll_set();

}  // namespace llmtrail
