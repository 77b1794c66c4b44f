#include "spool/batch_reader.h"

#include <utility>

namespace llmtrail {

Result<std::shared_ptr<const Batch>> BatchReader::read(const SegmentHeader& header,
                                                       SegmentOpeners& openers, const Digest& chain,
                                                       const FrameView& frame, BatchFault* fault) {
    Result<BatchBody> body = decode_batch_body(frame.clear, frame.header.leaf_count);
    if (!body) {
        return fail(body.error());
    }
    auto batch = std::make_shared<Batch>();
    batch->segment_no = header.segment_no;
    batch->first_index = frame.header.index;
    batch->records.resize(frame.header.leaf_count);
    raw_bytes_left_ = kFrameRawBytesMax;
    Bytes commitments;
    for (Section section : kSections) {
        unsigned bit = 1U << index_of(section);
        if ((frame.header.section_mask & bit) == 0) {
            continue;
        }
        if (section != Section::kEnvelope && !openers.has(section)) {
            batch->unopened_sections = static_cast<uint8_t>(batch->unopened_sections | bit);
            continue;
        }
        Result<void> read =
            read_section(frame, openers, header, chain, section, *batch, commitments);
        if (!read) {
            if (fault != nullptr) {
                fault->section = section_name(section);
            }
            return fail(std::move(read).error().with_context(section_name(section)));
        }
    }
    Result<void> checked = check_records(*body, commitments, *batch, fault);
    if (!checked) {
        return fail(checked.error());
    }
    return std::shared_ptr<const Batch>(std::move(batch));
}

Result<void> BatchReader::fail_at_record(const Batch& batch, size_t record, const char* what,
                                         BatchFault* fault) {
    uint64_t index = batch.first_index + record;
    if (fault != nullptr) {
        fault->record = index;
    }
    return fail(ErrorCode::kCorrupt, "record " + std::to_string(index) + " " + what);
}

Result<void> BatchReader::check_leaves(const BatchBody& body, Batch& batch, BatchFault* fault) {
    committer_.put_leaves(batch.first_index, batch.records);
    for (size_t i = 0; i < batch.records.size(); ++i) {
        if (batch.records[i].leaf != body.leaves[i]) {
            return fail_at_record(batch, i, "is not the one in the leaf table", fault);
        }
    }
    return {};
}

// Leaves first: they are made of what was opened, and tell which record is at fault. What was not
// opened takes its commitments from the envelope before a leaf can be made.
Result<void> BatchReader::check_records(const BatchBody& body, ByteView commitments, Batch& batch,
                                        BatchFault* fault) {
    constexpr unsigned kAllBits = (1U << kSectionCount) - 1;
    auto known = static_cast<uint8_t>(kAllBits & ~unsigned{batch.unopened_sections});
    if (known != kAllBits) {
        Result<void> stored = check_commitments(commitments, known, batch.records);
        return stored ? check_leaves(body, batch, fault) : stored;
    }
    Result<void> leaves = check_leaves(body, batch, fault);
    return leaves ? check_commitments(commitments, known, batch.records) : leaves;
}

Result<void> BatchReader::read_section(const FrameView& frame, SegmentOpeners& openers,
                                       const SegmentHeader& header, const Digest& chain,
                                       Section section, Batch& batch, Bytes& commitments) {
    Result<void> done = openers.open(header.header_hash, chain, frame, section, plaintext_);
    if (!done) {
        return done;
    }
    Bytes& raw = batch.sections[index_of(section)];
    ByteView stored;
    done = expander_.expand(plaintext_, raw_bytes_left_, stored, raw);
    if (done) {
        raw_bytes_left_ -= raw.size();
        done = locate_records(raw, section, batch.records);
    }
    if (!done) {
        return done;
    }
    if (section == Section::kEnvelope) {
        commitments = stored;
    } else if (!stored.empty()) {
        return fail(ErrorCode::kCorrupt, "commitments where none belong");
    }
    committer_.commit(openers.keystream(section), section, batch.first_index, raw, batch.records);
    return {};
}

}  // namespace llmtrail
