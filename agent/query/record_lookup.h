// show: one leaf of a log, by index or by event id. Reads from the beginning, so that its evidence
// is known, and stops at the SEAL that covers it. Used by `llmtrail show`. One thread.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "query/found_record.h"
#include "query/spool_scan.h"

namespace llmtrail {

// A frame that is a leaf itself.
struct FoundControl {
    uint64_t index = 0;
    FrameType type = FrameType::kPositions;
    UnixNanos written;
    Digest frame_digest{};
};

class RecordLookup : public ScanVisitor {
 public:
    explicit RecordLookup(uint64_t index) : index_(index) {}

    explicit RecordLookup(std::string event_id) : event_id_(std::move(event_id)) {}

    bool wants(uint64_t first_index, const std::vector<Digest>& leaves) override;
    void batch(const OpenedBatch& batch, SegmentOpeners& openers) override;
    void control(const FrameView& frame, const Digest& frame_digest) override;
    void leaf(uint64_t index, const Digest& leaf) override;
    void settled(Evidence evidence, const SealBody* seal) override;
    void problem(const ScanProblem& problem) override;

    bool done() const override { return evidence_.has_value(); }

    // It stands in the log; what of it could be opened is below.
    bool seen() const { return seen_; }

    uint64_t index() const { return *index_; }

    const std::optional<FoundRecord>& record() const { return record_; }

    const std::optional<FoundControl>& control() const { return control_; }

    std::optional<Evidence> evidence() const { return evidence_; }

    const std::vector<ScanProblem>& problems() const { return problems_; }

 private:
    std::optional<uint64_t> index_;
    std::string event_id_;
    bool seen_ = false;
    Digest leaf_{};
    std::optional<FoundRecord> record_;
    std::optional<FoundControl> control_;
    std::optional<Evidence> evidence_;
    std::vector<ScanProblem> problems_;
};

}  // namespace llmtrail
