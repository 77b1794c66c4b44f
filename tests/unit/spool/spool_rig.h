// What the spool tests share: a spool on a fake disk, a workload that remembers what was committed,
// and the check that all of it is there again.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fakes/fake_clock.h"
#include "fakes/fake_disk.h"
#include "fakes/fake_random.h"
#include "spool/spool.h"

namespace llmtrail {

struct KeptRecord {
    std::array<std::string, kSectionCount> sections;
    Digest leaf{};
};

struct SpoolRig {
    explicit SpoolRig(uint64_t seed = 1) : random(seed) {
        options.directory = "/state/spool";
        options.key_directory = "/state/keys";
        options.max_size_bytes = uint64_t{64} << 20;
        options.min_free_bytes = 0;
        options.segment_bytes_max = 8192;
    }

    SpoolSeams seams() { return {disk, clock, random}; }

    Result<std::unique_ptr<SpoolWriter>> open() { return SpoolWriter::open(options, seams()); }

    Result<std::unique_ptr<SpoolReader>> reader() { return SpoolReader::open(options, seams()); }

    std::string path(const std::string& name) const { return options.directory + "/" + name; }

    std::vector<std::string> segments() const {
        std::vector<std::string> found;
        for (const std::string& name : disk.names(options.directory)) {
            if (name.ends_with(".lsp")) {
                found.push_back(name);
            }
        }
        return found;
    }

    FakeDisk disk;
    FakeClock clock;
    FakeRandom random;
    SpoolOptions options;
};

// Appends records of varied shapes and commits them; remembers what the spool promised.
class Workload {
 public:
    // One batch and its position; true when the spool said yes.
    bool commit(SpoolWriter& writer, FakeRandom& random);
    // `turns` batches with seals, cursors and waits between them; stops at the first error.
    Result<void> run(SpoolRig& rig, SpoolWriter& writer, int turns, FakeRandom& random);

    void new_process() { pending_.clear(); }  // what was not committed died with the writer

    const std::map<uint64_t, KeptRecord>& committed() const { return committed_; }

    const std::string& position() const { return position_; }

    const std::string& offered_position() const { return offered_; }

    Error last_error;

 private:
    std::map<uint64_t, KeptRecord> committed_;
    std::vector<KeptRecord> pending_;
    std::string position_;  // of the last commit that succeeded
    std::string offered_;   // of the last commit that was tried
    uint64_t turn_ = 0;
};

inline bool Workload::commit(SpoolWriter& writer, FakeRandom& random) {
    uint64_t count = 1 + random.below(4);
    ++turn_;
    for (uint64_t i = 0; i < count; ++i) {
        KeptRecord record;
        std::string name = "turn " + std::to_string(turn_) + " record " + std::to_string(i);
        record.sections[0] = "envelope of " + name;
        for (size_t s = 1; s < kSectionCount; ++s) {
            if (random.below(3) != 0) {
                record.sections[s] = name + std::string(random.below(300), 'x') + std::to_string(s);
            }
        }
        writer.append(
            {record.sections[0], record.sections[1], record.sections[2], record.sections[3]});
        pending_.push_back(record);
    }
    offered_ = "position " + std::to_string(turn_);
    Result<std::shared_ptr<const Batch>> batch = writer.commit({{"source", offered_}});
    if (!batch) {
        last_error = batch.error();
        return false;
    }
    REQUIRE((*batch)->records.size() == pending_.size());
    for (size_t i = 0; i < pending_.size(); ++i) {
        pending_[i].leaf = (*batch)->records[i].leaf;
        committed_[(*batch)->first_index + i] = pending_[i];
    }
    pending_.clear();
    position_ = offered_;
    return true;
}

inline Result<void> Workload::run(SpoolRig& rig, SpoolWriter& writer, int turns,
                                  FakeRandom& random) {
    for (int i = 0; i < turns; ++i) {
        if (!commit(writer, random)) {
            return fail(last_error);
        }
        rig.clock.advance_millis(static_cast<int64_t>(random.below(900)));
        if (writer.seal_due(rig.clock.monotonic_now())) {
            writer.note_cursors({{"soc", committed_.rbegin()->first}});
            writer.note_ledger("ledger " + std::to_string(turn_));
            Result<void> sealed = writer.seal(SealReason::kInterval);
            if (!sealed) {
                return sealed;
            }
        }
    }
    return {};
}

// Every committed record is readable, with its content and its leaf.
inline void check_all_readable(SpoolRig& rig, const std::map<uint64_t, KeptRecord>& committed) {
    Result<std::unique_ptr<SpoolReader>> reader = rig.reader();
    REQUIRE_MESSAGE(reader, reader.error().message);
    for (const auto& [index, kept] : committed) {
        Result<std::shared_ptr<const Batch>> batch = (*reader)->read(index);
        REQUIRE_MESSAGE(batch, "record " << index << ": " << batch.error().message);
        REQUIRE((*batch)->first_index <= index);
        REQUIRE(index < (*batch)->end_index());
        size_t at = static_cast<size_t>(index - (*batch)->first_index);
        REQUIRE((*batch)->records[at].leaf == kept.leaf);
        for (Section section : kSections) {
            REQUIRE((*batch)->section(at, section) == kept.sections[static_cast<size_t>(section)]);
        }
    }
}

}  // namespace llmtrail
