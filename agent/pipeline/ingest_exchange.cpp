#include "pipeline/ingest_exchange.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/agent_record.h"
#include "record/record_codec.h"

namespace llmtrail {

void PromisedCursors::promise(const Settings& settings, const Cursors& known,
                              uint64_t start_index) {
    for (const OutputSettings& output : settings.outputs) {
        auto is_its = [&](const auto& cursor) { return cursor.first == output.id; };
        if (std::none_of(known.begin(), known.end(), is_its)) {
            promised_.emplace_back(output.id, start_index);
        }
    }
}

Cursors PromisedCursors::added_to(Cursors cursors) {
    std::erase_if(promised_, [&](const auto& promise) {
        return std::any_of(cursors.begin(), cursors.end(),
                           [&](const auto& cursor) { return cursor.first == promise.first; });
    });
    cursors.insert(cursors.end(), promised_.begin(), promised_.end());
    return cursors;
}

void IngestExchange::begin(IngestChange change) {
    news_.push_back(std::move(change.news));
    if (change_ && !sources_changed_) {
        join_waiting(change);
    }
    if (change.settings) {
        sources_.retire(change.sources);
    }
    change_ = std::move(change);
    start_.reset();
    sources_changed_ = answered_ = false;
}

// The sources of the one before are still to be exchanged: with this one, as this one wants them.
void IngestExchange::join_waiting(IngestChange& change) {
    change.sources.merge(change_->sources);
    change.reads.merge(change_->reads);
    if (!change.settings) {
        change.settings = std::move(change_->settings);
    }
}

// A full spool may need the very outputs that the change brings: they are not kept waiting for the
// record, which comes when there is space again.
bool IngestExchange::go_on() {
    if (!change_) {
        return false;
    }
    bool others_before = sources_changed_;
    bool told = !batch_.full() && change_sources() && tell();
    if (!answered_ && (told || batch_.full())) {
        note_start();
        changed_ = start_;
        changed_->told_end = spool_.next_index();
        answered_ = true;
    }
    bool others = sources_changed_ && !others_before;
    if (told) {
        change_.reset();
    }
    return others;
}

void IngestExchange::note_start() {
    if (start_) {
        return;
    }
    start_ = {spool_.next_index(), batch_.committed_records(), 0};
    if (change_->settings) {
        promise_(*change_->settings, start_->start_index);
    }
}

// False: what the old ones hold does not fit now.
bool IngestExchange::change_sources() {
    if (sources_changed_) {
        return true;
    }
    for (const auto& source : sources_) {
        if (!sources_.is_retiring(*source)) {
            continue;
        }
        source->expire_all();
        if (!flush_intake(*source, spool_, batch_)) {
            return false;
        }
    }
    if (!batch_.commit()) {
        return false;
    }
    note_start();
    if (change_->settings) {
        sources_.exchange(change_->settings->sources, std::move(change_->reads));
    }
    sources_changed_ = true;
    return true;
}

// True: the records of the changes are durable.
bool IngestExchange::tell() {
    for (; !news_.empty(); news_.pop_front()) {
        if (spool_.batch_full() && !batch_.commit()) {
            return false;
        }
        AuditRecord record;
        std::array<Bytes, kSectionCount> sections;
        fill_agent_record(record, news_.front(), clock_.wall_now());
        encode_record(record, sections);
        append_sections(sections, spool_);
        batch_.note_records();
    }
    return batch_.commit();
}

}  // namespace llmtrail
