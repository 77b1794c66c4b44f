#include "spool/verify_content.h"

#include <algorithm>
#include <utility>

#include "spool/format.h"
#include "spool/key_file.h"
#include "spool/segment_file.h"

namespace llmtrail {

namespace {

constexpr uint8_t bit_of(Section section) {
    return static_cast<uint8_t>(1U << index_of(section));
}

uint8_t wrapped_sections(ByteView key_file) {
    Result<KeyStanzas> stanzas = decode_key_stanzas(key_file);
    unsigned mask = 0;
    for (const KeyStanza& stanza : stanzas ? stanzas->list : std::vector<KeyStanza>{}) {
        bool wraps = stanza.type == StanzaType::kDataKey || stanza.type == StanzaType::kRecipient;
        if (wraps && stanza.section < kSectionCount) {
            mask |= 1U << stanza.section;
        }
    }
    return static_cast<uint8_t>(mask);
}

// A link is refused.
Result<Bytes> read_key_file(FileSystem& files, const std::string& path) {
    Result<std::unique_ptr<ReadableFile>> file = files.open_readable(path, false);
    Result<FileInfo> info = file ? (*file)->info() : Result<FileInfo>(fail(file.error()));
    if (!info) {
        return fail(std::move(info.error()));
    }
    if (info->size_bytes > kKeyFileBytesMax) {
        return fail(ErrorCode::kCorrupt, "larger than any key file");
    }
    Bytes bytes;
    Result<void> read = read_range(**file, 0, static_cast<size_t>(info->size_bytes), bytes);
    return read ? Result<Bytes>(std::move(bytes)) : Result<Bytes>(fail(read.error()));
}

}  // namespace

Result<DataKeys> ContentCheck::open_keys(const SegmentHeader& header, Reach& reach) {
    std::string path = directory_ + "/" + keys_file_name(header.segment_no);
    Result<Bytes> bytes = read_key_file(files_, path);
    if (!bytes) {
        reach.missing = bytes.error().code == ErrorCode::kNotFound;
        return fail(bytes.error());
    }
    reach.stanzas = wrapped_sections(*bytes);
    return open_segment_keys(*key_, *bytes, header);
}

// The envelope's key opens the tags of all frames: without it nothing of the segment is opened.
void ContentCheck::begin_segment(const SegmentHeader& header) {
    openers_.reset();
    if (key_ == nullptr) {
        return;
    }
    Reach& reach = reached_.emplace_back();
    reach.segment_no = header.segment_no;
    Result<DataKeys> opened = open_keys(header, reach);
    if (opened && !(*opened)[index_of(Section::kEnvelope)].empty()) {
        openers_.emplace(*opened);
        for (Section section : kSections) {
            bool has = openers_->has(section);
            reach.opened = static_cast<uint8_t>(reach.opened | (has ? bit_of(section) : 0));
        }
    } else if (!opened && opened.error().code != ErrorCode::kNotFound && !wrap_problem_) {
        wrap_problem_ = {header.segment_no,
                         keys_file_name(header.segment_no) + ": " + opened.error().message};
    }
}

Result<std::optional<ContentFault>> ContentCheck::check_batch(FrameStream& stream,
                                                              const StreamedFrame& frame,
                                                              const Digest& chain, ByteView leaves,
                                                              Digest& digest) {
    return batches_.check(stream, frame, *openers_, chain, leaves, digest);
}

Result<std::optional<ContentFault>> ContentCheck::check_control(FrameStream& stream,
                                                                const StreamedFrame& frame,
                                                                const Digest& chain) {
    Result<void> tag = stream.read_section(frame, Section::kEnvelope, plaintext_);
    if (!tag) {
        return fail(std::move(tag.error()));
    }
    if (openers_->open_in_place(stream.header().header_hash, chain, frame.view, Section::kEnvelope,
                                plaintext_)) {
        return std::nullopt;
    }
    return ContentFault{"the frame was not made with the segment's key",
                        std::string(section_name(Section::kEnvelope)),
                        {}};
}

std::optional<std::pair<uint64_t, std::string>> ContentCheck::key_problem(
    const RemovalCheck& removals) const {
    for (const Reach& reach : reached_) {
        if (wrap_problem_ && wrap_problem_->first <= reach.segment_no) {
            break;
        }
        if (reach.missing && !removals.is_pruned(reach.segment_no)) {
            return std::pair(reach.segment_no,
                             keys_file_name(reach.segment_no) +
                                 " is missing, and nothing in the log says why: what the segment "
                                 "holds can be opened by nobody");
        }
    }
    bool none = std::all_of(reached_.begin(), reached_.end(),
                            [](const Reach& reach) { return reach.opened == 0; });
    if (!wrap_problem_ && none && !reached_.empty()) {
        return std::pair(reached_.front().segment_no,
                         std::string("the key that was given opens no segment of this log"));
    }
    return wrap_problem_;
}

void ContentCheck::report(const RemovalCheck& removals, VerifyReport& report) const {
    for (const Reach& reach : reached_) {
        uint8_t erased = removals.erased_sections(reach.segment_no);
        bool whole = true;
        for (Section section : kSections) {
            SectionReach& sum = report.sections[index_of(section)];
            bool opened = (reach.opened & bit_of(section)) != 0;
            bool is_erased = !opened && (erased & bit_of(section)) != 0;
            sum.checked += opened ? 1 : 0;
            sum.erased += is_erased ? 1 : 0;
            sum.unchecked += !opened && !is_erased ? 1 : 0;
            whole = whole && (opened || is_erased);
        }
        if (!whole && report.unopened_segments++ == 0) {
            report.first_unopened = segment_file_name(reach.segment_no);
        }
        if ((reach.stanzas & erased) != 0 && report.unfinished_erasures++ == 0) {
            report.first_unfinished = keys_file_name(reach.segment_no);
        }
    }
    report.content_checked = !reached_.empty() && report.unopened_segments == 0;
}

}  // namespace llmtrail
