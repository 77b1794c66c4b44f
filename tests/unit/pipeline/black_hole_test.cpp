// Three outputs over one spool, one of which is black-holed for ten minutes, by a clock that is
// moved by hand: the others notice nothing. With the real binary: tests/e2e/black_hole.py.
#include <algorithm>
#include <vector>

#include "agent_rig.h"

using namespace llmtrail;

namespace {

constexpr int64_t kStepMs = 20;
constexpr int kSteps = 600'000 / kStepMs;
constexpr int kStepsBetweenWrites = 25;
constexpr uint64_t kDocumentsAtOnce = 5;

enum class Third { kHealthy, kTakesNothing, kConfirmsNothing };

// Milliseconds from the write of a document to its arrival, of one receiver.
class Delays {
 public:
    void look(const ScriptedReceiver& receiver, const std::vector<int64_t>& written_ms,
              int64_t now_ms) {
        for (; seen_ < receiver.events.size(); ++seen_) {
            const std::string& event = receiver.events[seen_];
            size_t at = event.find("document-");
            if (at != std::string::npos) {
                delays_.push_back(now_ms - written_ms.at(std::stoul(event.substr(at + 9))));
            }
        }
    }

    size_t arrived() const { return delays_.size(); }

    int64_t percentile_99() {
        REQUIRE_FALSE(delays_.empty());
        std::sort(delays_.begin(), delays_.end());
        return delays_[delays_.size() * 99 / 100];
    }

 private:
    size_t seen_ = 0;
    std::vector<int64_t> delays_;
};

struct TenMinutes {
    int64_t first_p99_ms = 0;
    int64_t second_p99_ms = 0;
};

TenMinutes run(Third third) {
    Host host;
    host.receivers["first"];
    host.receivers["second"];
    ScriptedReceiver& hole = host.receivers["third"];
    hole.accepts = third != Third::kTakesNothing;
    hole.confirms = third == Third::kHealthy;
    AgentLife life(host);
    REQUIRE(life.started());
    std::vector<int64_t> written_ms;
    Delays first;
    Delays second;
    for (int step = 0; step < kSteps; ++step) {
        int64_t now_ms = host.clock.monotonic.value / kNanosPerMilli;
        if (step % kStepsBetweenWrites == 0) {
            host.write_documents(kDocumentsAtOnce);
            written_ms.resize(host.written, now_ms);
        }
        life.step();
        first.look(host.receivers["first"], written_ms, now_ms);
        second.look(host.receivers["second"], written_ms, now_ms);
        host.clock.advance_millis(kStepMs - 5);  // a step takes five
    }
    hole.accepts = true;
    hole.confirms = true;
    CHECK(life.run_until_done());
    host.check_all_arrived_under_one_id(hole);
    CHECK(first.arrived() >= host.written - kDocumentsAtOnce);
    CHECK(second.arrived() == first.arrived());
    return {first.percentile_99(), second.percentile_99()};
}

}  // namespace

TEST_CASE("an output that is black-holed for ten minutes delays the others by nothing") {
    TenMinutes healthy = run(Third::kHealthy);
    CHECK(healthy.first_p99_ms < 1'000);
    for (Third third : {Third::kTakesNothing, Third::kConfirmsNothing}) {
        TenMinutes holed = run(third);
        CHECK(holed.first_p99_ms == healthy.first_p99_ms);
        CHECK(holed.second_p99_ms == healthy.second_p99_ms);
    }
}
