// A record that search or show hands out, and the three ways to write it: a line of JSON, a line
// for people, a page for people. Everything from the record passes terminal_safe() in text; JSON is
// escaped as JSON is. Pure; one thread.
#pragma once

#include <array>
#include <string>

#include "query/spool_scan.h"
#include "record/audit_record.h"

namespace llmtrail {

enum class SectionState : uint8_t {
    kOpened,
    kEmpty,      // the record has nothing there
    kSealed,     // for another role
    kErased,     // for nobody: no wrap of its key is left
    kNotOpened,  // not asked for
};

std::string_view section_state_name(SectionState state);  // opened empty sealed erased not_opened

struct FoundRecord {
    uint64_t index = 0;
    uint64_t segment_no = 0;
    Digest leaf{};
    Commitments commitments{};
    UnixNanos written;  // when its batch was
    std::array<SectionState, kSectionCount> sections{};
    AuditRecord record;  // of what is opened
};

// The section's bytes are in the batch, or no record of it has any.
inline bool opened_section(const Batch& batch, Section section) {
    return (batch.unopened_sections & (1U << index_of(section))) == 0;
}

// Takes record `at` of a batch. kCorrupt: a section's bytes are no record.
Result<void> take_record(const OpenedBatch& batch, size_t at, FoundRecord& out);

// What is written, but for the evidence, which may be known only later.
struct FoundText {
    std::string before_evidence;
    std::string after_evidence;
    bool names_sealed = true;  // false: the evidence is only written when it is another
};

FoundText found_json(const FoundRecord& found);  // with newline
FoundText found_line(const FoundRecord& found);
FoundText found_page(const FoundRecord& found);

// The fields of a section, a line each, for people.
void append_fields(std::string& out, const AuditRecord& record, Section section);

std::string with_evidence(const FoundText& text, Evidence evidence);

}  // namespace llmtrail
