#include "pipeline/ingest.h"

#include <algorithm>
#include <utility>

#include "pipeline/agent_record.h"
#include "pipeline/source_intake.h"
#include "record/record_codec.h"

namespace llmtrail {

static Bytes position_key_of(const FilePosition& position) {
    Bytes key;
    put_sized(key, position.source_id);
    put_u64(key, position.file.device);
    put_u64(key, position.file.inode);
    put_u64(key, position.file.generation);
    return key;
}

// Hashes in positions tell nothing about the text to whoever has not the spool's key.
static PositionHasher position_hasher(const Secret& key) {
    auto hmac = std::make_shared<Hmac>(hkdf_expand(key, "llmtrail position hash"));
    return [hmac](ByteView bytes) { return hmac->of(bytes); };
}

class Ingest::Worker {
 public:
    Worker(const Settings& settings, SpoolWriter& spool, RecentBatches& recent, Mailbox& mailbox, IngestSeams seams)
        : spool_(spool),
          recent_(recent),
          mailbox_(mailbox),
          seams_(seams),
          pacer_(settings.spool.sync_interval_ms),
          heartbeat_interval_ms_(settings.spool.checkpoint_interval_ms),
          last_seal_(seams.clock.monotonic_now()) {}

    Result<void> add_sources(const Settings& settings);
    bool step(bool news_from_watch);
    int64_t wait_ms() const;
    bool caught_up() const { return caught_up_ && news_.empty() && spool_.batch_records() == 0; }
    void finish();

    void announce(AgentNews news) { news_.push_back(std::move(news)); }
    const std::vector<SourceTotals>& totals();
    uint64_t committed_records() const { return committed_records_; }
    bool failed() const { return failed_; }

 private:
    Result<void> add_source(const SourceSettings& settings, std::vector<FilePosition> saved);
    std::vector<FilePosition> saved_positions(std::string_view source_id);
    void take_letters();
    void append_news();
    int64_t scan_interval_ms() const;
    uint64_t read_sources(bool news_from_watch);
    bool commit();
    void note_totals();
    void seal(SealReason reason);

    SpoolWriter& spool_;
    RecentBatches& recent_;
    Mailbox& mailbox_;
    IngestSeams seams_;
    CommitPacer pacer_;
    std::vector<std::unique_ptr<SourceIntake>> sources_;
    std::vector<SourceTotals> totals_;
    std::vector<OutputTotals> output_totals_;
    std::vector<AgentNews> news_;
    std::vector<PositionEntry> uncommitted_positions_;
    int64_t heartbeat_interval_ms_;
    MonotonicNanos last_seal_;
    MonotonicNanos last_scan_;
    bool settling_ = false;  // the last look was asked for by the watch: one more follows soon
    MonotonicNanos full_since_;
    bool scanned_ = false;
    bool full_ = false;  // the spool took no more: sources are not read
    bool caught_up_ = false;
    bool failed_ = false;
    uint64_t committed_records_ = 0;
};

Result<void> Ingest::Worker::add_sources(const Settings& settings) {
    for (const SourceSettings& source : settings.sources) {
        if (Result<void> added = add_source(source, saved_positions(source.id)); !added) {
            return added;
        }
    }
    return {};
}

std::vector<FilePosition> Ingest::Worker::saved_positions(std::string_view source_id) {
    std::vector<FilePosition> saved;
    for (const Bytes& encoded : spool_.recovered().positions) {
        ByteReader reader(encoded);
        Result<FilePosition> position = decode_position(reader);
        if (!position) {
            seams_.log.error({"a saved position cannot be read, its file is read from the start: ", position.error()});
        } else if (position->source_id == source_id) {
            saved.push_back(std::move(*position));
        }
    }
    return saved;
}

Result<void> Ingest::Worker::add_source(const SourceSettings& settings, std::vector<FilePosition> saved) {
    std::vector<MapRule> map;
    for (const auto& [field, path] : settings.map) {
        std::optional<Field> known = field_by_name(field);
        if (!known) {
            return fail(ErrorCode::kConfig, "source " + settings.id + ": map: no field is called " + field);
        }
        map.push_back(MapRule{*known, split_path(path)});
    }
    auto reader = DocumentReader::make(settings.format, std::move(map), settings.utc_offset_seconds);
    if (!reader) {
        return fail(std::move(reader.error()).with_context("source " + settings.id));
    }
    auto intake = std::make_unique<SourceIntake>(settings, std::move(*reader), spool_, seams_.clock, seams_.log,
                                                 mailbox_, [this](SourceIntake&) { commit(); });
    SourceTailOptions options{
        .source_id = settings.id,
        .paths = settings.paths,
        .exclude = settings.exclude,
        .start_at_end = settings.start_at_end,
        .document_bytes_max = settings.max_document_bytes,
        .follow_symlinks = false,
    };
    intake->attach(SourceTail::make(options, seams_.files, seams_.watch, seams_.clock,
                                    position_hasher(spool_.position_key()), std::move(saved)));
    sources_.push_back(std::move(intake));
    return {};
}

void Ingest::Worker::take_letters() {
    Mailbox::Letters letters = mailbox_.take();
    if (letters.cursors_changed) {
        spool_.note_cursors(std::move(letters.cursors));
    }
    if (!letters.outputs.empty()) {
        output_totals_ = std::move(letters.outputs);
    }
    for (AgentNews& news : letters.news) {
        news_.push_back(std::move(news));
    }
}

void Ingest::Worker::append_news() {
    AuditRecord record;
    auto news = news_.begin();
    for (; news != news_.end() && !spool_.batch_full(); ++news) {
        std::array<Bytes, kSectionCount> sections;
        fill_agent_record(record, *news, seams_.clock.wall_now());
        encode_record(record, sections);
        append_sections(sections, spool_);
        pacer_.record_added(seams_.clock.monotonic_now());
    }
    news_.erase(news_.begin(), news);
}

const std::vector<SourceTotals>& Ingest::Worker::totals() {
    totals_.clear();
    for (const auto& source : sources_) {
        totals_.push_back(source->totals());
    }
    return totals_;
}

void Ingest::Worker::note_totals() { spool_.note_ledger(encode_ledger(Ledger{totals(), output_totals_})); }

// True when the open batch and the positions read so far are durable.
bool Ingest::Worker::commit() {
    // Kept until a commit takes them: the tails tell each change once.
    for (const auto& source : sources_) {
        if (source->has_overflow()) {
            continue;
        }
        for (const FilePosition& position : source->tail().changed_positions()) {
            PositionEntry entry{position_key_of(position), {}};
            if (!position.finished) {  // else the empty value makes the spool forget it
                encode_position(entry.value, position);
            }
            uncommitted_positions_.push_back(std::move(entry));
        }
    }
    uint32_t records = spool_.batch_records();
    if (records == 0 && uncommitted_positions_.empty()) {
        return true;
    }
    Result<std::shared_ptr<const Batch>> batch = spool_.commit(uncommitted_positions_);
    pacer_.committed();
    if (!batch) {
        bool waits = error_class(batch.error().code) == ErrorClass::kWaitForSpace;
        if (!full_ || !waits) {
            if (waits) {
                seams_.log.error({"the spool takes no more, sources wait: ", batch.error()});
            } else {
                seams_.log.error({"writing the spool: ", batch.error()});
            }
        }
        failed_ = failed_ || !waits;
        full_ = true;
        full_since_ = seams_.clock.monotonic_now();
        return false;
    }
    if (full_) {
        seams_.log.info({"the spool takes records again"});
        full_ = false;
    }
    uncommitted_positions_.clear();
    committed_records_ += records;
    if (*batch && !(*batch)->records.empty()) {
        recent_.push(std::move(*batch));
    }
    return true;
}

void Ingest::Worker::seal(SealReason reason) {
    note_totals();
    if (Result<void> sealed = spool_.seal(reason); !sealed) {
        seams_.log.error({"sealing the spool: ", sealed.error()});
        failed_ = error_class(sealed.error().code) != ErrorClass::kWaitForSpace;
    }
    last_seal_ = seams_.clock.monotonic_now();
}

// A tail that looked at many files just now may put off looking for new ones by a second: the look after news is
// followed by one more.
int64_t Ingest::Worker::scan_interval_ms() const {
    if (seams_.watch.descriptor() < 0) {
        return kPollIntervalMs;
    }
    return settling_ ? kSettleIntervalMs : kRescanIntervalMs;
}

uint64_t Ingest::Worker::read_sources(bool news_from_watch) {
    MonotonicNanos now = seams_.clock.monotonic_now();
    if (!scanned_ || news_from_watch || now >= last_scan_.after_millis(scan_interval_ms())) {
        seams_.watch.drain();
        for (const auto& source : sources_) {
            source->rescan();
        }
        scanned_ = true;
        settling_ = news_from_watch;
        last_scan_ = now;
    }
    uint64_t read = 0;
    for (const auto& source : sources_) {
        while (!source->flush()) {
            if (!commit()) {
                return read;
            }
        }
        uint64_t before = source->appended();
        read += source->read(kReadBudgetBytes);
        if (source->appended() != before) {
            pacer_.record_added(seams_.clock.monotonic_now());
        }
        if (spool_.batch_full() && !commit()) {
            break;
        }
    }
    return read;
}

bool Ingest::Worker::step(bool news_from_watch) {
    take_letters();
    append_news();
    uint64_t read = 0;
    MonotonicNanos now = seams_.clock.monotonic_now();
    if (full_ && now >= full_since_.after_millis(kFullRetryMs)) {
        commit();
    }
    if (!full_) {
        read = read_sources(news_from_watch);
        caught_up_ = read == 0;
        now = seams_.clock.monotonic_now();
        if (!full_ && (spool_.batch_full() || pacer_.due(now, caught_up_))) {
            commit();
        }
    }
    now = seams_.clock.monotonic_now();
    if (spool_.seal_due(now)) {
        seal(SealReason::kInterval);
    } else if (now >= last_seal_.after_millis(heartbeat_interval_ms_)) {
        seal(SealReason::kHeartbeat);
    }
    return read > 0 && !failed_;
}

int64_t Ingest::Worker::wait_ms() const {
    MonotonicNanos now = seams_.clock.monotonic_now();
    auto until = [&](MonotonicNanos at) { return std::max<int64_t>(0, (at.value - now.value) / kNanosPerMilli + 1); };
    int64_t wait = until(last_seal_.after_millis(heartbeat_interval_ms_));
    wait = std::min(wait, until(last_scan_.after_millis(scan_interval_ms())));
    if (full_) {
        wait = std::min(wait, until(full_since_.after_millis(kFullRetryMs)));
    } else if (int64_t commit_ms = pacer_.wait_ms(now); commit_ms >= 0) {
        wait = std::min(wait, commit_ms);
    }
    MonotonicNanos soon = now.after_millis(std::min<int64_t>(wait, 1000));
    if (spool_.seal_due(soon)) {
        wait = std::min<int64_t>(wait, 1000);
    }
    return wait;
}

void Ingest::Worker::finish() {
    take_letters();
    append_news();
    if (commit()) {
        seal(SealReason::kForced);
    }
}

Ingest::Ingest(std::unique_ptr<Worker> worker)
    : worker_(std::move(worker)) {}

Ingest::~Ingest() = default;

Result<std::unique_ptr<Ingest>> Ingest::make(const Settings& settings, SpoolWriter& spool, RecentBatches& recent,
                                             Mailbox& mailbox, IngestSeams seams) {
    auto worker = std::make_unique<Worker>(settings, spool, recent, mailbox, seams);
    if (Result<void> added = worker->add_sources(settings); !added) {
        return fail(std::move(added.error()));
    }
    return std::unique_ptr<Ingest>(new Ingest(std::move(worker)));
}

bool Ingest::step(bool news_from_watch) { return worker_->step(news_from_watch); }

int64_t Ingest::wait_ms() const { return worker_->wait_ms(); }

bool Ingest::caught_up() const { return worker_->caught_up(); }

void Ingest::finish() { worker_->finish(); }

void Ingest::announce(AgentNews news) { worker_->announce(std::move(news)); }

const std::vector<SourceTotals>& Ingest::totals() const { return worker_->totals(); }

uint64_t Ingest::committed_records() const { return worker_->committed_records(); }

bool Ingest::failed() const { return worker_->failed(); }

}  // namespace llmtrail
