#include "spool/salvage.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "spool/crc32c.h"
#include "spool/salvage_batch.h"
#include "spool/segment_file.h"

namespace llmtrail {

namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

// One segment, frame by frame, damage or not.
class SegmentSalvage {
 public:
    SegmentSalvage(ReadableFile& file, uint64_t file_bytes, uint64_t segment_no, SalvageKeys& keys,
                   BatchSalvage& batches, SalvageVisitor& visitor, SalvageTotals& totals)
        : file_(file),
          file_bytes_(file_bytes),
          segment_no_(segment_no),
          keys_(keys),
          batches_(batches),
          visitor_(visitor),
          totals_(totals) {}

    Result<void> run(uint64_t offset) {
        while (offset < file_bytes_) {
            Result<uint64_t> begins = next_frame(offset);
            if (!begins) {
                return fail(std::move(begins.error()));
            }
            totals_.skipped_bytes += *begins - offset;
            offset = *begins;
            if (offset == file_bytes_) {
                break;
            }
            Result<uint32_t> size = take_frame(offset);
            if (!size) {
                return fail(std::move(size.error()));
            }
            offset += std::min<uint64_t>(*size, file_bytes_ - offset);
        }
        return {};
    }

 private:
    // Where the next frame header with a right checksum begins; the file's end when none does.
    Result<uint64_t> next_frame(uint64_t from) {
        for (uint64_t at = from; at < file_bytes_; at += kPieceBytes) {
            Result<void> read = read_range(file_, at, kPieceBytes + kFrameHeaderBytes - 1, buffer_);
            if (!read) {
                return fail(std::move(read.error()));
            }
            for (size_t found = buffer_.find(kFrameMarker); found < kPieceBytes;
                 found = buffer_.find(kFrameMarker, found + 1)) {
                FrameHeader header;
                if (decode_frame_header(ByteView(buffer_).substr(found), header) ==
                    FrameFault::kNone) {
                    return at + found;
                }
            }
        }
        return file_bytes_;
    }

    Result<uint32_t> take_frame(uint64_t offset) {
        Result<void> read = read_range(file_, offset, kFrameHeaderBytes, buffer_);
        FrameView frame;
        if (!read) {
            return fail(std::move(read.error()));
        }
        (void)decode_frame_header(buffer_, frame.header);
        uint32_t size = frame.header.frame_bytes;
        if (frame.header.type != FrameType::kBatch) {
            return size;
        }
        read = read_range(file_, offset, size, buffer_);
        if (!read) {
            return fail(std::move(read.error()));
        }
        bool cut = buffer_.size() < size;
        buffer_.resize(size);  // what is cut off is zero
        split(frame);
        if (cut || !checksum_right(frame)) {
            ++totals_.damaged_frames;
        }
        Result<void> taken = batches_.take(segment_no_, frame, keys_, visitor_, totals_);
        return taken ? Result<uint32_t>(size) : Result<uint32_t>(fail(std::move(taken.error())));
    }

    void split(FrameView& frame) const {
        ByteReader reader(buffer_);
        frame.head = reader.take(kFrameHeaderClearBytes);
        reader.take(kFrameHeaderBytes - kFrameHeaderClearBytes);
        frame.body = ByteView(buffer_).substr(kFrameHeaderBytes);
        frame.clear = reader.take(frame.header.clear_bytes);
        for (size_t s = 0; s < kSectionCount; ++s) {
            frame.sections[s] = reader.take(frame.header.section_bytes[s]);
        }
    }

    bool checksum_right(const FrameView& frame) const {
        ByteView sum = ByteView(buffer_).substr(kFrameHeaderClearBytes + 4, 4);
        return ByteReader(sum).u32() == crc32c(frame.body);
    }

    ReadableFile& file_;
    uint64_t file_bytes_;
    uint64_t segment_no_;
    SalvageKeys& keys_;
    BatchSalvage& batches_;
    SalvageVisitor& visitor_;
    SalvageTotals& totals_;
    Bytes buffer_;
};

struct OpenedSegment {
    std::unique_ptr<ReadableFile> file;
    uint64_t bytes = 0;
    SegmentHeader header;
};

Result<OpenedSegment> open_segment(FileSystem& files, const std::string& path) {
    OpenedSegment opened;
    Result<SegmentFile> segment = SegmentFile::open(files, path);
    Result<std::unique_ptr<ReadableFile>> file = files.open_readable(path, false);
    if (!segment || !file) {
        return fail(segment ? file.error() : segment.error());
    }
    opened.file = std::move(*file);
    opened.bytes = segment->size_bytes();
    opened.header = segment->header();
    return opened;
}

Result<DataKeys> open_keys(FileSystem& files, const std::string& directory,
                           const SegmentHeader& header, const SpoolKey& key) {
    Result<Bytes> bytes =
        files.read_file(directory + "/" + keys_file_name(header.segment_no), kKeyFileBytesMax);
    return bytes ? open_segment_keys(key, *bytes, header)
                 : Result<DataKeys>(fail(std::move(bytes.error())));
}

}  // namespace

Result<SalvageTotals> salvage_spool(FileSystem& files, const std::string& directory,
                                    const SpoolKey& key, SalvageVisitor& visitor) {
    Result<std::vector<std::string>> names = files.list(directory);
    if (!names) {
        return fail(std::move(names.error()));
    }
    SalvageTotals totals;
    BatchSalvage batches;
    for (const std::string& name : *names) {
        if (!segment_number_of(name, kSegmentSuffix)) {
            continue;
        }
        Result<OpenedSegment> segment = open_segment(files, directory + "/" + name);
        Result<DataKeys> data_keys = segment ? open_keys(files, directory, segment->header, key)
                                             : Result<DataKeys>(fail(segment.error()));
        if (!data_keys) {
            if (totals.unopened_segments++ == 0) {
                totals.first_unopened = name;
                totals.why_unopened = data_keys.error().message;
            }
            continue;
        }
        SalvageKeys keys(*data_keys);
        Result<void> read =
            SegmentSalvage(*segment->file, segment->bytes, segment->header.segment_no, keys,
                           batches, visitor, totals)
                .run(segment->header.header_bytes);
        if (!read) {
            return fail(std::move(read.error()));
        }
    }
    return totals;
}

}  // namespace llmtrail
