// What a kafka output has in flight: which events the producer has, and what became of them. The
// news may come in any order; confirmed_end() moves over what is settled without a gap, and nothing
// that was taken is sent again. A failed one is not offered again before every other has had its
// news: whether those arrived is then known. Pure bookkeeping, deliver thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>

namespace llmtrail {

// What a message takes beside its value: key, headers and the library's own.
inline constexpr size_t kKafkaOverheadBytes = 512;

class KafkaWindow {
 public:
    explicit KafkaWindow(size_t bytes_max) : bytes_max_(bytes_max) {}

    // Room for one more of `value_bytes`; one alone always has it.
    bool has_room(size_t value_bytes) const {
        return waiting_ == 0 || bytes_ + value_bytes + kKafkaOverheadBytes <= bytes_max_;
    }

    // True: it was taken before a break, and there is nothing to send.
    bool pass_over(uint64_t index);

    // It was offered before.
    bool knows(uint64_t index) const { return index < offered_end_; }

    void add(uint64_t index, size_t value_bytes);

    // The news of one. False: it waits for none.
    bool settle(uint64_t index, bool taken);

    // Where to begin again, if anywhere: nothing is in flight any more.
    std::optional<uint64_t> rewind();

    uint64_t confirmed_end() const { return confirmed_end_; }

    size_t waiting() const { return waiting_; }  // for their news

    bool failed() const { return failed_; }  // one of them, since the last rewind()

    // Of the oldest that is not settled; UINT64_MAX: none.
    uint64_t front() const { return in_flight_.empty() ? UINT64_MAX : in_flight_.front().index; }

 private:
    enum class State : uint8_t { kWaiting, kTaken, kFailed };

    struct Sent {
        uint64_t index = 0;
        size_t bytes = 0;
        State state = State::kWaiting;
    };

    void settle_front();

    size_t bytes_max_;
    std::deque<Sent> in_flight_;  // by index
    std::set<uint64_t> taken_;    // behind a gap at the last rewind()
    size_t bytes_ = 0;            // of those that wait
    size_t waiting_ = 0;
    bool failed_ = false;
    uint64_t offered_end_ = 0;    // highest index offered so far, plus one
    uint64_t confirmed_end_ = 0;  // never goes back
};

}  // namespace llmtrail
