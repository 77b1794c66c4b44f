#include "spool/leaf_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "spool/control.h"
#include "spool/crc32c.h"
#include "spool/seal.h"

namespace llmtrail {
namespace {

constexpr size_t kItemHeadBytes = 5;
constexpr size_t kCrcBytes = 4;
constexpr size_t kPieceBytes = size_t{256} << 10;
constexpr uint8_t kFrameItem = 1;
constexpr uint8_t kBatchItem = 2;

tl::unexpected<Error> corrupt(const char* what) {
    return fail(ErrorCode::kCorrupt, what);
}

// Buffers what is appended and keeps its checksum. Without a file it does nothing.
class LeafSink {
 public:
    explicit LeafSink(AppendFile* file) : file_(file) {}

    Result<void> put(ByteView bytes) {
        if (file_ == nullptr) {
            return {};
        }
        crc_ = crc32c(bytes, crc_);
        buffer_.append(bytes);
        return buffer_.size() < kPieceBytes ? Result<void>{} : flush();
    }

    Result<void> finish() {
        if (file_ == nullptr) {
            return {};
        }
        put_u32(buffer_, crc_);
        return flush();
    }

 private:
    Result<void> flush() {
        Result<void> written = file_->append(buffer_);
        buffer_.clear();
        return written;
    }

    AppendFile* file_;
    Bytes buffer_;
    uint32_t crc_ = 0;
};

// One segment on its way into a leaf file.
class LeafWalk {
 public:
    LeafWalk(SegmentFile& segment, const SegmentEnd& end, LeafSink& sink)
        : segment_(segment), end_(end), sink_(sink) {}

    Result<void> run() {
        const SegmentHeader& header = segment_.header();
        std::optional<MerkleTree> tree = MerkleTree::resume(header.first_index, header.frontier);
        if (!tree || !header.signature_valid) {
            return corrupt("the segment's header is not what its writer signed");
        }
        head_ = LogHead{header.header_hash, std::move(*tree)};
        uint64_t offset = header.header_bytes;
        uint64_t stop = end_.stated_end.value_or(segment_.size_bytes());
        while (offset < stop) {
            FrameView frame;
            Result<FrameFault> fault = segment_.frame_at(offset, frame);
            if (!fault) {
                return fail(fault.error());
            }
            if (*fault != FrameFault::kNone || frame.header.frame_bytes > stop - offset) {
                return corrupt("a frame of the segment is not whole");
            }
            Result<void> taken = take(frame);
            if (!taken) {
                return taken;
            }
            offset += frame.header.frame_bytes;
        }
        bool ends = head_.tree.size() == end_.index && head_.chain == end_.chain &&
                    head_.tree.frontier() == end_.frontier;
        return ends ? Result<void>{}
                    : Result<void>(corrupt("the segment does not end where the next one begins"));
    }

 private:
    Result<void> take(const FrameView& frame) {
        const FrameHeader& header = frame.header;
        if (header.frame_no != frame_no_ || header.index != head_.tree.size()) {
            return corrupt("a frame of the segment is out of order");
        }
        frame_no_ += 1;
        Digest digest = frame_digest(hash_, frame.head, frame.body);
        Result<void> kept;
        if (header.type == FrameType::kBatch) {
            kept = take_batch(frame, digest);
        } else {
            if (header.type != FrameType::kSeal) {
                head_.tree.add(control_leaf(hash_, header.index, digest));
            }
            // Head, checksums and body stand one after the other in the buffer that was read.
            kept = put_item(kFrameItem, {frame.head.data(), header.frame_bytes});
        }
        head_.chain = chain_after(hash_, head_.chain, digest);
        return kept;
    }

    Result<void> take_batch(const FrameView& frame, const Digest& digest) {
        Result<BatchBody> body = decode_batch_body(frame.clear, frame.header.leaf_count);
        if (!body) {
            return fail(body.error());
        }
        item_.assign(digest.data(), digest.size());
        for (const Digest& leaf : body->leaves) {
            head_.tree.add(leaf);
            item_.append(view(leaf));
        }
        return put_item(kBatchItem, item_);
    }

    Result<void> put_item(uint8_t kind, ByteView bytes) {
        Bytes head;
        put_u8(head, kind);
        put_u32(head, static_cast<uint32_t>(bytes.size()));
        Result<void> put = sink_.put(head);
        return put ? sink_.put(bytes) : put;
    }

    SegmentFile& segment_;
    const SegmentEnd& end_;
    LeafSink& sink_;
    Sha256 hash_;
    LogHead head_;
    Bytes item_;
    uint32_t frame_no_ = 0;
};

Bytes prefix_of(size_t header_bytes) {
    Bytes out(kLeafMagic);
    put_u16(out, kLeafVersion);
    put_u16(out, 0);
    put_u32(out, static_cast<uint32_t>(header_bytes));
    return out;
}

}  // namespace

Result<void> write_leaf(SegmentFile* segment, const SegmentEnd& end, AppendFile* out) {
    LeafSink sink(out);
    Result<void> done;
    if (segment == nullptr) {
        done = sink.put(prefix_of(0));
    } else {
        Result<Bytes> header = segment->header_bytes();
        if (!header) {
            return fail(header.error());
        }
        done = sink.put(prefix_of(header->size()) + *header);
        if (done) {
            done = LeafWalk(*segment, end, sink).run();
        }
    }
    return done ? sink.finish() : done;
}

Result<LeafFile> LeafFile::open(FileSystem& files, const std::string& path) {
    LeafFile leaf;
    Result<std::unique_ptr<ReadableFile>> file = files.open_readable(path, false);
    if (!file) {
        return fail(file.error());
    }
    leaf.file_ = std::move(*file);
    Result<FileInfo> info = leaf.file_->info();
    if (!info) {
        return fail(info.error());
    }
    leaf.size_bytes_ = info->size_bytes;
    Result<void> read = leaf.read_header();
    return read ? Result<LeafFile>(std::move(leaf)) : Result<LeafFile>(fail(read.error()));
}

Result<void> LeafFile::read_header() {
    Result<void> read = read_range(*file_, 0, kLeafPrefixBytes + kHeaderBytesMax, buffer_);
    if (!read) {
        return read;
    }
    ByteReader reader(buffer_);
    bool magic = reader.take(kLeafMagic.size()) == kLeafMagic;
    uint16_t version = reader.u16();
    uint16_t zero = reader.u16();
    uint32_t header_bytes = reader.u32();
    if (!reader.ok() || !magic) {
        return corrupt("no leaf file");
    }
    bool fits = size_bytes_ >= kLeafPrefixBytes + kCrcBytes &&
                header_bytes <= size_bytes_ - kLeafPrefixBytes - kCrcBytes &&
                header_bytes <= kHeaderBytesMax;
    if (zero != 0 || !fits) {
        return corrupt("a leaf file's beginning is not what the format says");
    }
    Bytes header(ByteView(buffer_).substr(kLeafPrefixBytes, header_bytes));
    Result<void> sum = check_sum();
    if (!sum) {
        return sum;
    }
    at_ = kLeafPrefixBytes + header_bytes;
    // The header is signed, the leaf file's own version is not: it says nothing new.
    uint16_t segment_version = header_bytes == 0 ? kLeafVersion : segment_major(header);
    if (version != segment_version) {
        return corrupt("a leaf file of another version than the segment it was made of");
    }
    if (header_bytes == 0) {
        return at_ + kCrcBytes == size_bytes_
                   ? Result<void>{}
                   : Result<void>(corrupt("a leaf file without header has items"));
    }
    Result<size_t> own_bytes = segment_header_size(header);
    if (own_bytes && *own_bytes != header_bytes) {
        return corrupt("the header in a leaf file has another length");
    }
    Result<SegmentHeader> decoded = decode_segment_header(header);
    if (!decoded && decode_later_header(header)) {
        return fail(ErrorCode::kUnsupported, "a leaf file of a later version of the format");
    }
    if (!decoded) {
        return fail(decoded.error());
    }
    header_ = std::move(*decoded);
    return {};
}

Result<void> LeafFile::check_sum() {
    uint64_t end = size_bytes_ - kCrcBytes;
    uint32_t crc = 0;
    for (uint64_t at = 0; at < end; at += buffer_.size()) {
        size_t want = static_cast<size_t>(std::min<uint64_t>(kPieceBytes, end - at));
        Result<void> read = read_range(*file_, at, want, buffer_);
        if (!read) {
            return read;
        }
        if (buffer_.size() != want) {
            return corrupt("a leaf file became shorter while it was read");
        }
        crc = crc32c(buffer_, crc);
    }
    Result<void> read = read_range(*file_, end, kCrcBytes, buffer_);
    if (!read) {
        return read;
    }
    bool right = buffer_.size() == kCrcBytes && ByteReader(buffer_).u32() == crc;
    return right ? Result<void>{} : Result<void>(corrupt("a leaf file's checksum is wrong"));
}

Result<bool> LeafFile::next(LeafItem& item) {
    uint64_t end = size_bytes_ - kCrcBytes;
    item.item_no = items_;
    item.offset = at_;
    if (at_ == end) {
        return false;
    }
    Result<void> read = read_range(*file_, at_, kItemHeadBytes, buffer_);
    if (!read) {
        return fail(read.error());
    }
    ByteReader reader(buffer_);
    uint8_t kind = reader.u8();
    uint32_t size = reader.u32();
    bool known = kind == kFrameItem || kind == kBatchItem;
    if (!reader.ok() || !known || size > end - at_ - kItemHeadBytes ||
        items_ >= kSegmentFramesMax) {
        return corrupt("an item of the leaf file is not what the format says");
    }
    item.is_batch = kind == kBatchItem;
    item.leaves.clear();
    read = item.is_batch ? read_batch(size, item) : read_frame(size, item);
    if (!read) {
        return fail(read.error());
    }
    at_ += kItemHeadBytes + size;
    items_ += 1;
    return true;
}

// Read as a whole only when its own header says that it is so long.
Result<void> LeafFile::read_frame(uint32_t size, LeafItem& item) {
    uint64_t from = at_ + kItemHeadBytes;
    Result<void> read = read_range(*file_, from, kFrameHeaderBytes, buffer_);
    if (!read) {
        return read;
    }
    bool fits = decode_frame_header(buffer_, item.frame.header) == FrameFault::kNone &&
                item.frame.header.frame_bytes == size &&
                item.frame.header.type != FrameType::kBatch;
    if (!fits) {
        return corrupt("an item of the leaf file is no whole frame");
    }
    read = read_range(*file_, from, size, buffer_);
    if (!read) {
        return read;
    }
    bool whole = split_frame(buffer_, item.frame) == FrameFault::kNone;
    return whole ? Result<void>{} : corrupt("an item of the leaf file is no whole frame");
}

Result<void> LeafFile::read_batch(uint32_t size, LeafItem& item) {
    constexpr uint32_t kBytesMax = kDigestBytes * (1 + kFrameRecordsMax);
    if (size > kBytesMax || size % kDigestBytes != 0 || size < 2 * kDigestBytes) {
        return corrupt("a batch in the leaf file has no whole leaf table");
    }
    Result<void> read = read_range(*file_, at_ + kItemHeadBytes, size, buffer_);
    if (!read) {
        return read;
    }
    if (buffer_.size() != size) {
        return corrupt("a leaf file became shorter while it was read");
    }
    std::memcpy(item.batch_digest.data(), buffer_.data(), kDigestBytes);
    item.leaves.resize(size / kDigestBytes - 1);
    std::memcpy(item.leaves.data(), buffer_.data() + kDigestBytes, size - kDigestBytes);
    return {};
}

}  // namespace llmtrail
