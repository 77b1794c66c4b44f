// One destination of events. An Output owns its connection and what is in flight; it does not own a
// queue: the spool is the queue and the deliver thread (pipeline/deliver.cpp) moves the cursor by
// confirmed(). Deliver thread only. Nothing blocks; on an error the output says so, backs off and
// connects again by itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/clock.h"
#include "platform/network.h"

namespace llmtrail {

// What `confirmed` means for this output (docs/contract.md, "Ledger").
enum class Confirmation : uint8_t {
    kAcknowledged,  // the receiver said yes
    kSent,    // written to the peer and, where the kernel can tell, acknowledged by its kernel
    kSynced,  // on this host's disk
};

struct OutputEvent {
    uint64_t index = 0;  // of its record in the spool
    std::string_view event_id;
    std::string_view text;  // formatted event, no framing
    uint8_t syslog_severity = 6;
    int64_t event_time_ns = 0;
    uint16_t event_class = 0;
    bool resent = false;  // the receiver may have it already; its text says so, too
};

// An event that its receiver will never take. It was taken out of the way, and is told no later
// than confirmed_end() passes it; its record stays in the spool.
struct RefusedEvent {
    uint64_t index = 0;
    std::string reason;  // our own words
};

enum class OutputHealth : uint8_t { kIdle, kConnecting, kUp, kBackingOff };

struct OutputWait {
    int descriptor = -1;  // wait for this, unless -1
    StreamWants wants = StreamWants::kNothing;
    int64_t timer_ms = -1;  // call again after this long, unless -1
};

class Output {
 public:
    virtual ~Output() = default;

    virtual std::string_view id() const = 0;
    virtual Confirmation confirmation() const = 0;

    // Takes an event into what is in flight. False: no room now; offer it again after work().
    // Events are offered in index order; after rewind() from the index that rewind() names.
    virtual bool offer(const OutputEvent& event) = 0;

    // Does what can be done without blocking: connects, writes, reads, notices a lost peer.
    virtual void work(MonotonicNanos now) = 0;
    virtual OutputWait wait() const = 0;

    // All events with a smaller index are confirmed.
    virtual uint64_t confirmed_end() const = 0;

    // Set after an unclean close: events from this index on must be offered again. Cleared by the
    // call.
    virtual bool take_rewind(uint64_t& from_index) = 0;

    virtual OutputHealth health() const = 0;
    virtual const Error& last_error() const = 0;  // of the present outage; meaningless while kUp
    virtual uint64_t resent_events() const = 0;

    // Of the last connections that were made or tried.
    virtual CertificateEnds certificate_ends() const { return {}; }

    // Tells each refused event once. False: none is left to tell.
    virtual bool take_refused(RefusedEvent& refused);

    // Ends the connection in order: the peer reads everything. Call work() until it returns true or
    // time is up.
    virtual bool finish() = 0;
};

inline bool Output::take_refused(RefusedEvent&) {
    return false;
}

}  // namespace llmtrail
