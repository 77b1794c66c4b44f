// The part of LogWriter that opens the log and begins segments and generations; the rest is
// spool_writer.cpp.
#include <algorithm>
#include <utility>

#include "spool/local_wrap.h"
#include "spool/spool_writer.h"

namespace llmtrail {
namespace {

constexpr uint32_t kDirectoryMode = 0700;

}  // namespace

Result<std::unique_ptr<SpoolWriter>> SpoolWriter::open(const SpoolOptions& options,
                                                       SpoolSeams seams) {
    for (const std::string& directory : {options.directory, options.key_directory}) {
        Result<void> made = seams.files.make_directories(directory, kDirectoryMode);
        if (!made) {
            return fail(std::move(made).error().with_context("opening the spool"));
        }
    }
    Result<std::unique_ptr<FileLock>> lock =
        seams.files.lock(options.directory + "/" + std::string(kLockName));
    if (!lock) {
        return fail(std::move(lock).error().with_context("opening the spool"));
    }
    Result<std::vector<uint64_t>> segments = list_segments(seams.files, options.directory);
    if (!segments) {
        return fail(segments.error());
    }
    // Keys are made for a new spool only: for an old one they could not be the right ones.
    Result<LocalKeys> keys =
        segments->empty() ? load_or_make_local_keys(seams.files, seams.random, key_places(options))
                          : load_local_keys(seams.files, key_places(options));
    Result<DailyKey> daily = make_daily_key(seams.random);
    if (!keys || !daily) {
        return fail(keys ? daily.error() : keys.error());
    }
    // What stays under an older key is still read with it.
    take_over_local_wraps(seams.files, seams.random, options.directory, *segments, keys->local);
    Result<Secret> position_key =
        find_position_key(seams.files, seams.random, options.directory, *segments, keys->local);
    if (!position_key) {
        return fail(position_key.error());
    }
    Result<Recovery> recovery = recover_log(seams.files, options.directory, *keys);
    if (!recovery) {
        return fail(recovery.error());
    }
    auto writer = std::make_unique<LogWriter>(options, seams, std::move(*lock), std::move(*keys),
                                              std::move(*daily), std::move(*position_key));
    Result<void> started = writer->start(std::move(*recovery));
    if (!started) {
        return fail(std::move(started).error().with_context("opening the spool"));
    }
    return std::unique_ptr<SpoolWriter>(std::move(writer));
}

LogWriter::LogWriter(SpoolOptions options, SpoolSeams seams, std::unique_ptr<FileLock> lock,
                     LocalKeys keys, DailyKey daily, Secret position_key)
    : options_(std::move(options)),
      seams_(seams),
      lock_(std::move(lock)),
      keys_(std::move(keys)),
      daily_(std::move(daily)),
      daily_made_at_(seams.clock.monotonic_now()),
      position_key_(std::move(position_key)),
      batch_(options_.compression_level),
      words_(options_.compression_level),
      catalog_(seams.files, options_.directory) {}

void LogWriter::adopt(const SpoolOptions& options) {
    options_.max_size_bytes = options.max_size_bytes;
    options_.min_free_bytes = options.min_free_bytes;
    options_.segment_bytes_max = options.segment_bytes_max;
    options_.segment_age_max_ms = options.segment_age_max_ms;
    options_.seal_interval_ms = options.seal_interval_ms;
    options_.retention = options.retention;
}

Bytes LogWriter::host_id() const {
    auto id = log_id_of(keys_.identity.public_key());
    return Bytes(id.data(), id.size());
}

Result<void> LogWriter::start(Recovery recovery) {
    recovered_.first_start = !recovery.found;
    recovered_.clean = recovery.clean;
    recovered_.torn_bytes = recovery.torn_bytes;
    recovered_.torn_segment = recovery.torn_segment;
    for (const auto& [key, value] : recovery.positions) {
        if (!is_own_key(key)) {
            recovered_.positions.push_back(value);
        }
    }
    recovered_.cursors = recovery.cursors;
    recovered_.ledger = recovery.ledger;
    head_ = std::move(recovery.head);
    positions_ = std::move(recovery.positions);
    cursors_ = std::move(recovery.cursors);
    ledger_ = std::move(recovery.ledger);
    stored_bytes_ = recovery.stored_bytes;
    generation_ = recovery.generation;
    next_segment_no_ = recovery.found ? recovery.last_segment_no + 1 : 0;
    if (!recovery.found) {
        genesis_flags_ = kGenesisFirstStart | (keys_.made_now ? 0 : kGenesisKeysExisted);
    } else if (recovery.clean) {
        genesis_flags_ = kGenesisAfterClean;
    } else {
        unfinished_ = recovery.body;
    }
    Result<void> noted = note_own_entries();
    if (!noted) {
        return noted;
    }
    Result<void> started = ensure_segment();
    if (started) {
        // What was interrupted and cannot be finished now is tried again with each retain().
        (void)finish_removals(true);
    }
    recovered_.generation = generation_;
    recovered_.next_index = head().tree.size();
    return started;
}

Result<void> LogWriter::ensure_segment() {
    return segment_ ? Result<void>{} : start_generation();
}

Result<void> LogWriter::refresh_daily_key() {
    MonotonicNanos now = seams_.clock.monotonic_now();
    if (now.millis_since(daily_made_at_) < kDailyKeyAgeMaxMs) {
        return {};
    }
    Result<DailyKey> made = make_daily_key(seams_.random);
    if (!made) {
        return fail(made.error());
    }
    daily_ = std::move(*made);
    daily_made_at_ = now;
    return {};
}

Result<void> LogWriter::encode_all_positions(OpenSegment& segment, Bytes& out) {
    PositionsBody body;
    for (const auto& [key, value] : positions_) {
        body.entries.push_back({key, value});
    }
    body.cursors = cursors_;
    body.ledger = ledger_;
    return segment.encoder->control(FrameType::kPositions, 0, encode_positions(body), out);
}

Result<void> LogWriter::start_generation() {
    Result<void> done = refresh_daily_key();
    if (!done) {
        return done;
    }
    Result<NewSegment> made =
        NewSegment::prepare(options_, seams_, keys_, daily_, position_key_, next_segment_no_);
    if (!made) {
        return fail(made.error());
    }
    GenesisBody genesis;
    genesis.flags = genesis_flags_;
    genesis.previous_generation = generation_;
    genesis.previous_segment_no = next_segment_no_ == 0 ? 0 : next_segment_no_ - 1;
    genesis.agent_version = LLMTRAIL_VERSION;
    Bytes bytes;
    Result<OpenSegment> segment = made->begin(generation_ + 1, head_, keys_.identity, bytes);
    Result<SigningKey> next = SigningKey::generate(seams_.random);
    if (!segment || !next) {
        return fail(segment ? next.error() : segment.error());
    }
    seal_no_ = 0;
    done = encode_all_positions(*segment, bytes);
    if (done) {
        done = segment->encoder->control(FrameType::kGenesis, 0, encode_genesis(genesis), bytes);
    }
    if (done && unfinished_) {
        done = segment->encoder->control(FrameType::kRecovery, 0, encode_recovery(*unfinished_),
                                         bytes);
    }
    if (done) {
        done = encode_seal_frame(*segment, kSealForced, next->public_key(), bytes);
    }
    if (!done) {
        return done;
    }
    segment->seal_key = std::move(*next);
    done = made->publish(*segment, bytes);
    if (!done) {
        return done;
    }
    note_seal(*segment);
    generation_ += 1;
    seal_no_ = 1;
    unfinished_.reset();
    unsealed_since_.reset();
    return adopt(*made, std::move(*segment), bytes);
}

// The segment has its name: from here on the log continues after it, even when the directory cannot
// be synced.
Result<void> LogWriter::adopt(NewSegment& made, OpenSegment segment, const Bytes& first_bytes) {
    segment_.emplace(std::move(segment));
    next_segment_no_ = made.segment_no() + 1;
    // Two: a process may have died between making one and this.
    for (uint64_t before = 1; before <= std::min<uint64_t>(2, made.segment_no()); ++before) {
        release_reserved(made.segment_no() - before);
    }
    stored_bytes_ += first_bytes.size() + made.key_file_bytes();
    syncs_ += 1;
    Result<void> synced = seams_.files.sync_directory(options_.directory);
    if (!synced) {
        finish_segment(synced.error().os_error);
    }
    return synced;
}

Result<void> LogWriter::rotate() {
    Result<void> done = refresh_daily_key();
    if (!done) {
        return done;
    }
    Result<NewSegment> made =
        NewSegment::prepare(options_, seams_, keys_, daily_, position_key_, next_segment_no_);
    if (!made) {
        return fail(made.error());
    }
    done = write_seal(kSealSegmentEnd, made->header_key().public_key(), std::nullopt);
    if (!done) {
        return done;
    }
    Bytes bytes;
    Result<OpenSegment> segment =
        made->begin(generation_, segment_->durable, made->header_key(), bytes);
    done = segment ? encode_all_positions(*segment, bytes) : Result<void>(fail(segment.error()));
    if (done) {
        done = made->publish(*segment, bytes);
    }
    if (!done) {
        finish_segment(done.error().os_error);
        return done;
    }
    return adopt(*made, std::move(*segment), bytes);
}

}  // namespace llmtrail
