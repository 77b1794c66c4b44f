#include "tail/file_follower.h"

#include <algorithm>

namespace llmtrail {

FileFollower::FileFollower(const SourceTailOptions& options, FileSystem& files, FileWatch& watch,
                           Clock& clock, PositionHasher hasher, std::vector<FilePosition> saved)
    : options_(options),
      files_(files),
      clock_(clock),
      hasher_(std::move(hasher)),
      finder_(options, files, watch),
      never_positioned_(saved.empty()) {
    for (const FilePosition& position : saved) {
        if (!position.finished && by_id_.count(position.file) == 0) {
            all_.push_back(std::make_unique<TailedFile>(options_, files_, position));
            all_.back()->grown_at = clock_.monotonic_now();
            by_id_.emplace(position.file, all_.back().get());
        }
    }
}

TailedFile* FileFollower::find(const FileId& id) {
    const auto known = by_id_.find(id);
    return known == by_id_.end() ? nullptr : known->second;
}

void FileFollower::look(TailSink& sink) {
    if (!pace_.begin(clock_.monotonic_now())) {
        look_at_open_files();
        return;
    }
    ++look_;
    problems_.begin_look();
    Siblings siblings(files_);
    std::vector<FoundFile> fresh;
    for (FoundFile& found : finder_.find(problems_, sink)) {
        if (TailedFile* known = find(found.info.id)) {
            arrive(*known, found);
        } else {
            fresh.push_back(std::move(found));
        }
    }
    for (const auto& file : all_) {
        if (file->look != look_) {
            miss(*file, siblings, sink);
        }
    }
    compare_saved(sink);
    for (size_t i = 0, count = all_.size(); i < count; ++i) {
        if (all_[i]->resumed && all_[i]->size_bytes < all_[i]->read_end()) {
            replaced(*all_[i], sink);
        }
    }
    add_generations(fresh, siblings);
    std::sort(fresh.begin(), fresh.end(), [&](const FoundFile& a, const FoundFile& b) {
        const bool a_is_current = vacated_.count(a.path) > 0;
        const bool b_is_current = vacated_.count(b.path) > 0;
        return a_is_current != b_is_current ? b_is_current : is_older_generation(a, b);
    });
    for (FoundFile& found : fresh) {
        admit(found);
    }
    settle();
    problems_.end_look();
    never_positioned_ = false;
    pace_.end(clock_.monotonic_now());
}

void FileFollower::look_at_open_files() {
    for (const auto& file : all_) {
        if (file->handle() == nullptr) {
            continue;
        }
        if (const auto info = file->handle()->info()) {
            observe(*file, *info);
        }
    }
}

void FileFollower::observe(TailedFile& file, const FileInfo& info) {
    if (info.size_bytes != file.size_bytes) {
        file.grown_at = clock_.monotonic_now();
        file.finish_due = false;
    }
    file.note(info);
    file.missed_look = 0;
}

void FileFollower::arrive(TailedFile& file, FoundFile& found) {
    if (file.path != found.path) {
        vacated_[file.path] = {file.id, file.modified, look_};
        file.grown_at = clock_.monotonic_now();
        file.path = std::move(found.path);
        if (!may_be_generation_of(name_of(file.log_path), name_of(file.path))) {
            file.log_path = file.path;
        }
    }
    file.look = look_;
    file.moved = false;
    file.detached = false;
    observe(file, found.info);
}

// No glob names it. Its folder is searched, since a rotated log keeps its identity; then the open
// descriptor has to do.
void FileFollower::miss(TailedFile& file, Siblings& siblings, TailSink& sink) {
    if (!file.detached) {
        const auto info = files_.info(file.path, options_.follow_symlinks);
        if (info && info->id == file.id) {
            file.moved = true;
            observe(file, *info);
            return;
        }
        vacated_[file.path] = {file.id, file.modified, look_};
        file.grown_at = clock_.monotonic_now();
        if (const FoundFile* sibling = siblings.find(directory_of(file.path), file.id)) {
            file.path = sibling->path;
            file.moved = true;
            observe(file, sibling->info);
            return;
        }
    }
    if (file.handle() != nullptr) {
        file.detached = true;
        if (const auto info = file.handle()->info()) {
            observe(file, *info);
        }
        return;
    }
    // A listing may miss a file that is being renamed: gone only when missed twice.
    if (file.missed_look == 0) {
        file.missed_look = look_;
        return;
    }
    const uint64_t lost = file.missed_look == UINT64_MAX ? 0 : file.bytes_that_go_with_it();
    if (lost > 0) {
        sink.file_lost(file.path, lost);
    }
    file.missed_look = UINT64_MAX;  // settle() forgets it
}

void FileFollower::compare_saved(TailSink& sink) {
    for (size_t i = 0, count = all_.size(); i < count; ++i) {
        TailedFile& file = *all_[i];
        if (file.resumed || file.missed_look != 0) {
            continue;
        }
        const auto same = file.resume(hasher_);
        if (!same) {
            if (same.error().code != ErrorCode::kBusy &&
                same.error().code != ErrorCode::kNotFound) {
                problems_.tell(sink, file.path, same.error());
            }
        } else if (!*same) {
            replaced(file, sink);
        }
        if (all_.size() > kOpenFilesMax) {
            file.close();
        }
    }
}

void FileFollower::replaced(TailedFile& file, TailSink& sink) {
    FilePosition position = file.resumed ? file.position(hasher_) : *file.progress.reported;
    position.open_ranges = file.reread().ranges();  // what is held in memory is not read again
    const uint64_t lost = file.bytes_that_go_with_it();
    Siblings siblings(files_);
    TailedFile* copy = nullptr;
    if (position.offset > 0) {
        for (const FoundFile& sibling : siblings.in(directory_of(file.path))) {
            if (copy == nullptr && find(sibling.info.id) == nullptr &&
                sibling.info.size_bytes >= position.offset &&
                may_be_generation_of(name_of(file.log_path), name_of(sibling.path))) {
                copy = add_continuing(position, sibling);
            }
        }
    }
    if (copy != nullptr) {
        copy->after = file.after;
        copy->moved = true;
        file.after = copy->id;
    } else if (lost > 0) {
        sink.file_lost(file.path, lost);
    }
    file.restart(0);
    sink.content_moved(file.id, copy != nullptr ? std::optional(copy->id) : std::nullopt);
}

// The generations between the last that was known at a path and the one there now: nobody saw them
// at that path.
void FileFollower::add_generations(std::vector<FoundFile>& fresh, Siblings& siblings) {
    for (const auto& [path, vacancy] : vacated_) {
        const bool filled =
            std::any_of(fresh.begin(), fresh.end(),
                        [&path = path](const FoundFile& f) { return f.path == path; });
        if (vacancy.look != look_ && !filled) {
            continue;
        }
        for (const FoundFile& sibling : siblings.in(directory_of(path))) {
            const bool listed = std::any_of(fresh.begin(), fresh.end(), [&](const FoundFile& f) {
                return f.info.id == sibling.info.id;
            });
            if (!listed && find(sibling.info.id) == nullptr &&
                sibling.info.modified >= vacancy.modified &&
                may_be_generation_of(name_of(path), name_of(sibling.path)) &&
                !finder_.excluded(sibling.path)) {
                fresh.push_back(sibling);
            }
        }
    }
}

void FileFollower::admit(FoundFile& found) {
    if (find(found.info.id) != nullptr || take_over_saved(found) || may_be_copy(found)) {
        return;
    }
    const uint64_t start = start_of(found);
    TailedFile& file =
        add(std::make_unique<TailedFile>(options_, files_, found.info.id, found.path, start),
            found.info);
    if (start > 0) {
        file.progress.must_report = true;
        if (file.open() && file.remember_text_before()) {
            file.update_fingerprint(hasher_);
        }
    }
    for (auto& [path, vacancy] : vacated_) {
        const bool is_current = path == found.path;
        if (in_same_folder(path, found.path) &&
            (is_current || may_be_generation_of(name_of(path), name_of(found.path)))) {
            file.after = vacancy.last;
            file.progress.must_report =
                true;  // with the one before it, whose new name would hide it
            vacancy.last = file.id;
        }
    }
}

// Where identities do not last: the one saved file that is nowhere to be found and whose bytes
// these are.
bool FileFollower::take_over_saved(const FoundFile& found) {
    if (look_ > 2) {
        return false;
    }
    for (const auto& file : all_) {
        if (file->resumed || file->missed_look == 0 || file->progress.reported->offset == 0 ||
            file->progress.reported->offset > found.info.size_bytes) {
            continue;
        }
        const FileId gone = file->id;
        if (add_continuing(*file->progress.reported, found) != nullptr) {
            depart(gone);
            return true;
        }
    }
    return false;
}

// copytruncate copies first and truncates then; until it does, the copy looks like a new file with
// old text.
bool FileFollower::may_be_copy(const FoundFile& found) {
    for (const auto& file : all_) {
        if (file->look != look_ || !file->resumed || file->progress.taken() == 0 ||
            file->progress.taken() > found.info.size_bytes ||
            !in_same_folder(file->path, found.path) ||
            !may_be_generation_of(name_of(file->path), name_of(found.path))) {
            continue;
        }
        const auto twin = files_.open_readable(found.path, options_.follow_symlinks);
        if (!twin || !position_fits(file->position(hasher_), **twin, hasher_).value_or(true)) {
            continue;
        }
        const MonotonicNanos now = clock_.monotonic_now();
        const MonotonicNanos since = twins_.try_emplace(found.info.id, now).first->second;
        return now.millis_since(since) < kCopyGraceMillis;
    }
    return false;
}

TailedFile& FileFollower::add(std::unique_ptr<TailedFile> file, const FileInfo& info) {
    all_.push_back(std::move(file));
    TailedFile& added = *all_.back();
    by_id_.emplace(added.id, &added);
    twins_.erase(added.id);
    added.look = look_;
    added.grown_at = clock_.monotonic_now();
    added.note(info);
    return added;
}

// Reads `found` on from `position` when it holds the bytes that were read up to there.
TailedFile* FileFollower::add_continuing(const FilePosition& position, const FoundFile& found) {
    FilePosition here = position;
    here.file = found.info.id;
    here.path = found.path;
    auto file = std::make_unique<TailedFile>(options_, files_, here);
    const auto same = file->resume(hasher_);
    if (!same || !*same) {
        return nullptr;
    }
    file->progress.reported.reset();
    file->progress.must_report = true;
    return &add(std::move(file), found.info);
}

uint64_t FileFollower::start_of(const FoundFile& found) {
    if (!options_.start_at_end || !never_positioned_) {
        return 0;
    }
    const auto file = files_.open_readable(found.path, options_.follow_symlinks);
    const uint64_t size = found.info.size_bytes;
    if (!file || size == 0) {
        return 0;
    }
    const uint64_t from = size - std::min<uint64_t>(size, kStartAtEndSearchBytes);
    Bytes end(size - from, '\0');
    const auto got = (*file)->read_at(from, end.data(), end.size());
    const size_t newline = ByteView(end).substr(0, got ? *got : 0).rfind('\n');
    return newline == ByteView::npos ? size : from + newline + 1;
}

void FileFollower::settle() {
    const MonotonicNanos now = clock_.monotonic_now();
    auto rotated =
        std::count_if(all_.begin(), all_.end(), [](const auto& file) { return file->moved; });
    std::vector<FileId> leaving;
    for (const auto& file : all_) {
        const bool quiet = now.millis_since(file->grown_at) >= kQuietMillis;
        file->finish_due =
            file->resumed && quiet &&
            (file->detached || (file->holds_open_document() && has_successor(*file)));
        const bool read = !file->has_unread() && file->resumed;
        if (!file->progress.holds_pieces() &&
            (file->missed_look == UINT64_MAX || (file->detached && quiet && read))) {
            leaving.push_back(file->id);
        } else if (read && !file->detached && now.millis_since(file->used_at) >= kIdleCloseMillis) {
            file->close();
        }
    }
    for (const FileId& id : leaving) {
        depart(id);
    }
    for (; rotated > kRotatedFilesMax; --rotated) {
        const TailedFile* oldest = nullptr;
        for (const auto& file : all_) {
            if (file->moved && !file->has_unread() && !file->progress.holds_pieces() &&
                (oldest == nullptr || file->modified < oldest->modified)) {
                oldest = file.get();
            }
        }
        if (oldest == nullptr) {
            break;
        }
        depart(oldest->id);
    }
    std::erase_if(vacated_, [&](const auto& entry) {
        const TailedFile* last = find(entry.second.last);
        return last == nullptr || last->path == entry.first;
    });
    std::erase_if(twins_, [&](const auto& entry) {
        return now.millis_since(entry.second) > 2 * kCopyGraceMillis;
    });
}

bool FileFollower::has_successor(const TailedFile& file) const {
    return std::any_of(all_.begin(), all_.end(), [&](const auto& other) {
        return other->modified >= file.modified && in_same_folder(other->path, file.path) &&
               may_be_generation_of(name_of(other->path), name_of(file.path));
    });
}

void FileFollower::depart(const FileId& id) {
    const auto leaving =
        std::find_if(all_.begin(), all_.end(), [&](const auto& file) { return file->id == id; });
    if (auto last = (*leaving)->progress.last_position()) {
        departed_.push_back(std::move(*last));
    }
    by_id_.erase(id);
    all_.erase(leaving);
}

bool FileFollower::must_wait(TailedFile& file) {
    if (!file.after) {
        return false;
    }
    const TailedFile* before = find(*file.after);
    if (before != nullptr && before->resumed && !before->blocked && before->has_unread()) {
        return true;
    }
    file.after.reset();
    return false;
}

}  // namespace llmtrail
