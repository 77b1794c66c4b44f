#include "spool/anchor_frame.h"

#include <doctest/doctest.h>

#include "spool/format.h"
#include "spool/verify.h"
#include "spool_rig.h"

using namespace llmtrail;

TEST_CASE("an anchor's body round trips, and no other bytes are one") {
    for (AnchorHolderKind kind :
         {AnchorHolderKind::kOutput, AnchorHolderKind::kWitness, AnchorHolderKind::kTimestamp}) {
        AnchorBody body{kind, "soc", 77, sha256("root"), "receipt"};
        Bytes bytes = encode_anchor(body);
        CHECK(decode_anchor(bytes).value() == body);
        CHECK_FALSE(anchor_holder_kind_name(kind).empty());
        for (size_t size = 0; size < bytes.size(); ++size) {
            CHECK_FALSE(decode_anchor(ByteView(bytes).substr(0, size)));
        }
        CHECK_FALSE(decode_anchor(bytes + "x"));
    }
    auto refused = [](const AnchorBody& body) { return !decode_anchor(encode_anchor(body)); };
    AnchorBody body{AnchorHolderKind::kOutput, "soc", 1, {}, ""};
    CHECK_FALSE(refused(body));
    body.kind = static_cast<AnchorHolderKind>(0);
    CHECK(refused(body));
    body.kind = static_cast<AnchorHolderKind>(4);
    CHECK(refused(body));
    body = {AnchorHolderKind::kOutput, "", 1, {}, ""};
    CHECK(refused(body));
    body.holder.assign(kOutputIdBytesMax + 1, 'h');
    CHECK(refused(body));
    body = {AnchorHolderKind::kOutput, "soc", 1, {}, Bytes(kAnchorReceiptBytesMax + 1, 'r')};
    CHECK(refused(body));
}

namespace {

AnchorBody anchor_of(const Checkpoint& checkpoint) {
    return {AnchorHolderKind::kWitness, "w", checkpoint.body.tree_size, checkpoint.body.root,
            checkpoint.note};
}

VerifyReport verified(SpoolRig& rig, std::vector<KeptCheckpoint> kept = {}) {
    VerifyOptions options{.directory = rig.options.directory,
                          .key_directory = rig.options.key_directory};
    options.kept.list = std::move(kept);
    options.kept.files = {"kept"};
    return verify_spool(options, rig.disk);
}

}  // namespace

TEST_CASE(
    "a checkpoint is that of the last seal, through rotations and restarts, and holds later") {
    SpoolRig rig;
    Workload work;
    std::vector<KeptCheckpoint> kept;
    uint64_t generation = 0;
    for (int life = 0; life < 4; ++life) {
        auto writer = rig.open().value();
        Checkpoint first = writer->checkpoint();
        CHECK(first.generation == ++generation);
        CHECK(first.seal_no == 0);
        uint64_t seal_no = 0;
        for (int i = 0; i < 40; ++i) {
            REQUIRE(work.commit(*writer, rig.random));
            REQUIRE(writer->seal(SealReason::kInterval));
            Checkpoint checkpoint = writer->checkpoint();
            CHECK(checkpoint.body.tree_size >= first.body.tree_size);
            CHECK(checkpoint.body.tree_size == writer->sealed_size());
            CHECK(checkpoint.seal_no > seal_no);
            seal_no = checkpoint.seal_no;
            CHECK(checkpoint.durable_index == checkpoint.body.tree_size);
            REQUIRE(writer->append_anchor(anchor_of(checkpoint)));
            kept.push_back({checkpoint.body.tree_size, checkpoint.body.root});
        }
        if (life % 2 == 0) {
            REQUIRE(writer->close());
        } else {
            writer.reset();
            work.new_process();
            rig.disk.power_cut(PowerCut::kForget, rig.random);
        }
    }
    REQUIRE(rig.segments().size() > 4);
    VerifyReport report = verified(rig, kept);
    CHECK_MESSAGE(report.verdict == Verdict::kOpenTail, report.reason);
    kept.back().root[0] ^= 1;
    CHECK(verified(rig, kept).verdict == Verdict::kTampered);
}

TEST_CASE("a full spool still takes anchors, and an anchor of an impossible size is refused") {
    SpoolRig rig;
    rig.options.max_size_bytes = 512 * 1024;
    auto writer = rig.open().value();
    Workload work;
    while (work.commit(*writer, rig.random)) {
    }
    REQUIRE(work.last_error.code == ErrorCode::kNoSpace);
    REQUIRE(writer->seal(SealReason::kForced));
    AnchorBody anchor = anchor_of(writer->checkpoint());
    CHECK(writer->append_anchor(anchor));
    anchor.holder.clear();
    CHECK(writer->append_anchor(anchor).error().code == ErrorCode::kInvalidArgument);
    anchor.holder = "w";
    anchor.receipt.assign(kAnchorReceiptBytesMax + 1, 'r');
    CHECK(writer->append_anchor(anchor).error().code == ErrorCode::kInvalidArgument);
    REQUIRE(writer->close());
    CHECK(verified(rig).verdict == Verdict::kClean);
}
