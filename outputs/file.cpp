#include "outputs/file.h"

#include <algorithm>

#include "outputs/backoff.h"

namespace llmtrail {

namespace {

class FileOutput : public Output {
 public:
    FileOutput(const OutputPlan& plan, FileSystem& files, Random& random)
        : id_(plan.id), path_(plan.path), files_(files), backoff_(random) {}

    std::string_view id() const override { return id_; }

    Confirmation confirmation() const override { return Confirmation::kSynced; }

    bool offer(const OutputEvent& event) override;
    void work(MonotonicNanos now) override;
    OutputWait wait() const override;

    uint64_t confirmed_end() const override { return confirmed_end_; }

    bool take_rewind(uint64_t& from_index) override;

    OutputHealth health() const override { return health_; }

    const Error& last_error() const override { return last_error_; }

    uint64_t resent_events() const override { return resent_events_; }

    bool finish() override;

 private:
    Result<void> open_file();
    Result<void> flush();
    bool rotated();
    void lose(Error error);

    std::string id_;
    std::string path_;
    FileSystem& files_;
    Backoff backoff_;

    std::unique_ptr<AppendFile> file_;
    FileId file_id_;
    OutputHealth health_ = OutputHealth::kIdle;
    Error last_error_;
    MonotonicNanos now_;
    MonotonicNanos deadline_;  // of backing off
    MonotonicNanos next_sync_;
    MonotonicNanos next_check_;
    bool tail_unknown_ = false;  // a failed append may have left half a line

    std::string buffer_;
    uint64_t buffered_first_ = 0;  // index; meaningful while buffer_ is not empty
    uint64_t buffered_end_ = 0;
    uint64_t offered_end_ = 0;
    uint64_t confirmed_end_ = 0;
    bool refused_ = false;  // the last event offered did not fit
    bool rewind_pending_ = false;
    uint64_t rewind_from_ = 0;
    uint64_t resent_events_ = 0;
};

bool FileOutput::offer(const OutputEvent& event) {
    if (health_ != OutputHealth::kUp || rewind_pending_) {
        return false;
    }
    refused_ = !buffer_.empty() && buffer_.size() + event.text.size() >= kFileBufferBytesMax;
    if (refused_) {
        return false;
    }
    if (buffer_.empty()) {
        buffered_first_ = event.index;
    }
    size_t begin = buffer_.size();
    buffer_ += event.text;
    for (size_t at = begin; (at = buffer_.find('\n', at)) != std::string::npos;) {
        buffer_[at] = ' ';
    }
    buffer_.push_back('\n');
    buffered_end_ = event.index + 1;
    if (event.index < offered_end_) {
        ++resent_events_;
    }
    offered_end_ = std::max(offered_end_, buffered_end_);
    return true;
}

Result<void> FileOutput::open_file() {
    Result<std::unique_ptr<AppendFile>> file = files_.open_append(path_, kFileOutputMode);
    if (!file) {
        return fail(std::move(file.error()));
    }
    Result<FileInfo> info = files_.info(path_, false);
    if (!info) {
        return fail(std::move(info.error()));
    }
    // The entry in the directory must outlive a crash too, or the synced events would be
    // unreachable.
    Result<void> synced =
        files_.sync_directory(path_.substr(0, std::max<size_t>(path_.rfind('/'), 1)));
    if (!synced) {
        return synced;
    }
    file_ = std::move(*file);
    file_id_ = info->id;
    next_check_ = now_.after_millis(kFileRotationCheckMs);
    health_ = OutputHealth::kUp;
    return {};
}

bool FileOutput::rotated() {
    if (now_ < next_check_) {
        return false;
    }
    next_check_ = now_.after_millis(kFileRotationCheckMs);
    Result<FileInfo> info = files_.info(path_, false);
    return info ? info->id != file_id_ : info.error().code == ErrorCode::kNotFound;
}

Result<void> FileOutput::flush() {
    if (tail_unknown_) {
        buffer_.insert(0, "\n");  // whatever half line is there ends here
    }
    tail_unknown_ = true;
    Result<void> written = file_->append(buffer_);
    if (!written) {
        return written;
    }
    tail_unknown_ = false;
    Result<void> synced = file_->sync();
    if (!synced) {
        return synced;
    }
    buffer_.clear();
    confirmed_end_ = std::max(confirmed_end_, buffered_end_);
    backoff_.reset();
    next_sync_ = now_.after_millis(kFileSyncIntervalMs);
    return {};
}

void FileOutput::lose(Error error) {
    last_error_ = std::move(error);
    file_.reset();
    health_ = OutputHealth::kBackingOff;
    deadline_ = now_.after_millis(backoff_.next_ms());
    if (!buffer_.empty()) {
        rewind_from_ = buffered_first_;
        rewind_pending_ = true;
        buffer_.clear();
    }
}

void FileOutput::work(MonotonicNanos now) {
    now_ = now;
    if (health_ == OutputHealth::kUp && rotated()) {
        if (!buffer_.empty()) {
            Result<void> last = flush();
            if (!last) {
                lose(std::move(last.error()));
                return;
            }
        }
        file_.reset();
        tail_unknown_ = false;
        health_ = OutputHealth::kIdle;
    }
    if (health_ == OutputHealth::kIdle ||
        (health_ == OutputHealth::kBackingOff && now >= deadline_)) {
        Result<void> opened = open_file();
        if (!opened) {
            lose(std::move(opened.error()));
            return;
        }
    }
    if (health_ == OutputHealth::kUp && !buffer_.empty() && now >= next_sync_) {
        Result<void> flushed = flush();
        if (!flushed) {
            lose(std::move(flushed.error()));
        }
    }
}

OutputWait FileOutput::wait() const {
    OutputWait wait;
    switch (health_) {
        case OutputHealth::kBackingOff:
            wait.timer_ms = std::max<int64_t>(deadline_.millis_since(now_), 0) + 1;
            break;
        case OutputHealth::kUp:
            wait.timer_ms =
                buffer_.empty() ? -1 : std::max<int64_t>(next_sync_.millis_since(now_), 0);
            break;
        default:
            wait.timer_ms = 0;
            break;
    }
    return wait;
}

bool FileOutput::take_rewind(uint64_t& from_index) {
    if (!rewind_pending_) {
        return false;
    }
    rewind_pending_ = false;
    from_index = rewind_from_;
    return true;
}

bool FileOutput::finish() {
    next_sync_ = now_;
    return buffer_.empty();
}

}  // namespace

std::unique_ptr<Output> make_file_output(const OutputPlan& plan, FileSystem& files,
                                         Random& random) {
    return std::make_unique<FileOutput>(plan, files, random);
}

}  // namespace llmtrail
