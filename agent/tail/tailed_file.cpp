#include "tail/tailed_file.h"

#include <algorithm>

#include "base/limits.h"
#include "tail/read_exactly.h"

namespace llmtrail {

namespace {

uint64_t before(uint64_t offset) {
    return offset - std::min<uint64_t>(offset, kTailHashBytes);
}

Result<bool> holds_hash(ReadableFile& file, uint64_t from, uint64_t to, const PositionHash& hash,
                        const PositionHasher& hasher) {
    if (from == to) {
        return true;  // nothing was hashed
    }
    const auto bytes = read_exactly(file, from, to - from);
    if (!bytes) {
        return fail(bytes.error());
    }
    return bytes->size() == to - from && hasher(*bytes) == hash;
}

}  // namespace

TailedFile::TailedFile(const SourceTailOptions& options, FileSystem& files, const FileId& file_id,
                       std::string file_path, uint64_t offset)
    : progress(offset),
      id(file_id),
      path(std::move(file_path)),
      log_path(path),
      options_(options),
      files_(files),
      splitter_(offset, options.document_bytes_max),
      read_end_(offset) {}

TailedFile::TailedFile(const SourceTailOptions& options, FileSystem& files,
                       const FilePosition& saved)
    : TailedFile(options, files, saved.file, saved.path, saved.open_document) {
    size_bytes = saved.size_bytes;
    known_bytes = std::max(saved.size_bytes, saved.offset);
    modified = saved.modified;
    resumed = false;
    fingerprint_bytes_ = saved.fingerprint_bytes;
    fingerprint_ = saved.fingerprint;
    progress = FileProgress(saved);
    reread_ = RangeReread(saved.open_ranges);
}

Result<void> TailedFile::open() {
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
    if (info->id != id) {
        return fail(ErrorCode::kBusy, path + " is another file now");
    }
    handle_ = std::move(*opened);
    return {};
}

void TailedFile::note(const FileInfo& info) {
    suspect =
        suspect || (read_end_ > 0 && info.size_bytes == read_end_ && info.modified != modified);
    size_bytes = info.size_bytes;
    known_bytes = std::max(known_bytes, size_bytes);
    modified = info.modified;
    links = info.links;
    blocked = false;
}

Result<bool> TailedFile::resume(const PositionHasher& hasher) {
    if (auto opened = open(); !opened) {
        return fail(opened.error());
    }
    Result<bool> fits = position_fits(*progress.reported, *handle_, hasher);
    if (!fits || !*fits) {
        return fits;
    }
    if (auto remembered = remember_text_before(); !remembered) {
        return fail(remembered.error());
    }
    resumed = true;
    return true;
}

Result<void> TailedFile::remember_text_before() {
    auto bytes = read_exactly(*handle_, before(progress.taken()),
                              progress.taken() - before(progress.taken()));
    if (!bytes) {
        return fail(bytes.error());
    }
    guard_ = *bytes;
    tail_ = std::move(*bytes);
    return {};
}

void TailedFile::restart(uint64_t offset) {
    splitter_ = DocumentSplitter(offset, options_.document_bytes_max);
    progress.restart(offset);
    read_end_ = offset;
    known_bytes = size_bytes;
    guard_.clear();
    tail_.clear();
    reread_ = RangeReread();
    fingerprint_bytes_ = 0;
    fingerprint_ = {};
    resumed = true;
}

Result<bool> position_fits(const FilePosition& position, ReadableFile& file,
                           const PositionHasher& hasher) {
    Result<bool> head =
        holds_hash(file, 0, position.fingerprint_bytes, position.fingerprint, hasher);
    if (!head || !*head) {
        return head;
    }
    return holds_hash(file, before(position.offset), position.offset, position.tail_hash, hasher);
}

TailedFile::Turn TailedFile::read(ReadBuffer& buffer, TailSink& sink) {
    if (auto opened = open(); !opened) {
        const bool other =
            opened.error().code == ErrorCode::kBusy || opened.error().code == ErrorCode::kNotFound;
        return {other ? Outcome::kMoved : Outcome::kFailed, 0, opened.error()};
    }
    if (rereads()) {
        return read_again(sink);
    }
    suspect = false;
    const uint64_t taken_before = progress.taken();
    uint64_t new_bytes = 0;
    buffer_ = &buffer;
    std::optional<Turn> turn = fill(buffer, new_bytes);
    if (turn) {
        buffer_ = nullptr;
        return *turn;
    }
    while (!turn && splitter_.wants() >= buffer.base && splitter_.wants() < buffer.end()) {
        if (const auto span = splitter_.next(buffer.view(splitter_.wants(), buffer.end()))) {
            turn = hand_out(*span, buffer, sink);
        }
    }
    if (!turn && finish_due && splitter_.wants() >= size_bytes) {
        turn = finish(buffer, sink);
    }
    progress.skip_to(splitter_.position(), sink);
    tail_ = bytes_before(progress.taken());
    buffer_ = nullptr;
    if (!turn) {
        turn = Turn{has_unread() ? Outcome::kProgress : Outcome::kCaughtUp, 0, {}};
    }
    turn->bytes = std::max(new_bytes, progress.taken() - taken_before);
    return *turn;
}

TailedFile::Turn TailedFile::read_again(TailSink& sink) {
    const auto turn = reread_.read({*handle_, id, path, options_.document_bytes_max}, sink);
    progress.note_reread();
    if (!turn) {
        return {Outcome::kFailed, 0, turn.error()};
    }
    if (turn->shorter) {
        return {Outcome::kTruncated, turn->bytes, {}};
    }
    return {turn->stopped ? Outcome::kStopped : Outcome::kProgress, turn->bytes, {}};
}

// The buffer from a little before the open document on when that fits, so that it can be handed out
// from there and the bytes read last can be compared.
std::optional<TailedFile::Turn> TailedFile::fill(ReadBuffer& buffer, uint64_t& new_bytes) {
    const uint64_t wants = splitter_.wants();
    const uint64_t from =
        wants - splitter_.position() <= kReadBufferBytes / 2 ? splitter_.position() : wants;
    buffer.base = before(from);
    buffer.bytes.resize(kReadBufferBytes + kDocumentPaddingBytes);
    buffer.size = 0;
    while (buffer.size < kReadBufferBytes) {
        const auto got = handle_->read_at(buffer.end(), buffer.bytes.data() + buffer.size,
                                          kReadBufferBytes - buffer.size);
        if (!got) {
            return Turn{Outcome::kFailed, 0, got.error()};
        }
        if (*got == 0) {
            break;
        }
        buffer.size += *got;
    }
    std::fill_n(buffer.bytes.begin() + static_cast<ptrdiff_t>(buffer.size), kDocumentPaddingBytes,
                '\0');
    const bool shorter = buffer.size < kReadBufferBytes && buffer.end() < read_end_;
    const uint64_t guard_from = read_end_ - guard_.size();
    if (shorter ||
        (buffer.holds(guard_from, read_end_) && buffer.view(guard_from, read_end_) != guard_)) {
        return Turn{Outcome::kTruncated, 0, {}};
    }
    if (buffer.end() > read_end_) {
        new_bytes = buffer.end() - read_end_;
        read_end_ = buffer.end();
        guard_ = buffer.view(std::max(buffer.base, before(read_end_)), read_end_);
    }
    size_bytes = buffer.size < kReadBufferBytes ? buffer.end() : std::max(size_bytes, buffer.end());
    known_bytes = std::max(known_bytes, size_bytes);
    return std::nullopt;
}

std::optional<TailedFile::Turn> TailedFile::hand_out(const DocumentSpan& span,
                                                     const ReadBuffer& buffer, TailSink& sink) {
    const uint64_t full = span.end - span.begin;
    const uint64_t size = std::min<uint64_t>(full, options_.document_bytes_max);
    Bytes apart;
    TailedDocument document;
    if (buffer.holds(span.begin, span.begin + size)) {
        document.bytes = buffer.view(span.begin, span.begin + size);
    } else {
        auto bytes = read_exactly(*handle_, span.begin, size);
        if (!bytes) {
            splitter_ = DocumentSplitter(progress.taken(),
                                         options_.document_bytes_max);  // the same again, later
            return Turn{Outcome::kFailed, 0, bytes.error()};
        }
        if (bytes->size() < size) {
            splitter_ = DocumentSplitter(progress.taken(), options_.document_bytes_max);
            return Turn{Outcome::kTruncated, 0, {}};
        }
        apart = std::move(*bytes);
        apart.append(kDocumentPaddingBytes, '\0');
        document.bytes = ByteView(apart).substr(0, size);
    }
    document.path = path;
    document.file = id;
    document.offset = span.begin;
    document.full_size_bytes = full;
    document.truncated = size < full;
    document.unterminated = span.unterminated;
    if (!progress.hand_out(document, sink)) {
        return Turn{Outcome::kStopped, 0, {}};
    }
    return std::nullopt;
}

std::optional<TailedFile::Turn> TailedFile::finish(ReadBuffer& buffer, TailSink& sink) {
    if (const auto span = splitter_.finish()) {
        return hand_out(*span, buffer, sink);
    }
    return std::nullopt;  // nothing open, or wants() went back and the next turn goes on there
}

Bytes TailedFile::bytes_before(uint64_t offset) const {
    const uint64_t from = before(offset);
    if (buffer_ != nullptr && buffer_->holds(from, offset)) {
        return Bytes(buffer_->view(from, offset));
    }
    if (handle_) {
        if (auto bytes = read_exactly(*handle_, from, offset - from)) {
            return std::move(*bytes);
        }
    }
    return {};
}

void TailedFile::update_fingerprint(const PositionHasher& hasher) {
    const size_t bytes = std::min<uint64_t>(read_end_, kFingerprintBytesMax);
    if (bytes <= fingerprint_bytes_ || !handle_) {
        return;
    }
    const auto head = read_exactly(*handle_, 0, bytes);
    if (head && head->size() == bytes) {
        fingerprint_bytes_ = static_cast<uint32_t>(bytes);
        fingerprint_ = hasher(*head);
    }
}

FilePosition TailedFile::position(const PositionHasher& hasher) const {
    if (auto as_resumed = progress.as_resumed(reread_.ranges())) {
        return std::move(*as_resumed);
    }
    FilePosition position;
    position.source_id = options_.source_id;
    position.path = path.size() <= kPositionPathBytesMax ? path : "";
    position.file = id;
    position.size_bytes = std::max(size_bytes, read_end_);
    position.modified = modified;
    position.fingerprint_bytes = fingerprint_bytes_;
    position.fingerprint = fingerprint_;
    progress.describe(position, reread_.ranges());
    const bool between_turns = buffer_ == nullptr;
    position.tail_hash = hasher(between_turns ? tail_ : bytes_before(position.offset));
    return position;
}

}  // namespace llmtrail
