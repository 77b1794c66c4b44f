// What an output that speaks RELP has in flight: which transaction carries which event and what the
// receiver has answered. Answers may come in any order; confirmed_end() moves over what is settled
// without a gap, and nothing that was acknowledged is sent again.
//
// A refusal is the event's own fault only when the receiver takes what was sent after it: a
// receiver that refuses everything is in trouble, and its events are kept. Pure bookkeeping,
// deliver thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>

#include "outputs/output.h"

namespace llmtrail {

inline constexpr size_t kRelpWindow = 128;  // transactions that are not settled
inline constexpr int kRelpOk = 200;

class RelpWindow {
 public:
    bool has_room() const { return in_flight_.size() < kRelpWindow; }

    // True: it was acknowledged on an earlier connection, and there is nothing to send.
    bool pass_over(uint64_t index);

    // True when the event was offered before: it is being resent.
    bool add(uint64_t index, uint32_t transaction);

    // False: no event waits for an answer to this transaction.
    bool answer(uint32_t transaction, int code);

    // Each event that its receiver will never take, once. False: none is left.
    bool take_refused(RefusedEvent& refused);

    // Refused ones stand in it and nothing waits for an answer: the code of the oldest.
    std::optional<int> stuck_code() const;

    // The connection is lost, and with it the numbers: where to begin again, if anywhere.
    std::optional<uint64_t> rewind();

    uint64_t confirmed_end() const { return confirmed_end_; }

    bool in_flight() const { return !in_flight_.empty(); }

    size_t waiting() const { return waiting_; }  // for their answers

 private:
    struct Sent {
        uint64_t index = 0;
        uint32_t transaction = 0;
        std::optional<int> code;  // kRelpOk: settled
    };

    void settle_front();

    std::deque<Sent> in_flight_;  // by index
    std::set<uint64_t> settled_;  // behind a gap when the last connection was lost
    std::deque<RefusedEvent> refused_;
    size_t waiting_ = 0;
    uint64_t offered_end_ = 0;    // highest index offered so far, plus one
    uint64_t confirmed_end_ = 0;  // never goes back
};

}  // namespace llmtrail
