// A lane's dealings with the spool's reader, which it must not trust beyond what is durable, and
// when the state of an output becomes news.
#include <array>
#include <cerrno>

#include "agent_rig.h"
#include "pipeline/agent_record.h"
#include "pipeline/lane_health.h"
#include "record/record_codec.h"

using namespace llmtrail;

namespace {

std::shared_ptr<const Batch> batch_of_agent_records(uint64_t first_index, size_t records) {
    AuditRecord record;
    fill_agent_record(record, {kClassAgentStart, "agent", "started", 1},
                      UnixNanos{1'767'225'600 * kNanosPerSecond});
    std::array<Bytes, kSectionCount> sections;
    encode_record(record, sections);
    auto batch = std::make_shared<Batch>();
    batch->first_index = first_index;
    for (size_t i = 0; i < records; ++i) {
        BatchRecord& made = batch->records.emplace_back();
        for (size_t s = 0; s < kSectionCount; ++s) {
            made.offsets[s] = 0;
            made.sizes[s] = static_cast<uint32_t>(sections[s].size());
        }
    }
    for (size_t s = 0; s < kSectionCount; ++s) {
        batch->sections[s] = sections[s];
    }
    return batch;
}

class ScriptedReader : public SpoolReader {
 public:
    Result<std::shared_ptr<const Batch>> read(uint64_t index) override {
        ++reads;
        if (error) {
            return fail(*error);
        }
        for (const auto& batch : batches) {
            if (batch->end_index() > index) {
                return batch;
            }
        }
        return fail(ErrorCode::kNotFound, "no such record yet");
    }

    uint64_t first_index() const override { return first; }

    Result<uint64_t> pruned_records(uint64_t from, uint64_t to) override {
        uint64_t end = std::min(to, first);
        return end > from ? end - from : 0;
    }

    std::vector<std::shared_ptr<const Batch>> batches;
    std::optional<Error> error;
    uint64_t first = 0;
    int reads = 0;
};

struct LaneRig {
    explicit LaneRig(uint64_t start)
        : lane({std::make_unique<ScriptedOutput>("soc", receiver), make_cef_formatter({}),
                Route({})},
               start, 100, recent, reader, mailbox, log) {}

    bool step() { return lane.step(clock.monotonic_now()); }

    ScriptedReceiver receiver;
    ScriptedReader reader;
    RecentBatches recent;
    Mailbox mailbox;
    FakeLog log;
    FakeClock clock;
    Lane lane;
};

}  // namespace

TEST_CASE("a batch that is written but not yet synced is not sent, though the reader sees it") {
    LaneRig rig(98);  // 98 and 99 are control frames
    rig.recent.set_durable_end(100);
    rig.reader.batches.push_back(batch_of_agent_records(100, 2));
    rig.step();
    rig.step();
    CHECK(rig.receiver.events.empty());
    CHECK(rig.lane.cursor() == 100);
    CHECK(rig.lane.drained());
    rig.recent.push(rig.reader.batches[0]);
    CHECK(rig.step());
    CHECK(rig.receiver.events.size() == 2);
}

TEST_CASE(
    "a segment whose file is missing holds the lane, which tries again by its own timer and "
    "reports once") {
    LaneRig rig(10);
    rig.recent.set_durable_end(100);
    rig.reader.batches.push_back(batch_of_agent_records(20, 3));
    rig.reader.error = error_from_errno(ENOENT, "reading a segment's keys");
    rig.step();
    CHECK(rig.lane.cursor() == 10);
    CHECK_FALSE(rig.lane.drained());
    int64_t wait_ms = rig.lane.wait_ms(rig.clock.monotonic_now());
    REQUIRE(wait_ms > 0);
    rig.step();
    CHECK(rig.reader.reads == 1);
    rig.clock.advance_millis(wait_ms);
    rig.step();
    CHECK(rig.reader.reads == 2);
    CHECK(rig.mailbox.take().news.size() == 1);
    rig.reader.error.reset();
    rig.clock.advance_millis(wait_ms);
    CHECK(rig.step());
    CHECK(rig.receiver.events.size() == 3);
    CHECK(rig.lane.wait_ms(rig.clock.monotonic_now()) == -1);
}

TEST_CASE(
    "records removed from the spool are passed over and reported, those after them are sent") {
    LaneRig rig(10);
    rig.recent.set_durable_end(100);
    rig.reader.first = 50;
    rig.reader.error = Error{ErrorCode::kNotFound, "that record was pruned", 0};
    rig.step();
    rig.reader.error.reset();
    rig.reader.batches.push_back(batch_of_agent_records(52, 3));
    CHECK(rig.step());
    CHECK(rig.receiver.events.size() == 3);
    Mailbox::Letters letters = rig.mailbox.take();
    REQUIRE(letters.news.size() == 1);
    CHECK(letters.news[0].event_class == kClassIntegrityGap);
    CHECK(letters.news[0].detail.find("10 to 49") != std::string::npos);
    OutputTotals totals = rig.lane.totals(0);
    CHECK(totals.dropped == 40);
    CHECK(totals.confirmed == 3);
    CHECK(totals.pending == 0);
    CHECK(totals.balances());
}

TEST_CASE("what was confirmed and cannot be read any more is not offered a second time") {
    LaneRig rig(10);
    rig.recent.set_durable_end(100);
    rig.reader.batches.push_back(batch_of_agent_records(52, 3));
    REQUIRE(rig.step());
    rig.receiver.rewind_from = 20;
    rig.reader.error = Error{ErrorCode::kCrypto, "its local wrap was destroyed", 0};
    rig.step();
    rig.step();
    CHECK(rig.mailbox.take().news.empty());
    CHECK(rig.lane.cursor() == 100);
    CHECK(rig.receiver.events.size() == 3);
}

TEST_CASE("an unreadable record is counted, reported and passed over; its neighbours are sent") {
    LaneRig rig(100);
    auto batch = std::make_shared<Batch>(*batch_of_agent_records(100, 3));
    batch->records[1].sizes[0] = 1;
    rig.recent.push(batch);
    while (rig.step()) {
    }
    CHECK(rig.receiver.events.size() == 2);
    OutputTotals totals = rig.lane.totals(3);
    CHECK(totals.unreadable == 1);
    CHECK(totals.balances());
    CHECK(rig.lane.cursor() == 103);
    CHECK(rig.mailbox.take().news.size() == 1);
}

TEST_CASE("the output's side balances when deliver is ahead of what ingest told") {
    LaneRig rig(100);
    rig.recent.push(batch_of_agent_records(100, 5));
    rig.receiver.confirms = false;
    rig.step();
    for (uint64_t told : {0U, 3U, 5U, 9U}) {
        OutputTotals totals = rig.lane.totals(told);
        CHECK_MESSAGE(totals.balances(), told);
        CHECK(totals.pending == std::max<uint64_t>(told, 5));
    }
}

TEST_CASE("a receiver that accepts and then refuses is reported down once, not at each attempt") {
    LaneHealth health;
    FakeClock clock;
    int down = 0;
    int recovered = 0;
    auto look = [&](OutputHealth state, bool in_flight, uint64_t confirmed) {
        HealthNews news = health.look(state, in_flight, confirmed, clock.monotonic_now());
        down += news == HealthNews::kDown ? 1 : 0;
        recovered += news == HealthNews::kRecovered ? 1 : 0;
    };
    for (int i = 0; i < 20; ++i) {
        look(OutputHealth::kUp, i % 2 == 0, 0);
        clock.advance_millis(900);
        look(OutputHealth::kUp, i % 2 == 0, 0);
        look(OutputHealth::kBackingOff, i % 2 == 0, 0);
        clock.advance_millis(3000);
    }
    CHECK(down == 1);
    CHECK(recovered == 0);
    look(OutputHealth::kUp, true, 0);
    look(OutputHealth::kUp, true, 1);
    CHECK(recovered == 1);
}

TEST_CASE("an idle output is recovered when its connection stood for a while, by its own timer") {
    LaneHealth health;
    FakeClock clock;
    CHECK(health.look(OutputHealth::kBackingOff, false, 7, clock.monotonic_now()) ==
          HealthNews::kDown);
    CHECK(health.wait_ms(clock.monotonic_now()) == -1);
    CHECK(health.look(OutputHealth::kUp, false, 7, clock.monotonic_now()) == HealthNews::kNone);
    int64_t wait_ms = health.wait_ms(clock.monotonic_now());
    REQUIRE(wait_ms >= kSteadyMs);
    clock.advance_millis(wait_ms);
    CHECK(health.look(OutputHealth::kUp, false, 7, clock.monotonic_now()) ==
          HealthNews::kRecovered);
    CHECK(health.wait_ms(clock.monotonic_now()) == -1);
}

TEST_CASE(
    "events in flight that are not confirmed in time are a stall, once; slow confirmations are "
    "none") {
    LaneHealth health;
    FakeClock clock;
    uint64_t confirmed = 0;
    for (int i = 0; i < 10; ++i) {
        CHECK(health.look(OutputHealth::kUp, true, ++confirmed, clock.monotonic_now()) ==
              HealthNews::kNone);
        clock.advance_millis(kStalledMs - 1);
        CHECK(health.look(OutputHealth::kUp, true, confirmed, clock.monotonic_now()) ==
              HealthNews::kNone);
    }
    clock.advance_millis(health.wait_ms(clock.monotonic_now()));
    CHECK(health.look(OutputHealth::kUp, true, confirmed, clock.monotonic_now()) ==
          HealthNews::kStalled);
    clock.advance_millis(10 * kStalledMs);
    CHECK(health.look(OutputHealth::kUp, true, confirmed, clock.monotonic_now()) ==
          HealthNews::kNone);
    CHECK(health.look(OutputHealth::kBackingOff, true, confirmed, clock.monotonic_now()) ==
          HealthNews::kNone);
    CHECK(health.look(OutputHealth::kUp, true, ++confirmed, clock.monotonic_now()) ==
          HealthNews::kRecovered);
}
