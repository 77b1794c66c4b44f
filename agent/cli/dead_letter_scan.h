// What `deadletter` reads of a spool: the dead letters that its agent records tell of, and then the
// records they stand for. Main thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/dead_letter.h"
#include "query/found_record.h"
#include "query/spool_scan.h"

namespace llmtrail {

struct FoundLetter {
    UnixNanos time;  // when the event was given up
    DeadLetter letter;
};

using TellProblem = std::function<void(const ScanProblem&)>;

// The dead letters of one output, or of all, in the order of the log; each event of an output once,
// though a crash may have told of it twice.
class DeadLetterScan : public ScanVisitor {
 public:
    DeadLetterScan(std::string output, TellProblem tell)
        : output_(std::move(output)), tell_(std::move(tell)) {}

    bool wants(uint64_t, const std::vector<Digest>&) override { return true; }

    void batch(const OpenedBatch& opened, SegmentOpeners& openers) override;

    void problem(const ScanProblem& problem) override { tell_(problem); }

    const std::vector<FoundLetter>& letters() const { return letters_; }

 private:
    std::string output_;  // empty: all
    TellProblem tell_;
    AuditRecord envelope_;
    std::set<std::pair<std::string, uint64_t>> seen_;
    std::vector<FoundLetter> letters_;
};

// Hands out the records with these indexes, in the order of the log.
class RecordPick : public ScanVisitor {
 public:
    using Take = std::function<void(const FoundRecord&)>;

    RecordPick(std::set<uint64_t> indexes, Take take, TellProblem tell)
        : indexes_(std::move(indexes)), take_(std::move(take)), tell_(std::move(tell)) {}

    bool wants(uint64_t first_index, const std::vector<Digest>& leaves) override;
    void batch(const OpenedBatch& opened, SegmentOpeners& openers) override;

    void problem(const ScanProblem& problem) override { tell_(problem); }

    bool done() const override { return indexes_.empty(); }

    // Not found so far.
    const std::set<uint64_t>& missing() const { return indexes_; }

 private:
    std::set<uint64_t> indexes_;
    Take take_;
    TellProblem tell_;
    FoundRecord found_;
};

}  // namespace llmtrail
