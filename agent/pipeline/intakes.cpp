#include "pipeline/intakes.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace llmtrail {

std::unique_ptr<SourceIntake> Intakes::make(const SourceSettings& settings, DocumentRead read,
                                            const SourceIntake* predecessor) {
    auto is_own = [&](const FilePosition& position) { return position.source_id == settings.id; };
    std::vector<FilePosition> saved;
    std::copy_if(saved_.begin(), saved_.end(), std::back_inserter(saved), is_own);
    std::erase_if(saved_, is_own);
    auto intake = make_(settings, std::move(read));
    SourceTailOptions options{
        .source_id = settings.id,
        .paths = settings.paths,
        .exclude = settings.exclude,
        // What appeared since the predecessor looked for the first time is new.
        .start_at_end = settings.start_at_end && predecessor == nullptr,
        .document_bytes_max = settings.max_document_bytes,
        .follow_symlinks = false,
        .whole_files = settings.whole_files,
    };
    intake->attach(SourceTail::make(options, seams_.files, seams_.watch, seams_.clock, hasher_,
                                    std::move(saved)));
    if (predecessor != nullptr) {
        intake->count_from(predecessor->totals());
    }
    return intake;
}

void Intakes::exchange(const std::vector<SourceSettings>& sources, Reads reads) {
    std::map<std::string, std::unique_ptr<SourceIntake>> before;
    bool any_goes = false;
    for (auto& intake : intakes_) {
        bool goes = is_retiring(*intake);
        any_goes = any_goes || goes;
        for (FilePosition& position :
             goes ? intake->tail().all_positions() : std::vector<FilePosition>()) {
            saved_.push_back(std::move(position));
        }
        std::string id = intake->totals().id;
        before.emplace(std::move(id), std::move(intake));
    }
    intakes_.clear();
    if (any_goes) {
        seams_.watch.forget_directories();  // the next look of each source watches its own
    }
    for (const SourceSettings& source : sources) {
        auto known = before.find(source.id);
        auto read = reads.find(source.id);
        if (read != reads.end()) {
            intakes_.push_back(make(source, std::move(read->second),
                                    known == before.end() ? nullptr : known->second.get()));
        } else if (known != before.end()) {
            intakes_.push_back(std::move(known->second));
        }
    }
    retiring_.clear();
}

void Intakes::collect_positions(UncommittedPositions& positions) {
    for (const auto& intake : intakes_) {
        for (const FilePosition& position : intake->take_positions()) {
            positions.note(position);
        }
    }
}

const std::vector<SourceTotals>& Intakes::totals() {
    totals_.clear();
    for (const auto& intake : intakes_) {
        totals_.push_back(intake->totals());
        totals_.back().unreadable_files = intake->tail().unreadable_files();
    }
    return totals_;
}

std::vector<SourceStatus> Intakes::status() {
    std::vector<SourceStatus> all;
    for (const SourceTotals& totals : totals()) {
        all.push_back({totals, intakes_[all.size()]->tail().lag_bytes()});
    }
    return all;
}

bool Intakes::waits_for_files() const {
    return std::any_of(intakes_.begin(), intakes_.end(),
                       [](const auto& intake) { return intake->tail().waits_for_files(); });
}

bool flush_intake(SourceIntake& intake, SpoolWriter& spool, OpenBatch& batch) {
    while (!intake.flush() || spool.batch_full()) {
        if (!batch.commit()) {
            return false;
        }
    }
    return true;
}

}  // namespace llmtrail
