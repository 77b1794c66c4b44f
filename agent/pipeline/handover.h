// One order at a time from the main thread to a worker, and its outcome back: the worker takes the
// order between two of its steps and does it with what only it touches. Each side wakes the other
// itself. Any thread; nothing in it blocks for longer than a move.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

namespace llmtrail {

template <typename Order, typename Outcome>
class Handover {
 public:
    void put(Order order) { set(order_, std::move(order)); }

    std::optional<Order> take() { return take_from(order_); }

    void put_outcome(Outcome outcome) { set(outcome_, std::move(outcome)); }

    std::optional<Outcome> take_outcome() { return take_from(outcome_); }

 private:
    template <typename Value>
    void set(std::optional<Value>& slot, Value value) {
        std::lock_guard lock(mutex_);
        slot.emplace(std::move(value));
    }

    template <typename Value>
    std::optional<Value> take_from(std::optional<Value>& slot) {
        std::lock_guard lock(mutex_);
        return std::exchange(slot, std::nullopt);
    }

    std::mutex mutex_;
    std::optional<Order> order_;
    std::optional<Outcome> outcome_;
};

}  // namespace llmtrail
