// The one connection of an output that writes a stream: made, made again after a growing random
// time, with what waits to be written to it and why it is down. What is lost with it is its
// output's business. Errors of an established connection are returned: the output says lose().
// Deliver thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "outputs/backoff.h"
#include "outputs/output.h"

namespace llmtrail {

// Resolution, connection and handshake together.
inline constexpr int64_t kConnectMs = 20'000;

// A receiver that was told farewell and does not close has not read all, or is gone.
inline constexpr int64_t kFarewellMs = 10'000;

inline constexpr size_t kSendBufferBytesMax = size_t{256} << 10;  // events waiting to be written

class Connection {
 public:
    using Connect = std::function<Result<std::unique_ptr<Stream>>()>;

    // `age_max_ms`: 0 is for ever.
    Connection(Connect connect, int64_t age_max_ms, Random& random)
        : connect_(std::move(connect)),
          age_max_ms_(age_max_ms),
          random_(random),
          backoff_(random) {}

    OutputHealth health() const { return health_; }

    bool is_up() const { return health_ == OutputHealth::kUp; }

    const Error& last_error() const { return last_error_; }

    // Of the last stream that was made or tried.
    const CertificateEnds& certificate_ends() const { return certificate_ends_; }

    int64_t up_ms(MonotonicNanos now) const { return now.millis_since(up_since_); }

    // It is up and has reached its age: the output should end it in order.
    bool is_old(MonotonicNanos now) const {
        return is_up() && age_ms_ > 0 && up_ms(now) >= age_ms_;
    }

    // Begins to connect or goes on with it, when it is time. True: it has just come up.
    bool come_up(MonotonicNanos now);

    // Frames, appended by the output.
    std::string& buffer() { return buffer_; }

    size_t unwritten() const { return buffer_.size() - written_from_; }

    // Room for `bytes` more; what is larger than the buffer goes in when it is empty.
    bool has_room(size_t bytes) const {
        return unwritten() == 0 || unwritten() + bytes <= kSendBufferBytesMax;
    }

    uint64_t written_bytes() const { return written_bytes_; }  // on this connection

    Result<void> write();   // what is taken now
    void skip_unwritten();  // as if it were written

    Stream& stream() { return *stream_; }  // while it is up

    void lose(Error error, MonotonicNanos now);  // and connect again later
    void end();                                  // it ended in order: idle

    void succeed() { backoff_.reset(); }

    OutputWait wait() const;

 private:
    void establish(MonotonicNanos now);
    int64_t jittered(int64_t ms);
    void drop();

    Connect connect_;
    int64_t age_max_ms_;
    Random& random_;
    Backoff backoff_;
    std::unique_ptr<Stream> stream_;
    OutputHealth health_ = OutputHealth::kIdle;
    Error last_error_;
    CertificateEnds certificate_ends_;
    MonotonicNanos now_;       // of the last come_up()
    MonotonicNanos deadline_;  // of connecting, or of waiting
    MonotonicNanos up_since_;
    int64_t age_ms_ = 0;  // of this connection, at most
    std::string buffer_;  // before written_from_ it is written
    size_t written_from_ = 0;
    uint64_t written_bytes_ = 0;
};

}  // namespace llmtrail
