// What the tests of pruning share: a spool of several segments that may go, and the pruning of all
// of them.
#pragma once

#include "removal_rig.h"

namespace llmtrail {

inline constexpr int64_t kLongMs = 7'200'000;  // longer than the rig's max_age

// Batches in each of several segments.
inline Result<void> run_segments(RemovalRig& rig, SpoolWriter& writer, Workload& work, int segments,
                                 int turns, FakeRandom& shapes) {
    Result<void> done;
    for (int i = 0; i < segments && done; ++i) {
        done = work.run(rig, writer, turns, shapes);
        if (done) {
            done = writer.seal(SealReason::kSegmentEnd);
        }
    }
    return done;
}

// All of them confirmed and covered.
inline Workload filled(RemovalRig& rig, SpoolWriter& writer) {
    Workload work;
    FakeRandom shapes(61);
    REQUIRE(run_segments(rig, writer, work, 5, 3, shapes));
    rig.release_all(writer);
    return work;
}

// What still has its payload is readable.
inline void check_rest_readable(RemovalRig& rig, const Workload& work) {
    LogChecker checker(rig.disk, rig.options.directory);
    REQUIRE(checker.check() == "");
    std::map<uint64_t, KeptRecord> rest = work.committed();
    std::erase_if(rest, [&](const auto& entry) { return !checker.has_content(entry.first); });
    check_all_readable(rig, rest);
}

// Seals and prunes until there is nothing more to prune.
inline Result<void> prune_all(RemovalRig& rig, SpoolWriter& writer) {
    rig.clock.advance_millis(kLongMs);
    Result<void> done;
    size_t before = 0;
    for (int idle = 0; done && idle < 2; idle = rig.leaves() == before ? idle + 1 : 0) {
        before = rig.leaves();
        done = writer.retain();
    }
    return done;
}

}  // namespace llmtrail
