// A stranger's walk over what the writer wrote, with no key but the public one: headers, chain,
// tree, seals.
#include <doctest/doctest.h>

#include <cerrno>
#include <optional>

#include "spool/local_keys.h"
#include "spool/merkle.h"
#include "spool/seal.h"
#include "spool/segment_file.h"
#include "spool_rig.h"

using namespace llmtrail;

namespace {

struct Walker {
    SpoolRig& rig;
    PublicKey identity;
    MerkleTree tree{};
    Digest chain{};
    uint64_t generation = 0;
    std::optional<SealBody> closing{};
    uint64_t seals = 0;
    uint64_t recoveries = 0;
    uint64_t end_of_last_file = 0;
    Sha256 hash{};

    // The state after each frame of the segment before, for a RECOVERY to point into.
    struct Boundary {
        MerkleTree tree;
        Digest chain;
    };

    std::map<uint64_t, Boundary> boundaries{};

    void check_header(const SegmentHeader& header) {
        CHECK(header.signature_valid);
        CHECK(header.log_id == log_id_of(identity));
        CHECK(header.identity_hash == sha256(view(identity)));
        if (header.generation == generation) {
            REQUIRE(closing);
            CHECK((closing->reasons & kSealSegmentEnd) != 0);
            CHECK(header.segment_pk == closing->next_pk);
        } else {
            CHECK(header.generation > generation);
            CHECK(header.segment_pk == identity);
        }
    }

    void begin(SegmentFile& file) {
        FrameView frame;
        uint64_t offset = file.header().header_bytes;
        if (file.header().generation != generation) {
            REQUIRE(*file.frame_at(offset, frame) == FrameFault::kNone);
            offset += frame.header.frame_bytes;
            REQUIRE(*file.frame_at(offset, frame) == FrameFault::kNone);
            REQUIRE(frame.header.type == FrameType::kGenesis);
            bool clean = closing && (closing->reasons & kSealCleanShutdown) != 0;
            CHECK(((decode_genesis(frame.clear)->flags & kGenesisAfterClean) != 0) == clean);
            offset += frame.header.frame_bytes;
            REQUIRE(*file.frame_at(offset, frame) == FrameFault::kNone);
            bool recovery = frame.header.type == FrameType::kRecovery;
            CHECK(recovery == (generation != 0 && !clean));
            if (recovery) {
                ++recoveries;
                RecoveryBody body = *decode_recovery(frame.clear);
                CHECK(body.segment_no + 1 == file.header().segment_no);
                REQUIRE(boundaries.count(body.end_offset) == 1);
                tree = boundaries.at(body.end_offset).tree;
                chain = boundaries.at(body.end_offset).chain;
                CHECK(body.end_index == tree.size());
                CHECK(body.end_chain == chain);
            }
            generation = file.header().generation;
        }
        CHECK(file.header().prev_chain == chain);
        CHECK(file.header().first_index == tree.size());
        CHECK(file.header().frontier == tree.frontier());
    }

    void walk(uint64_t number) {
        Result<SegmentFile> file = SegmentFile::open(rig.disk, rig.path(segment_file_name(number)));
        REQUIRE(file);
        check_header(file->header());
        begin(*file);
        boundaries.clear();
        chain = file->header().header_hash;
        PublicKey seal_key = file->header().first_seal_pk;
        closing.reset();
        uint64_t offset = file->header().header_bytes;
        uint32_t frame_no = 0;
        FrameView frame;
        while (*file->frame_at(offset, frame) == FrameFault::kNone) {
            CHECK(frame.header.frame_no == frame_no++);
            CHECK(frame.header.index == tree.size());
            Digest digest = frame_digest(hash, frame.head, frame.body);
            if (frame.header.type == FrameType::kSeal) {
                ++seals;
                CHECK(seal_signature_valid(file->header(), frame, seal_key));
                SealBody seal = *decode_seal(frame.clear);
                CHECK(seal.root == tree.root());
                CHECK(seal.chain == chain);
                CHECK(seal.tree_size == tree.size());
                seal_key = seal.next_pk;
                closing = seal;
            } else if (frame.header.type == FrameType::kBatch) {
                Result<BatchBody> body = decode_batch_body(frame.clear, frame.header.leaf_count);
                REQUIRE(body);
                for (const Digest& leaf : body->leaves) {
                    tree.add(leaf);
                }
            } else {
                tree.add(control_leaf(hash, frame.header.index, digest));
            }
            if (frame.header.type != FrameType::kSeal) {
                closing.reset();
            }
            chain = chain_after(hash, chain, digest);
            offset += frame.header.frame_bytes;
            boundaries[offset] = {tree, chain};
        }
        end_of_last_file = offset;
    }

    void walk_all() {
        for (uint64_t number = 0; number < rig.segments().size(); ++number) {
            CAPTURE(number);
            walk(number);
        }
    }
};

Walker walker_of(SpoolRig& rig) {
    return {rig, *read_public_key(rig.disk, identity_public_path(rig.options.key_directory))};
}

}  // namespace

TEST_CASE("headers, chain, tree and one-time seal keys join over segments and clean restarts") {
    SpoolRig rig;
    Workload work;
    FakeRandom shapes(61);
    for (int start = 0; start < 3; ++start) {
        std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
        REQUIRE(work.run(rig, *writer, 25, shapes));
        REQUIRE(writer->close());
    }
    Walker walker = walker_of(rig);
    walker.walk_all();
    CHECK(walker.generation == 3);
    CHECK(walker.recoveries == 0);
    CHECK(walker.seals > rig.segments().size());
    REQUIRE(walker.closing);
    CHECK((walker.closing->reasons & kSealCleanShutdown) != 0);
    CHECK(walker.end_of_last_file == rig.disk.content(rig.path(rig.segments().back())).size());
}

TEST_CASE(
    "headers, chain, tree and seals join over crashes and failed syncs, which RECOVERY states") {
    FakeRandom random(71);
    for (uint64_t round = 0; round < 60; ++round) {
        CAPTURE(round);
        SpoolRig rig(round + 1);
        Workload work;
        FakeRandom shapes(round);
        PowerCut kinds[] = {PowerCut::kForget, PowerCut::kPrefix, PowerCut::kZeroPages,
                            PowerCut::kKeepAll};
        for (int start = 0; start < 4; ++start) {
            rig.disk.reset_count();
            work.new_process();
            if (start != 0) {
                rig.disk.stop_after(random.below(120));
            }
            {
                Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
                if (writer) {
                    (void)work.run(rig, **writer, 15, shapes);
                }
            }
            rig.disk.power_cut(kinds[random.below(4)], random);
            rig.disk.fail_operation(random.below(120), EIO);
            work.new_process();
            Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
            if (writer) {
                (void)work.run(rig, **writer, 10, shapes);
                (void)work.run(rig, **writer, 10, shapes);
            }
        }
        rig.disk.reset_count();
        REQUIRE((*rig.open())->close());
        Walker walker = walker_of(rig);
        walker.walk_all();
        CHECK(walker.recoveries > 0);
        REQUIRE(walker.closing);
        CHECK((walker.closing->reasons & kSealCleanShutdown) != 0);
        check_all_readable(rig, work.committed());
    }
}
