// Seeded runs of everything a spool does, with power cuts, kills and failing operations in between:
// batches, seals, rotations, confirmations, pruning, holds, erasures, orderly stops. After each
// boot nothing that was committed is gone but what was allowed to go, and nobody calls it tampered.
#include <doctest/doctest.h>

#include <cerrno>

#include "removal_rig.h"

using namespace llmtrail;

namespace {

constexpr int kBoots = 12;
constexpr int kStepsPerBoot = 14;

class Simulation {
 public:
    explicit Simulation(uint64_t seed) : random_(seed), shapes_(seed + 1), rig_(seed + 2) {
        rig_.options.segment_bytes_max = 24'576;
        rig_.options.retention.max_age_ms = 60'000;
        rig_.options.retention.drop_oldest = random_.below(4) == 0;
        rig_.options.max_size_bytes = 400'000 + random_.below(400'000);
    }

    void run() {
        for (int boot = 0; boot < kBoots; ++boot) {
            CAPTURE(boot);
            if (random_.below(3) == 0) {
                rig_.disk.fail_operation(random_.below(400), random_.below(2) == 0 ? EIO : ENOSPC);
            }
            if (random_.below(3) != 0) {
                rig_.disk.stop_after(random_.below(600));
            }
            work_.new_process();
            {
                Result<std::unique_ptr<SpoolWriter>> writer = rig_.open();
                if (writer) {
                    steps(**writer);
                }
            }
            constexpr PowerCut kKinds[] = {PowerCut::kForget, PowerCut::kPrefix,
                                           PowerCut::kZeroPages, PowerCut::kKeepAll,
                                           PowerCut::kScattered};
            rig_.disk.power_cut(kKinds[random_.below(5)], random_);
            check();
        }
        std::unique_ptr<SpoolWriter> writer = std::move(*rig_.open());
        REQUIRE(writer->close());
        check();
        rig_.keep_trust();
        check_verdict(rig_.verify(), Verdict::kClean);
        check_verdict(rig_.verify_keyless(), Verdict::kClean);
    }

    size_t leaf_files() const { return rig_.leaves(); }

    bool erased() const { return erased_; }

 private:
    void steps(SpoolWriter& writer) {
        writer.narrate([this](const SpoolNews& news) {
            drops_ = drops_ || news.kind == SpoolNewsKind::kDropping;
            return std::array<Bytes, kSectionCount>{"told: " + news.detail, "", "", ""};
        });
        for (int i = 0; i < kStepsPerBoot; ++i) {
            switch (random_.below(10)) {
                case 0:
                    released_ = std::max(released_, writer.next_index());
                    rig_.release_all(writer);
                    break;
                case 1:
                    rig_.clock.advance_millis(static_cast<int64_t>(random_.below(200'000)));
                    (void)writer.retain();
                    break;
                case 2:
                    (void)writer.seal(SealReason::kSegmentEnd);
                    break;
                case 3:
                    change_hold(writer);
                    break;
                case 4:
                    erase(writer);
                    break;
                case 5:
                    if (random_.below(4) == 0) {
                        (void)writer.close();
                        return;
                    }
                    break;
                default:
                    (void)work_.commit(writer, shapes_);
                    rig_.clock.advance_millis(static_cast<int64_t>(random_.below(900)));
                    if (writer.seal_due(rig_.clock.monotonic_now())) {
                        (void)writer.seal(SealReason::kInterval);
                    }
            }
        }
    }

    void change_hold(SpoolWriter& writer) {
        bool set = writer.holds().empty();
        std::optional<LegalHold> hold;
        if (set) {
            uint64_t first = random_.below(8);
            hold = LegalHold{"case", {first, first + random_.below(3)}, {1}, "inquiry", "legal"};
        }
        // The commit may fail and its frame be on disk all the same: then either is right.
        if (writer.stage_hold("case", hold)) {
            (void)work_.commit(writer, shapes_);
        }
    }

    void erase(SpoolWriter& writer) {
        uint64_t first = random_.below(6);
        EraseBody body{first, first + random_.below(2), section_bit(Section::kPrompt), "b", "a"};
        erased_ = writer.erase(body).has_value() || erased_;
    }

    void check() {
        LogChecker checker(rig_.disk, rig_.options.directory);
        REQUIRE(checker.check() == "");
        CHECK(checker.sealed_end() >= sealed_end_);
        sealed_end_ = checker.sealed_end();
        Result<std::unique_ptr<SpoolReader>> reader = rig_.reader();
        if (work_.committed().empty()) {
            return;
        }
        REQUIRE(reader);
        for (const auto& [index, kept] : work_.committed()) {
            CAPTURE(index);
            if (!checker.has_content(index)) {
                bool allowed = index < released_ || drops_;
                REQUIRE(allowed);
                continue;
            }
            Result<std::shared_ptr<const Batch>> batch = (*reader)->read(index);
            REQUIRE_MESSAGE(batch, batch.error().message);
            REQUIRE((*batch)->first_index <= index);
            size_t at = static_cast<size_t>(index - (*batch)->first_index);
            REQUIRE((*batch)->records[at].leaf == kept.leaf);
            REQUIRE((*batch)->section(at, Section::kEnvelope) == kept.sections[0]);
            REQUIRE((*batch)->section(at, Section::kOutput) == kept.sections[3]);
        }
        if (rig_.disk.exists(rig_.options.key_directory + "/identity.pub")) {
            rig_.keep_trust();
            VerifyReport report = rig_.verify();
            CHECK_MESSAGE(report.verdict != Verdict::kTampered, found(report));
            CHECK_MESSAGE(report.verdict != Verdict::kCannotVerify, found(report));
        }
    }

    FakeRandom random_;
    FakeRandom shapes_;
    RemovalRig rig_;
    Workload work_;
    uint64_t released_ = 0;
    uint64_t sealed_end_ = 0;
    bool drops_ = false;
    bool erased_ = false;
};

}  // namespace

TEST_CASE("seeded runs with cuts, kills and errors lose nothing that was not allowed to go") {
    size_t pruned = 0;
    size_t erased = 0;
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed * 1000);
        simulation.run();
        pruned += simulation.leaf_files();
        erased += simulation.erased() ? 1U : 0U;
    }
    // Else the runs showed nothing.
    CHECK(pruned > 40);
    CHECK(erased > 5);
}
