#include "tail/file_progress.h"

#include <utility>

namespace llmtrail {

FileProgress::FileProgress(const FilePosition& saved)
    : reported(saved), taken_(saved.open_document) {
    if (saved.open_document < saved.offset) {
        resumed_ = saved;
    }
}

void FileProgress::restart(uint64_t offset) {
    taken_ = offset;
    resumed_.reset();
    held_ranges_.clear();
    must_report = true;
}

void FileProgress::skip_to(uint64_t offset, TailSink& sink) {
    if (offset > taken_) {
        sink.skipped(offset - taken_);
        taken_ = offset;
    }
}

bool FileProgress::hand_out(TailedDocument& document, TailSink& sink) {
    if (resumed_ && resumed_->open_document == document.offset) {
        document.records_already_sealed = resumed_->open_document_records;
    }
    skip_to(document.offset, sink);
    handing_out_ = document.offset + document.full_size_bytes;
    const bool more = sink.document(document);
    taken_ = *handing_out_;
    handing_out_.reset();
    held_records_.reset();
    resumed_.reset();
    return more;
}

void FileProgress::set_open_ranges(std::vector<OpenRange> ranges) {
    ranges_changed_ = ranges_changed_ || ranges != held_ranges_;
    held_ranges_ = std::move(ranges);
}

bool FileProgress::changed() const {
    if (must_report || ranges_changed_ || held_records_) {
        return true;
    }
    if (resumed_) {
        return false;
    }
    return reported ? reported->offset != taken_ || reported->open_document != taken_ : taken_ > 0;
}

void FileProgress::told(const FilePosition& position) {
    reported = position;
    must_report = false;
    ranges_changed_ = false;
}

// A document that counts as unread is read again as a whole: no range is needed for it.
std::vector<OpenRange> FileProgress::ranges_before(uint64_t offset, uint64_t open_document,
                                                   const std::vector<OpenRange>& reread) const {
    std::vector<OpenRange> ranges = reread;
    ranges.insert(ranges.end(), held_ranges_.begin(), held_ranges_.end());
    std::erase_if(ranges, [&](const OpenRange& range) { return range.end > offset; });
    limit_open_ranges(ranges, open_document);
    return ranges;
}

std::optional<FilePosition> FileProgress::as_resumed(const std::vector<OpenRange>& reread) const {
    if (!resumed_ || held_records_) {
        return std::nullopt;
    }
    FilePosition position = *resumed_;
    position.open_ranges = ranges_before(position.offset, position.open_document, reread);
    return position;
}

std::optional<FilePosition> FileProgress::last_position() const {
    std::optional<FilePosition> last = reported;
    if (last) {
        last->finished = true;
    }
    return last;
}

void FileProgress::describe(FilePosition& position, const std::vector<OpenRange>& reread) const {
    position.offset = taken_;
    position.open_document = taken_;
    if (handing_out_ && held_records_) {
        position.offset = *handing_out_;
        position.open_document_records = *held_records_;
    }
    position.open_ranges = ranges_before(position.offset, position.open_document, reread);
}

}  // namespace llmtrail
