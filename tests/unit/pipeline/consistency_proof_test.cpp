#include "pipeline/consistency_proof.h"

#include <doctest/doctest.h>

#include "fakes/fake_clock.h"
#include "fakes/fake_disk.h"
#include "fakes/fake_random.h"
#include "spool/merkle_proof.h"
#include "spool/spool.h"

using namespace llmtrail;

namespace {

struct Log {
    Log() {
        options.directory = "/state/spool";
        options.key_directory = "/state/keys";
        options.min_free_bytes = 0;
        options.segment_bytes_max = 4096;
    }

    std::unique_ptr<SpoolWriter> open() {
        return SpoolWriter::open(options, {disk, clock, random}).value();
    }

    // Batches with a seal behind each; their checkpoints are kept.
    void grow(SpoolWriter& writer, int batches) {
        for (int i = 0; i < batches; ++i) {
            for (uint64_t n = 1 + random.below(5); n > 0; --n) {
                writer.append({"envelope", "prompt", "", std::string(random.below(200), 'x')});
            }
            REQUIRE(writer.commit({}));
            REQUIRE(writer.seal(SealReason::kInterval));
            kept.push_back(writer.checkpoint().body);
        }
    }

    FakeDisk disk;
    FakeClock clock;
    FakeRandom random{3};
    SpoolOptions options;
    std::vector<CheckpointBody> kept;
};

}  // namespace

TEST_CASE("between any two checkpoints of a log there is a proof, over segments and restarts") {
    Log log;
    for (int life = 0; life < 3; ++life) {
        std::unique_ptr<SpoolWriter> writer = log.open();
        log.grow(*writer, 12);
        if (life != 1) {
            REQUIRE(writer->close());
        }
    }
    REQUIRE(log.disk.names("/state/spool").size() > 8);
    ConsistencyProof prove = consistency_proof_of(log.disk, "/state/spool");
    for (size_t a = 0; a < log.kept.size(); ++a) {
        for (size_t b = a + 1; b < log.kept.size(); ++b) {
            const CheckpointBody& old = log.kept[a];
            const CheckpointBody& now = log.kept[b];
            Result<std::vector<Digest>> proof = prove(old.tree_size, now.tree_size);
            REQUIRE_MESSAGE(
                proof, old.tree_size << " to " << now.tree_size << ": " << proof.error().message);
            CHECK(proof->size() <= kWitnessProofLinesMax);
            CHECK(consistency_holds(old.tree_size, now.tree_size, old.root, now.root, *proof));
            CHECK_FALSE(
                consistency_holds(old.tree_size, now.tree_size, now.root, now.root, *proof));
        }
    }
}

TEST_CASE("a proof is made while the log is being written, and none of what is not there") {
    Log log;
    std::unique_ptr<SpoolWriter> writer = log.open();
    ConsistencyProof prove = consistency_proof_of(log.disk, "/state/spool");
    log.grow(*writer, 5);
    Result<std::vector<Digest>> proof = prove(log.kept[0].tree_size, log.kept[4].tree_size);
    REQUIRE(proof);
    CHECK(consistency_holds(log.kept[0].tree_size, log.kept[4].tree_size, log.kept[0].root,
                            log.kept[4].root, *proof));
    Result<std::vector<Digest>> beyond = prove(log.kept[0].tree_size, 1'000'000);
    REQUIRE_FALSE(beyond.has_value());
    CHECK(beyond.error().code == ErrorCode::kNotFound);
    ConsistencyProof nowhere = consistency_proof_of(log.disk, "/state/none");
    CHECK_FALSE(nowhere(1, 2));
}
