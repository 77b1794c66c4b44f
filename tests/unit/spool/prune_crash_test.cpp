// What a crash or an error in the middle of a pruning leaves: a log that is whole, and a start that
// finishes.
#include <doctest/doctest.h>

#include <cerrno>

#include "prune_rig.h"

using namespace llmtrail;

namespace {

Result<void> fill_and_prune(RemovalRig& rig, Workload& work) {
    Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
    if (!writer) {
        return fail(writer.error());
    }
    FakeRandom shapes(61);
    Result<void> done = run_segments(rig, **writer, work, 3, 1, shapes);
    if (done) {
        rig.release_all(**writer);
        done = prune_all(rig, **writer);
    }
    if (done) {
        done = (*writer)->close();
    }
    return done;
}

uint64_t operations_of_a_run() {
    RemovalRig rig;
    Workload work;
    REQUIRE(fill_and_prune(rig, work));
    REQUIRE(rig.leaves() == 2);
    return rig.disk.operations();
}

// After whatever happened: the log is whole, a start finishes, and everything not pruned is there.
void check_goes_on(RemovalRig& rig, const Workload& work) {
    check_log(rig);
    Result<std::unique_ptr<SpoolWriter>> again = rig.open();
    REQUIRE_MESSAGE(again, again.error().message);
    check_log(rig);
    for (const std::string& name : rig.disk.names(rig.options.directory)) {
        CHECK_MESSAGE(!name.ends_with(".leaf.new"), name);
        std::optional<uint64_t> leaf = segment_number_of(name, kLeafSuffix);
        if (leaf) {  // the start finished what was begun
            CHECK_FALSE(rig.disk.exists(rig.path(segment_file_name(*leaf))));
            CHECK_FALSE(rig.disk.exists(rig.path(keys_file_name(*leaf))));
        }
    }
    check_rest_readable(rig, work);
    rig.release_all(**again);
    REQUIRE(prune_all(rig, **again));
    REQUIRE((*again)->close());
    check_rest_readable(rig, work);
    rig.keep_trust();
    check_verdict(rig.verify(), Verdict::kClean);
    check_verdict(rig.verify_keyless(), Verdict::kClean);
}

}  // namespace

TEST_CASE("a power cut at any operation of a pruning leaves a log that is whole and goes on") {
    uint64_t total = operations_of_a_run();
    FakeRandom random(71);
    PowerCut kinds[] = {PowerCut::kForget, PowerCut::kPrefix, PowerCut::kKeepAll,
                        PowerCut::kScattered};
    for (uint64_t n = 0; n < total; ++n) {
        CAPTURE(n);
        RemovalRig rig;
        Workload work;
        rig.disk.stop_after(n);
        (void)fill_and_prune(rig, work);
        PowerCut kind = kinds[random.below(4)];
        rig.disk.power_cut(kind, random);
        if (random.below(2) == 0) {
            rig.disk.stop_after(random.below(80));
            (void)rig.open();
            rig.disk.power_cut(kind, random);
        }
        check_goes_on(rig, work);
    }
}

TEST_CASE("names that a power cut loses one by one cost nothing in the last steps of a pruning") {
    uint64_t total = operations_of_a_run();
    FakeRandom random(73);
    for (uint64_t n = total - 110; n < total; ++n) {
        for (int i = 0; i < 5; ++i) {
            CAPTURE(n);
            RemovalRig rig;
            Workload work;
            rig.disk.stop_after(n);
            (void)fill_and_prune(rig, work);
            rig.disk.power_cut(PowerCut::kScattered, random);
            check_log(rig);
            Result<std::unique_ptr<SpoolWriter>> again = rig.open();
            REQUIRE_MESSAGE(again, again.error().message);
            check_log(rig);
        }
    }
}

TEST_CASE("an error in any operation of a pruning loses nothing and is made up for later") {
    uint64_t total = operations_of_a_run();
    for (uint64_t n = 0; n < total; ++n) {
        CAPTURE(n);
        RemovalRig rig;
        Workload work;
        rig.disk.fail_operation(n, n % 2 == 0 ? EIO : ENOSPC);
        (void)fill_and_prune(rig, work);
        rig.disk.reset_count();
        check_goes_on(rig, work);
    }
}
