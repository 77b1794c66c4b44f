#include "spool/segment_scan.h"

#include <memory>
#include <utility>

#include "spool/key_file.h"
#include "spool/seal.h"
#include "spool/segment_file.h"
#include "spool/segment_keys.h"
#include "spool/spool_state.h"

namespace llmtrail {
namespace {

// One scan under way.
class Scanner {
 public:
    Scanner(SegmentFile& file, SegmentOpeners& openers, SegmentScan& scan)
        : file_(file), openers_(openers), scan_(scan) {}

    Result<void> run(ReadableFile& raw) {
        scan_.end_offset = scan_.header.header_bytes;
        scan_.head.chain = scan_.header.header_hash;
        for (;;) {
            FrameView frame;
            Result<FrameFault> fault = file_.frame_at(scan_.end_offset, frame);
            if (!fault) {
                return fail(fault.error());
            }
            if (*fault == FrameFault::kEnd) {
                return {};
            }
            if (sealed_off_ || *fault == FrameFault::kFields) {
                scan_.reason = RecoveryReason::kDamaged;
                return {};
            }
            if (*fault != FrameFault::kNone) {
                return classify(raw);
            }
            if (!adopt(frame)) {
                scan_.reason = RecoveryReason::kNotOurs;
                return {};
            }
        }
    }

    bool ends_cleanly() const { return clean_; }

 private:
    Result<void> classify(ReadableFile& raw) {
        Result<bool> crash = has_crash_shape(raw, scan_.end_offset, scan_.file_bytes);
        if (!crash) {
            return fail(crash.error());
        }
        scan_.reason = *crash ? RecoveryReason::kTorn : RecoveryReason::kDamaged;
        return {};
    }

    // The tag covers header, chain and clear bytes: what opens was written by this spool, here.
    bool adopt(const FrameView& frame) {
        const FrameHeader& header = frame.header;
        if (header.frame_no != frame_no_ || header.index != scan_.head.tree.size() ||
            !openers_.open(scan_.header.header_hash, scan_.head.chain, frame, Section::kEnvelope,
                           plaintext_)) {
            return false;
        }
        Digest digest = frame_digest(hash_, frame.head, frame.body);
        if (!take_content(frame, digest)) {
            return false;
        }
        scan_.head.chain = chain_after(hash_, scan_.head.chain, digest);
        scan_.end_offset += header.frame_bytes;
        frame_no_ += 1;
        return true;
    }

    bool take_content(const FrameView& frame, const Digest& digest) {
        const FrameHeader& header = frame.header;
        if (frame_no_ == 0 && (header.type != FrameType::kPositions || header.delta())) {
            return false;
        }
        if (header.type == FrameType::kBatch) {
            Result<BatchBody> body = decode_batch_body(frame.clear, header.leaf_count);
            if (!body) {
                return false;
            }
            for (const Digest& leaf : body->leaves) {
                scan_.head.tree.add(leaf);
            }
            apply_positions(body->positions, scan_.positions);
            return true;
        }
        if (header.type == FrameType::kSeal) {
            return take_seal(frame);
        }
        if ((header.type == FrameType::kPositions && !take_positions(frame)) ||
            !take_removal(frame)) {
            return false;
        }
        scan_.head.tree.add(control_leaf(hash_, header.index, digest));
        return true;
    }

    bool take_positions(const FrameView& frame) {
        Result<PositionsBody> body = decode_positions(frame.clear);
        if (!body) {
            return false;
        }
        apply_positions(body->entries, scan_.positions);
        if (!frame.header.delta()) {
            scan_.cursors = std::move(body->cursors);
            scan_.ledger = std::move(body->ledger);
            scan_.usable = true;
        }
        return true;
    }

    bool take_removal(const FrameView& frame) {
        if (frame.header.type == FrameType::kPrune) {
            Result<PruneBody> body = decode_prune(frame.clear);
            return body && apply_prune(*body, scan_.positions);
        }
        if (frame.header.type == FrameType::kErase) {
            Result<EraseBody> body = decode_erase(frame.clear);
            return body && apply_erase(*body, scan_.positions);
        }
        return true;
    }

    bool take_seal(const FrameView& frame) {
        Result<SealBody> body = decode_seal(frame.clear);
        if (!body || body->tree_size != scan_.head.tree.size() || body->chain != scan_.head.chain ||
            body->root != scan_.head.tree.root()) {
            return false;
        }
        scan_.cursors = std::move(body->cursors);
        scan_.ledger = std::move(body->ledger);
        sealed_off_ = body->closes_segment();
        clean_ = (body->reasons & kSealCleanShutdown) != 0;
        return true;
    }

    SegmentFile& file_;
    SegmentOpeners& openers_;
    SegmentScan& scan_;
    Sha256 hash_;
    Bytes plaintext_;
    uint32_t frame_no_ = 0;
    bool sealed_off_ = false;
    bool clean_ = false;
};

// The header is unusable: nothing of the segment counts.
Result<void> describe_unusable(ReadableFile& raw, SegmentScan& scan) {
    scan.usable = false;
    scan.end_offset = 0;
    Result<bool> crash = has_void_shape(raw, scan.file_bytes);
    if (!crash) {
        return fail(crash.error());
    }
    scan.reason = *crash ? RecoveryReason::kTorn : RecoveryReason::kDamaged;
    return {};
}

Result<DataKeys> read_data_keys(FileSystem& files, const std::string& directory,
                                const SegmentHeader& header, const LocalKeys& keys) {
    std::string name = keys_file_name(header.segment_no);
    Result<Bytes> bytes = files.read_file(directory + "/" + name, kKeyFileBytesMax);
    if (!bytes) {
        return fail(bytes.error().code == ErrorCode::kNotFound
                        ? Error{ErrorCode::kCrypto, name + " is missing", 0}
                        : bytes.error());
    }
    Result<DataKeys> opened = open_key_file(*bytes, header, keys);
    if (!opened) {
        return fail(ErrorCode::kCrypto, name + ": " + opened.error().message);
    }
    return opened;
}

Result<void> scan_frames(FileSystem& files, const std::string& directory, SegmentFile& file,
                         ReadableFile& raw, const LocalKeys& keys, SegmentScan& scan) {
    const SegmentHeader& header = file.header();
    if (header.identity_hash != sha256(view(keys.identity.public_key())) ||
        header.log_id != log_id_of(keys.identity.public_key())) {
        return fail(ErrorCode::kCrypto, segment_file_name(header.segment_no) +
                                            " belongs to another identity key than this host's");
    }
    std::optional<MerkleTree> tree = MerkleTree::resume(header.first_index, header.frontier);
    Result<DataKeys> data_keys = read_data_keys(files, directory, header, keys);
    if (!data_keys) {
        return fail(data_keys.error());
    }
    if (!tree) {
        return describe_unusable(raw, scan);
    }
    scan.header = header;
    scan.head.tree = std::move(*tree);
    SegmentOpeners openers(*data_keys);
    Scanner scanner(file, openers, scan);
    Result<void> ran = scanner.run(raw);
    if (!ran) {
        return ran;
    }
    scan.closed_cleanly = scanner.ends_cleanly() && scan.end_offset == scan.file_bytes;
    return scan.usable ? Result<void>{} : describe_unusable(raw, scan);
}

}  // namespace

void apply_positions(const std::vector<PositionEntry>& entries, std::map<Bytes, Bytes>& positions) {
    for (const PositionEntry& entry : entries) {
        if (entry.value.empty()) {
            positions.erase(entry.key);
        } else {
            positions[entry.key] = entry.value;
        }
    }
}

Result<SegmentScan> scan_segment(FileSystem& files, const std::string& directory,
                                 uint64_t segment_no, const LocalKeys& keys) {
    std::string path = directory + "/" + segment_file_name(segment_no);
    Result<std::unique_ptr<ReadableFile>> raw = files.open_readable(path, false);
    if (!raw) {
        return fail(raw.error());
    }
    Result<FileInfo> info = (*raw)->info();
    if (!info) {
        return fail(info.error());
    }
    SegmentScan scan;
    scan.file_bytes = info->size_bytes;
    Result<SegmentFile> file = SegmentFile::open(files, path);
    Result<void> scanned;
    if (file && file->header().segment_no == segment_no) {
        scanned = scan_frames(files, directory, *file, **raw, keys, scan);
    } else if (file || file.error().code == ErrorCode::kCorrupt) {
        scanned = describe_unusable(**raw, scan);
    } else {
        return fail(file.error());
    }
    if (!scanned) {
        return fail(scanned.error());
    }
    Result<Digest> hash = hash_range(**raw, scan.end_offset, scan.file_bytes);
    if (!hash) {
        return fail(hash.error());
    }
    scan.tail_hash = *hash;
    return scan;
}

}  // namespace llmtrail
