#include "tail/source_tail.h"

#include <algorithm>

#include "tail/file_follower.h"
#include "tail/whole_file_tail.h"

namespace llmtrail {

namespace {

class FollowingTail : public SourceTail {
 public:
    FollowingTail(SourceTailOptions options, FileSystem& files, FileWatch& watch, Clock& clock,
                  PositionHasher hasher, std::vector<FilePosition> saved)
        : options_(std::move(options)),
          clock_(clock),
          follower_(options_, files, watch, clock, std::move(hasher), std::move(saved)) {}

    void rescan(TailSink& sink) override { follower_.look(sink); }

    uint64_t read(TailSink& sink, uint64_t budget_bytes) override;

    void hold_open_document(uint32_t records_sealed) override {
        if (reading_ != nullptr) {
            reading_->progress.hold_open_document(records_sealed);
        }
    }

    std::vector<FilePosition> changed_positions() override;
    std::vector<FilePosition> all_positions() override;
    void set_open_ranges(const FileId& file, std::vector<OpenRange> ranges) override;
    uint64_t lag_bytes() const override;

    size_t unreadable_files() const override { return follower_.problems().unreadable(); }

    size_t files() const override { return follower_.all().size(); }

 private:
    bool readable(TailedFile& file) {
        return file.resumed && !file.blocked && file.has_unread() && !follower_.must_wait(file);
    }

    // Pieces of records in any file come before what is new in every file, as they did.
    bool must_reread() const {
        const auto& all = follower_.all();
        return std::any_of(all.begin(), all.end(), [](const auto& file) {
            return file->rereads() && file->resumed && !file->blocked;
        });
    }

    TailedFile::Turn turn(TailedFile& file, TailSink& sink);
    void make_room();

    SourceTailOptions options_;
    Clock& clock_;
    FileFollower follower_;
    ReadBuffer buffer_;
    TailedFile* reading_ = nullptr;
    size_t next_ = 0;  // whose turn it is
};

uint64_t FollowingTail::read(TailSink& sink, uint64_t budget_bytes) {
    uint64_t bytes = 0;
    bool progress = true;
    while (progress && bytes < budget_bytes) {
        progress = false;
        const bool rereading = must_reread();
        // Files may be added during the pass, never removed.
        for (size_t left = follower_.all().size(); left > 0 && bytes < budget_bytes; --left) {
            next_ = next_ < follower_.all().size() ? next_ : 0;
            TailedFile& file = *follower_.all()[next_++];
            if ((rereading && !file.rereads()) || !readable(file)) {
                continue;
            }
            const TailedFile::Turn done = turn(file, sink);
            bytes += done.bytes;
            if (done.outcome == TailedFile::Outcome::kStopped) {
                return bytes;
            }
            progress = true;  // a turn that failed blocks its file: this cannot go on for ever
        }
    }
    return bytes;
}

TailedFile::Turn FollowingTail::turn(TailedFile& file, TailSink& sink) {
    if (file.handle() == nullptr) {
        make_room();
    }
    file.used_at = clock_.monotonic_now();
    reading_ = &file;
    TailedFile::Turn done = file.read(buffer_, sink);
    reading_ = nullptr;
    switch (done.outcome) {
        case TailedFile::Outcome::kProgress:
        case TailedFile::Outcome::kCaughtUp:
        case TailedFile::Outcome::kStopped:
            file.update_fingerprint(follower_.hasher());
            break;
        case TailedFile::Outcome::kTruncated:
            follower_.replaced(file, sink);
            break;
        case TailedFile::Outcome::kFailed:
            follower_.problems().tell(sink, file.path, done.error);
            file.close();
            file.blocked = true;
            break;
        case TailedFile::Outcome::kMoved:
            file.blocked = true;
            break;
    }
    return done;
}

// The descriptor least recently used is given back. One without a path is the last hold on its file
// and stays.
void FollowingTail::make_room() {
    size_t open = 0;
    TailedFile* oldest = nullptr;
    for (const auto& file : follower_.all()) {
        if (file->handle() == nullptr) {
            continue;
        }
        ++open;
        if (!file->detached && (oldest == nullptr || file->used_at < oldest->used_at)) {
            oldest = file.get();
        }
    }
    if (open >= kOpenFilesMax && oldest != nullptr) {
        oldest->close();
    }
}

std::vector<FilePosition> FollowingTail::changed_positions() {
    std::vector<FilePosition> changed = follower_.take_departed();
    for (const auto& file : follower_.all()) {
        if (!file->resumed || !file->progress.changed()) {
            continue;
        }
        file->progress.told(file->position(follower_.hasher()));
        changed.push_back(*file->progress.reported);
    }
    return changed;
}

std::vector<FilePosition> FollowingTail::all_positions() {
    std::vector<FilePosition> all;
    for (const auto& file : follower_.all()) {
        if (file->progress.reported) {
            all.push_back(*file->progress.reported);
        }
    }
    return all;
}

void FollowingTail::set_open_ranges(const FileId& id, std::vector<OpenRange> ranges) {
    if (TailedFile* file = follower_.find(id)) {
        file->progress.set_open_ranges(std::move(ranges));
    }
}

uint64_t FollowingTail::lag_bytes() const {
    uint64_t lag = 0;
    for (const auto& file : follower_.all()) {
        lag += file->unread_bytes();
    }
    return lag;
}

}  // namespace

std::unique_ptr<SourceTail> SourceTail::make(const SourceTailOptions& options, FileSystem& files,
                                             FileWatch& watch, Clock& clock, PositionHasher hasher,
                                             std::vector<FilePosition> saved) {
    if (options.whole_files) {
        return make_whole_file_tail(options, files, watch, clock, std::move(hasher),
                                    std::move(saved));
    }
    return std::make_unique<FollowingTail>(options, files, watch, clock, std::move(hasher),
                                           std::move(saved));
}

}  // namespace llmtrail
