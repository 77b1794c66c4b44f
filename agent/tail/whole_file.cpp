#include "tail/whole_file.h"

#include <algorithm>
#include <array>

#include "tail/read_exactly.h"
#include "tail/unpacked_stream.h"

namespace llmtrail {

namespace {

constexpr std::array<std::string_view, 3> kUnfinishedEndings = {".tmp", ".part", ".partial"};

Result<PositionHash> hash_of(ReadableFile& file, uint64_t from, size_t size,
                             const PositionHasher& hasher) {
    const auto bytes = read_exactly(file, from, size);
    if (!bytes) {
        return fail(bytes.error());
    }
    if (bytes->size() < size) {
        return PositionHash{};  // became shorter: nobody's hash
    }
    return hasher(*bytes);
}

size_t tail_bytes(uint64_t size) {
    return std::min<uint64_t>(size, kTailHashBytes);
}

}  // namespace

bool is_unfinished_name(std::string_view name) {
    return name.starts_with('.') ||
           std::any_of(kUnfinishedEndings.begin(), kUnfinishedEndings.end(),
                       [&](std::string_view ending) { return name.ends_with(ending); });
}

WholeFile::WholeFile(const SourceTailOptions& options, FileSystem& files, const FileId& file_id,
                     std::string file_path)
    : id(file_id), path(std::move(file_path)), options_(options), files_(files) {}

WholeFile::WholeFile(const SourceTailOptions& options, FileSystem& files, const FilePosition& saved)
    : WholeFile(options, files, saved.file, saved.path) {
    size_bytes = saved.size_bytes;
    modified = saved.modified;
    complete = saved.complete;
    progress = FileProgress(saved);
    packed_bytes_ = saved.size_bytes;
    packed_modified_ = saved.modified;
    fingerprint_bytes_ = saved.fingerprint_bytes;
    fingerprint_ = saved.fingerprint;
    tail_hash_ = saved.tail_hash;
    reread_ = saved.open_ranges;
}

void WholeFile::note(const FileInfo& info) {
    size_bytes = info.size_bytes;
    modified = info.modified;
    missed_look = 0;
    seen = true;
    blocked = false;
}

Result<void> WholeFile::open() {
    if (handle_) {
        return {};
    }
    auto opened = files_.open_readable(path, options_.follow_symlinks);
    if (!opened) {
        return fail(opened.error());
    }
    const auto info = (*opened)->info();
    if (!info) {
        return fail(info.error());
    }
    if (info->id != id || info->size_bytes != size_bytes || info->modified != modified) {
        return fail(ErrorCode::kBusy, path + " changed since it was looked at");
    }
    handle_ = std::move(*opened);
    return {};
}

Result<void> WholeFile::hash_content(const PositionHasher& hasher) {
    const auto head_bytes = std::min<uint64_t>(size_bytes, kFingerprintBytesMax);
    const auto head = hash_of(*handle_, 0, head_bytes, hasher);
    if (!head) {
        return fail(head.error());
    }
    const size_t tail = tail_bytes(size_bytes);
    const auto end = hash_of(*handle_, size_bytes - tail, tail, hasher);
    if (!end) {
        return fail(end.error());
    }
    fingerprint_bytes_ = static_cast<uint32_t>(head_bytes);
    fingerprint_ = *head;
    tail_hash_ = *end;
    packed_bytes_ = size_bytes;
    packed_modified_ = modified;
    return {};
}

Result<WholeFile::Change> WholeFile::compare(const PositionHasher& hasher) {
    stop();
    if (auto opened = open(); !opened) {
        return fail(opened.error());
    }
    if (size_bytes < packed_bytes_) {
        return Change::kOtherContent;
    }
    const auto head = hash_of(*handle_, 0, fingerprint_bytes_, hasher);
    const size_t tail = tail_bytes(packed_bytes_);
    const auto end = hash_of(*handle_, packed_bytes_ - tail, tail, hasher);
    stop();
    if (!head || !end) {
        return fail(head ? end.error() : head.error());
    }
    if (*head != fingerprint_ || *end != tail_hash_) {
        return Change::kOtherContent;
    }
    return size_bytes == packed_bytes_ ? Change::kNone : Change::kGrew;
}

void WholeFile::accept_touch() {
    packed_modified_ = modified;
    progress.must_report = true;
}

void WholeFile::go_on() {
    stop();
    complete = false;
    progress.must_report = true;
}

void WholeFile::restart() {
    stop();
    complete = false;
    progress.restart(0);
    packed_bytes_ = 0;
    packed_modified_ = {};
    fingerprint_bytes_ = 0;
    fingerprint_ = {};
    tail_hash_ = {};
    reread_.clear();
}

Result<void> WholeFile::pass_over(const PositionHasher& hasher) {
    auto hashed = open();
    if (hashed) {
        hashed = hash_content(hasher);
    }
    stop();
    complete = hashed.has_value();
    progress.must_report = complete;
    return hashed;
}

std::optional<WholeFile::Turn> WholeFile::start(const PositionHasher& hasher) {
    if (auto opened = open(); !opened) {
        const bool changed_meanwhile =
            opened.error().code == ErrorCode::kBusy || opened.error().code == ErrorCode::kNotFound;
        return Turn{changed_meanwhile ? Outcome::kChanged : Outcome::kFailed, 1, opened.error()};
    }
    if (auto hashed = hash_content(hasher); !hashed) {
        return Turn{Outcome::kFailed, 1, hashed.error()};
    }
    auto stream = open_unpacked(*handle_, packed_bytes_);
    if (!stream) {
        if (is_content_error(stream.error().code)) {
            stop();
            complete = true;
            progress.must_report = true;
            reread_.clear();
            return Turn{Outcome::kComplete, 1, stream.error()};
        }
        return Turn{Outcome::kFailed, 1, stream.error()};
    }
    stream_ = std::move(*stream);
    documents_ = std::make_unique<StreamDocuments>(*stream_, options_.document_bytes_max);
    return std::nullopt;
}

WholeFile::Turn WholeFile::read(const PositionHasher& hasher, TailSink& sink,
                                uint64_t budget_bytes) {
    if (!documents_) {
        if (auto turn = start(hasher)) {
            return *turn;
        }
    }
    const bool only_again = rereads();
    const uint64_t began = documents_->bytes_read();
    Turn turn;
    while (documents_->bytes_read() - began < budget_bytes && (!only_again || rereads())) {
        if (!pending_) {
            auto next = documents_->next();
            const bool over = documents_->ended();
            if (!next && !over) {
                turn = {Outcome::kFailed, 1, std::move(next.error())};
                break;
            }
            if (over) {
                turn = finish(sink, next ? std::nullopt : std::optional(std::move(next.error())));
                break;
            }
            pending_ = *next;
            continue;
        }
        if (!(rereads() ? hand_out_again(sink) : hand_out(sink))) {
            turn.outcome = Outcome::kStopped;
            break;
        }
    }
    turn.bytes = std::max<uint64_t>(documents_ ? documents_->bytes_read() - began : 1, 1);
    if (turn.outcome == Outcome::kFailed || turn.outcome == Outcome::kComplete) {
        stop();
    } else if (complete && !rereads()) {
        stop();
        turn.outcome = Outcome::kComplete;
    }
    return turn;
}

WholeFile::Turn WholeFile::finish(TailSink& sink, std::optional<Error> error) {
    const uint64_t end = documents_->bytes_read();
    progress.skip_to(end, sink);
    if (complete) {
        error.reset();  // told when it was read
    }
    complete = true;
    progress.must_report = true;
    progress.forget_resumed();
    reread_.clear();
    return {Outcome::kComplete, 1, std::move(error)};
}

TailedDocument WholeFile::document() const {
    TailedDocument document;
    document.bytes = pending_->bytes;
    document.path = path;
    document.file = id;
    document.offset = pending_->offset;
    document.full_size_bytes = pending_->full_size_bytes;
    document.truncated = pending_->truncated;
    document.unterminated = pending_->unterminated;
    return document;
}

// The pending document, when it is a new one. False: the sink wants no more.
bool WholeFile::hand_out(TailSink& sink) {
    TailedDocument document = this->document();
    const uint64_t end = document.offset + document.full_size_bytes;
    if (end <= progress.taken()) {
        pending_.reset();
        return true;
    }
    const bool more = progress.hand_out(document, sink);
    pending_.reset();
    return more;
}

// The pending document once for each range that it is in.
bool WholeFile::hand_out_again(TailSink& sink) {
    const uint64_t begin = pending_->offset;
    const uint64_t end = begin + pending_->full_size_bytes;
    std::erase_if(reread_, [&](const OpenRange& range) { return range.end <= begin; });
    const auto range = std::find_if(reread_.begin(), reread_.end(), [&](const OpenRange& one) {
        return one.begin < end && one.end > begin;
    });
    if (range == reread_.end() || end > std::max(progress.taken(), range->end)) {
        if (end > progress.taken()) {
            reread_.clear();  // nothing that was taken is left
        } else {
            pending_.reset();
        }
        return true;
    }
    TailedDocument document = this->document();
    document.reread = Reread{};
    document.reread->loose = range->loose();
    if (range->of_one_document()) {
        document.reread->first_piece = range->first_piece;
        document.reread->pieces = range->pieces;
        reread_.erase(range);
    } else {
        range->begin = end;
        if (range->begin >= range->end) {
            reread_.erase(range);
        }
    }
    progress.note_reread();
    const bool again = std::any_of(reread_.begin(), reread_.end(), [&](const OpenRange& one) {
        return one.begin < end && one.end > begin;
    });
    const bool more = sink.document(document);
    if (!again && end <= progress.taken()) {
        pending_.reset();  // else it was open, and is handed out as a new one, too
    }
    return more;
}

FilePosition WholeFile::position() const {
    if (auto as_resumed = progress.as_resumed(reread_)) {
        return std::move(*as_resumed);
    }
    FilePosition position;
    position.source_id = options_.source_id;
    // Nobody looks for a complete file by its path, and there may be many of them.
    position.path = complete || path.size() > kPositionPathBytesMax ? "" : path;
    position.file = id;
    position.size_bytes = packed_bytes_;
    position.modified = packed_modified_;
    position.fingerprint_bytes = fingerprint_bytes_;
    position.fingerprint = fingerprint_;
    position.tail_hash = tail_hash_;
    position.complete = complete;
    progress.describe(position, reread_);
    return position;
}

}  // namespace llmtrail
