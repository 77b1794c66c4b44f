// What a connection without acknowledgements has in flight: which events were written up to which
// byte, which of them count as confirmed, and where to begin again when the connection breaks. Two
// lists, oldest first:
//
//   recent (confirmed, kept for a while) | in flight (offered, not confirmed)
//
// A receiver may lose what its kernel had taken, so a break goes back over the recent ones too;
// each event once at most for that reason, so that a receiver which keeps breaking cannot hold the
// stream in place. Pure bookkeeping, deliver thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace llmtrail {

inline constexpr size_t kResendWindowBytes = size_t{256} << 10;

class SendWindow {
 public:
    // True when the event was offered before: it is being resent.
    bool add(uint64_t index, size_t frame_bytes);

    // Everything of this connection before its byte `end_byte` was taken by the peer's kernel.
    void confirm(uint64_t end_byte);

    // The connection is lost: where to begin again, if anywhere. Byte counting starts over.
    std::optional<uint64_t> rewind();

    // The connection ended in order and the peer read everything.
    void forget_recent() {
        recent_.clear();
        recent_bytes_ = 0;
    }

    uint64_t confirmed_end() const { return confirmed_end_; }

    bool in_flight() const { return !in_flight_.empty(); }

 private:
    struct Sent {
        uint64_t index = 0;
        uint64_t end_byte = 0;  // of this connection
        size_t bytes = 0;
    };

    std::deque<Sent> in_flight_;
    std::deque<Sent> recent_;
    size_t recent_bytes_ = 0;
    uint64_t offered_bytes_ = 0;  // on this connection
    uint64_t offered_end_ = 0;    // highest index offered so far, plus one
    uint64_t confirmed_end_ = 0;  // never goes back
    uint64_t rewound_end_ = 0;    // events before it had their second chance
};

}  // namespace llmtrail
