#include "pipeline/held_documents.h"

#include <algorithm>
#include <iterator>

namespace llmtrail {

namespace {

constexpr uint64_t kSeparatorBytesMax = 2;  // "\r\n"

void hold_number(std::map<uint32_t, uint32_t>& runs, uint32_t number) {
    if (!runs.empty() && std::prev(runs.end())->second == number) {
        ++std::prev(runs.end())->second;
    } else {
        runs.emplace(number, number + 1);
    }
}

void release_number(std::map<uint32_t, uint32_t>& runs, uint32_t number) {
    auto after = runs.upper_bound(number);
    if (after == runs.begin()) {
        return;
    }
    auto run = std::prev(after);
    uint32_t end = run->second;
    if (number >= end) {
        return;
    }
    run->second = number;
    if (run->first == number) {
        runs.erase(run);
    }
    if (number + 1 < end) {
        runs.emplace(number + 1, end);
    }
}

}  // namespace

uint32_t HeldDocuments::number_of(const FileId& file) {
    auto [known, is_new] = numbers_.emplace(file, next_number_);
    if (is_new) {
        files_[next_number_].id = file;
        ++next_number_;
    }
    return known->second;
}

// The document at `begin` has pieces that are not held.
void HeldDocuments::note_sealed(File& file, uint64_t begin) {
    auto next = file.documents.lower_bound(begin);
    if (next != file.documents.begin()) {
        std::prev(next)->second.sealed_after = true;
    }
}

PiecePlace HeldDocuments::hold(const Document& document, uint32_t number) {
    uint32_t file_number = number_of(document.file);
    File& file = files_[file_number];
    auto [held, is_new] = file.documents.try_emplace(document.begin);
    if (is_new) {
        held->second.end = document.end;
        held->second.reread = document.reread;
        if (held != file.documents.begin()) {
            // What stands between documents of which one was read again is not known.
            auto before = std::prev(held);
            before->second.sealed_after =
                before->second.sealed_after ||
                ((document.reread || before->second.reread) &&
                 document.begin - before->second.end > kSeparatorBytesMax);
        }
    }
    held->second.loose = held->second.loose || document.loose;
    hold_number(held->second.runs, number);
    file.changed = true;
    return {document.begin, file_number, number};
}

void HeldDocuments::end_document(const Document& document, uint32_t pieces) {
    auto known = numbers_.find(document.file);
    if (pieces == 0 || known == numbers_.end()) {
        return;
    }
    File& file = files_[known->second];
    auto held = file.documents.find(document.begin);
    if (held == file.documents.end()) {
        note_sealed(file, document.begin);
    } else {
        held->second.pieces = pieces;
        file.changed = true;
    }
}

void HeldDocuments::release(const PiecePlace& place) {
    auto found = files_.find(place.file);
    if (found == files_.end()) {
        return;  // nobody can read it again
    }
    File& file = found->second;
    auto held = file.documents.find(place.offset);
    if (held == file.documents.end()) {
        return;
    }
    release_number(held->second.runs, place.number);
    file.changed = true;
    if (held->second.runs.empty()) {
        note_sealed(file, place.offset);
        file.documents.erase(held);
    }
}

void HeldDocuments::move(const FileId& from, const std::optional<FileId>& to) {
    auto known = numbers_.find(from);
    if (known == numbers_.end()) {
        return;
    }
    uint32_t number = known->second;
    numbers_.erase(known);
    if (to && numbers_.emplace(*to, number).second) {
        files_[number].id = *to;
        files_[number].changed = true;
    } else {
        files_.erase(number);
    }
}

std::vector<OpenRange> HeldDocuments::ranges_of(const File& file, uint64_t begin, uint32_t number) {
    std::vector<OpenRange> ranges;
    bool joins_on = false;  // the document before is held as a whole, with nothing sealed after it
    for (const auto& [at, held] : file.documents) {
        bool cut = at == begin && number < UINT32_MAX;
        bool whole = !cut && !held.loose && held.runs.size() == 1 &&
                     held.runs.begin()->first == 0 && held.runs.begin()->second == held.pieces;
        if (whole && joins_on && at - ranges.back().end <= kRangeGapBytesMax) {
            ranges.back().end = held.end;
        } else if (whole) {
            ranges.push_back({at, held.end, OpenRange::Held::kAll, 0, 0});
        } else {
            auto some = held.loose ? OpenRange::Held::kSomeLoose : OpenRange::Held::kSome;
            for (const auto& [first, end] : held.runs) {
                uint32_t last = cut ? std::min(end, number) : end;
                if (first < last) {
                    ranges.push_back({at, held.end, some, first, last - first});
                }
            }
        }
        joins_on = whole && !held.sealed_after;
    }
    return ranges;
}

std::vector<OpenRange> HeldDocuments::ranges_before(const FileId& file, uint64_t begin,
                                                    uint32_t number) const {
    auto known = numbers_.find(file);
    return known == numbers_.end() ? std::vector<OpenRange>()
                                   : ranges_of(files_.at(known->second), begin, number);
}

std::vector<std::pair<FileId, std::vector<OpenRange>>> HeldDocuments::take_changed() {
    std::vector<std::pair<FileId, std::vector<OpenRange>>> changed;
    for (auto at = files_.begin(); at != files_.end();) {
        File& file = at->second;
        if (file.changed) {
            changed.emplace_back(file.id, ranges_of(file, 0, UINT32_MAX));
            file.changed = false;
        }
        if (file.documents.empty()) {
            numbers_.erase(file.id);
            at = files_.erase(at);
        } else {
            ++at;
        }
    }
    return changed;
}

}  // namespace llmtrail
