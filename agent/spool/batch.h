// A committed batch in memory: plaintext sections of its records, with what proves each of them.
// Immutable once made, shared by ingest and deliver through shared_ptr<const Batch>. Control
// records (frames without user records) are not in a batch, so indexes between two batches may have
// gaps.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/section.h"
#include "crypto/digest.h"

namespace llmtrail {

struct BatchRecord {
    Digest leaf;
    std::array<Digest, kSectionCount> commitments;
    std::array<uint32_t, kSectionCount> offsets;  // into the section's bytes
    std::array<uint32_t, kSectionCount> sizes;
};

struct Batch {
    uint64_t segment_no = 0;
    uint64_t first_index = 0;
    std::array<Bytes, kSectionCount> sections;
    std::vector<BatchRecord> records;
    uint8_t unopened_sections = 0;  // bit s: section s is there, and its key was not at hand

    uint64_t end_index() const { return first_index + records.size(); }

    ByteView section(size_t record, Section section) const {
        size_t s = static_cast<size_t>(section);
        return ByteView(sections[s]).substr(records[record].offsets[s], records[record].sizes[s]);
    }

    size_t memory_bytes() const {
        size_t bytes = records.size() * sizeof(BatchRecord);
        for (const Bytes& section : sections) {
            bytes += section.size();
        }
        return bytes;
    }
};

// event.id: base32 of the first 20 bytes of the leaf.
std::string event_id_of(const Digest& leaf);

}  // namespace llmtrail
