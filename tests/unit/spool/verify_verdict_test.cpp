// Which verdict a log gets that nobody touched, or that only a crash touched; and when none can be
// given.
#include <doctest/doctest.h>

#include "base/hex.h"
#include "spool/control.h"
#include "verify_rig.h"

using namespace llmtrail;

namespace {

// RFC 6962 section 2.1, word for word, as an oracle.
Digest naive_root(const std::vector<Digest>& leaves, size_t from, size_t to) {
    if (from == to) {
        return sha256({});
    }
    if (to - from == 1) {
        return leaves[from];
    }
    size_t k = 1;
    while (k * 2 < to - from) {
        k *= 2;
    }
    Digest left = naive_root(leaves, from, from + k);
    Digest right = naive_root(leaves, from + k, to);
    return sha256(std::string(1, '\x01') + std::string(view(left)) + std::string(view(right)));
}

// The leaves as they stand in the files; a torn frame ends its segment by itself.
std::vector<Digest> leaves_of(const VerifyRig& rig) {
    std::vector<Digest> leaves;
    for (uint64_t no = 0; no <= rig.last_segment(); ++no) {
        Bytes segment = rig.segment(no);
        for (const FramePlace& place : frames_of(segment)) {
            FrameView frame;
            REQUIRE(split_frame(ByteView(segment).substr(place.offset), frame) ==
                    FrameFault::kNone);
            for (size_t i = 0; place.type == FrameType::kBatch && i < frame.header.leaf_count;
                 ++i) {
                Digest leaf;
                frame.clear.copy(leaf.data(), leaf.size(), 4 + 32 * i);
                leaves.push_back(leaf);
            }
            if (place.type == FrameType::kBatch || place.type == FrameType::kSeal) {
                continue;
            }
            Digest digest =
                sha256(std::string(1, '\x04') + std::string(frame.head) + std::string(frame.body));
            Bytes text(1, '\0');
            put_u64(text, leaves.size());
            leaves.push_back(sha256(text + std::string(view(digest))));
        }
    }
    return leaves;
}

void check_against_oracle(const VerifyRig& rig, const VerifyReport& report) {
    std::vector<Digest> leaves = leaves_of(rig);
    REQUIRE(report.tree_size <= leaves.size());
    CHECK(report.root_hex == to_hex(view(naive_root(leaves, 0, report.tree_size))));
}

// A file becomes longer after it was opened.
class GrowingDisk : public FakeDisk {
 public:
    void grow_when_keys_are_read(const std::string& path, const Bytes& content) {
        path_ = path;
        content_ = content;
    }

    Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& path,
                                                        bool follow) override {
        if (path.ends_with(kKeysSuffix) &&
            path.starts_with(path_.substr(0, path_.size() - kSegmentSuffix.size()))) {
            put_file(path_, content_);
        }
        return FakeDisk::open_readable(path, follow);
    }

 private:
    std::string path_;
    Bytes content_;
};

}  // namespace

TEST_CASE(
    "a log of several segments and generations that ended in order is CLEAN, with keys and "
    "without") {
    VerifyRig rig;
    make_standard_log(rig);
    REQUIRE(rig.segments().size() >= 5);
    VerifyReport report = rig.verify();
    check_verdict(report, Verdict::kClean);
    CHECK(report.content_checked);
    CHECK_FALSE(report.trust_is_local);
    CHECK(report.unopened_segments == 0);
    CHECK(report.unknown_frames == 0);
    CHECK(report.segments == rig.segments().size());
    CHECK(report.records > 10);
    CHECK(report.tree_size == leaves_of(rig).size());
    check_against_oracle(rig, report);
    report = rig.verify_keyless();
    check_verdict(report, Verdict::kClean);
    CHECK_FALSE(report.content_checked);
}

TEST_CASE("the reported root is the RFC 6962 root for every size of log") {
    for (int turns = 1; turns <= 12; ++turns) {
        VerifyRig rig;
        make_closed_log(rig, turns, static_cast<uint64_t>(turns), 1 + turns % 3);
        VerifyReport report = rig.verify();
        check_verdict(report, Verdict::kClean);
        CHECK(report.tree_size == leaves_of(rig).size());
        check_against_oracle(rig, report);
    }
}

TEST_CASE("a log whose process died between frames is OPEN_TAIL, and names what no seal covers") {
    VerifyRig rig;
    make_open_log(rig, 3);
    VerifyReport report = rig.verify();
    check_verdict(report, Verdict::kOpenTail);
    uint64_t unsealed = leaves_of(rig).size() - report.tree_size;
    CHECK(unsealed > 0);
    CHECK(report.reason.find("last seal: " + std::to_string(unsealed)) != std::string::npos);
    check_verdict(rig.verify_keyless(), Verdict::kOpenTail);
}

TEST_CASE("a log cut anywhere in its last frame is TORN_TAIL, at that frame") {
    VerifyRig rig;
    make_open_log(rig, 2);
    uint64_t last = rig.last_segment();
    Bytes whole = rig.segment(last);
    FramePlace tail = frames_of(whole).back();
    for (size_t size = tail.offset + 1; size < whole.size(); ++size) {
        CAPTURE(size);
        rig.put(last, ByteView(whole).substr(0, size));
        VerifyReport report = rig.verify_keyless();
        check_verdict(report, Verdict::kTornTail);
        CHECK(report.offset == tail.offset);
        CHECK(report.frame == frames_of(whole).size() - 1);
    }
    rig.put(last, ByteView(whole).substr(0, tail.offset));
    check_verdict(rig.verify(), Verdict::kOpenTail);
}

TEST_CASE("a last segment cut inside its header or its first frames is TORN_TAIL") {
    VerifyRig rig;
    make_closed_log(rig, 2, 7, 3);
    uint64_t last = rig.last_segment();
    REQUIRE(last > 1);
    Bytes whole = rig.segment(last);
    size_t first_end = frames_of(whole)[0].offset + frames_of(whole)[0].size;
    for (size_t size = 0; size < first_end; size += 3) {
        CAPTURE(size);
        rig.put(last, ByteView(whole).substr(0, size));
        check_verdict(rig.verify_keyless(), Verdict::kTornTail);
    }
    rig.put(last, ByteView(whole).substr(0, frames_of(whole)[0].offset));
    check_verdict(rig.verify(), Verdict::kTornTail);
    rig.put(last, ByteView(whole).substr(0, first_end));
    check_verdict(rig.verify(), Verdict::kOpenTail);
}

TEST_CASE(
    "pages that a power cut left zero in the last frame are TORN_TAIL; zeros elsewhere are "
    "TAMPERED") {
    VerifyRig rig;
    rig.options.compression_level = 0;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    writer->append({"small", "", "", ""});
    REQUIRE(writer->commit({}));
    std::string large(20'000, 'x');
    writer->append({"large", large, "", ""});
    REQUIRE(writer->commit({}));
    writer.reset();
    rig.keep_trust();
    Bytes whole = rig.segment(0);
    FramePlace tail = frames_of(whole).back();
    REQUIRE(tail.size > 4 * kPageBytes);
    for (size_t page = 0; page * kPageBytes < whole.size(); ++page) {
        CAPTURE(page);
        size_t begin = std::max(page * kPageBytes, tail.offset);
        size_t end = std::min((page + 1) * kPageBytes, whole.size());
        Bytes torn = whole;
        torn.replace(begin, end - begin, end - begin, '\0');
        rig.put(0, torn);
        check_verdict(rig.verify(), Verdict::kTornTail);
        // One byte short of a page is no page.
        torn[end - 1] = 'x';
        torn[begin] = 'x';
        rig.put(0, torn);
        check_verdict(rig.verify(), Verdict::kTampered);
    }
    Bytes before = whole;
    before.replace(tail.offset - 100, 100, 100, '\0');
    rig.put(0, before);
    check_verdict(rig.verify(), Verdict::kTampered);
}

TEST_CASE("zeros in a frame after which a whole one stands are no crash") {
    VerifyRig rig;
    rig.options.compression_level = 0;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    writer->append({"large", std::string(20'000, 'x'), "", ""});
    REQUIRE(writer->commit({}));
    writer->append({"small", "", "", ""});
    REQUIRE(writer->commit({}));
    writer.reset();
    rig.keep_trust();
    Bytes bytes = rig.segment(0);
    size_t large = find_frame(bytes, FrameType::kBatch).offset;
    bytes.replace(2 * kPageBytes, kPageBytes, kPageBytes, '\0');
    rig.put(0, bytes);
    check_tampered_at(rig.verify(), 0, large);
    check_tampered_at(rig.verify_keyless(), 0, large);
}

TEST_CASE("bytes after an orderly stop are TAMPERED, never a crash") {
    VerifyRig rig;
    make_closed_log(rig, 2);
    uint64_t last = rig.last_segment();
    Bytes whole = rig.segment(last);
    for (const Bytes& more : {Bytes(1, '\0'), Bytes(40, 'x'), Bytes(8192, '\0'),
                              whole.substr(frames_of(whole)[1].offset)}) {
        rig.put(last, whole + more);
        check_tampered_at(rig.verify(), last, whole.size());
        check_tampered_at(rig.verify_keyless(), last, whole.size());
    }
}

TEST_CASE("nothing to look at, nobody to trust and another's log CANNOT be verified") {
    VerifyRig rig;
    rig.disk.put_file(rig.path("notes.txt"), "foreign");
    rig.disk.put_file(rig.path("seg-1.lsp"), "foreign");
    rig.disk.put_file(rig.path("seg-99999999999999999999.lsp"), "foreign");
    rig.disk.put_file(kTrustPath, "ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    check_verdict(rig.verify_keyless(), Verdict::kCannotVerify);
    make_closed_log(rig, 2);
    check_verdict(rig.verify(), Verdict::kClean);  // the foreign files are still there
    check_verdict(verify_spool({rig.options.directory, "", ""}, rig.disk), Verdict::kCannotVerify);
    check_verdict(verify_spool({rig.options.directory, "", "/nowhere"}, rig.disk),
                  Verdict::kCannotVerify);
    check_verdict(verify_spool({"/nowhere", "", kTrustPath}, rig.disk), Verdict::kCannotVerify);
    rig.disk.put_file(kTrustPath, "not a key\n");
    check_verdict(rig.verify(), Verdict::kCannotVerify);
    VerifyRig other(2);
    make_closed_log(other, 2);
    rig.disk.put_file(kTrustPath, other.disk.content(kTrustPath));
    check_verdict(rig.verify(), Verdict::kCannotVerify);
    VerifyReport local =
        verify_spool({rig.options.directory, rig.options.key_directory, ""}, rig.disk);
    check_verdict(local, Verdict::kClean);
    CHECK(local.trust_is_local);
}

TEST_CASE("an I/O error at any operation gives no CLEAN verdict and no false alarm") {
    VerifyRig rig;
    make_standard_log(rig);
    rig.disk.reset_count();
    check_verdict(rig.verify(), Verdict::kClean);
    uint64_t total = rig.disk.operations();
    REQUIRE(total > 50);
    for (uint64_t n = 0; n < total; ++n) {
        CAPTURE(n);
        rig.disk.reset_count();
        rig.disk.fail_operation(n, 5);
        check_verdict(rig.verify(), Verdict::kCannotVerify);
    }
}

TEST_CASE("a header length that does not follow from the first index is no cut header") {
    VerifyRig rig;
    make_closed_log(rig, 1, 7, 2);
    uint64_t last = rig.last_segment();
    Bytes bytes = rig.segment(last);
    bytes[13] = static_cast<char>(bytes[13] ^ 4);  // 1,024 more: beyond the end of the file
    REQUIRE(*segment_header_size(bytes) > bytes.size());
    rig.put(last, bytes);
    check_tampered_at(rig.verify(), last, 0);
}

TEST_CASE("an empty file where the last segment should be is TORN_TAIL, elsewhere TAMPERED") {
    VerifyRig rig;
    make_closed_log(rig, 2, 7, 3);
    uint64_t last = rig.last_segment();
    rig.put(last + 1, "");
    check_verdict(rig.verify(), Verdict::kTornTail);
    rig.remove(last + 1);
    rig.put(1, "");
    check_tampered_at(rig.verify(), 1, 0);
}

TEST_CASE(
    "frames that a running agent appends while the log is read are neither checked nor held "
    "against it") {
    VerifyRig rig;
    make_open_log(rig, 2);
    std::string path = rig.path(segment_file_name(rig.last_segment()));
    Bytes whole = rig.disk.content(path);
    GrowingDisk disk;
    rig.disk.copy_to(disk);
    disk.put_file(path, ByteView(whole).substr(0, frames_of(whole).back().offset));
    disk.grow_when_keys_are_read(path, whole);
    check_verdict(
        verify_spool({rig.options.directory, rig.options.key_directory, kTrustPath}, disk),
        Verdict::kOpenTail);
    CHECK(disk.content(path) == whole);
}

TEST_CASE(
    "a log taken back to an earlier orderly stop, generation by generation, is CLEAN without an "
    "anchor") {
    // The documented limit of local verification: only a checkpoint kept elsewhere tells.
    VerifyRig rig;
    make_closed_log(rig, 2);
    uint64_t closed_at = rig.last_segment();
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(writer->close());
    writer.reset();
    check_verdict(rig.verify(), Verdict::kClean);
    rig.remove(closed_at + 1);
    check_verdict(rig.verify(), Verdict::kClean);
}
