// An output that sends requests against a server in a process of its own: real requests, and a
// clock that passes as fast as the output lets it. Plays the lane: offers in order, goes back when
// told and marks what is offered again.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fakes/fake_clock.h"
#include "fakes/fake_random.h"
#include "fakes/server_log.h"
#include "http/http_client.h"
#include "outputs/output.h"
#include "platform/wait.h"

namespace llmtrail {

// Knows how many requests are under way, so that time need not pass while none is.
class CountingClient : public HttpClient {
 public:
    CountingClient(std::unique_ptr<HttpClient> client, int& under_way)
        : client_(std::move(client)), under_way_(under_way) {}

    HttpCall start(HttpRequest request) override {
        ++under_way_;
        return client_->start(std::move(request));
    }

    void work() override { client_->work(); }

    std::optional<HttpDone> take_done() override {
        std::optional<HttpDone> done = client_->take_done();
        under_way_ -= done ? 1 : 0;
        return done;
    }

    int descriptor() const override { return client_->descriptor(); }

    int64_t timer_ms() const override { return client_->timer_ms(); }

 private:
    std::unique_ptr<HttpClient> client_;
    int& under_way_;
};

// The log of the server: all lines of a kind.
using LogOf = std::function<LogLines(const std::string& kind)>;
// The event of an index as the output's formatter would write it.
using MakeText = std::function<std::string(uint64_t index, bool resent)>;

class RequestBench {
 public:
    RequestBench(uint64_t count, LogOf log_of, MakeText text_of)
        : log_of_(std::move(log_of)), text_of_(std::move(text_of)), count_(count) {}

    std::unique_ptr<HttpClient> make_client(HttpOptions options) {
        Result<std::unique_ptr<HttpClient>> client = make_http_client(std::move(options));
        REQUIRE(client);
        return std::make_unique<CountingClient>(std::move(*client), under_way);
    }

    void turn() {
        output->work(clock.monotonic);
        uint64_t from = 0;
        if (output->take_rewind(from) && from < next) {
            resent_below = std::max(resent_below, next);
            next = from;
        }
        take_refused();
        while (next < count_ && offer(next)) {
            ++next;
        }
        output->work(clock.monotonic);
        if (output->health() == OutputHealth::kBackingOff) {
            problems.insert(output->last_error().message);
        }
        pass_time();
    }

    // Real time while a request is under way; else the clock jumps to the next thing to do.
    void pass_time() {
        OutputWait wait = output->wait();
        if (under_way == 0) {
            clock.advance_millis(std::clamp<int64_t>(wait.timer_ms, 1, 60'000));
            return;
        }
        std::array entries{WaitEntry{wait.descriptor}};
        REQUIRE(wait_for(entries, std::clamp<int64_t>(wait.timer_ms, 0, 10)));
        clock.advance_millis(5);
    }

    bool run_until_confirmed(int turns_max = 60'000) {
        while (output->confirmed_end() < count_ && turns_max-- > 0) {
            turn();
        }
        take_refused();
        return output->confirmed_end() >= count_;
    }

    void take_refused() {
        RefusedEvent event;
        while (output->take_refused(event)) {
            refused[event.index] = event.reason;
        }
    }

    void more(uint64_t events) { count_ += events; }

    void run(int turns) {
        while (turns-- > 0) {
            turn();
        }
    }

    bool offer(uint64_t index) {
        std::string text = text_of_(index, index < resent_below);
        OutputEvent event;
        event.index = index;
        event.event_id = "id";
        event.text = text;
        event.event_time_ns = 1'767'225'600'123'456'789;
        event.event_class = 100;
        return output->offer(event);
    }

    // How often each event is stored; every time but the first must be marked.
    std::map<uint64_t, int> stored() const {
        std::map<uint64_t, int> times;
        for (const auto& words : log_of_("stored")) {
            uint64_t id = std::stoull(words.at(1));
            int before = times[id]++;
            CHECK_MESSAGE((before == 0 || words.at(2) == "1"), "an unmarked duplicate of ", id);
        }
        return times;
    }

    void check_rules() const {
        for (const auto& words : log_of_("violation")) {
            FAIL_CHECK(words.at(1));
        }
    }

    FakeClock clock;
    FakeRandom random{7};
    int under_way = 0;
    std::unique_ptr<Output> output;
    uint64_t next = 0;
    uint64_t resent_below = 0;
    std::map<uint64_t, std::string> refused;
    std::set<std::string> problems;

 private:
    LogOf log_of_;
    MakeText text_of_;
    uint64_t count_;
};

}  // namespace llmtrail
