#include "tail/tailed_file.h"

#include <algorithm>

#include "base/limits.h"
#include "tail/read_exactly.h"

namespace llmtrail {

namespace {

uint64_t before(uint64_t offset) {
    return offset - std::min<uint64_t>(offset, kTailHashBytes);
}

bool holds_hash(ReadableFile& file, uint64_t from, uint64_t to, const PositionHash& hash,
                const PositionHasher& hasher) {
    if (from == to) {
        return true;  // nothing was hashed
    }
    const auto bytes = read_exactly(file, from, to - from);
    return bytes && bytes->size() == to - from && hasher(*bytes) == hash;
}

}  // namespace

TailedFile::TailedFile(const SourceTailOptions& options, FileSystem& files, const FileId& file_id,
                       std::string file_path, uint64_t offset)
    : id(file_id),
      path(std::move(file_path)),
      log_path(path),
      options_(options),
      files_(files),
      splitter_(offset, options.document_bytes_max),
      accounted_(offset),
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
    reported = saved;
    reread_ = RangeReread(saved.open_ranges);
    if (saved.open_document < saved.offset) {
        open_ = saved;
    }
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
    if (!position_fits(*reported, *handle_, hasher)) {
        return false;
    }
    if (auto remembered = remember_text_before(); !remembered) {
        return fail(remembered.error());
    }
    resumed = true;
    return true;
}

Result<void> TailedFile::remember_text_before() {
    auto bytes = read_exactly(*handle_, before(accounted_), accounted_ - before(accounted_));
    if (!bytes) {
        return fail(bytes.error());
    }
    guard_ = *bytes;
    tail_ = std::move(*bytes);
    return {};
}

void TailedFile::restart(uint64_t offset) {
    splitter_ = DocumentSplitter(offset, options_.document_bytes_max);
    accounted_ = offset;
    read_end_ = offset;
    known_bytes = size_bytes;
    guard_.clear();
    tail_.clear();
    open_.reset();
    reread_ = RangeReread();
    held_ranges_.clear();
    fingerprint_bytes_ = 0;
    fingerprint_ = {};
    resumed = true;
    must_report = true;
}

bool position_fits(const FilePosition& position, ReadableFile& file, const PositionHasher& hasher) {
    return holds_hash(file, 0, position.fingerprint_bytes, position.fingerprint, hasher) &&
           holds_hash(file, before(position.offset), position.offset, position.tail_hash, hasher);
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
    const uint64_t accounted_before = accounted_;
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
    account_separators(sink);
    tail_ = bytes_before(accounted_);
    buffer_ = nullptr;
    if (!turn) {
        turn = Turn{has_unread() ? Outcome::kProgress : Outcome::kCaughtUp, 0, {}};
    }
    turn->bytes = std::max(new_bytes, accounted_ - accounted_before);
    return *turn;
}

TailedFile::Turn TailedFile::read_again(TailSink& sink) {
    const auto turn = reread_.read({*handle_, id, path, options_.document_bytes_max}, sink);
    ranges_changed_ = true;
    if (!turn) {
        return {Outcome::kFailed, 0, turn.error()};
    }
    if (turn->shorter) {
        return {Outcome::kTruncated, turn->bytes, {}};
    }
    return {turn->stopped ? Outcome::kStopped : Outcome::kProgress, turn->bytes, {}};
}

void TailedFile::set_open_ranges(std::vector<OpenRange> ranges) {
    ranges_changed_ = ranges_changed_ || ranges != held_ranges_;
    held_ranges_ = std::move(ranges);
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
            splitter_ =
                DocumentSplitter(accounted_, options_.document_bytes_max);  // the same again, later
            return Turn{Outcome::kFailed, 0, bytes.error()};
        }
        if (bytes->size() < size) {
            splitter_ = DocumentSplitter(accounted_, options_.document_bytes_max);
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
    if (open_ && open_->open_document == span.begin) {
        document.records_already_sealed = open_->open_document_records;
    }
    if (span.begin > accounted_) {
        sink.skipped(span.begin - accounted_);
        accounted_ = span.begin;
    }
    handing_out_ = span;
    const bool more = sink.document(document);
    handing_out_.reset();
    held_records_.reset();
    open_.reset();
    accounted_ = span.end;
    if (!more) {
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

void TailedFile::account_separators(TailSink& sink) {
    if (splitter_.position() > accounted_) {
        sink.skipped(splitter_.position() - accounted_);
        accounted_ = splitter_.position();
    }
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

bool TailedFile::changed() const {
    if (must_report || ranges_changed_) {
        return true;
    }
    if (held_records_) {
        return true;
    }
    if (open_) {
        return false;
    }
    return reported ? reported->offset != accounted_ || reported->open_document != accounted_
                    : accounted_ > 0;
}

void TailedFile::told(const FilePosition& position) {
    reported = position;
    must_report = false;
    ranges_changed_ = false;
}

// A document that counts as unread is read again as a whole: no range is needed for it.
std::vector<OpenRange> TailedFile::open_ranges_before(uint64_t offset,
                                                      uint64_t open_document) const {
    std::vector<OpenRange> ranges = reread_.ranges();
    ranges.insert(ranges.end(), held_ranges_.begin(), held_ranges_.end());
    std::erase_if(ranges, [&](const OpenRange& range) { return range.end > offset; });
    limit_open_ranges(ranges, open_document);
    return ranges;
}

FilePosition TailedFile::position(const PositionHasher& hasher) const {
    if (open_ && !held_records_) {
        FilePosition as_resumed = *open_;
        as_resumed.open_ranges = open_ranges_before(as_resumed.offset, as_resumed.open_document);
        return as_resumed;
    }
    FilePosition position;
    position.source_id = options_.source_id;
    position.path = path.size() <= kPositionPathBytesMax ? path : "";
    position.file = id;
    position.size_bytes = std::max(size_bytes, read_end_);
    position.modified = modified;
    position.fingerprint_bytes = fingerprint_bytes_;
    position.fingerprint = fingerprint_;
    position.offset = accounted_;
    position.open_document = accounted_;
    if (handing_out_ && held_records_) {
        position.offset = handing_out_->end;
        position.open_document_records = *held_records_;
    }
    position.open_ranges = open_ranges_before(position.offset, position.open_document);
    const bool between_turns = buffer_ == nullptr;
    position.tail_hash = hasher(between_turns ? tail_ : bytes_before(position.offset));
    return position;
}

}  // namespace llmtrail
