// The ingest worker: read -> split -> parse -> record -> append -> commit. One thread, because the
// chain needs an order. Driven by step(), so that tests run it without threads; pipeline.cpp runs
// it in one and waits in between.
//
// The promise it keeps: a source position is written in the same frame as the records read up to
// it. When the spool is full it stops reading: the source file is the buffer.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/section.h"
#include "config/settings.h"
#include "crypto/digest.h"
#include "log/log.h"
#include "parsers/parser.h"
#include "pipeline/checkpoints.h"
#include "pipeline/document_read.h"
#include "pipeline/ingest_change.h"
#include "pipeline/ledger.h"
#include "pipeline/mailbox.h"
#include "pipeline/recent_batches.h"
#include "pipeline/status_board.h"
#include "platform/clock.h"
#include "platform/file_system.h"
#include "platform/file_watch.h"
#include "spool/spool.h"
#include "tail/source_tail.h"

namespace llmtrail {

inline constexpr uint64_t kReadBudgetBytes = uint64_t{1} << 20;  // a source's turn

struct IngestSeams {
    FileSystem& files;
    FileWatch& watch;
    Clock& clock;
    Log& log;
    MakeDocumentRead make_document_read = document_read_of;
    AnchorPlan anchors = {};
};

class Ingest {
 public:
    static Result<std::unique_ptr<Ingest>> make(const Settings& settings, SpoolWriter& spool,
                                                RecentBatches& recent, Mailbox& mailbox,
                                                IngestSeams seams);
    ~Ingest();

    // One turn: news from deliver, files, a commit or seal when due. `news_from_watch`: the watch's
    // descriptor was readable. Returns false when nothing is left to do until wait_ms() or news.
    bool step(bool news_from_watch);
    // How long the watch's news may be left unheard: nothing could be committed sooner.
    int64_t hold_ms() const;
    int64_t wait_ms() const;  // until the next timer; never -1

    // All sources read to their ends and everything appended is committed.
    bool caught_up() const;

    // Makes the last records durable: pieces that still wait, news, open batch, seal, and the
    // checkpoint of that seal. What fails is logged and left to the next start.
    void finish();

    // After finish(), when nobody confirms anything more: the last anchors and dead letters.
    void take_last_letters();

    // No further than the events whose dead letters are not in the log yet.
    Cursors held_back(Cursors cursors) const;

    // Other sources and intervals, with the next steps. Once per change take_changed() has
    // something: then new outputs may begin. The next one begins when takes_change().
    void begin_change(IngestChange change);
    bool takes_change() const;
    std::optional<IngestChanged> take_changed();

    void announce(AgentNews news);  // an agent record with the next step
    const std::vector<SourceTotals>& totals() const;
    AnchorTotals anchors() const;
    IntakeStatus status() const;
    uint64_t committed_records() const;
    bool failed() const;  // an error that no retry heals: logged, the pipeline stops

 private:
    class Worker;
    explicit Ingest(std::unique_ptr<Worker> worker);
    std::unique_ptr<Worker> worker_;
};

}  // namespace llmtrail
