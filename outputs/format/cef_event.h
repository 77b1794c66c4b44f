// What an event says of a record, as pairs under their CEF keys: filled once, then written as CEF
// or under the names of another format (leef.cpp). Belongs to one formatter and keeps its buffers.
// Pure.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "format/cef_extension.h"
#include "format/cef_fields.h"
#include "format/formatter.h"
#include "record/audit_record.h"
#include "record/event_class.h"

namespace llmtrail {

class CefEvent {
 public:
    explicit CefEvent(FormatOptions options);

    // Forgets the event before. The record must outlive fit() and write().
    const EventClass& fill(const AuditRecord& record, const SpoolReference& reference);

    // Previews and then whole keys give way until the pairs take at most `bytes_max`.
    void fit(size_t bytes_max);

    // As fit(), for pairs in another notation, where names and escapes may be longer: `write()`
    // writes them anew and returns how many bytes that took.
    template <typename Write>
    void fit_written(size_t bytes_max, Write&& write) {
        for (size_t wanted = bytes_max;;) {
            fit(wanted);
            size_t written = write();
            if (written <= bytes_max || wanted == 0) {
                return;
            }
            wanted = std::min(wanted, pairs_.written_size());
            wanted -= std::min(wanted, written - bytes_max);
        }
    }

    const CefExtension& pairs() const { return pairs_; }

    size_t event_bytes_max() const { return options_.event_bytes_max; }

 private:
    void add_reference(const SpoolReference& reference);
    void add_fields(const AuditRecord& record, const EventClass& event_class,
                    const GuardrailSummary& guardrails);

    FormatOptions options_;
    std::vector<CefRoute> routes_;
    CefExtension pairs_;
    CefScratch scratch_;
};

}  // namespace llmtrail
