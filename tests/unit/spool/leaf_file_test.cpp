// Leaf files: what they keep, and that nothing in them can be changed unseen.
#include <doctest/doctest.h>

#include "removal_rig.h"
#include "spool/crc32c.h"

using namespace llmtrail;

namespace {

constexpr const char* kLeafPath = "/state/spool/seg-00000000000000000000.leaf";

// A closed log of three segments.
struct LeafRig : RemovalRig {
    LeafRig() {
        make_closed_log(*this, 6, 7, 3);
        REQUIRE(segments().size() >= 3);
    }

    SegmentEnd end_of(uint64_t segment_no) {
        SegmentCatalog catalog(disk, options.directory);
        REQUIRE(catalog.refresh(last_segment()));
        return *catalog.end_of(*catalog.find(segment_no));
    }

    Result<void> write(uint64_t segment_no, const SegmentEnd& end) {
        disk.remove_file(kLeafPath);
        std::unique_ptr<AppendFile> out = std::move(*disk.create_exclusive(kLeafPath, 0600));
        Result<SegmentFile> file = SegmentFile::open(disk, path(segment_file_name(segment_no)));
        return write_leaf(&*file, end, out.get());
    }

    Bytes leaf_of(uint64_t segment_no) {
        REQUIRE(write(segment_no, end_of(segment_no)));
        return disk.content(kLeafPath);
    }
};

// Notes the largest read that it was asked for.
class MeteredDisk : public FakeDisk {
 public:
    class File : public ReadableFile {
     public:
        File(std::unique_ptr<ReadableFile> real, size_t& most)
            : real_(std::move(real)), most_(most) {}

        Result<size_t> read_at(uint64_t offset, char* out, size_t size) override {
            most_ = std::max(most_, size);
            return real_->read_at(offset, out, size);
        }

        Result<FileInfo> info() override { return real_->info(); }

     private:
        std::unique_ptr<ReadableFile> real_;
        size_t& most_;
    };

    Result<std::unique_ptr<ReadableFile>> open_readable(const std::string& path,
                                                        bool follow) override {
        Result<std::unique_ptr<ReadableFile>> real = FakeDisk::open_readable(path, follow);
        if (real) {
            real = std::make_unique<File>(std::move(*real), most_bytes);
        }
        return real;
    }

    size_t most_bytes = 0;
};

// Everything a reader gets out of a leaf file, or where it stops.
std::string read_all(FileSystem& files) {
    Result<LeafFile> leaf = LeafFile::open(files, kLeafPath);
    if (!leaf) {
        return "refused: " + leaf.error().message;
    }
    std::string seen = leaf->header() ? std::to_string(leaf->header()->segment_no) : "void";
    LeafItem item;
    for (;;) {
        Result<bool> more = leaf->next(item);
        if (!more) {
            return "refused: " + more.error().message;
        }
        if (!*more) {
            return seen;
        }
        seen += item.is_batch
                    ? " batch " + std::to_string(item.leaves.size())
                    : " frame " + std::to_string(static_cast<int>(item.frame.header.type));
    }
}

void repair(Bytes& leaf) {
    leaf.resize(leaf.size() - 4);
    put_u32(leaf, crc32c(leaf));
}

}  // namespace

TEST_CASE("a leaf file keeps header, control frames and leaves, and no content") {
    LeafRig rig;
    Bytes leaf = rig.leaf_of(0);
    Bytes segment = rig.segment(0);
    CHECK(leaf.size() < segment.size());
    CHECK(segment.find("envelope of") == Bytes::npos);
    std::string seen = read_all(rig.disk);
    CHECK(seen.starts_with("0 frame 1 frame 4 frame 3 batch "));
    CHECK(seen.ends_with("frame 3"));
    CHECK(std::count(seen.begin(), seen.end(), 'b') >= 6);
    CHECK(ByteView(leaf).substr(16, 428) == ByteView(segment).substr(0, 428));
}

TEST_CASE("a leaf file made twice is the same bytes") {
    LeafRig rig;
    Bytes first = rig.leaf_of(1);
    CHECK(rig.leaf_of(1) == first);
}

TEST_CASE("a log whose segments stand as leaf files is walked as before") {
    LeafRig rig;
    for (uint64_t number = 0; number + 1 < rig.segments().size(); ++number) {
        CAPTURE(number);
        Bytes leaf = rig.leaf_of(number);
        rig.disk.remove_file(kLeafPath);
        LeafRig other;
        other.disk.put_file(other.path(leaf_file_name(number)), leaf);
        other.remove(number);
        LogChecker checker(other.disk, other.options.directory);
        CHECK(checker.check() ==
              "leaf file " + std::to_string(number) + " without a sealed pruning");
    }
}

TEST_CASE("a leaf file with any byte changed is refused, or no longer fits the log") {
    LeafRig rig;
    Bytes whole = rig.leaf_of(0);
    rig.disk.remove_file(kLeafPath);
    Bytes payload = rig.segment(0);
    rig.remove(0);
    uint64_t differs = 0;
    for (size_t at = 0; at < whole.size(); ++at) {
        CAPTURE(at);
        Bytes bytes = whole;
        flip(bytes, at);
        rig.disk.put_file(kLeafPath, bytes);
        REQUIRE(read_all(rig.disk).starts_with("refused: "));
        repair(bytes);
        if (bytes == whole) {
            continue;  // the checksum itself
        }
        rig.disk.put_file(kLeafPath, bytes);
        LogChecker checker(rig.disk, rig.options.directory);
        std::string found = checker.check();
        CHECK(found.starts_with("segment "));
        ++differs;
    }
    CHECK(differs == whole.size() - 4);
}

TEST_CASE("a leaf file cut anywhere or lengthened is refused") {
    LeafRig rig;
    Bytes whole = rig.leaf_of(0);
    for (size_t size = 0; size < whole.size(); size += 3) {
        CAPTURE(size);
        Bytes bytes = whole.substr(0, size);
        rig.disk.put_file(kLeafPath, bytes);
        CHECK(read_all(rig.disk).starts_with("refused: "));
        if (size > 20) {
            repair(bytes);
            rig.disk.put_file(kLeafPath, bytes);
            LogChecker checker(rig.disk, rig.options.directory);
            (void)checker.check();  // a payload stands beside it; no crash is all that is asked
            (void)read_all(rig.disk);
        }
    }
    rig.disk.put_file(kLeafPath, whole + "x");
    CHECK(read_all(rig.disk).starts_with("refused: "));
}

TEST_CASE("lengths of a leaf file beyond its bytes are refused without reading them") {
    LeafRig rig;
    Bytes whole = rig.leaf_of(0);
    for (uint32_t size : {uint32_t{0xFFFFFFFF}, uint32_t{1} << 30, uint32_t{0}}) {
        Bytes bytes = whole;
        Bytes length;
        put_u32(length, size);
        bytes.replace(12, 4, length);  // of the header
        repair(bytes);
        rig.disk.put_file(kLeafPath, bytes);
        CHECK(read_all(rig.disk).starts_with("refused: "));
        bytes = whole;
        bytes.replace(16 + 428 + 1, 4, length);  // of the first item
        repair(bytes);
        rig.disk.put_file(kLeafPath, bytes);
        CHECK(read_all(rig.disk).starts_with("refused: "));
    }
}

TEST_CASE("an item that claims to be a large frame is read no further than its header") {
    LeafRig rig;
    Bytes bytes = rig.leaf_of(0);
    constexpr uint32_t kLargeBytes = uint32_t{40} << 20;
    size_t first_item = 16 + 428;
    Bytes head(1, '\x01');
    put_u32(head, kLargeBytes);
    bytes.insert(first_item,
                 head + bytes.substr(first_item + 5, 72) + Bytes(kLargeBytes - 72, 'x'));
    repair(bytes);
    MeteredDisk disk;
    rig.disk.copy_to(disk);
    disk.put_file(kLeafPath, bytes);
    CHECK(read_all(disk).starts_with("refused: "));
    CHECK(disk.most_bytes <= size_t{1} << 20);
}

TEST_CASE("a later version of a leaf file is that of its segment, or the file is damaged") {
    LeafRig rig;
    Bytes bytes = rig.leaf_of(0);
    bytes[8] = 2;
    repair(bytes);
    rig.disk.put_file(kLeafPath, bytes);
    CHECK(LeafFile::open(rig.disk, kLeafPath).error().code == ErrorCode::kCorrupt);

    Bytes segment = rig.segment(0);
    segment[8] = 2;
    sign_header(rig, segment);
    size_t header_bytes = *segment_header_size(segment);
    bytes.replace(16, header_bytes, segment.substr(0, header_bytes));
    repair(bytes);
    rig.disk.put_file(kLeafPath, bytes);
    CHECK(LeafFile::open(rig.disk, kLeafPath).error().code == ErrorCode::kUnsupported);
}

TEST_CASE("a segment that is not what it was makes no leaf file") {
    LeafRig rig;
    SegmentEnd end = rig.end_of(0);
    Bytes segment = rig.segment(0);
    for (size_t at = 16; at < segment.size(); at += 5) {
        CAPTURE(at);
        Bytes bytes = segment;
        flip(bytes, at);
        rig.put(0, bytes);
        Result<SegmentFile> file = SegmentFile::open(rig.disk, rig.path(segment_file_name(0)));
        if (file) {
            CHECK(write_leaf(&*file, end, nullptr).error().code == ErrorCode::kCorrupt);
        }
    }
    rig.put(0, segment.substr(0, frames_of(segment).back().offset));
    Result<SegmentFile> file = SegmentFile::open(rig.disk, rig.path(segment_file_name(0)));
    CHECK(write_leaf(&*file, end, nullptr).error().code == ErrorCode::kCorrupt);
    rig.put(0, segment);
    file = SegmentFile::open(rig.disk, rig.path(segment_file_name(0)));
    CHECK(write_leaf(&*file, end, nullptr));
}
