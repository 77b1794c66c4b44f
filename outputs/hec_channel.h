// One of the request channels of a splunk_hec output. What goes through a channel goes one after
// the other, and with indexer acknowledgement the channel has an id of its own that the receiver
// numbers its answers by. Numbers start over when the receiver forgets the channel (a restart, a
// load balancer that turns elsewhere): then a number could be taken for another batch's. So a
// number that does not grow, and a request whose fate is unknown, end the channel: what was pending
// in it is lost and it begins anew under another id. Pure bookkeeping, deliver thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/http_client.h"
#include "outputs/batch_window.h"
#include "platform/clock.h"
#include "platform/random.h"

namespace llmtrail {

struct PendingAck {
    uint64_t id = 0;
    EventBatch* batch = nullptr;
    MonotonicNanos deadline;
};

enum class HecCall : uint8_t { kNone, kEvents, kAcks };

struct HecChannel {
    std::string id;  // a GUID; empty without acknowledgement
    std::optional<uint64_t> last_ack_id;
    std::vector<PendingAck> pending;
    MonotonicNanos poll_at;
    int64_t poll_ms = 0;

    HecCall kind = HecCall::kNone;  // what is under way
    HttpCall call = 0;
    EventBatch* batch = nullptr;
    bool packed = false;

    // What was pending is given back, and is lost.
    std::vector<PendingAck> renew(Random& random);
    std::vector<uint64_t> pending_ids() const;
};

// A random (version 4) GUID. Empty: there is no randomness.
std::string make_channel_id(Random& random);

}  // namespace llmtrail
