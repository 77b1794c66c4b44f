// A splunk_hec output against hec_server.py: real requests, and a clock that passes as fast as the
// output lets it. Plays the lane: offers in order, goes back when told and marks what is offered
// again.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fakes/fake_clock.h"
#include "fakes/fake_random.h"
#include "fakes/hec_server.h"
#include "outputs/splunk_hec.h"
#include "platform/wait.h"

namespace llmtrail {

struct HecTrial {
    bool acknowledged = true;
    bool gzip = true;
    size_t batch_bytes_max = 900'000;
    std::string index = {};
    std::vector<std::string> tokens{"good-token"};
    size_t text_bytes = 100;
    int64_t request_ms = 5'000;
};

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

class HecBench {
 public:
    HecBench(const HecScript& script, uint64_t count, const HecTrial& trial = {})
        : server(script), count_(count), text_bytes_(trial.text_bytes) {
        OutputPlan plan;
        plan.id = "splunk";
        plan.type = "splunk_hec";
        plan.url = server.url();
        plan.host_name = "app01";
        plan.source = "llmtrail";
        plan.sourcetype = "cef";
        plan.index = trial.index;
        plan.acknowledged = trial.acknowledged;
        plan.gzip = trial.gzip;
        plan.batch_bytes_max = trial.batch_bytes_max;
        for (const std::string& token : trial.tokens) {
            plan.tokens.push_back([token] { return Result<Secret>(Secret::copy_of(token)); });
        }
        HttpOptions options;
        options.tls.ca_file = server.ca_file();
        options.cookies = true;
        options.request_ms = trial.request_ms;
        Result<std::unique_ptr<HttpClient>> client = make_http_client(std::move(options));
        REQUIRE(client);
        output = make_splunk_hec_output(
            plan, std::make_unique<CountingClient>(std::move(*client), under_way), random);
    }

    void turn() {
        output->work(clock.monotonic);
        uint64_t from = 0;
        if (output->take_rewind(from) && from < next) {
            resent_below = std::max(resent_below, next);
            next = from;
        }
        RefusedEvent event;
        while (output->take_refused(event)) {
            refused[event.index] = event.reason;
        }
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
        return output->confirmed_end() >= count_;
    }

    void run(int turns) {
        while (turns-- > 0) {
            turn();
        }
    }

    bool offer(uint64_t index) {
        std::string text = "CEF:0|llmtrail|agent|0|100|n|1|externalId=" + std::to_string(index);
        text += index < resent_below ? " llmtrailResent=1 msg=" : " msg=";
        text.append(text_bytes_, 'x');
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
        for (const auto& words : server.log_of("stored")) {
            uint64_t id = std::stoull(words.at(1));
            int before = times[id]++;
            CHECK_MESSAGE((before == 0 || words.at(2) == "1"), "an unmarked duplicate of ", id);
        }
        return times;
    }

    // Of the requests for events: how many, and how many events in each.
    std::vector<size_t> batch_sizes() const {
        std::vector<size_t> sizes;
        for (const auto& words : server.log_of("request")) {
            if (words.at(1) == "/services/collector/event") {
                sizes.push_back(std::stoul(words.at(6)));
            }
        }
        return sizes;
    }

    void check_rules() const {
        for (const auto& words : server.log_of("violation")) {
            FAIL_CHECK(words.at(1));
        }
    }

    HecServer server;
    FakeClock clock;
    FakeRandom random{7};
    int under_way = 0;
    std::unique_ptr<Output> output;
    uint64_t next = 0;
    uint64_t resent_below = 0;
    std::map<uint64_t, std::string> refused;
    std::set<std::string> problems;

 private:
    uint64_t count_;
    size_t text_bytes_;
};

}  // namespace llmtrail
