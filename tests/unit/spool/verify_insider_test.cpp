// Logs made by somebody who has all keys and breaks one rule of the format: signatures, tags and
// checksums are right.
#include <doctest/doctest.h>

#include "spool/frame_encoder.h"
#include "spool/key_file.h"
#include "spool/open_batch.h"
#include "verify_rig.h"

using namespace llmtrail;

namespace {

void flip_first(Digest& digest) {
    digest[0] = static_cast<char>(digest[0] ^ 1);
}

// One segment, written frame by frame.
class CraftedLog {
 public:
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
        header_.generation = 1;
        seal_key_.emplace(*SigningKey::generate(rig_.random));
        header_.first_seal_pk = seal_key_->public_key();
        bytes_ = encode_segment_header(header_, keys_->identity);
        encoder_.emplace(header_, data_keys_, LogHead{header_.header_hash, {}}, rig_.clock,
                         rig_.random);
    }

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
        frame_at_ = bytes_.size();
        REQUIRE(encoder_->batch(records, {}, plaintexts, bytes_));
    }

    void batch() {
        batch([](auto&, auto&) {});
    }

    void announce_raw_bytes(uint32_t bytes) { announced_raw_bytes_ = bytes; }

    VerifyReport verify() {
        rig_.put(0, bytes_);
        Result<Bytes> key_file =
            encode_key_file(header_, data_keys_, *make_daily_key(rig_.random), *keys_, rig_.random);
        rig_.disk.put_file(rig_.path(keys_file_name(0)), *key_file);
        return rig_.verify();
    }

    VerifyReport verify_keyless() {
        rig_.put(0, bytes_);
        return rig_.verify_keyless();
    }

    size_t frame_at() const { return frame_at_; }

 private:
    VerifyRig rig_;
    std::optional<LocalKeys> keys_;
    DataKeys data_keys_;
    SegmentHeader header_;
    std::optional<SigningKey> seal_key_;
    std::optional<FrameEncoder> encoder_;
    Bytes bytes_;
    uint64_t seal_no_ = 0;
    size_t frame_at_ = 0;
    uint32_t announced_raw_bytes_ = 0;
};

}  // namespace

TEST_CASE("a log made by hand after the page is CLEAN") {
    CraftedLog log;
    log.begin();
    log.batch();
    log.control(FrameType::kPositions, encode_positions({{{"z", "1"}, {"a", ""}}, {}, {}}),
                kFrameFlagDelta);
    log.seal(kSealCleanShutdown);
    check_verdict(log.verify(), Verdict::kClean);
    CHECK(log.verify().records == 3);
}

TEST_CASE("frames of unknown and reserved types are hashed, counted and not interpreted") {
    CraftedLog log;
    log.begin();
    log.control(static_cast<FrameType>(9), "from a later version");
    log.control(FrameType::kAnchor, "");
    log.control(static_cast<FrameType>(255), "");
    log.seal(kSealCleanShutdown);
    VerifyReport report = log.verify();
    check_verdict(report, Verdict::kClean);
    CHECK(report.unknown_frames == 2);
    CHECK(report.tree_size == 5);
}

TEST_CASE("a record whose leaf is not made of its bytes is named, and only keys tell") {
    for (size_t at : {size_t{0}, size_t{1}, size_t{2}}) {
        CraftedLog log;
        log.begin();
        log.batch([&](auto& records, auto&) { flip_first(records[at].leaf); });
        log.seal(kSealCleanShutdown);
        VerifyReport report = log.verify();
        check_tampered_at(report, 0, log.frame_at());
        REQUIRE(report.record);
        CHECK(*report.record == 2 + at);
        check_verdict(log.verify_keyless(), Verdict::kClean);
    }
}

TEST_CASE("a record whose bytes are not the committed ones is named") {
    CraftedLog log;
    log.begin();
    log.batch([](auto&, auto& raw) { raw[1].back() = 'D'; });
    log.seal(kSealCleanShutdown);
    VerifyReport report = log.verify();
    check_tampered_at(report, 0, log.frame_at());
    REQUIRE(report.record);
    CHECK(*report.record == 4);
}

TEST_CASE("a stored commitment that is not the record's is found") {
    CraftedLog log;
    log.begin();
    log.batch([](auto& records, auto&) { flip_first(records[1].commitments[3]); });
    log.seal(kSealCleanShutdown);
    check_tampered_at(log.verify(), 0, log.frame_at());
}

TEST_CASE(
    "a section that announces more than a frame may hold is found without taking the memory") {
    for (uint32_t bytes : {0xFFFFFFFFU, 0x80000000U, 1U}) {
        CraftedLog log;
        log.begin();
        log.announce_raw_bytes(bytes);
        log.batch();
        log.seal(kSealCleanShutdown);
        VerifyReport report = log.verify();
        check_tampered_at(report, 0, log.frame_at());
        CHECK(report.section == "prompt");
    }
}

TEST_CASE("each rule on the order of frames is kept by the verifier, with keys and without") {
    const std::pair<const char*, void (*)(CraftedLog&)> breaches[] = {
        {"no positions first",
         [](CraftedLog& log) {
             log.genesis();
             log.seal(kSealForced);
         }},
        {"delta positions first",
         [](CraftedLog& log) {
             log.control(FrameType::kPositions, encode_positions({}), kFrameFlagDelta);
             log.genesis();
             log.seal(kSealForced);
         }},
        {"no genesis",
         [](CraftedLog& log) {
             log.positions();
             log.seal(kSealForced);
         }},
        {"two geneses",
         [](CraftedLog& log) {
             log.begin();
             log.genesis();
         }},
        {"a genesis that is no first start",
         [](CraftedLog& log) {
             log.positions();
             log.genesis(0);
             log.seal(kSealForced);
         }},
        {"a genesis after an orderly stop that was none",
         [](CraftedLog& log) {
             log.positions();
             log.genesis(kGenesisFirstStart | kGenesisAfterClean);
             log.seal(kSealForced);
         }},
        {"a recovery in the first generation",
         [](CraftedLog& log) {
             log.positions();
             log.genesis();
             log.control(FrameType::kRecovery, encode_recovery({}));
             log.seal(kSealForced);
         }},
        {"full positions in the middle",
         [](CraftedLog& log) {
             log.begin();
             log.positions();
         }},
        {"positions out of order",
         [](CraftedLog& log) {
             log.positions({{"b", "1"}, {"a", "1"}});
             log.genesis();
             log.seal(kSealForced);
         }},
        {"positions twice the same",
         [](CraftedLog& log) {
             log.positions({{"a", "1"}, {"a", "2"}});
             log.genesis();
             log.seal(kSealForced);
         }},
        {"positions without a value",
         [](CraftedLog& log) {
             log.positions({{"a", ""}});
             log.genesis();
             log.seal(kSealForced);
         }},
        {"a seal number twice",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealForced, 0);
         }},
        {"a seal number left out",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealForced, 2);
         }},
        {"frames after a segment end",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealSegmentEnd);
             log.batch();
         }},
        {"frames after an orderly stop",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealCleanShutdown);
             log.batch();
         }},
        {"a next key after an orderly stop",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealCleanShutdown, {}, true);
         }},
        {"a genesis that cannot be read",
         [](CraftedLog& log) {
             log.positions();
             log.control(FrameType::kGenesis, "short");
             log.seal(kSealForced);
         }},
        {"positions that cannot be read",
         [](CraftedLog& log) {
             log.control(FrameType::kPositions, Bytes(9, '\xFF') + '\x01');
             log.genesis();
             log.seal(kSealForced);
         }},
    };
    for (const auto& [name, breach] : breaches) {
        CAPTURE(name);
        CraftedLog log;
        breach(log);
        check_verdict(log.verify(), Verdict::kTampered);
        check_verdict(log.verify_keyless(), Verdict::kTampered);
    }
}
