// A local stream socket that answers whoever connects with one text and closes: nothing is read
// from the peer, so that connecting is all it can ask for. Who may connect is the file's mode. Main
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace llmtrail {

// Who waits for an answer. The connection ends with it.
class LocalCaller {
 public:
    virtual ~LocalCaller() = default;

    virtual uint32_t user() const = 0;  // as the kernel says; UINT32_MAX: it does not

    // Who does not take the whole text at once (kLocalAnswerBytesMax fit) loses the rest of it.
    virtual void answer(ByteView text) = 0;
};

class LocalListener {
 public:
    virtual ~LocalListener() = default;  // removes the socket's file

    virtual int descriptor() const = 0;  // readable: somebody waits

    // Null: nobody waits.
    virtual std::unique_ptr<LocalCaller> accept() = 0;

    virtual void answer(ByteView text) = 0;  // all who wait
};

inline constexpr uint32_t kGroupMayConnect = 0660;
inline constexpr uint32_t kOwnerMayConnect = 0600;                 // and root
inline constexpr size_t kLocalAnswerBytesMax = size_t{128} << 10;  // of net.core.wmem_default

// kNotFound: no such folder. kBusy: another process listens there; a file that nobody listens on is
// replaced. kLimit: a path that no socket has.
Result<std::unique_ptr<LocalListener>> listen_locally(const std::string& path,
                                                      uint32_t mode = kGroupMayConnect);

// All that a listener at `path` says, at most `bytes_max`, within `timeout_ms`. kNotFound or
// kClosed: nobody listens there.
Result<Bytes> ask_locally(const std::string& path, size_t bytes_max, int64_t timeout_ms);

}  // namespace llmtrail
