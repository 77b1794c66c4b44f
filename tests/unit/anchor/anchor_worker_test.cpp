#include "anchor/anchor_worker.h"

#include <doctest/doctest.h>

#include <atomic>
#include <utility>

#include "fakes/fake_clock.h"

using namespace llmtrail;

namespace {

// Waits where a test says, and can be cancelled.
struct Gate : HttpPoster {
    Result<PostReply> post(const PostRequest&) override {
        std::unique_lock lock(mutex);
        ++waiting;
        changed.notify_all();
        changed.wait(lock, [this] { return cancelled || open > 0; });
        if (cancelled) {
            return fail(ErrorCode::kCancelled, "stopped");
        }
        --open;
        return PostReply{};
    }

    void cancel() override {
        std::lock_guard lock(mutex);
        cancelled = true;
        changed.notify_all();
    }

    void let_one_pass() {
        std::lock_guard lock(mutex);
        ++open;
        changed.notify_all();
    }

    void wait_for_posts(int count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return waiting >= count; });
    }

    std::mutex mutex;
    std::condition_variable changed;
    int waiting = 0;
    int open = 0;
    bool cancelled = false;
};

struct GatedHolder : AnchorHolder {
    GatedHolder(std::string name, HttpPoster& client) : name_(std::move(name)), http(client) {}

    std::string_view id() const override { return name_; }

    Result<AnchorReceipt> anchor(const AnchorTask& task) override {
        Result<PostReply> reply = http.post({});
        if (!reply) {
            return fail(std::move(reply.error()));
        }
        if (fails) {
            return fail(ErrorCode::kNetwork, "nobody listens");
        }
        return AnchorReceipt{std::to_string(task.body.tree_size), {}};
    }

    std::string name_;
    HttpPoster& http;
    std::atomic<bool> fails{false};
};

AnchorTask task_of(uint64_t tree_size) {
    AnchorTask task;
    task.body.tree_size = tree_size;
    return task;
}

struct Rig {
    explicit Rig(std::vector<int64_t> intervals_ms) {
        auto owned = std::make_unique<Gate>();
        gate = owned.get();
        std::vector<AnchorPost> posts;
        for (int64_t interval_ms : intervals_ms) {
            auto holder = std::make_unique<GatedHolder>("h", *gate);
            holders.push_back(holder.get());
            posts.push_back({std::move(holder), interval_ms});
        }
        worker = std::make_unique<AnchorWorker>(std::move(owned), std::move(posts), clock,
                                                [this](AnchorOutcome outcome) {
                                                    std::lock_guard lock(mutex);
                                                    outcomes.push_back(std::move(outcome));
                                                });
    }

    void settle() {
        while (!worker->idle()) {
            std::this_thread::yield();
        }
    }

    std::vector<std::pair<size_t, uint64_t>> told() {
        std::lock_guard lock(mutex);
        std::vector<std::pair<size_t, uint64_t>> list;
        for (const AnchorOutcome& outcome : outcomes) {
            list.emplace_back(outcome.post, outcome.body.tree_size);
        }
        return list;
    }

    FakeClock clock;
    Gate* gate = nullptr;
    std::vector<GatedHolder*> holders;
    std::mutex mutex;
    std::vector<AnchorOutcome> outcomes;
    std::unique_ptr<AnchorWorker> worker;
};

using Told = std::vector<std::pair<size_t, uint64_t>>;

}  // namespace

TEST_CASE("while a holder takes its time only the newest checkpoint waits for it") {
    Rig rig({0});
    rig.worker->submit(task_of(1));
    rig.gate->wait_for_posts(1);
    rig.worker->submit(task_of(2));
    rig.worker->submit(task_of(3));
    rig.gate->let_one_pass();
    rig.gate->let_one_pass();
    rig.settle();
    CHECK(rig.told() == Told{{0, 1}, {0, 3}});
}

TEST_CASE("a holder is asked no more often than its interval, but again at once after a failure") {
    Rig rig({0, 60'000});
    auto submit = [&](uint64_t size, int posts) {
        for (int i = 0; i < posts; ++i) {
            rig.gate->let_one_pass();
        }
        rig.worker->submit(task_of(size));
        rig.settle();
    };
    rig.holders[1]->fails = true;
    submit(1, 2);
    rig.holders[1]->fails = false;
    submit(2, 2);
    rig.clock.advance_millis(59'000);
    submit(3, 1);
    rig.clock.advance_millis(2'000);
    submit(4, 2);
    CHECK(rig.told() == Told{{0, 1}, {1, 1}, {0, 2}, {1, 2}, {0, 3}, {0, 4}, {1, 4}});
    CHECK_FALSE(rig.outcomes[1].receipt.has_value());
}

TEST_CASE("stopping ends a request under way and asks nobody else") {
    Rig rig({0, 0});
    rig.worker->submit(task_of(1));
    rig.gate->wait_for_posts(1);
    rig.worker->submit(task_of(2));
    rig.worker->stop();
    CHECK(rig.told().empty());
    CHECK(rig.gate->waiting == 1);
    rig.worker->stop();  // again is nothing
}

TEST_CASE("a patient stop lets what was submitted come to its end") {
    Rig rig({0});
    rig.gate->let_one_pass();
    rig.worker->submit(task_of(1));
    rig.worker->stop(60'000);
    CHECK(rig.told() == Told{{0, 1}});
}
