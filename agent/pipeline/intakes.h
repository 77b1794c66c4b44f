// The sources of the ingest worker, and how they are exchanged while it runs: one that is unchanged
// goes on with everything it has open; another begins where its predecessor's last durable position
// is. Ingest thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pipeline/open_batch.h"
#include "pipeline/source_intake.h"
#include "pipeline/status_board.h"
#include "pipeline/uncommitted_positions.h"
#include "platform/file_watch.h"

namespace llmtrail {

struct IntakeSeams {
    FileSystem& files;
    FileWatch& watch;
    Clock& clock;
};

class Intakes {
 public:
    using Reads = std::map<std::string, DocumentRead>;  // by source id
    using MakeIntake =
        std::function<std::unique_ptr<SourceIntake>(const SourceSettings&, DocumentRead)>;

    // `saved`: positions of all sources there ever were, as the spool has them.
    Intakes(IntakeSeams seams, PositionHasher hasher, std::vector<FilePosition> saved,
            MakeIntake make)
        : seams_(seams), hasher_(std::move(hasher)), saved_(std::move(saved)), make_(make) {}

    auto begin() const { return intakes_.begin(); }

    auto end() const { return intakes_.end(); }

    // Those that change or go: they are read no more, and give what they hold.
    void retire(const std::set<std::string>& ids) { retiring_ = ids; }

    bool is_retiring(const SourceIntake& intake) const {
        return retiring_.count(intake.totals().id) != 0;
    }

    // Once what the retiring ones held is durable. `reads` has those of sources that are new.
    void exchange(const std::vector<SourceSettings>& sources, Reads reads);

    void collect_positions(UncommittedPositions& positions);
    const std::vector<SourceTotals>& totals();
    std::vector<SourceStatus> status();
    bool waits_for_files() const;

 private:
    std::unique_ptr<SourceIntake> make(const SourceSettings& settings, DocumentRead read,
                                       const SourceIntake* predecessor);

    IntakeSeams seams_;
    PositionHasher hasher_;
    std::vector<FilePosition> saved_;  // of sources that are not there
    MakeIntake make_;
    std::vector<std::unique_ptr<SourceIntake>> intakes_;
    std::set<std::string> retiring_;
    std::vector<SourceTotals> totals_;
};

// True when nothing of the source waits for the spool, and the spool takes more.
bool flush_intake(SourceIntake& intake, SpoolWriter& spool, OpenBatch& batch);

}  // namespace llmtrail
