// A local stream socket that answers whoever connects with one text and closes: nothing is read
// from the peer, so that it can ask for nothing. Who may connect is the file's mode, 0660. Main
// thread.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace llmtrail {

class LocalListener {
 public:
    virtual ~LocalListener() = default;  // removes the socket's file

    virtual int descriptor() const = 0;  // readable: somebody waits

    // Answers all who wait. Who does not take the whole text at once (kLocalAnswerBytesMax fit)
    // loses the rest of it.
    virtual void answer(ByteView text) = 0;
};

inline constexpr size_t kLocalAnswerBytesMax = size_t{128} << 10;  // of net.core.wmem_default

// kNotFound: no such folder. kBusy: another process listens there; a file that nobody listens on is
// replaced. kLimit: a path that no socket has.
Result<std::unique_ptr<LocalListener>> listen_locally(const std::string& path);

// All that a listener at `path` says, at most `bytes_max`, within `timeout_ms`. kNotFound or
// kClosed: nobody listens there.
Result<Bytes> ask_locally(const std::string& path, size_t bytes_max, int64_t timeout_ms);

}  // namespace llmtrail
