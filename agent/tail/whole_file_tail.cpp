#include "tail/whole_file_tail.h"

#include <algorithm>
#include <map>
#include <set>

#include "tail/file_look.h"
#include "tail/whole_file.h"

namespace llmtrail {

namespace {

bool is_read_before(const WholeFile* a, const WholeFile* b) {
    if (a->rereads() != b->rereads()) {
        return a->rereads();
    }
    return a->modified != b->modified ? a->modified < b->modified : a->path < b->path;
}

class WholeFileTail : public SourceTail {
 public:
    WholeFileTail(const SourceTailOptions& options, FileSystem& files, FileWatch& watch,
                  Clock& clock, PositionHasher hasher, std::vector<FilePosition> saved);

    void rescan(TailSink& sink) override;
    uint64_t read(TailSink& sink, uint64_t budget_bytes) override;

    void hold_open_document(uint32_t records_sealed) override {
        if (reading_ != nullptr) {
            reading_->progress.hold_open_document(records_sealed);
        }
    }

    std::vector<FilePosition> changed_positions() override;
    std::vector<FilePosition> all_positions() override;
    void set_open_ranges(const FileId& id, std::vector<OpenRange> ranges) override;
    uint64_t lag_bytes() const override;

    bool waits_for_files() const override { return waits_; }

    size_t unreadable_files() const override { return problems_.unreadable(); }

    size_t files() const override { return files_by_id_.size(); }

 private:
    void notice(FoundFile& found, std::vector<FoundFile>& fresh);
    void admit(FoundFile& found, TailSink& sink);
    bool take_over_saved(const FoundFile& found);
    bool settle(WholeFile& file, TailSink& sink);
    void miss(WholeFile& file, TailSink& sink, std::vector<FileId>& leaving);
    void depart(const FileId& id);
    void queue();
    WholeFile* next_file();
    WholeFile::Turn turn(WholeFile& file, TailSink& sink, uint64_t budget_bytes);

    SourceTailOptions options_;
    FileSystem& files_;
    Clock& clock_;
    PositionHasher hasher_;
    FileLook finder_;
    LookPace pace_;
    ProblemBook problems_;
    std::map<FileId, std::unique_ptr<WholeFile>> files_by_id_;
    std::vector<WholeFile*> queue_;  // may be read, the next one last; made anew by each look
    std::set<FileId> changed_;       // their positions may be
    std::vector<FilePosition> departed_;
    WholeFile* reading_ = nullptr;  // during its turn
    FileId last_read_;
    uint64_t look_ = 0;
    bool never_positioned_;
    bool waits_ = false;
};

WholeFileTail::WholeFileTail(const SourceTailOptions& options, FileSystem& files, FileWatch& watch,
                             Clock& clock, PositionHasher hasher, std::vector<FilePosition> saved)
    : options_(options),
      files_(files),
      clock_(clock),
      hasher_(std::move(hasher)),
      finder_(options_, files, watch),
      never_positioned_(saved.empty()) {
    for (const FilePosition& position : saved) {
        if (!position.finished) {
            auto file = std::make_unique<WholeFile>(options_, files_, position);
            file->unchanged_since = clock_.monotonic_now();
            files_by_id_.try_emplace(position.file, std::move(file));
        }
    }
}

void WholeFileTail::rescan(TailSink& sink) {
    if (!pace_.begin(clock_.monotonic_now())) {
        return;
    }
    ++look_;
    problems_.begin_look();
    std::vector<FoundFile> fresh;
    for (FoundFile& found : finder_.find(problems_, sink)) {
        if (!is_unfinished_name(name_of(found.path))) {
            notice(found, fresh);
        }
    }
    for (FoundFile& found : fresh) {
        if (!take_over_saved(found)) {
            admit(found, sink);
        }
    }
    waits_ = false;
    std::vector<FileId> leaving;
    for (const auto& [id, file] : files_by_id_) {
        if (file->look == look_) {
            waits_ = !settle(*file, sink) || waits_;
        } else {
            miss(*file, sink, leaving);
        }
    }
    for (const FileId& id : leaving) {
        depart(id);
    }
    queue();
    problems_.end_look();
    never_positioned_ = false;
    pace_.end(clock_.monotonic_now());
}

void WholeFileTail::notice(FoundFile& found, std::vector<FoundFile>& fresh) {
    const auto known = files_by_id_.find(found.info.id);
    if (known == files_by_id_.end()) {
        fresh.push_back(std::move(found));
        return;
    }
    WholeFile& file = *known->second;
    if (file.size_bytes != found.info.size_bytes || file.modified != found.info.modified) {
        file.stop();
        file.settled = false;
        file.unchanged_since = clock_.monotonic_now();
    }
    file.path = std::move(found.path);
    file.look = look_;
    file.note(found.info);
}

void WholeFileTail::admit(FoundFile& found, TailSink& sink) {
    if (files_by_id_.size() >= kWholeFilesMax) {
        problems_.tell(sink, std::string(directory_of(found.path)),
                       {ErrorCode::kLimit,
                        "more than " + std::to_string(kWholeFilesMax) +
                            " files: new ones are not read before some are removed",
                        0});
        return;
    }
    auto made = std::make_unique<WholeFile>(options_, files_, found.info.id, found.path);
    WholeFile& file = *made;
    files_by_id_.emplace(file.id, std::move(made));
    file.look = look_;
    file.unchanged_since = clock_.monotonic_now();
    file.note(found.info);
    if (options_.start_at_end && never_positioned_) {
        if (const auto passed = file.pass_over(hasher_); !passed) {
            problems_.tell(sink, file.path, passed.error());
        }
        changed_.insert(file.id);
    }
}

// Where identities do not last: a saved file that is nowhere to be found, and these are its bytes.
bool WholeFileTail::take_over_saved(const FoundFile& found) {
    if (look_ > 2) {
        return false;
    }
    for (const auto& [id, file] : files_by_id_) {
        if (file->seen || file->size_bytes != found.info.size_bytes ||
            file->modified != found.info.modified) {
            continue;
        }
        FilePosition here = *file->progress.reported;
        here.file = found.info.id;
        auto taken = std::make_unique<WholeFile>(options_, files_, here);
        taken->path = found.path;
        if (taken->compare(hasher_).value_or(WholeFile::Change::kGrew) !=
            WholeFile::Change::kNone) {
            continue;
        }
        taken->progress.reported.reset();
        taken->progress.must_report = true;
        taken->look = look_;
        taken->unchanged_since = clock_.monotonic_now();
        taken->note(found.info);
        changed_.insert(found.info.id);
        files_by_id_.emplace(found.info.id, std::move(taken));
        depart(FileId(id));
        return true;
    }
    return false;
}

// False: it is not known yet whether it is complete.
bool WholeFileTail::settle(WholeFile& file, TailSink& sink) {
    if (file.settled || file.size_bytes == 0) {
        return true;
    }
    const int64_t age_ns = clock_.wall_now().value - file.modified.value;
    const bool as_it_was = file.begun() && !file.differs();
    if (!as_it_was &&
        clock_.monotonic_now().millis_since(file.unchanged_since) < kUnchangedMillis &&
        age_ns < kLongUnchangedMillis * kNanosPerMilli) {
        return false;
    }
    if (!file.begun() || (as_it_was && file.id.generation != 0)) {
        file.settled = true;
        return true;
    }
    const auto change = file.compare(hasher_);
    if (!change) {
        if (change.error().code != ErrorCode::kBusy &&
            change.error().code != ErrorCode::kNotFound) {
            problems_.tell(sink, file.path, change.error());
        }
        return true;
    }
    file.settled = true;
    switch (*change) {
        case WholeFile::Change::kNone:
            file.accept_touch();
            break;
        case WholeFile::Change::kGrew:
            problems_.tell(sink, file.path,
                           {ErrorCode::kInvalidArgument,
                            "grew after it was read: no complete file; what was added is read now, "
                            "but a log that is written to belongs to a source without whole_files",
                            0});
            file.go_on();
            break;
        case WholeFile::Change::kOtherContent:
            if (!file.complete) {
                sink.file_lost(file.path, 0);
            }
            file.restart();
            sink.content_moved(file.id, std::nullopt);
            break;
    }
    changed_.insert(file.id);
    return true;
}

// What is being read is read to its end through its descriptor. A listing may miss a file that is
// being renamed: gone only when missed twice.
void WholeFileTail::miss(WholeFile& file, TailSink& sink, std::vector<FileId>& leaving) {
    if (file.missed_look == 0) {
        file.missed_look = look_;
        return;
    }
    if (file.reading() || file.progress.holds_pieces()) {
        return;
    }
    if (file.has_unread()) {
        sink.file_lost(file.path, file.begun() ? 0 : file.size_bytes);
    }
    leaving.push_back(file.id);
}

void WholeFileTail::depart(const FileId& id) {
    const auto leaving = files_by_id_.find(id);
    if (auto last = leaving->second->progress.last_position()) {
        departed_.push_back(std::move(*last));
    }
    changed_.erase(id);
    std::erase(queue_, leaving->second.get());
    files_by_id_.erase(leaving);
}

void WholeFileTail::queue() {
    queue_.clear();
    for (const auto& [id, file] : files_by_id_) {
        const bool there = file->look == look_ || file->reading();
        if (there && file->settled && !file->blocked && file->has_unread()) {
            queue_.push_back(file.get());
        }
    }
    std::sort(queue_.begin(), queue_.end(),
              [](const WholeFile* a, const WholeFile* b) { return is_read_before(b, a); });
}

// One file after the other, so that only one is unpacked at a time. Pieces of records in any file
// come before what is new in every file, as they did.
WholeFile* WholeFileTail::next_file() {
    if (queue_.empty()) {
        return nullptr;
    }
    const auto again = std::find_if(queue_.rbegin(), queue_.rend(),
                                    [](const WholeFile* file) { return file->rereads(); });
    WholeFile* file = again == queue_.rend() ? queue_.back() : *again;
    if (file->id != last_read_) {
        if (const auto last = files_by_id_.find(last_read_); last != files_by_id_.end()) {
            last->second->stop();
        }
        last_read_ = file->id;
    }
    return file;
}

uint64_t WholeFileTail::read(TailSink& sink, uint64_t budget_bytes) {
    uint64_t bytes = 0;
    while (bytes < budget_bytes) {
        WholeFile* file = next_file();
        if (file == nullptr) {
            break;
        }
        const WholeFile::Turn done = turn(*file, sink, budget_bytes - bytes);
        bytes += done.bytes;
        if (done.outcome == WholeFile::Outcome::kStopped) {
            break;
        }
    }
    return bytes;
}

WholeFile::Turn WholeFileTail::turn(WholeFile& file, TailSink& sink, uint64_t budget_bytes) {
    reading_ = &file;
    changed_.insert(file.id);
    WholeFile::Turn done = file.read(hasher_, sink, budget_bytes);
    reading_ = nullptr;
    changed_.insert(file.id);
    switch (done.outcome) {
        case WholeFile::Outcome::kProgress:
        case WholeFile::Outcome::kStopped:
            break;
        case WholeFile::Outcome::kFailed:
            problems_.tell(sink, file.path, *done.error);
            [[fallthrough]];
        case WholeFile::Outcome::kChanged:
            file.stop();
            file.blocked = true;
            std::erase(queue_, &file);
            break;
        case WholeFile::Outcome::kComplete:
            if (done.error) {  // for good: no look meets it again
                sink.file_problem(file.path, *done.error);
            }
            std::erase(queue_, &file);
            break;
    }
    return done;
}

std::vector<FilePosition> WholeFileTail::changed_positions() {
    std::vector<FilePosition> changed = std::exchange(departed_, {});
    for (const FileId& id : changed_) {
        WholeFile& file = *files_by_id_.at(id);
        if (file.progress.changed()) {
            file.progress.told(file.position());
            changed.push_back(*file.progress.reported);
        }
    }
    changed_.clear();
    return changed;
}

std::vector<FilePosition> WholeFileTail::all_positions() {
    std::vector<FilePosition> all;
    for (const auto& [id, file] : files_by_id_) {
        if (file->progress.reported) {
            all.push_back(*file->progress.reported);
        }
    }
    return all;
}

void WholeFileTail::set_open_ranges(const FileId& id, std::vector<OpenRange> ranges) {
    if (const auto known = files_by_id_.find(id); known != files_by_id_.end()) {
        known->second->progress.set_open_ranges(std::move(ranges));
        changed_.insert(id);
    }
}

uint64_t WholeFileTail::lag_bytes() const {
    uint64_t lag = 0;
    for (const auto& [id, file] : files_by_id_) {
        lag += file->complete ? 0 : file->size_bytes;
    }
    return lag;
}

}  // namespace

std::unique_ptr<SourceTail> make_whole_file_tail(const SourceTailOptions& options,
                                                 FileSystem& files, FileWatch& watch, Clock& clock,
                                                 PositionHasher hasher,
                                                 std::vector<FilePosition> saved) {
    return std::make_unique<WholeFileTail>(options, files, watch, clock, std::move(hasher),
                                           std::move(saved));
}

}  // namespace llmtrail
