// A kafka output against a cluster of the test. Plays the lane: offers in order, goes back when
// told. Brokers answer in real time; while nothing comes, the output's clock jumps to the next
// thing it waits for.
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
#include "fakes/kafka_cluster.h"
#include "outputs/kafka.h"
#include "platform/wait.h"

namespace llmtrail {

struct KafkaTrial {
    size_t text_bytes = 100;
    size_t queue_bytes_max = size_t{8} << 20;
    std::string topic = KafkaCluster::kTopic;
};

class KafkaBench {
 public:
    KafkaBench(OutputPlan plan, uint64_t count, size_t text_bytes = 100)
        : count_(count), text_bytes_(text_bytes) {
        Result<std::unique_ptr<Output>> made = make_kafka_output(plan, random);
        REQUIRE(made);
        output = std::move(*made);
    }

    KafkaBench(const KafkaCluster& cluster, uint64_t count, const KafkaTrial& trial = {})
        : KafkaBench(plan_for(cluster.brokers(), trial), count, trial.text_bytes) {}

    static OutputPlan plan_for(std::vector<Endpoint> brokers, const KafkaTrial& trial = {}) {
        OutputPlan plan;
        plan.id = "kafka";
        plan.type = "kafka";
        plan.kafka.brokers = std::move(brokers);
        plan.kafka.topic = trial.topic;
        plan.kafka.key = "host-1";
        plan.kafka.plain = true;
        plan.kafka.queue_bytes_max = trial.queue_bytes_max;
        return plan;
    }

    void turn() {
        output->work(clock.monotonic);
        uint64_t from = 0;
        if (output->take_rewind(from) && from < next) {
            resent_below = std::max(resent_below, next);
            next = from;
        }
        while (next < count_ && offer(next)) {
            ++next;
        }
        output->work(clock.monotonic);
        take_refused();
        if (output->health() == OutputHealth::kBackingOff) {
            problems.insert(output->last_error().message);
        }
        pass_time();
    }

    void pass_time() {
        OutputWait wait = output->wait();
        REQUIRE(wait.descriptor >= 0);
        std::array entries{WaitEntry{wait.descriptor, wait.wants}};
        Result<int> ready = wait_for(entries, wait.timer_ms == 0 ? 0 : 5);
        REQUIRE(ready);
        bool jump = *ready == 0 && wait.timer_ms > 0;
        clock.advance_millis(jump ? std::min<int64_t>(wait.timer_ms, 60'000) : 5);
    }

    bool run_until_confirmed(int turns_max = 6'000) {
        while (output->confirmed_end() < count_ && turns_max-- > 0) {
            turn();
        }
        return output->confirmed_end() >= count_;
    }

    template <typename Condition>
    bool run_until(Condition condition, int turns_max = 4'000) {
        while (!condition() && turns_max-- > 0) {
            turn();
        }
        return condition();
    }

    bool offer(uint64_t index) {
        std::string text = "CEF:0|llmtrail|agent|0|100|n|1|externalId=" + std::to_string(index);
        text.append(text_bytes_, 'x');
        std::string id = "id" + std::to_string(index);
        OutputEvent event;
        event.index = index;
        event.event_id = id;
        event.text = text;
        event.event_class = 100;
        event.resent = index < resent_below;
        return output->offer(event);
    }

    void more(uint64_t events) { count_ += events; }

    void take_refused() {
        RefusedEvent event;
        while (output->take_refused(event)) {
            refused[event.index] = event.reason;
        }
    }

    // How often each event is stored; every time but the first must be marked.
    static std::map<uint64_t, int> times(const std::vector<StoredMessage>& messages) {
        std::map<uint64_t, int> times;
        for (const StoredMessage& message : messages) {
            uint64_t index = std::stoull(message.headers.at("event_id").substr(2));
            bool again = times[index]++ > 0;
            CHECK_MESSAGE((!again || message.headers.count("llmtrail_resent") == 1),
                          "an unmarked duplicate of ", index);
        }
        return times;
    }

    FakeClock clock;
    FakeRandom random{7};
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
