#include "outputs/batch_window.h"

#include <doctest/doctest.h>

#include <map>

#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

constexpr MonotonicNanos kNow{1};

bool offer(BatchWindow& window, uint64_t index) {
    switch (window.look(index)) {
        case BatchWindow::Look::kHeld:
            return true;
        case BatchWindow::Look::kRefuse:
            return false;
        case BatchWindow::Look::kWanted:
            break;
    }
    return window.take(index, "[" + std::to_string(index) + "]", kNow);
}

EventBatch& send_next(BatchWindow& window) {
    window.close_open();
    EventBatch* batch = window.next_ready();
    REQUIRE(batch != nullptr);
    batch->state = EventBatchState::kSending;
    return *batch;
}

BatchLimits limits() {
    return {30, 1'000, 100};
}

}  // namespace

TEST_CASE("the confirmed end moves over confirmed batches without a gap, in whatever order") {
    BatchWindow window(limits());
    for (uint64_t i = 0; i < 6; ++i) {
        CHECK(offer(window, i));
        if (i % 2 == 1) {
            window.close_open();
        }
    }
    EventBatch& first = send_next(window);
    EventBatch& second = send_next(window);
    EventBatch& third = send_next(window);
    CHECK(first.body == "[0][1]");
    window.confirm(third);
    CHECK(window.confirmed_end() == 0);
    window.confirm(first);
    CHECK(window.confirmed_end() == 2);
    window.accept(second);
    CHECK(window.buffered_bytes() == 0);
    window.confirm(second);
    CHECK(window.confirmed_end() == 6);
}

TEST_CASE("after a loss exactly the lost events are taken again") {
    BatchWindow window(limits());
    for (uint64_t i = 0; i < 8; ++i) {
        CHECK(offer(window, i));
        if (i == 2 || i == 5) {
            window.close_open();
        }
    }
    send_next(window);
    EventBatch& lost = send_next(window);
    window.lose(lost);
    CHECK_FALSE(offer(window, 8));
    uint64_t from = 0;
    REQUIRE(window.rewind(from));
    CHECK(from == 3);
    CHECK_FALSE(window.rewind(from));
    for (uint64_t i = 3; i < 9; ++i) {
        CHECK(offer(window, i));
    }
    CHECK(window.resent_events() == 3);
    window.close_open();
    std::string bodies;
    while (EventBatch* batch = window.next_ready()) {
        batch->state = EventBatchState::kSending;
        bodies += batch->body + " ";
    }
    CHECK(bodies == "[3][4][5] [6][7] [8] ");
}

TEST_CASE("a lost event that is not offered again does not hold the rest for ever") {
    BatchWindow window(limits());
    for (uint64_t i = 0; i < 4; ++i) {
        offer(window, i);
    }
    window.lose(send_next(window));
    uint64_t from = 0;
    REQUIRE(window.rewind(from));
    CHECK(offer(window, 2));
    CHECK(offer(window, 4));
    window.confirm(send_next(window));
    window.confirm(send_next(window));
    CHECK(window.confirmed_end() == 5);
    CHECK(window.batches() == 0);
}

TEST_CASE("events are dropped from the front and a batch splits in two") {
    BatchWindow window(limits());
    for (uint64_t i = 0; i < 6; ++i) {
        offer(window, i);
    }
    EventBatch& batch = send_next(window);
    window.drop_front(batch, 2);
    CHECK(batch.body == "[2][3][4][5]");
    CHECK(window.confirmed_end() == 2);
    window.split(batch);
    CHECK(window.next_ready()->body == "[2][3]");
    window.drop_front(*window.next_ready(), 9);
    CHECK(window.next_ready()->body == "[4][5]");
    CHECK(window.confirmed_end() == 4);
    CHECK(window.buffered_bytes() == 6);
}

TEST_CASE("bytes and batches are bounded, but a single large entry goes through") {
    BatchWindow window({10, 20, 4});
    CHECK(window.take(0, std::string(100, 'x'), kNow));
    CHECK_FALSE(offer(window, 1));
    window.confirm(send_next(window));
    uint64_t next = 1;
    while (offer(window, next)) {
        ++next;
    }
    CHECK(next == 7);
    window.close_open();
    while (window.next_ready() != nullptr) {
        window.accept(*window.next_ready());
    }
    while (offer(window, next)) {
        ++next;
    }
    CHECK(window.batches() == 4);
}

TEST_CASE("whatever is confirmed and lost in whatever order, each event is confirmed at last") {
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        FakeRandom random(seed);
        BatchWindow window({40, 200, 12});
        std::map<uint64_t, int> delivered;
        std::vector<EventBatch*> sending;
        uint64_t next = 0;
        constexpr uint64_t kEnd = 150;
        for (int turn = 0; turn < 20'000 && window.confirmed_end() < kEnd; ++turn) {
            uint64_t from = 0;
            if (window.rewind(from)) {
                REQUIRE(from < next);
                next = from;
            }
            for (uint64_t some = random.below(6); some > 0 && next < kEnd; --some) {
                bool wanted = next % 7 != 3;  // some records are not for this output
                if (wanted && !offer(window, next)) {
                    break;
                }
                ++next;
            }
            if (random.below(3) == 0) {
                window.close_open();
            }
            if (EventBatch* batch = window.next_ready(); batch != nullptr && random.below(2) == 0) {
                batch->state = EventBatchState::kSending;
                sending.push_back(batch);
            }
            if (sending.empty() || random.below(2) == 0) {
                continue;
            }
            size_t pick = random.below(sending.size());
            EventBatch* batch = sending[pick];
            sending.erase(sending.begin() + static_cast<std::ptrdiff_t>(pick));
            switch (random.below(4)) {
                case 0:
                    window.lose(*batch);
                    break;
                case 1:
                    batch->state = EventBatchState::kReady;
                    window.split(*batch);
                    break;
                default:
                    for (const BatchedEvent& event : batch->events) {
                        ++delivered[event.index];
                    }
                    window.confirm(*batch);
            }
        }
        CHECK(window.confirmed_end() == kEnd);
        CHECK(window.buffered_bytes() == 0);
        for (uint64_t i = 0; i < kEnd; ++i) {
            CHECK(delivered[i] == (i % 7 != 3 ? 1 : 0));
        }
    }
}
