#include "pipeline/ingest.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "pipeline/agent_record.h"
#include "pipeline/seal_cadence.h"
#include "pipeline/source_intake.h"
#include "pipeline/uncommitted_positions.h"
#include "record/record_codec.h"

namespace llmtrail {

// Hashes in positions tell nothing about the text to whoever has not the spool's key.
static PositionHasher position_hasher(const Secret& key) {
    auto hmac = std::make_shared<Hmac>(hkdf_expand(key, "llmtrail position hash"));
    return [hmac](ByteView bytes) { return hmac->of(bytes); };
}

class Ingest::Worker {
 public:
    Worker(const Settings& settings, SpoolWriter& spool, RecentBatches& recent, Mailbox& mailbox,
           IngestSeams seams)
        : spool_(spool),
          recent_(recent),
          mailbox_(mailbox),
          seams_(seams),
          pacer_(settings.spool.sync_interval_ms),
          cadence_(spool, seams.clock, seams.log, settings.spool.checkpoint_interval_ms) {}

    Result<void> add_sources(const Settings& settings);
    bool step(bool news_from_watch);
    int64_t wait_ms() const;

    int64_t hold_ms() const { return pacer_.hold_ms(seams_.clock.monotonic_now()); }

    bool caught_up() const {
        return caught_up_ && !waits_for_files() && !news_waits() && spool_.batch_records() == 0;
    }

    void finish();

    void announce(AgentNews news) { news_.add(std::move(news), seams_.clock.monotonic_now()); }

    const std::vector<SourceTotals>& totals();

    uint64_t committed_records() const { return committed_records_; }

    bool failed() const { return failed_; }

 private:
    Result<void> add_source(const SourceSettings& settings, std::vector<FilePosition> saved);
    void take_letters();
    bool append_news(bool all = false);

    bool news_waits() const { return news_.wait_ms(seams_.clock.monotonic_now()) == 0; }

    void note_records();
    void collect_positions();
    bool waits_for_files() const;
    int64_t scan_interval_ms() const;
    void look_for_files(bool news_from_watch);
    bool flush(SourceIntake& source);
    bool commit_due();
    uint64_t read_sources();
    void fail_commit(const Error& error);
    bool commit();
    void seal(SealReason reason);

    SpoolWriter& spool_;
    RecentBatches& recent_;
    Mailbox& mailbox_;
    IngestSeams seams_;
    CommitPacer pacer_;
    SealCadence cadence_;
    std::vector<std::unique_ptr<SourceIntake>> sources_;
    std::vector<SourceTotals> totals_;
    std::vector<OutputTotals> output_totals_;
    NewsQueue news_;
    UncommittedPositions positions_;
    MonotonicNanos last_scan_;
    bool settling_ = false;  // the last look was asked for by the watch: one more follows soon
    MonotonicNanos full_since_;
    std::optional<MonotonicNanos> held_since_;  // pieces whose positions are not committed
    bool scanned_ = false;
    bool full_ = false;  // the spool took no more: sources are not read
    bool caught_up_ = false;
    bool failed_ = false;
    uint64_t committed_records_ = 0;
};

Result<void> Ingest::Worker::add_sources(const Settings& settings) {
    std::vector<FilePosition> all = decode_positions(spool_.recovered().positions, seams_.log);
    for (const SourceSettings& source : settings.sources) {
        std::vector<FilePosition> saved;
        std::copy_if(all.begin(), all.end(), std::back_inserter(saved),
                     [&](const FilePosition& position) { return position.source_id == source.id; });
        if (Result<void> added = add_source(source, std::move(saved)); !added) {
            return added;
        }
    }
    return {};
}

Result<void> Ingest::Worker::add_source(const SourceSettings& settings,
                                        std::vector<FilePosition> saved) {
    Result<DocumentRead> read = seams_.make_document_read(settings);
    if (!read) {
        return fail(std::move(read.error()).with_context("source " + settings.id));
    }
    auto intake =
        std::make_unique<SourceIntake>(settings, std::move(*read), spool_, seams_.clock, seams_.log,
                                       mailbox_, [this](SourceIntake&) { commit(); });
    SourceTailOptions options{
        .source_id = settings.id,
        .paths = settings.paths,
        .exclude = settings.exclude,
        .start_at_end = settings.start_at_end,
        .document_bytes_max = settings.max_document_bytes,
        .follow_symlinks = false,
        .whole_files = settings.whole_files,
    };
    intake->attach(SourceTail::make(options, seams_.files, seams_.watch, seams_.clock,
                                    position_hasher(spool_.position_key()), std::move(saved)));
    sources_.push_back(std::move(intake));
    return {};
}

void Ingest::Worker::take_letters() {
    Mailbox::Letters letters = mailbox_.take();
    // Unchanged ones too: the spool puts off what it writes about them.
    if (!letters.cursors.empty()) {
        spool_.note_cursors(std::move(letters.cursors));
    }
    if (!letters.outputs.empty()) {
        output_totals_ = std::move(letters.outputs);
    }
    for (AgentNews& news : letters.news) {
        announce(std::move(news));
    }
}

// True when none is left that may become a record now.
bool Ingest::Worker::append_news(bool all) {
    AuditRecord record;
    std::array<Bytes, kSectionCount> sections;
    while (!spool_.batch_full()) {
        std::optional<AgentNews> news = news_.take(seams_.clock.monotonic_now(), all);
        if (!news) {
            return true;
        }
        sections = {};
        fill_agent_record(record, *news, seams_.clock.wall_now());
        encode_record(record, sections);
        append_sections(sections, spool_);
        note_records();
    }
    return false;
}

// Whatever way records came into the open batch, a commit is due.
void Ingest::Worker::note_records() {
    if (spool_.batch_records() > 0) {
        pacer_.record_added(seams_.clock.monotonic_now());
    }
}

const std::vector<SourceTotals>& Ingest::Worker::totals() {
    totals_.clear();
    for (const auto& source : sources_) {
        totals_.push_back(source->totals());
    }
    return totals_;
}

void Ingest::Worker::collect_positions() {
    for (const auto& source : sources_) {
        for (const FilePosition& position : source->take_positions()) {
            positions_.note(position);
        }
    }
}

// True when the open batch and the positions read so far are durable.
bool Ingest::Worker::commit() {
    collect_positions();
    uint32_t records = spool_.batch_records();
    if (records == 0 && positions_.empty()) {
        return true;
    }
    Result<std::shared_ptr<const Batch>> batch = spool_.commit(positions_.entries());
    pacer_.committed();
    if (!batch) {
        fail_commit(batch.error());
        return false;
    }
    if (full_) {
        seams_.log.info({"the spool takes records again"});
        full_ = false;
    }
    positions_.clear();
    held_since_.reset();
    committed_records_ += records;
    if (*batch && !(*batch)->records.empty()) {
        recent_.push(std::move(*batch));
    }
    return true;
}

// Nothing was taken: the batch stays open. Without space sources wait; any other error ends the
// run.
void Ingest::Worker::fail_commit(const Error& error) {
    bool waits = error_class(error.code) == ErrorClass::kWaitForSpace;
    if (waits && !full_) {
        seams_.log.error({"the spool takes no more, sources wait: ", error});
    } else if (!waits && !failed_) {
        seams_.log.error({"writing the spool: ", error});
    }
    failed_ = failed_ || !waits;
    full_ = true;
    full_since_ = seams_.clock.monotonic_now();
}

void Ingest::Worker::seal(SealReason reason) {
    spool_.note_ledger(encode_ledger(Ledger{totals(), output_totals_}));
    cadence_.seal(reason);
    failed_ = failed_ || cadence_.failed();
}

bool Ingest::Worker::waits_for_files() const {
    return std::any_of(sources_.begin(), sources_.end(),
                       [](const auto& source) { return source->tail().waits_for_files(); });
}

// A tail that looked at many files just now may put off looking for new ones by a second: the look
// after news is followed by one more. While there is always something to read nobody asks the
// watch, so it is looked as often.
int64_t Ingest::Worker::scan_interval_ms() const {
    if (seams_.watch.descriptor() < 0) {
        return kPollIntervalMs;
    }
    return settling_ || !caught_up_ || waits_for_files() ? kSettleIntervalMs : kRescanIntervalMs;
}

// Also while sources wait for space: a file that is rotated away then is kept by its descriptor.
void Ingest::Worker::look_for_files(bool news_from_watch) {
    MonotonicNanos now = seams_.clock.monotonic_now();
    if (scanned_ && !news_from_watch && now < last_scan_.after_millis(scan_interval_ms())) {
        return;
    }
    seams_.watch.drain();
    for (const auto& source : sources_) {
        source->rescan();
    }
    scanned_ = true;
    settling_ = news_from_watch;
    last_scan_ = now;
}

// True when nothing of the source waits for the spool, and the spool takes more.
bool Ingest::Worker::flush(SourceIntake& source) {
    while (!source.flush() || spool_.batch_full()) {
        if (!commit()) {
            return false;
        }
    }
    return true;
}

uint64_t Ingest::Worker::read_sources() {
    uint64_t read = 0;
    for (const auto& source : sources_) {
        source->expire(seams_.clock.monotonic_now());
        if (!flush(*source)) {
            return read;
        }
        read += source->read(kReadBudgetBytes);
        note_records();
        if (source->holds_unsaved() && !held_since_) {
            held_since_ = seams_.clock.monotonic_now();
        }
        if (spool_.batch_full() && !commit()) {
            break;
        }
    }
    return read;
}

bool Ingest::Worker::commit_due() {
    MonotonicNanos now = seams_.clock.monotonic_now();
    return spool_.batch_full() || pacer_.due(now, caught_up_) ||
           (held_since_ && now >= held_since_->after_millis(kHeldPositionMs));
}

bool Ingest::Worker::step(bool news_from_watch) {
    take_letters();
    append_news();
    if (full_ && seams_.clock.monotonic_now() >= full_since_.after_millis(kFullRetryMs)) {
        commit();
    }
    look_for_files(news_from_watch);
    uint64_t read = 0;
    if (!full_) {
        read = read_sources();
        caught_up_ = read == 0 && !full_;
        if (!full_ && commit_due()) {
            commit();
        }
    }
    if (std::optional<SealReason> reason = cadence_.due()) {
        seal(*reason);
    }
    return !failed_ && !full_ && (read > 0 || news_waits());
}

int64_t Ingest::Worker::wait_ms() const {
    MonotonicNanos now = seams_.clock.monotonic_now();
    int64_t wait = INT64_MAX;
    auto not_after = [&](MonotonicNanos at) {
        wait = std::min(wait, std::max<int64_t>(0, (at.value - now.value) / kNanosPerMilli + 1));
    };
    not_after(last_scan_.after_millis(scan_interval_ms()));
    if (full_) {
        not_after(full_since_.after_millis(kFullRetryMs));
        return cadence_.wait_ms(wait);
    }
    if (held_since_) {
        not_after(held_since_->after_millis(kHeldPositionMs));
    }
    for (const auto& source : sources_) {
        if (std::optional<MonotonicNanos> expiry = source->next_expiry()) {
            not_after(*expiry);
        }
    }
    for (int64_t left : {pacer_.wait_ms(now), news_.wait_ms(now)}) {
        wait = left >= 0 ? std::min(wait, left) : wait;
    }
    return cadence_.wait_ms(wait);
}

void Ingest::Worker::finish() {
    take_letters();
    for (const auto& source : sources_) {
        source->expire_all();
        if (!flush(*source)) {
            return;
        }
    }
    for (bool told = false; !told;) {
        told = append_news(true);
        if (!commit()) {
            return;
        }
    }
    seal(SealReason::kForced);
}

Ingest::Ingest(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}

Ingest::~Ingest() = default;

Result<std::unique_ptr<Ingest>> Ingest::make(const Settings& settings, SpoolWriter& spool,
                                             RecentBatches& recent, Mailbox& mailbox,
                                             IngestSeams seams) {
    auto worker = std::make_unique<Worker>(settings, spool, recent, mailbox, seams);
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

void Ingest::announce(AgentNews news) {
    worker_->announce(std::move(news));
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
