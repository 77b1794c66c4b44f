// Waiting: poll(2) over descriptors, a waker that another thread can pull (eventfd), and signals as
// a descriptor (signalfd). Whoever waits keeps a timeout behind it; a wake-up is a hint. Errors:
// error_from_errno.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "platform/network.h"

namespace llmtrail {

struct WaitEntry {
    int descriptor = -1;  // -1: ignored
    StreamWants wants = StreamWants::kRead;
    bool ready = false;
};

// Returns the number of ready entries; 0 after `timeout_ms` (-1: no timeout). An interrupted wait
// is 0.
Result<int> wait_for(std::span<WaitEntry> entries, int64_t timeout_ms);

class Waker {
 public:
    virtual ~Waker() = default;
    virtual void wake() = 0;  // any thread
    virtual void clear() = 0;
    virtual int descriptor() const = 0;
};

Result<std::unique_ptr<Waker>> make_waker();

enum class ProcessSignal : uint8_t { kStop, kReload };

// Blocks SIGTERM, SIGINT and SIGHUP for this thread and those it starts, ignores SIGPIPE. Made
// once, in main's thread, before any other thread.
class SignalSource {
 public:
    virtual ~SignalSource() = default;
    virtual int descriptor() const = 0;
    virtual std::optional<ProcessSignal> take() = 0;
};

Result<std::unique_ptr<SignalSource>> make_signal_source();

}  // namespace llmtrail
