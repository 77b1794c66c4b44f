#include "query/spool_scan.h"

#include <utility>

#include "spool/leaf_file.h"

namespace llmtrail {

std::string_view evidence_name(Evidence evidence) {
    switch (evidence) {
        case Evidence::kSealed:
            return "sealed";
        case Evidence::kUnsealed:
            return "unsealed";
        case Evidence::kUnproven:
            return "unproven";
    }
    return "";
}

SpoolScan::SpoolScan(FileSystem& files, ScanOptions options, const SpoolKey* key)
    : files_(files), options_(std::move(options)), key_(key) {
    if (options_.trusted) {
        identity_hash_ = sha256(view(*options_.trusted));
    }
}

Result<ScanTotals> SpoolScan::run(ScanVisitor& visitor) {
    visitor_ = &visitor;
    Result<std::vector<SegmentOutline>> outlines = outlines_to_read();
    if (!outlines) {
        return fail(std::move(outlines.error()));
    }
    for (size_t i = 0; i < outlines->size() && !visitor.done(); ++i) {
        read_next((*outlines)[i], i + 1 == outlines->size());
    }
    settle(Evidence::kUnsealed);
    totals_.leaves = head_.tree.size();
    return totals_;
}

Result<std::vector<SegmentOutline>> SpoolScan::outlines_to_read() {
    Result<std::vector<std::string>> names = files_.list(options_.directory);
    if (!names) {
        return fail(std::move(names.error()));
    }
    Result<LogOutline> log =
        outline_log(files_, options_.directory, *names, options_.trusted.value_or(PublicKey{}));
    if (!log) {
        return fail(std::move(log.error()));
    }
    std::vector<SegmentOutline>& segments = log->segments;
    if (segments.empty()) {
        return fail(ErrorCode::kNotFound, "no segment stands in " + options_.directory);
    }
    size_t from = 0;
    for (size_t i = 0; options_.from_there && i < segments.size(); ++i) {
        std::optional<uint64_t> first = first_index_of(segments[i]);
        if (first && *first > options_.first_index) {
            break;
        }
        from = first ? i : from;
    }
    segments.erase(segments.begin(), segments.begin() + static_cast<ptrdiff_t>(from));
    return std::move(segments);
}

std::optional<uint64_t> SpoolScan::first_index_of(const SegmentOutline& outline) const {
    std::string path = options_.directory + "/" + outline.file_name();
    if (!outline.is_leaf) {
        Result<SegmentFile> file = SegmentFile::open(files_, path);
        return file ? std::optional(file->header().first_index) : std::nullopt;
    }
    Result<LeafFile> file = LeafFile::open(files_, path);
    return file && file->header() ? std::optional(file->header()->first_index) : std::nullopt;
}

void SpoolScan::tell(std::string reason, ErrorCode code) {
    ++(code == ErrorCode::kCorrupt ? totals_.damages : totals_.unread);
    visitor_->problem({file_name_, offset_, std::move(reason), code});
}

void SpoolScan::settle(Evidence evidence, const SealBody* seal) {
    if (unsettled_ || seal != nullptr) {
        visitor_->settled(evidence, seal);
    }
    unsettled_ = false;
}

// Behind damage nothing is known of where the log stands.
void SpoolScan::lose_thread() {
    settle(Evidence::kUnproven);
    head_known_ = false;
    certified_ = false;
    closed_ = false;
}

void SpoolScan::read_next(const SegmentOutline& outline, bool last) {
    file_name_ = outline.file_name();
    offset_ = 0;
    frame_no_ = 0;
    ahead_end_ = 0;
    if (next_segment_no_.value_or(0) != outline.segment_no &&
        (next_segment_no_ || !options_.from_there)) {
        tell("the segments before it are missing");
        lose_thread();
    }
    next_segment_no_ = outline.segment_no + 1;
    if (outline.is_leaf) {
        read_leaf_file(outline.segment_no);
    } else if (!outline.void_range || outline.void_range->begins_at != 0) {
        read_segment(outline, last);
    }
}

void SpoolScan::read_segment(const SegmentOutline& outline, bool last) {
    Result<SegmentFile> file = SegmentFile::open(files_, options_.directory + "/" + file_name_);
    if (!file) {
        tell(file.error().message, file.error().code);
        lose_thread();
        return;
    }
    file_ = std::move(*file);
    header_ = file_->header();
    if (!take_header(outline.segment_no)) {
        lose_thread();
        return;
    }
    ++totals_.segments;
    open_keys();
    read_frames(outline, last);
    totals_.bytes += offset_;
}

// Its content is gone; chain, tree and seals go on through it.
void SpoolScan::read_leaf_file(uint64_t segment_no) {
    ++totals_.pruned_segments;
    openers_.reset();
    Result<LeafFile> file = LeafFile::open(files_, options_.directory + "/" + file_name_);
    if (!file) {
        tell(file.error().message, file.error().code);
        lose_thread();
        return;
    }
    if (!file->header()) {
        return;  // nothing of it counted
    }
    header_ = *file->header();
    if (!take_header(segment_no)) {
        lose_thread();
        return;
    }
    totals_.bytes += file->size_bytes();
    LeafItem item;
    while (!visitor_->done()) {
        Result<bool> more = file->next(item);
        offset_ = item.offset;
        if (!more) {
            tell(more.error().message, more.error().code);
            lose_thread();
            return;
        }
        if (!*more) {
            return;
        }
        take_item(item);
    }
}

void SpoolScan::take_item(const LeafItem& item) {
    if (!item.is_batch) {
        if (item.frame.header.index != head_.tree.size()) {
            tell("the frame is not in its place");
        }
        take_frame(item.frame);
        return;
    }
    for (const Digest& leaf : item.leaves) {
        take_leaf(leaf);
    }
    totals_.pruned_records += item.leaves.size();
    head_.chain = chain_after(hash_, head_.chain, item.batch_digest);
}

bool SpoolScan::take_header(uint64_t segment_no) {
    const SegmentHeader& header = header_;
    if (header.segment_no != segment_no) {
        tell("the segment's number is not its file's");
        return false;
    }
    if (!identity_hash_) {
        identity_hash_ = header.identity_hash;
    }
    if (header.identity_hash != *identity_hash_ ||
        (options_.trusted && header.log_id != log_id_of(*options_.trusted))) {
        tell("the segment belongs to another log than the trusted key's");
        return false;
    }
    std::optional<MerkleTree> tree = MerkleTree::resume(header.first_index, header.frontier);
    if (!tree || (segment_no == 0 && header.first_index != 0)) {
        tell("the segment's frontier does not fit its first index");
        return false;
    }
    bool continues = !head_known_ ||
                     (header.prev_chain == head_.chain && header.first_index == head_.tree.size() &&
                      header.frontier == head_.tree.frontier());
    if (!continues) {
        tell("the segment does not continue what stands before it");
        settle(Evidence::kUnproven);
    }
    certified_ = certifies() && continues;
    generation_ = header.generation;
    head_.chain = header.header_hash;
    head_.tree = std::move(*tree);
    head_known_ = true;
    seal_key_ = header.first_seal_pk;
    closed_ = false;
    seal_failed_ = false;
    visitor_->begins(header_, head_.tree);
    return true;
}

// The identity key signs the first segment of a generation, the SEAL before it names the key of any
// other.
bool SpoolScan::certifies() {
    const SegmentHeader& header = header_;
    if (!header.signature_valid) {
        tell("the segment header's signature is wrong");
        return false;
    }
    if (header.identity_signed() && (!head_known_ || header.generation > generation_)) {
        return true;
    }
    bool follows =
        certified_ && closed_ && header.generation == generation_ && header.segment_pk == seal_key_;
    bool expected = head_known_ && certified_;
    if (!follows && expected) {
        tell("the segment before does not certify this one");
    }
    return follows;
}

void SpoolScan::open_keys() {
    openers_.reset();
    key_opens_ = {};
    erased_ = {};
    if (key_ == nullptr) {
        return;
    }
    Result<DataKeys> keys = read_keys();
    if (keys) {
        for (size_t s = 0; s < kSectionCount; ++s) {
            key_opens_[s] = !(*keys)[s].empty();
            if (!options_.sections[s] && s != index_of(Section::kEnvelope)) {
                (*keys)[s] = Secret();
            }
        }
        openers_.emplace(*keys);
        if (openers_->has(Section::kEnvelope)) {
            return;
        }
        openers_.reset();
    }
    if (totals_.unopened_segments++ == 0) {
        totals_.first_unopened = file_name_;
    }
    if (!keys && keys.error().code != ErrorCode::kNotFound) {
        tell(keys.error().message, ErrorCode::kCrypto);
    }
}

Result<DataKeys> SpoolScan::read_keys() {
    std::string name = keys_file_name(header_.segment_no);
    Result<Bytes> bytes = files_.read_file(options_.directory + "/" + name, kKeyFileBytesMax);
    Result<KeyStanzas> stanzas =
        bytes ? key_stanzas_of(*bytes, header_) : Result<KeyStanzas>(fail(bytes.error()));
    if (!stanzas) {
        return fail(std::move(stanzas).error().with_context(name));
    }
    erased_.fill(true);
    for (const KeyStanza& stanza : stanzas->list) {
        bool is_data_key =
            stanza.type != StanzaType::kDailyKey && stanza.type != StanzaType::kPositionKey;
        for (size_t s = 0; s < kSectionCount; ++s) {
            if (is_data_key && (stanza.section == s || stanza.section == kWholeSegment)) {
                erased_[s] = false;
            }
        }
    }
    Result<DataKeys> keys = open_segment_keys(*key_, *bytes, header_);
    if (!keys) {
        return fail(std::move(keys).error().with_context(name));
    }
    return keys;
}

}  // namespace llmtrail
