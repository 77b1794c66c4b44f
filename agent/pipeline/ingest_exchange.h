// A change of the ingest worker step by step: what the sources that go still hold is committed, the
// others take their places, and the record that tells of it is the first behind. While the spool is
// full a change waits with what it cannot write, and the next one joins it: it may be what makes
// space. Ingest thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "pipeline/ingest_change.h"
#include "pipeline/intakes.h"

namespace llmtrail {

inline constexpr size_t kUntoldChangesMax = 64;  // then the next one waits

// Where outputs begin that deliver does not know yet.
class PromisedCursors {
 public:
    // For outputs of `settings` that have no cursor.
    void promise(const Settings& settings, const Cursors& known, uint64_t start_index);

    bool empty() const { return promised_.empty(); }

    // A promise ends when deliver tells of the output.
    Cursors added_to(Cursors cursors);

 private:
    Cursors promised_;
};

class IngestExchange {
 public:
    // `promise` makes the start of new outputs durable.
    using Promise = std::function<void(const Settings& settings, uint64_t start_index)>;

    IngestExchange(SpoolWriter& spool, OpenBatch& batch, Intakes& sources, Clock& clock,
                   Promise promise)
        : spool_(spool),
          batch_(batch),
          sources_(sources),
          clock_(clock),
          promise_(std::move(promise)) {}

    void begin(IngestChange change);

    bool busy() const { return change_.has_value(); }

    // begin() may be called: nobody waits for the answer to the one before.
    bool takes_change() const {
        return !change_ || (answered_ && news_.size() < kUntoldChangesMax);
    }

    // After each step. True once: the sources are others.
    bool go_on();

    std::optional<IngestChanged> take_changed() { return std::exchange(changed_, std::nullopt); }

 private:
    void join_waiting(IngestChange& change);
    bool change_sources();
    bool tell();
    void note_start();

    SpoolWriter& spool_;
    OpenBatch& batch_;
    Intakes& sources_;
    Clock& clock_;
    Promise promise_;
    std::optional<IngestChange> change_;
    std::deque<AgentNews> news_;  // of it and those before it: not in the spool's batch yet
    std::optional<IngestChanged> changed_;
    std::optional<IngestChanged> start_;  // known: new outputs have their cursors
    bool sources_changed_ = false;
    bool answered_ = false;
};

}  // namespace llmtrail
