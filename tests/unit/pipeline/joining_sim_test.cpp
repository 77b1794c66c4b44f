// Seeded lives of an agent whose sources write records in pieces, rotate and truncate their logs,
// and whose machine stops anywhere: every piece is in a record, and in more than one only where a
// record says that it may repeat another.
#include "piece_rig.h"

using namespace llmtrail;

namespace {

class PieceWorld : public PieceHost {
 public:
    explicit PieceWorld(uint64_t seed) : PieceHost(seed) {
        settings.sources[0].join_age_max_ms = static_cast<int64_t>(50 + random.below(1500));
        settings.sources[0].join_bytes_max = 2000 + random.below(200'000);
        keys_ = 1 + random.below(60);
        last_one_in_ = 1 + random.below(8);
        lists_ = random.below(2) == 0;
    }

    void live(bool last) {
        bool cut = !last && random.below(4) != 0;
        if (cut) {
            disk.stop_after(disk.operations() + random.below(400));
        }
        {
            AgentLife agent(*this);
            if (agent.started()) {
                turns(agent, last);
                if (!cut) {
                    CHECK(agent.stop());
                    truncated_ = false;
                }
            } else {
                CHECK(cut);
            }
        }
        // A log whose new name was lost is no business of the agent's.
        bool keep = !cut || std::exchange(names_unsynced_, false);
        disk.power_cut(keep ? PowerCut::kKeepAll : static_cast<PowerCut>(random.below(4)), random);
        REQUIRE(disk.sync_directory("/logs"));
    }

 private:
    void turns(AgentLife& agent, bool last) {
        uint64_t count = 3 + random.below(20);
        for (uint64_t turn = 0; turn < count || (last && !agent.ingest().caught_up() && turn < 500);
             ++turn) {
            if (!last && random.below(3) != 0) {
                write_some();
            }
            agent.step();
            clock.advance_millis(static_cast<int64_t>(random.below(150)));
            known_ = known_ || agent.ingest().committed_records() > 0;
            if (!last && !disk.stopped() && known_ && !truncated_ && random.below(12) == 0) {
                rotate();
            }
        }
    }

    std::string some_item() {
        std::string key = random.below(4) == 0 ? "" : "k" + std::to_string(random.below(keys_));
        return item(key, random.below(last_one_in_) == 0, random.below(200));
    }

    void write_some() {
        std::string text;
        for (uint64_t left = random.below(12); left > 0; --left) {
            if (!lists_ || random.below(2) == 0) {
                text += some_item() + "\n";
                continue;
            }
            std::string list;
            for (uint64_t items = 1 + random.below(9); items > 0; --items) {
                list += (list.empty() ? "[" : ",") + some_item();
            }
            text += list + "]\n";
        }
        append(text);
    }

    void rotate() {
        std::string old = log_path + "." + std::to_string(++rotations_);
        if (random.below(2) == 0) {
            if (disk.exists(log_path)) {
                names_unsynced_ = !disk.rename(log_path, old) || !disk.sync_directory("/logs");
                append("");  // the application opens it anew
            }
        } else if (!disk.content(log_path).empty()) {
            truncated_ = true;
            disk.put_file(old, disk.content(log_path));
            disk.put_file(log_path, "");
        }
    }

    uint64_t keys_;
    uint64_t last_one_in_;
    bool lists_;
    int rotations_ = 0;
    bool known_ = false;  // the spool: a log it never heard of is lost once it has left its path
    bool truncated_ = false;  // since the last orderly stop: of two copies a tail may find one
    bool names_unsynced_ = false;
};

}  // namespace

TEST_CASE("whatever stops when, every piece is in a record, and in two only where that is said") {
    uint64_t joined = 0;
    uint64_t repeated = 0;
    for (uint64_t seed = 1; seed <= 150; ++seed) {
        CAPTURE(seed);
        PieceWorld world(seed);
        for (uint64_t lives = 2 + world.random.below(5); lives > 0; --lives) {
            world.live(false);
            REQUIRE(world.verdict() != Verdict::kTampered);
        }
        world.live(true);
        auto records = sealed_records(world);
        SealedTokens tokens(records);
        CHECK(tokens.missing(world.tokens) == 0);
        CHECK(tokens.doubled() == 0);
        for (const SealedRecord& record : records) {
            joined += record.parts > 1 ? 1 : 0;
            repeated += record.reread ? 1 : 0;
            CHECK(record.parts <= static_cast<int64_t>(record.tokens.size()));
        }
        CHECK(world.verdict() == Verdict::kClean);
    }
    CHECK(joined > 1000);
    CHECK(repeated > 0);
}
