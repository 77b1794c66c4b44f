// Logs made by somebody who has all keys: signatures, tags and checksums are right, and a rule can
// be broken at will.
#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "spool/frame_encoder.h"
#include "spool/key_file.h"
#include "verify_rig.h"

namespace llmtrail {

inline void flip_first(Digest& digest) {
    digest[0] = static_cast<char>(digest[0] ^ 1);
}

// Segments written frame by frame by somebody who has all keys.
class CraftedLog {
 public:
    static constexpr uint64_t kFirstGeneration = 5;

    CraftedLog() {
        REQUIRE(rig_.disk.make_directories(rig_.options.key_directory, 0700));
        keys_.emplace(*load_or_make_local_keys(rig_.disk, rig_.random, rig_.options.key_directory));
        rig_.keep_trust();
        data_keys_ = *make_data_keys(rig_.random);
        for (Section section : kSections) {
            size_t s = index_of(section);
            header_.key_commitments[s] = key_commitment(data_keys_[s], section);
        }
        header_.log_id = log_id_of(keys_->identity.public_key());
        header_.identity_hash = sha256(view(keys_->identity.public_key()));
        header_.generation = kFirstGeneration;
        seal_key_.emplace(*SigningKey::generate(rig_.random));
        header_.first_seal_pk = seal_key_->public_key();
        bytes_ = encode_segment_header(header_, keys_->identity);
        encoder_.emplace(header_, data_keys_, LogHead{header_.header_hash, {}}, rig_.clock,
                         rig_.random);
    }

    // The segment at hand is as it is; the next one continues it, but for what `change` does to its
    // header.
    template <typename Change>
    void next_segment(const SigningKey& signer, Change change) {
        finished_.push_back({bytes_, key_file()});
        header_.segment_no += 1;
        header_.prev_chain = encoder_->head().chain;
        header_.first_index = encoder_->head().tree.size();
        header_.frontier = encoder_->head().tree.frontier();
        LogHead head = encoder_->head();
        change(header_);
        if (std::optional<MerkleTree> tree =
                MerkleTree::resume(header_.first_index, header_.frontier)) {
            head.tree = std::move(*tree);
        }
        seal_key_.emplace(*SigningKey::generate(rig_.random));
        header_.first_seal_pk = seal_key_->public_key();
        bytes_ = encode_segment_header(header_, signer);
        head.chain = header_.header_hash;
        encoder_.emplace(header_, data_keys_, std::move(head), rig_.clock, rig_.random);
    }

    // The segment at hand is of a later version.
    void become_later(const SigningKey& signer) { make_later(bytes_, signer); }

    // Named by the last seal.
    SigningKey next_key() const {
        return *SigningKey::from_seed(Secret::copy_of(seal_key_->seed().reveal()));
    }

    // The next seal is signed with this one.
    void take_seal_key(const SigningKey& key) {
        seal_key_.emplace(*SigningKey::from_seed(Secret::copy_of(key.seed().reveal())));
    }

    const SigningKey& identity() const { return keys_->identity; }

    void begin_generation(uint32_t flags) {
        seal_no_ = 0;
        positions();
        genesis(flags);
    }

    // What an honest one would say about the segment before.
    RecoveryBody recovery() const {
        RecoveryBody body;
        body.segment_no = header_.segment_no - 1;
        body.end_offset = finished_.back().first.size();
        body.end_index = header_.first_index;
        body.end_chain = header_.prev_chain;
        return body;
    }

    Digest tail_hash(size_t from) const {
        return sha256(ByteView(finished_.back().first).substr(from));
    }

    void add_to_finished(ByteView bytes) { finished_.back().first.append(bytes); }

    void control(FrameType type, ByteView clear, uint16_t flags = 0) {
        REQUIRE(encoder_->control(type, flags, clear, bytes_));
    }

    void positions(const std::vector<PositionEntry>& entries = {}) {
        control(FrameType::kPositions, encode_positions({entries, {}, {}}));
    }

    void genesis(uint32_t flags = kGenesisFirstStart) {
        control(FrameType::kGenesis, encode_genesis({flags, 0, 0, "crafted"}));
    }

    void begin() {
        positions();
        genesis();
        seal(kSealForced);
    }

    void seal(uint32_t reasons, std::optional<uint64_t> seal_no = {},
              bool next_key_of_clean = false) {
        SealBody body;
        body.reasons = reasons;
        body.seal_no = seal_no.value_or(seal_no_++);
        SigningKey next = *SigningKey::generate(rig_.random);
        if (reasons != kSealCleanShutdown || next_key_of_clean) {
            body.next_pk = next.public_key();
        }
        REQUIRE(encoder_->seal(body, *seal_key_, bytes_));
        seal_key_.emplace(std::move(next));
    }

    // Three records; what `change` does to them, and the plaintexts made of them, goes in as it is.
    template <typename Change>
    void batch(Change change) {
        std::array<Bytes, kSectionCount> raw;
        for (const char* word : {"first", "second", "third"}) {
            for (Section section : kSections) {
                put_sized(raw[index_of(section)], section == Section::kSources ? "" : word);
            }
        }
        std::vector<BatchRecord> records(3);
        Committer committer;
        uint64_t index = encoder_->head().tree.size();
        for (Section section : kSections) {
            REQUIRE(locate_records(raw[index_of(section)], section, records));
            committer.commit(encoder_->keystream(section), section, index, raw[index_of(section)],
                             records);
        }
        committer.put_leaves(index, records);
        Bytes commitments;
        std::array<Bytes, kSectionCount> plaintexts;
        change(records, raw);
        encode_commitments(records, commitments);
        SectionCompressor compressor(0);
        for (Section section : {Section::kEnvelope, Section::kPrompt, Section::kOutput}) {
            size_t s = index_of(section);
            REQUIRE(compressor.compress(raw[s], s == 0 ? ByteView(commitments) : ByteView(),
                                        plaintexts[s]));
        }
        if (announced_raw_bytes_ != 0) {
            Bytes size;
            put_u32(size, announced_raw_bytes_);
            plaintexts[1].replace(1, 4, size);
        }
        for (const auto& [section, plaintext] : plaintexts_) {
            plaintexts[index_of(section)] = plaintext;
        }
        frame_at_ = bytes_.size();
        REQUIRE(encoder_->batch(records, {}, plaintexts, bytes_));
    }

    void batch() {
        batch([](auto&, auto&) {});
    }

    void announce_raw_bytes(uint32_t bytes) { announced_raw_bytes_ = bytes; }

    // Sealed as it is in the next batches.
    void use_plaintext(Section section, const Bytes& plaintext) {
        plaintexts_.emplace_back(section, plaintext);
    }

    VerifyReport verify() {
        put_files();
        return rig_.verify();
    }

    VerifyReport verify_keyless() {
        put_files();
        return rig_.verify_keyless();
    }

    size_t frame_at() const { return frame_at_; }

    MerkleTree tree() const { return encoder_->head().tree; }

    void put_beside(const std::string& name, ByteView bytes) {
        rig_.disk.put_file(rig_.path(name), bytes);
    }

 private:
    Bytes key_file() {
        return *encode_key_file(header_, data_keys_, *make_daily_key(rig_.random), *keys_,
                                rig_.random);
    }

    void put_files() {
        std::vector<std::pair<Bytes, Bytes>> segments = finished_;
        segments.push_back({bytes_, key_file()});
        for (size_t no = 0; no < segments.size(); ++no) {
            rig_.put(no, segments[no].first);
            rig_.disk.put_file(rig_.path(keys_file_name(no)), segments[no].second);
        }
    }

    VerifyRig rig_;
    std::optional<LocalKeys> keys_;
    DataKeys data_keys_;
    SegmentHeader header_;
    std::optional<SigningKey> seal_key_;
    std::optional<FrameEncoder> encoder_;
    Bytes bytes_;
    std::vector<std::pair<Bytes, Bytes>> finished_;  // segment and key file
    uint64_t seal_no_ = 0;
    size_t frame_at_ = 0;
    uint32_t announced_raw_bytes_ = 0;
    std::vector<std::pair<Section, Bytes>> plaintexts_;
};

}  // namespace llmtrail
