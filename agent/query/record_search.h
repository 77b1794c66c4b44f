// search: every record of a spool that a filter wants, in the order of the log. A record that
// matches is held until the SEAL over it has been checked, so that its evidence stands beside it;
// memory for that is bounded. Used by `llmtrail search`. One thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "query/found_record.h"
#include "query/record_filter.h"
#include "query/spool_scan.h"

namespace llmtrail {

inline constexpr size_t kHeldBytesMax = size_t{32} << 20;

struct SearchOptions {
    RecordFilter filter;
    SectionChoice words_in = {false, true, true, true};  // sections to search for words
    bool print_content = false;
    bool json = false;
    uint64_t limit = ~uint64_t{0};
};

struct SearchTotals {
    uint64_t matches = 0;
    uint64_t undecoded = 0;  // opened, and no record that this version reads
    uint64_t unsealed = 0;
    uint64_t unproven = 0;
};

class RecordSearch : public ScanVisitor {
 public:
    using Print = std::function<bool(const std::string&)>;  // false: nobody reads any more
    using Tell = std::function<void(const ScanProblem&)>;

    RecordSearch(SearchOptions options, Print print, Tell tell,
                 size_t held_bytes_max = kHeldBytesMax);

    bool wants(uint64_t, const std::vector<Digest>&) override { return true; }

    void batch(const OpenedBatch& batch, SegmentOpeners& openers) override;
    void settled(Evidence evidence, const SealBody* seal) override;

    void problem(const ScanProblem& problem) override { tell_(problem); }

    bool waits_long() const override { return held_bytes_ > held_bytes_max_; }

    bool done() const override;

    const SearchTotals& totals() const { return totals_; }

 private:
    bool matches(const OpenedBatch& batch, size_t at);
    void hold(FoundText text);
    void let_go(Evidence evidence);

    SearchOptions options_;
    Print print_;
    Tell tell_;
    SearchTotals totals_;
    FoundRecord found_;
    AuditRecord envelope_;
    std::vector<FoundText> held_;
    size_t held_bytes_ = 0;
    size_t held_bytes_max_;
    bool gone_ = false;
};

}  // namespace llmtrail
