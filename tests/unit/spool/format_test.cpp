// Bytes <-> structs: checksums, header, frames, control bodies, seals, tree, names.
#include <doctest/doctest.h>

#include "base/hex.h"
#include "fakes/fake_random.h"
#include "spool/crc32c.h"
#include "spool/merkle.h"
#include "spool/seal.h"

using namespace llmtrail;

namespace {

// RFC 6962 section 2.1 as it is written, without any of the program's shortcuts.
Digest naive_root(const std::vector<Digest>& leaves, size_t from, size_t to) {
    if (from == to) {
        return sha256("");
    }
    if (to - from == 1) {
        return leaves[from];
    }
    size_t split = 1;
    while (split * 2 < to - from) {
        split *= 2;
    }
    Digest left = naive_root(leaves, from, from + split);
    Digest right = naive_root(leaves, from + split, to);
    return sha256(std::string(1, '\x01') + Bytes(view(left)) + Bytes(view(right)));
}

SegmentHeader some_header(FakeRandom& random, SigningKey& signer, uint64_t first_index) {
    SegmentHeader header;
    header.generation = 3;
    header.segment_no = 9;
    header.first_index = first_index;
    header.wall_ns = 12345;
    header.monotonic_ns = 678;
    MerkleTree tree;
    for (uint64_t i = 0; i < first_index; ++i) {
        tree.add(sha256(std::to_string(i)));
    }
    header.frontier = tree.frontier();
    signer = *SigningKey::generate(random);
    header.identity_hash = sha256(view(signer.public_key()));
    return header;
}

}  // namespace

TEST_CASE("CRC-32C gives its check value, in one piece or several, and the RFC 3720 examples") {
    CHECK(crc32c("123456789") == 0xE3069283U);
    CHECK(crc32c("6789", crc32c("12345")) == 0xE3069283U);
    CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43U);
    CHECK(crc32c("") == 0);
}

TEST_CASE(
    "the tree has the root of the RFC 6962 recursion for every size up to 70, also when resumed") {
    std::vector<Digest> leaves;
    MerkleTree tree;
    CHECK(tree.root() == naive_root(leaves, 0, 0));
    for (int i = 0; i < 70; ++i) {
        leaves.push_back(sha256("leaf " + std::to_string(i)));
        tree.add(leaves.back());
        CHECK(tree.root() == naive_root(leaves, 0, leaves.size()));
        std::optional<MerkleTree> resumed = MerkleTree::resume(tree.size(), tree.frontier());
        REQUIRE(resumed);
        CHECK(resumed->root() == tree.root());
    }
    CHECK_FALSE(MerkleTree::resume(5, {leaves[0]}));
}

TEST_CASE("segment names carry twenty digits and nothing else passes") {
    CHECK(segment_file_name(7) == "seg-00000000000000000007.lsp");
    CHECK(segment_number_of("seg-00000000000000000007.lsp", ".lsp") == 7);
    CHECK(segment_number_of("seg-18446744073709551615.lsp", ".lsp") == ~uint64_t{0});
    CHECK_FALSE(segment_number_of("seg-18446744073709551616.lsp", ".lsp"));
    CHECK_FALSE(segment_number_of("seg-0000000000000000007.lsp", ".lsp"));
    CHECK_FALSE(segment_number_of("seg-+0000000000000000007.lsp", ".lsp"));
    CHECK_FALSE(segment_number_of("seg-00000000000000000007.lsp.new", ".lsp"));
}

TEST_CASE("a segment header reads back and says whether its signature is good") {
    FakeRandom random(3);
    SigningKey signer = *SigningKey::generate(random);
    SegmentHeader header = some_header(random, signer, 5);
    Bytes bytes = encode_segment_header(header, signer);
    CHECK(bytes.size() == 428 + 32 * 2);
    Result<SegmentHeader> read = decode_segment_header(bytes + "frames follow");
    REQUIRE(read);
    CHECK(read->signature_valid);
    CHECK(read->identity_signed());
    CHECK(read->generation == 3);
    CHECK(read->segment_no == 9);
    CHECK(read->first_index == 5);
    CHECK(read->wall_ns == 12345);
    CHECK(read->frontier == header.frontier);
    CHECK(read->header_hash == header.header_hash);
}

TEST_CASE(
    "no byte of a segment header can be changed unnoticed, even with the checksum made right "
    "again") {
    FakeRandom random(4);
    SigningKey signer = *SigningKey::generate(random);
    SegmentHeader header = some_header(random, signer, 3);
    Bytes bytes = encode_segment_header(header, signer);
    for (size_t i = 0; i < bytes.size() - 4; ++i) {
        Bytes changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        CHECK_FALSE(decode_segment_header(changed));
        Bytes crc;
        put_u32(crc, crc32c(ByteView(changed).substr(0, changed.size() - 4)));
        changed.replace(changed.size() - 4, 4, crc);
        Result<SegmentHeader> read = decode_segment_header(changed);
        bool minor_version = i == 10 || i == 11;
        if (read) {
            INFO("byte ", i);
            CHECK_FALSE(read->signature_valid);
        } else {
            CHECK_FALSE(minor_version);
        }
    }
    for (size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(decode_segment_header(ByteView(bytes).substr(0, size)));
    }
}

TEST_CASE("a frame splits into its parts, and a change in any byte is a fault") {
    FrameHeader header;
    header.type = FrameType::kBatch;
    header.section_mask = 0b0101;
    header.leaf_count = 1;
    header.clear_bytes = 36;
    header.section_bytes = {20, 0, 17, 0};
    header.frame_bytes = 72 + 36 + 20 + 17;
    Bytes bytes = "before";
    put_frame_header(bytes, header);
    bytes += std::string(36, 'c') + std::string(20, 'e') + std::string(17, 's');
    finish_frame(bytes, 6);
    bytes.erase(0, 6);
    FrameView frame;
    Bytes longer = bytes + "next frame";
    REQUIRE(split_frame(longer, frame) == FrameFault::kNone);
    CHECK(frame.clear == std::string(36, 'c'));
    CHECK(frame.sections[0] == std::string(20, 'e'));
    CHECK(frame.sections[2] == std::string(17, 's'));
    CHECK(frame.sections[1].empty());
    CHECK(frame.trailer.empty());
    for (size_t i = 0; i < bytes.size(); ++i) {
        Bytes changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 0x40);
        CHECK(split_frame(changed, frame) != FrameFault::kNone);
    }
    CHECK(split_frame("", frame) == FrameFault::kEnd);
    for (size_t size = 1; size < bytes.size(); ++size) {
        CHECK(split_frame(ByteView(bytes).substr(0, size), frame) == FrameFault::kShort);
    }
}

TEST_CASE("a frame header that contradicts itself is refused whatever its checksum says") {
    auto fault_of = [](void (*change)(FrameHeader&)) {
        FrameHeader header;
        header.type = FrameType::kPositions;
        header.leaf_count = 1;
        header.section_bytes = {16, 0, 0, 0};
        header.frame_bytes = 72 + 16;
        change(header);
        Bytes bytes;
        put_frame_header(bytes, header);
        bytes += std::string(16, 't');
        finish_frame(bytes, 0);
        FrameView frame;
        return split_frame(bytes, frame);
    };
    CHECK(fault_of([](FrameHeader&) {}) == FrameFault::kNone);
    CHECK(fault_of([](FrameHeader& h) { h.frame_bytes = 0xffffffff; }) == FrameFault::kFields);
    CHECK(fault_of([](FrameHeader& h) { h.clear_bytes = 0xffffffff; }) == FrameFault::kFields);
    CHECK(fault_of([](FrameHeader& h) { h.leaf_count = 2; }) == FrameFault::kFields);
    CHECK(fault_of([](FrameHeader& h) { h.leaf_count = 0; }) == FrameFault::kFields);
    CHECK(fault_of([](FrameHeader& h) { h.section_mask = 3; }) == FrameFault::kFields);
    CHECK(fault_of([](FrameHeader& h) { h.flags = 2; }) == FrameFault::kFields);
    CHECK(fault_of([](FrameHeader& h) { h.index = ~uint64_t{0}; }) == FrameFault::kFields);
    CHECK(fault_of([](FrameHeader& h) { h.frame_no = 0xffffffff; }) == FrameFault::kFields);
}

TEST_CASE("control bodies read back as they were written") {
    PositionsBody positions{{{"a", "1"}, {"b", ""}}, {{"soc", 17}, {"splunk", 3}}, "totals"};
    Result<PositionsBody> read = decode_positions(encode_positions(positions));
    REQUIRE(read);
    CHECK(read->entries.size() == 2);
    CHECK(read->entries[1].key == "b");
    CHECK(read->cursors == positions.cursors);
    CHECK(read->ledger == "totals");

    RecoveryBody recovery;
    recovery.reason = RecoveryReason::kTorn;
    recovery.os_error = 5;
    recovery.segment_no = 8;
    recovery.end_offset = 1000;
    recovery.file_bytes = 1010;
    recovery.tail_hash = sha256("tail");
    recovery.end_index = 44;
    recovery.end_chain = sha256("chain");
    Bytes bytes = encode_recovery(recovery);
    CHECK(bytes.size() == 104);
    Result<RecoveryBody> again = decode_recovery(bytes);
    REQUIRE(again);
    CHECK(again->reason == RecoveryReason::kTorn);
    CHECK(again->os_error == 5);
    CHECK(again->end_offset == 1000);
    CHECK(again->tail_hash == recovery.tail_hash);
    CHECK(again->end_chain == recovery.end_chain);
    CHECK_FALSE(decode_recovery(bytes + "x"));

    GenesisBody genesis{kGenesisAfterClean, 4, 12, "0.1.0"};
    Result<GenesisBody> start = decode_genesis(encode_genesis(genesis));
    REQUIRE(start);
    CHECK(start->flags == kGenesisAfterClean);
    CHECK(start->agent_version == "0.1.0");
}

TEST_CASE(
    "counts and lengths that the bytes cannot hold are refused before anything is allocated") {
    Bytes huge;
    put_varint(huge, ~uint64_t{0});
    CHECK_FALSE(decode_positions(huge));
    Bytes cursors;
    put_varint(cursors, 0);
    put_varint(cursors, 1'000'000);
    CHECK_FALSE(decode_positions(cursors));
    Bytes batch;
    put_u32(batch, 0xffffffff);
    CHECK_FALSE(decode_batch_body(batch, 0xffff));
    CHECK_FALSE(decode_batch_body(batch, 0));
    FakeRandom random(5);
    for (int i = 0; i < 20'000; ++i) {
        Bytes noise(static_cast<size_t>(random.below(300)), '\0');
        REQUIRE(random.fill(noise.data(), noise.size()));
        (void)decode_positions(noise);
        (void)decode_recovery(noise);
        (void)decode_genesis(noise);
        (void)decode_seal(noise);
        (void)decode_batch_body(noise, static_cast<uint32_t>(random.below(4)));
    }
}

TEST_CASE("a seal reads back with all it states") {
    SealBody seal;
    seal.tree_size = 12;
    seal.root = sha256("root");
    seal.chain = sha256("chain");
    seal.durable_index = 11;
    seal.seal_no = 3;
    seal.monotonic_ns = -1;
    seal.clock = {0x41, 37, 12, 500};
    seal.reasons = kSealInterval;
    seal.cursors = {{"soc", 9}};
    seal.ledger = "totals";
    Result<SealBody> read = decode_seal(encode_seal(seal));
    REQUIRE(read);
    CHECK(read->tree_size == 12);
    CHECK(read->root == seal.root);
    CHECK(read->chain == seal.chain);
    CHECK(read->durable_index == 11);
    CHECK(read->clock.tai_offset_seconds == 37);
    CHECK(read->clock.maximum_error_us == 500);
    CHECK(read->cursors == seal.cursors);
    CHECK(read->ledger == "totals");
    CHECK_FALSE(read->closes_segment());
    seal.durable_index = 13;
    CHECK_FALSE(decode_seal(encode_seal(seal)));
}
