#include "pipeline/ingest.h"

#include <algorithm>
#include <utility>

#include "pipeline/announcements.h"
#include "pipeline/ingest_exchange.h"
#include "pipeline/look_cadence.h"
#include "pipeline/open_batch.h"
#include "pipeline/seal_cadence.h"
#include "pipeline/spool_options.h"
#include "record/record_codec.h"

namespace llmtrail {

class Ingest::Worker {
 public:
    Worker(const Settings& settings, SpoolWriter& spool, RecentBatches& recent, Mailbox& mailbox,
           IngestSeams seams)
        : spool_(spool),
          mailbox_(mailbox),
          seams_(seams),
          batch_(
              spool, recent, seams.clock, seams.log, settings.spool.sync_interval_ms,
              [this](UncommittedPositions& positions) { sources_.collect_positions(positions); }),
          announcements_(spool, batch_, mailbox, seams.clock),
          cadence_(spool, seams.clock, seams.log, settings.spool.checkpoint_interval_ms),
          checkpoints_(spool, seams.clock, seams.log, settings.spool.checkpoint_interval_ms,
                       seams.anchors),
          sources_({seams.files, seams.watch, seams.clock}, position_hasher(spool.position_key()),
                   decode_positions(spool.recovered().positions, seams.log),
                   [this](const SourceSettings& source, DocumentRead read) {
                       return make_intake(source, std::move(read));
                   }),
          cursors_(spool.recovered().cursors),
          exchange_(spool, batch_, sources_, seams.clock,
                    [this](const Settings& next, uint64_t start_index) {
                        promise_cursors(next, start_index);
                    }) {}

    Result<void> add_sources(const Settings& settings);
    bool step(bool news_from_watch);
    int64_t wait_ms() const;

    int64_t hold_ms() const { return batch_.hold_ms(); }

    bool caught_up() const {
        return caught_up_ && !exchange_.busy() && !sources_.waits_for_files() && !news_waits() &&
               spool_.batch_records() == 0;
    }

    void finish();

    void take_last_letters() {
        take_letters();
        announcements_.commit(Announcements::Which::kDeadLetters);
    }

    Cursors held_back(Cursors cursors) const {
        return announcements_.held_back(std::move(cursors));
    }

    AnchorTotals anchors() const { return checkpoints_.totals(); }

    void announce(AgentNews news) { announcements_.add(std::move(news)); }

    void begin_change(IngestChange change);

    bool takes_change() const { return exchange_.takes_change(); }

    std::optional<IngestChanged> take_changed() { return exchange_.take_changed(); }

    const std::vector<SourceTotals>& totals() { return sources_.totals(); }

    IntakeStatus status();

    uint64_t committed_records() const { return batch_.committed_records(); }

    bool failed() const { return batch_.failed() || cadence_.failed(); }

 private:
    std::unique_ptr<SourceIntake> make_intake(const SourceSettings& settings, DocumentRead read);
    void promise_cursors(const Settings& settings, uint64_t start_index);
    void take_letters();

    LookCadence::Situation situation() const {
        return {seams_.watch.descriptor() >= 0, !caught_up_ || sources_.waits_for_files()};
    }

    bool news_waits() const { return announcements_.wait_ms() == 0; }

    void look_for_files(bool news_from_watch);
    uint64_t read_sources();
    void seal(SealReason reason);
    void seal_when_due();
    bool urgent_is_committed() const;
    void append_checkpoint();

    SpoolWriter& spool_;
    Mailbox& mailbox_;
    IngestSeams seams_;
    OpenBatch batch_;
    Announcements announcements_;
    SealCadence cadence_;
    Checkpoints checkpoints_;
    Intakes sources_;
    std::vector<OutputTotals> output_totals_;
    LookCadence looks_;
    bool caught_up_ = false;
    bool urgent_ = false;  // a record is to be sealed at once
    bool idle_ = true;     // nothing was read since the last checkpoint
    Cursors cursors_;
    PromisedCursors promised_;
    IngestExchange exchange_;
};

Result<void> Ingest::Worker::add_sources(const Settings& settings) {
    Intakes::Reads reads;
    for (const SourceSettings& source : settings.sources) {
        Result<DocumentRead> read = seams_.make_document_read(source);
        if (!read) {
            return fail(std::move(read.error()).with_context("source " + source.id));
        }
        reads.emplace(source.id, std::move(*read));
    }
    sources_.exchange(settings.sources, std::move(reads));
    return {};
}

std::unique_ptr<SourceIntake> Ingest::Worker::make_intake(const SourceSettings& settings,
                                                          DocumentRead read) {
    return std::make_unique<SourceIntake>(settings, std::move(read), spool_, seams_.clock,
                                          seams_.log, mailbox_, announcements_.repeats(),
                                          [this](SourceIntake&) { batch_.commit(); });
}

void Ingest::Worker::begin_change(IngestChange change) {
    if (change.settings) {
        const SpoolSettings& spool = change.settings->spool;
        spool_.adopt(spool_options(*change.settings));
        batch_.set_sync_interval(spool.sync_interval_ms);
        cadence_.set_heartbeat_interval(spool.checkpoint_interval_ms);
        checkpoints_.adopt(spool.checkpoint_interval_ms, change.may_anchor,
                           change.holder_interval_ms);
    }
    exchange_.begin(std::move(change));
}

// An output's start is durable before the first record that is for it.
void Ingest::Worker::promise_cursors(const Settings& settings, uint64_t start_index) {
    promised_.promise(settings, cursors_, start_index);
    if (!promised_.empty()) {
        cursors_ = promised_.added_to(std::move(cursors_));
        spool_.note_cursors(cursors_);
        seal(SealReason::kForced);
    }
}

void Ingest::Worker::take_letters() {
    Mailbox::Letters letters = mailbox_.take();
    announcements_.add(std::move(letters.dead));
    // Unchanged ones too: the spool puts off what it writes about them.
    if (!letters.cursors.empty()) {
        cursors_ = promised_.added_to(held_back(std::move(letters.cursors)));
        spool_.note_cursors(cursors_);
    }
    if (!letters.outputs.empty()) {
        output_totals_ = std::move(letters.outputs);
    }
    checkpoints_.take(letters.held);
    for (AgentNews& news : letters.news) {
        announce(std::move(news));
    }
}

IntakeStatus Ingest::Worker::status() {
    IntakeStatus status;
    status.sources = sources_.status();
    status.anchors = checkpoints_.totals();
    status.sealed_root = checkpoints_.sealed_root();
    status.log_size = spool_.next_index();
    status.sealed = cadence_.sealed();
    return status;
}

void Ingest::Worker::seal(SealReason reason) {
    spool_.note_ledger(encode_ledger(Ledger{totals(), output_totals_, checkpoints_.totals()}));
    cadence_.seal(reason);
    checkpoints_.note_seal();
    batch_.take_told();
}

// What is urgent is in a frame, and nothing that came with it still waits for one.
bool Ingest::Worker::urgent_is_committed() const {
    return urgent_ && spool_.batch_records() == 0 &&
           std::none_of(sources_.begin(), sources_.end(),
                        [](const auto& source) { return source->has_overflow(); });
}

void Ingest::Worker::seal_when_due() {
    if (urgent_is_committed()) {
        urgent_ = false;
        seal(SealReason::kForced);
    } else if (std::optional<SealReason> reason = cadence_.due()) {
        seal(*reason);
    }
    if (checkpoints_.due() && !batch_.full()) {
        seal(idle_ ? SealReason::kHeartbeat : SealReason::kInterval);
        append_checkpoint();
    }
}

// Of the last seal. While the open batch is full it is put off.
void Ingest::Worker::append_checkpoint() {
    if (spool_.batch_full() && !batch_.commit()) {
        return;
    }
    idle_ = true;
    append_sections(checkpoints_.make(cursors_), spool_);
    batch_.note_records();
    batch_.commit();
}

// Also while sources wait for space: a file that is rotated away then is kept by its descriptor.
void Ingest::Worker::look_for_files(bool news_from_watch) {
    MonotonicNanos now = seams_.clock.monotonic_now();
    if (!looks_.due(news_from_watch, situation(), now)) {
        return;
    }
    seams_.watch.drain();
    for (const auto& source : sources_) {
        source->rescan();
    }
    looks_.note_look(news_from_watch, now);
}

uint64_t Ingest::Worker::read_sources() {
    uint64_t read = 0;
    for (const auto& source : sources_) {
        if (sources_.is_retiring(*source)) {
            continue;
        }
        source->expire(seams_.clock.monotonic_now());
        if (!flush_intake(*source, spool_, batch_)) {
            return read;
        }
        read += source->read(kReadBudgetBytes);
        batch_.note_records();
        urgent_ = source->take_urgent() || urgent_;
        if (source->holds_unsaved()) {
            batch_.note_held_pieces();
        }
        if (spool_.batch_full() && !batch_.commit()) {
            break;
        }
    }
    return read;
}

bool Ingest::Worker::step(bool news_from_watch) {
    take_letters();
    announcements_.append(Announcements::Which::kDue);
    batch_.retry();
    look_for_files(news_from_watch);
    uint64_t read = 0;
    if (!batch_.full()) {
        read = read_sources();
        idle_ = idle_ && read == 0;
        caught_up_ = read == 0 && !batch_.full();
        if (!batch_.full() && batch_.due(caught_up_ || urgent_)) {
            batch_.commit();
        }
    }
    bool other_sources = exchange_.go_on();
    if (other_sources) {
        looks_.look_at_once();
        caught_up_ = false;
    }
    seal_when_due();
    announcements_.settle();
    return !failed() && !batch_.full() && (read > 0 || other_sources || news_waits());
}

int64_t Ingest::Worker::wait_ms() const {
    MonotonicNanos now = seams_.clock.monotonic_now();
    int64_t wait = INT64_MAX;
    auto not_after = [&](MonotonicNanos at) {
        wait = std::min(wait, std::max<int64_t>(0, (at.value - now.value) / kNanosPerMilli + 1));
    };
    auto at_most = [&](int64_t left_ms) { wait = left_ms >= 0 ? std::min(wait, left_ms) : wait; };
    not_after(looks_.next(situation()));
    at_most(batch_.wait_ms());
    if (!batch_.full()) {
        for (const auto& source : sources_) {
            if (std::optional<MonotonicNanos> expiry = source->next_expiry()) {
                not_after(*expiry);
            }
        }
        at_most(announcements_.wait_ms());
        at_most(checkpoints_.wait_ms());
    }
    return cadence_.wait_ms(wait);
}

void Ingest::Worker::finish() {
    take_letters();
    for (const auto& source : sources_) {
        source->expire_all();
        if (!flush_intake(*source, spool_, batch_)) {
            return;
        }
    }
    if (!announcements_.commit(Announcements::Which::kAll)) {
        return;
    }
    seal(SealReason::kForced);
    append_checkpoint();
}

Ingest::Ingest(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}

Ingest::~Ingest() = default;

Result<std::unique_ptr<Ingest>> Ingest::make(const Settings& settings, SpoolWriter& spool,
                                             RecentBatches& recent, Mailbox& mailbox,
                                             IngestSeams seams) {
    auto worker = std::make_unique<Worker>(settings, spool, recent, mailbox, std::move(seams));
    if (Result<void> added = worker->add_sources(settings); !added) {
        return fail(std::move(added.error()));
    }
    return std::unique_ptr<Ingest>(new Ingest(std::move(worker)));
}

bool Ingest::step(bool news_from_watch) {
    return worker_->step(news_from_watch);
}

int64_t Ingest::hold_ms() const {
    return worker_->hold_ms();
}

int64_t Ingest::wait_ms() const {
    return worker_->wait_ms();
}

bool Ingest::caught_up() const {
    return worker_->caught_up();
}

void Ingest::finish() {
    worker_->finish();
}

void Ingest::take_last_letters() {
    worker_->take_last_letters();
}

Cursors Ingest::held_back(Cursors cursors) const {
    return worker_->held_back(std::move(cursors));
}

void Ingest::begin_change(IngestChange change) {
    worker_->begin_change(std::move(change));
}

bool Ingest::takes_change() const {
    return worker_->takes_change();
}

std::optional<IngestChanged> Ingest::take_changed() {
    return worker_->take_changed();
}

AnchorTotals Ingest::anchors() const {
    return worker_->anchors();
}

void Ingest::announce(AgentNews news) {
    worker_->announce(std::move(news));
}

IntakeStatus Ingest::status() const {
    return worker_->status();
}

const std::vector<SourceTotals>& Ingest::totals() const {
    return worker_->totals();
}

uint64_t Ingest::committed_records() const {
    return worker_->committed_records();
}

bool Ingest::failed() const {
    return worker_->failed();
}

}  // namespace llmtrail
