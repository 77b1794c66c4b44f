// Seeded runs of the whole path with fakes: an application appends documents to a disk that forgets
// what was not synced, the agent tails, seals and delivers, the machine stops at random operations,
// the receiver resets at random. Afterwards nothing is missing, nothing came twice under another
// id, and the spool verifies.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "fakes/fake_clock.h"
#include "fakes/fake_disk.h"
#include "fakes/fake_log.h"
#include "fakes/fake_random.h"
#include "fakes/fake_watch.h"
#include "pipeline/deliver.h"
#include "pipeline/ingest.h"
#include "spool/verify.h"

using namespace llmtrail;

namespace {

// What a SOC has received, over all connections: event text by id.
struct Receiver {
    std::map<std::string, int> arrivals;                  // event id
    std::map<std::string, std::set<std::string>> ids_of;  // document -> event ids

    void take(const OutputEvent& event) {
        ++arrivals[std::string(event.event_id)];
        size_t at = event.text.find("document-");
        if (at != std::string_view::npos) {
            std::string_view name = event.text.substr(at, event.text.find(' ', at) - at);
            ids_of[std::string(name)].insert(std::string(event.event_id));
        }
    }
};

// Confirms a few events a turn, and now and then loses the connection with everything that was not
// confirmed.
class FlakyOutput : public Output {
 public:
    FlakyOutput(Receiver& receiver, FakeRandom& random, bool flaky)
        : receiver_(receiver), random_(random), flaky_(flaky) {}

    std::string_view id() const override { return "soc"; }

    Confirmation confirmation() const override { return Confirmation::kAcknowledged; }

    bool offer(const OutputEvent& event) override {
        if (window_.size() >= 7) {
            return false;
        }
        receiver_.take(event);
        window_.push_back(event.index);
        return true;
    }

    void work(MonotonicNanos) override {
        if (flaky_ && !window_.empty() && random_.below(9) == 0) {
            rewind_ = true;
            rewind_to_ = window_.front();
            window_.clear();
            ++resent_;
            return;
        }
        size_t confirmed = static_cast<size_t>(random_.below(window_.size() + 1));
        if (confirmed > 0) {
            confirmed_end_ = std::max(confirmed_end_, window_[confirmed - 1] + 1);
            window_.erase(window_.begin(), window_.begin() + static_cast<long>(confirmed));
        }
    }

    OutputWait wait() const override { return {}; }

    uint64_t confirmed_end() const override { return confirmed_end_; }

    bool take_rewind(uint64_t& from_index) override {
        from_index = rewind_to_;
        return std::exchange(rewind_, false);
    }

    OutputHealth health() const override { return OutputHealth::kUp; }

    const Error& last_error() const override { return error_; }

    uint64_t resent_events() const override { return resent_; }

    bool finish() override { return true; }

 private:
    Receiver& receiver_;
    FakeRandom& random_;
    bool flaky_;
    std::vector<uint64_t> window_;
    uint64_t confirmed_end_ = 0;
    uint64_t rewind_to_ = 0;
    bool rewind_ = false;
    uint64_t resent_ = 0;
    Error error_;
};

constexpr const char* kLog = "/logs/app.jsonl";

class World {
 public:
    explicit World(uint64_t seed) : random(seed) {
        settings.spool.directory = "/state/spool";
        settings.state_directory = "/state";
        SourceSettings source;
        source.id = "app";
        source.paths = {"/logs/*.jsonl"};
        settings.sources.push_back(source);
        REQUIRE(disk.make_directories("/logs", 0755));
    }

    void write_documents(uint64_t count) {
        std::string text = disk.content(kLog);
        for (uint64_t i = 0; i < count; ++i) {
            text += "{\"prompt\":\"document-" + std::to_string(written++) +
                    " asks\",\"response\":\"" + std::string(random.below(400), 'r') +
                    "\",\"user\":\"u\"}\n";
        }
        disk.put_file(kLog, text);
    }

    // One life of the agent: some turns, then an orderly stop or a power cut at a random operation.
    void live(bool last) {
        bool cut = !last && random.below(4) != 0;
        if (cut) {
            disk.stop_after(disk.operations() + random.below(400));
        }
        run_agent(cut, last);
        disk.power_cut(cut ? static_cast<PowerCut>(random.below(4)) : PowerCut::kKeepAll, random);
    }

    FakeRandom random;
    FakeDisk disk;
    FakeClock clock;
    FakeWatch watch;
    FakeLog log;
    Settings settings;
    Receiver receiver;
    uint64_t written = 0;
    bool lived_to_the_end = false;

 private:
    void run_agent(bool cut, bool last) {
        SpoolOptions options{.directory = "/state/spool",
                             .key_directory = "/state/keys",
                             .min_free_bytes = 0,
                             .segment_bytes_max = 16384};
        SpoolSeams seams{disk, clock, random};
        auto spool = SpoolWriter::open(options, seams);
        auto reader = spool ? SpoolReader::open(options, seams)
                            : Result<std::unique_ptr<SpoolReader>>(nullptr);
        if (!spool || !reader) {
            CHECK_MESSAGE(cut, (spool ? reader.error() : spool.error()).message);
            return;
        }
        const RecoveredSpool& recovered = (*spool)->recovered();
        RecentBatches recent;
        recent.set_durable_end((*spool)->next_index());
        Mailbox mailbox;
        uint64_t start =
            recovered.cursors.empty() ? recovered.next_index : recovered.cursors[0].second;
        LaneParts parts{std::make_unique<FlakyOutput>(receiver, random, !last),
                        make_cef_formatter(
                            {.host_id = "h", .host_name = "h", .prompt_preview_characters = 100}),
                        Route({})};
        std::vector<std::unique_ptr<Lane>> lanes;
        lanes.push_back(std::make_unique<Lane>(std::move(parts), start, recovered.next_index,
                                               recent, **reader, mailbox, log));
        Deliver deliver(std::move(lanes), mailbox, clock);
        (*spool)->note_cursors(deliver.cursors());
        if (!(*spool)->seal(SealReason::kForced)) {
            CHECK(cut);
            return;
        }
        auto ingest = Ingest::make(settings, **spool, recent, mailbox, {disk, watch, clock, log});
        REQUIRE(ingest);
        turns(**ingest, deliver, last);
        if (cut) {
            return;
        }
        (*ingest)->finish();
        for (int i = 0; last && i < 5000 && !deliver.drained(); ++i) {
            deliver.step();
        }
        Ledger ledger{(*ingest)->totals(), deliver.totals((*ingest)->committed_records())};
        CHECK_MESSAGE(ledger.balances(), describe(ledger));
        (*spool)->note_cursors(deliver.cursors());
        CHECK((*spool)->close());
        lived_to_the_end = last && deliver.drained();
    }

    void turns(Ingest& ingest, Deliver& deliver, bool last) {
        uint64_t count = 3 + random.below(20);
        for (uint64_t turn = 0; turn < count || (last && !ingest.caught_up() && turn < 2000);
             ++turn) {
            if (!last && random.below(3) != 0) {
                write_documents(random.below(12));
            }
            ingest.step(true);
            deliver.step();
            clock.advance_millis(static_cast<int64_t>(random.below(60)));
        }
    }
};

VerifyReport verify(World& world) {
    return verify_spool({.directory = "/state/spool", .key_directory = "/state/keys"}, world.disk);
}

}  // namespace

TEST_CASE("whatever stops when, every document arrives, under one id, and the spool verifies") {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        World world(seed);
        uint64_t lives = 2 + world.random.below(5);
        for (uint64_t life = 0; life < lives; ++life) {
            world.live(false);
            VerifyReport report = verify(world);
            CHECK_MESSAGE(report.verdict != Verdict::kTampered, report.reason);
        }
        world.live(true);
        REQUIRE(world.lived_to_the_end);
        for (uint64_t n = 0; n < world.written; ++n) {
            std::string document = "document-" + std::to_string(n);
            REQUIRE_MESSAGE(world.receiver.ids_of.count(document) == 1,
                            document << " never arrived");
            CHECK_MESSAGE(world.receiver.ids_of[document].size() == 1,
                          document << " came under several ids");
        }
        VerifyReport report = verify(world);
        CHECK_MESSAGE(report.verdict == Verdict::kClean, report.reason);
    }
}
