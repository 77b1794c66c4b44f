// A record and its place in the spool in, the bytes of one event out. Pure, any thread, no
// allocation once warm.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/section.h"
#include "record/audit_record.h"
#include "record/event_class.h"

namespace llmtrail {

// Where the record stands in the spool: what proves the event later.
struct SpoolReference {
    uint64_t index = 0;
    ByteView leaf;                                      // 32 bytes
    std::array<ByteView, kSectionCount> commitments{};  // 32 bytes each
    std::string_view event_id;                          // base32 of the first 20 bytes of the leaf
    bool resent = false;                                // the receiver may have it already
};

// Below this an event could not say who it is and what is missing; a smaller event_bytes_max counts
// as this.
inline constexpr size_t kEventBytesMin = 1024;

struct FormatOptions {
    std::string host_id;            // deviceExternalId
    std::string host_name;          // dvchost
    size_t event_bytes_max = 8000;  // before framing
    size_t prompt_preview_characters = 0;
    size_t response_preview_characters = 0;
};

class Formatter {
 public:
    virtual ~Formatter() = default;
    // Appends one event, no line end: valid UTF-8, no raw control character, at most
    // event_bytes_max bytes.
    virtual void format(const AuditRecord& record, const SpoolReference& reference,
                        std::string& out) = 0;
};

std::unique_ptr<Formatter> make_cef_formatter(FormatOptions options);
std::unique_ptr<Formatter> make_leef_formatter(FormatOptions options);   // LEEF 1.0, tabs between
std::unique_ptr<Formatter> make_leef2_formatter(FormatOptions options);  // LEEF 2.0, ^ between

}  // namespace llmtrail
