// What the experiments share: a log that is attacked or crashes, a checkpoint that was kept off the
// host before, and the verdict of the host alone and with that checkpoint. The numbers in the names
// of the tests are those of docs/experiments.md.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "verify_rig.h"

namespace llmtrail {

struct Experiment : VerifyRig {
    explicit Experiment(uint64_t seed = 1) : VerifyRig(seed) {}

    // Three generations of several segments each, the second with a torn end, the last closed.
    static Experiment standard(uint64_t seed = 1, uint64_t shape = 7) {
        Experiment made(seed);
        make_standard_log(made, shape);
        made.keep_checkpoint();
        return made;
    }

    static Experiment closed(int turns, int segments = 1) {
        Experiment made;
        make_closed_log(made, turns, 7, segments);
        made.keep_checkpoint();
        return made;
    }

    // Its last batch stands after the last seal.
    static Experiment open_ended(int turns) {
        Experiment made;
        make_open_log(made, turns);
        made.keep_checkpoint();
        return made;
    }

    // What the SIEM would have of the log as it is: its newest seal.
    void keep_checkpoint() {
        VerifyReport report = verify_keyless();
        REQUIRE_MESSAGE(report.seals > 0, report.reason);
        KeptCheckpoint kept;
        kept.tree_size = report.tree_size;
        Bytes root = *from_hex(report.root_hex);
        std::copy(root.begin(), root.end(), kept.root.begin());
        checkpoints.push_back(kept);
    }

    VerifyOptions with_keys() const {
        return {options.directory, options.key_directory, kTrustPath};
    }

    VerifyOptions without_keys() const { return {options.directory, "", kTrustPath}; }

    VerifyReport anchored(bool keys = true) {
        VerifyOptions asked = keys ? with_keys() : without_keys();
        asked.kept.list = checkpoints;
        asked.kept.files = {"siem"};
        return verify_spool(asked, disk);
    }

    // By the host alone and with the checkpoint; with keys and without.
    void expect(Verdict host_alone, Verdict with_checkpoint) {
        check_verdict(verify(), host_alone);
        check_verdict(verify_keyless(), host_alone);
        check_verdict(anchored(), with_checkpoint);
        check_verdict(anchored(false), with_checkpoint);
    }

    void expect_tampered() { expect(Verdict::kTampered, Verdict::kTampered); }

    // Segment `no` with `change` made to it, judged, and put back.
    template <typename Change>
    void expect_tampered_with(uint64_t no, Change change) {
        Bytes whole = segment(no);
        Bytes bytes = whole;
        change(bytes);
        REQUIRE(bytes != whole);
        put(no, bytes);
        expect_tampered();
        put(no, whole);
    }

    std::vector<KeptCheckpoint> checkpoints;
};

}  // namespace llmtrail
