// What the tests of pruning, erasing and holds share: a spool whose segments may go, and a reader
// of its own for the log that is left, segments and leaf files alike, without keys.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "spool/key_stanza.h"
#include "spool/leaf_file.h"
#include "spool/recovery.h"
#include "spool/removal_frames.h"
#include "spool/seal.h"
#include "spool/segment_catalog.h"
#include "verify_rig.h"

namespace llmtrail {

struct RemovalRig : VerifyRig {
    explicit RemovalRig(uint64_t seed = 1) : VerifyRig(seed) {
        options.segment_age_max_ms = int64_t{4000} * 86'400'000;
        options.retention.max_age_ms = 3'600'000;
        options.retention.required_outputs = {"soc"};
    }

    // Everything so far is confirmed and covered.
    void release_all(SpoolWriter& writer) {
        writer.note_cursors({{"soc", writer.next_index()}});
        writer.note_coverage({writer.next_index(), "checkpoint sent to soc"});
    }

    size_t count(std::string_view suffix) const {
        std::vector<std::string> names = disk.names(options.directory);
        return static_cast<size_t>(
            std::count_if(names.begin(), names.end(),
                          [&](const std::string& name) { return name.ends_with(suffix); }));
    }

    // Small segments and little room, so that batches fill it.
    void make_small() {
        options.segment_bytes_max = 16'384;
        options.max_size_bytes = 100'000;
    }

    // What max_size is about.
    uint64_t stored_bytes() const {
        uint64_t bytes = 0;
        for (const std::string& name : disk.names(options.directory)) {
            bool counts =
                name.ends_with(".lsp") || name.ends_with(".keys") || name.ends_with(".leaf");
            bytes += counts ? disk.content(path(name)).size() : 0;
        }
        return bytes;
    }

    size_t payloads() const { return count(".lsp"); }

    size_t leaves() const { return count(".leaf"); }
};

// One frame or item of the log as the checker below sees it.
struct CheckedFrame {
    Digest digest{};
    std::vector<Digest> leaves;
    std::optional<FrameHeader> header;  // nothing: a batch in a leaf file
    Bytes clear;
};

// Walks what stands, keyless: chain, tree, roots in seals, continuity, and that each leaf file is
// named by a PRUNE that a seal follows. Returns what is wrong; "" when nothing is.
class LogChecker {
 public:
    LogChecker(FileSystem& files, std::string directory)
        : files_(files), directory_(std::move(directory)) {}

    std::string check();

    uint64_t sealed_end() const { return sealed_end_; }

    uint64_t end() const { return head_.tree.size(); }

    const std::set<uint64_t>& pruned() const { return sealed_prunes_; }

    bool has_content(uint64_t index) const {
        return std::none_of(gone_.begin(), gone_.end(), [&](const auto& range) {
            return range.first <= index && index < range.second;
        });
    }

 private:
    std::string check_segment(uint64_t number, std::optional<uint64_t> stated_end);
    std::string check_keys(uint64_t number);
    std::string take_header(const SegmentHeader& header);
    std::string take(const CheckedFrame& frame);
    std::string take_control(const CheckedFrame& frame);

    FileSystem& files_;
    std::string directory_;
    std::set<uint64_t> payloads_;
    std::set<uint64_t> leaf_files_;
    std::optional<LogHead> so_far_;
    LogHead head_;
    Sha256 hash_;
    uint64_t sealed_end_ = 0;
    std::vector<EraseBody> erasures_;         // no seal yet
    std::vector<EraseBody> sealed_erasures_;  // and sealed
    std::set<uint64_t> prunes_;               // named, no seal yet
    std::set<uint64_t> sealed_prunes_;        // named, and sealed
    std::map<uint64_t, std::pair<uint64_t, Digest>> ends_;
    uint64_t number_ = 0;
    std::vector<std::pair<uint64_t, uint64_t>> gone_;  // leaves of which only the leaf file stands
};

inline std::string LogChecker::take_header(const SegmentHeader& header) {
    std::optional<MerkleTree> tree = MerkleTree::resume(header.first_index, header.frontier);
    bool continues = !so_far_ || (header.prev_chain == so_far_->chain &&
                                  header.first_index == so_far_->tree.size() &&
                                  header.frontier == so_far_->tree.frontier());
    if (!tree || !header.signature_valid || !continues || header.segment_no != number_) {
        return "the header does not continue";
    }
    head_ = LogHead{header.header_hash, std::move(*tree)};
    return "";
}

inline std::string LogChecker::take_control(const CheckedFrame& frame) {
    if (frame.header->type == FrameType::kSeal) {
        Result<SealBody> seal = decode_seal(frame.clear);
        if (!seal || seal->root != head_.tree.root() || seal->tree_size != head_.tree.size() ||
            seal->chain != head_.chain) {
            return "a seal does not agree";
        }
        sealed_end_ = seal->tree_size;
        sealed_prunes_.insert(prunes_.begin(), prunes_.end());
        sealed_erasures_ = erasures_;
        return "";
    }
    if (frame.header->type == FrameType::kErase) {
        Result<EraseBody> body = decode_erase(frame.clear);
        if (!body || body->last_segment >= number_) {
            return "an erasure that cannot be read";
        }
        erasures_.push_back(*body);
    }
    if (frame.header->type == FrameType::kPrune) {
        Result<PruneBody> body = decode_prune(frame.clear);
        if (!body || body->last_segment >= number_) {
            return "a pruning that cannot be read";
        }
        if (ends_[body->last_segment] != std::pair(body->end_index, body->root)) {
            return "a pruning names another end";
        }
        for (uint64_t n = body->first_segment; n <= body->last_segment; ++n) {
            if (!prunes_.insert(n).second) {
                return "a segment is pruned twice";
            }
        }
    }
    head_.tree.add(control_leaf(hash_, frame.header->index, frame.digest));
    return "";
}

inline std::string LogChecker::take(const CheckedFrame& frame) {
    std::string wrong;
    if (frame.header && frame.header->type != FrameType::kBatch) {
        wrong = take_control(frame);
    }
    for (const Digest& leaf : frame.leaves) {
        head_.tree.add(leaf);
    }
    head_.chain = chain_after(hash_, head_.chain, frame.digest);
    return wrong;
}

inline std::string LogChecker::check_segment(uint64_t number, std::optional<uint64_t> stated_end) {
    number_ = number;
    std::string wrong;
    if (payloads_.count(number) == 0) {
        Result<LeafFile> leaf = LeafFile::open(files_, directory_ + "/" + leaf_file_name(number));
        if (!leaf) {
            return leaf.error().message;
        }
        if (!leaf->header()) {
            return stated_end && *stated_end == 0 ? "" : "no header, and not void";
        }
        wrong = take_header(*leaf->header());
        LeafItem item;
        Result<bool> more = leaf->next(item);
        for (; wrong.empty() && more && *more; more = leaf->next(item)) {
            CheckedFrame frame;
            frame.digest = item.batch_digest;
            frame.leaves = item.leaves;
            if (!item.is_batch) {
                frame.digest = frame_digest(hash_, item.frame.head, item.frame.body);
                frame.header = item.frame.header;
                frame.clear = item.frame.clear;
            }
            wrong = take(frame);
        }
        if (!more) {
            return more.error().message;
        }
        gone_.emplace_back(leaf->header()->first_index, head_.tree.size());
    } else if (!stated_end || *stated_end != 0) {
        Result<SegmentFile> file =
            SegmentFile::open(files_, directory_ + "/" + segment_file_name(number));
        if (!file) {
            return file.error().message;
        }
        wrong = take_header(file->header());
        uint64_t offset = file->header().header_bytes;
        while (wrong.empty() && offset < stated_end.value_or(file->size_bytes())) {
            FrameView view;
            Result<FrameFault> fault = file->frame_at(offset, view);
            if (!fault || *fault != FrameFault::kNone) {
                break;  // the end of the log, or the next header does not continue
            }
            CheckedFrame frame;
            frame.digest = frame_digest(hash_, view.head, view.body);
            frame.header = view.header;
            frame.clear = view.clear;
            if (view.header.type == FrameType::kBatch) {
                frame.leaves = decode_batch_body(view.clear, view.header.leaf_count)->leaves;
            }
            wrong = take(frame);
            offset += view.header.frame_bytes;
        }
    } else {
        return "";
    }
    so_far_ = head_;
    return wrong;
}

// What misses a section's stanza was erased under a seal.
inline std::string LogChecker::check_keys(uint64_t number) {
    Result<Bytes> bytes =
        files_.read_file(directory_ + "/" + keys_file_name(number), kKeyFileBytesMax);
    if (!bytes) {
        return sealed_prunes_.count(number) != 0 ? "" : "no key file";
    }
    Result<KeyStanzas> stanzas = decode_key_stanzas(*bytes);
    if (!stanzas) {
        return "a key file that cannot be read";
    }
    for (Section section : {Section::kPrompt, Section::kSources, Section::kOutput}) {
        bool there = has_stanza(*stanzas, StanzaType::kDataKey, static_cast<uint8_t>(section));
        bool erased = std::any_of(
            sealed_erasures_.begin(), sealed_erasures_.end(), [&](const EraseBody& body) {
                return body.first_segment <= number && number <= body.last_segment &&
                       (body.section_mask & section_bit(section)) != 0;
            });
        if (!there && !erased) {
            return "a section's key is gone without a sealed erasure";
        }
    }
    return "";
}

inline std::string LogChecker::check() {
    std::vector<std::string> names = *files_.list(directory_);
    for (const std::string& name : names) {
        if (auto payload = segment_number_of(name, kSegmentSuffix)) {
            payloads_.insert(*payload);
        }
        if (auto leaf = segment_number_of(name, kLeafSuffix)) {
            leaf_files_.insert(*leaf);
        }
    }
    if (payloads_.empty()) {
        return leaf_files_.empty() ? "" : "leaf files alone";
    }
    uint64_t last = *payloads_.rbegin();
    SegmentCatalog catalog(files_, directory_);
    if (!catalog.refresh(last)) {
        return "no catalogue";
    }
    for (uint64_t number = 0; number <= last; ++number) {
        const SegmentFacts* facts = catalog.find(number);
        if (number != last && facts == nullptr) {
            return "segment " + std::to_string(number) + " is missing";
        }
        std::string wrong =
            check_segment(number, facts != nullptr ? facts->stated_end : std::nullopt);
        if (!wrong.empty()) {
            return "segment " + std::to_string(number) + ": " + wrong;
        }
        ends_[number] = {head_.tree.size(), head_.tree.root()};
    }
    for (uint64_t number : payloads_) {
        std::string wrong = check_keys(number);
        if (!wrong.empty()) {
            return "segment " + std::to_string(number) + ": " + wrong;
        }
    }
    for (uint64_t number : leaf_files_) {
        if (sealed_prunes_.count(number) == 0) {
            return "leaf file " + std::to_string(number) + " without a sealed pruning";
        }
    }
    return "";
}

inline void check_log(RemovalRig& rig) {
    LogChecker checker(rig.disk, rig.options.directory);
    CHECK(checker.check() == "");
}

}  // namespace llmtrail
