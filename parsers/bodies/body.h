// Provider bodies: what a model API takes and gives, read once for all envelopes (a gateway log, a Bedrock log, an
// exchange hold the same bodies). A body reader fills catalogue fields and puts every leaf it has no field for into
// Unmapped under its source path; it never fails and never overwrites a field the envelope has set, but for
// the texts it owns. Ingest thread only.
#pragma once

#include <string>
#include <string_view>

#include "bodies/messages.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

// Collects what no field holds: {"request.foo.0.bar": value, ...}, bounded by kUnmappedBytesMax (then
// `unmapped_truncated` is flagged). Null leaves, empty strings, arrays and objects carry nothing and are left out.
inline constexpr size_t kUnmappedBytesMax = size_t{256} << 10;

class Unmapped {
 public:
    void clear();
    // Adds each leaf below `value` under `path`.
    void add(std::string_view path, JsonValue value);
    void add(std::string_view path, std::string_view key, JsonValue value);  // path.key
    void store(AuditRecord& record);  // llm.audit.unmapped, flags

 private:
    std::string json_ = "{";
    bool truncated_ = false;
};

// Scratch space that body readers share; one per DocumentReader, cleared by whoever begins a record.
struct BodyScratch {
    Unmapped unmapped;
    MessagesWriter input;
    MessagesWriter output;
    std::string text;

    void clear() {
        unmapped.clear();
        input.clear();
        output.clear();
        text.clear();
    }
};

// Writes what the two MessagesWriters gathered: messages, prompt.text and .bytes, response.text and .bytes.
void store_messages(BodyScratch& scratch, AuditRecord& record);

// stop, length, tool_call, content_filter, error or other; the raw word goes to llm.audit.finish_reason.raw. One
// table for all vendors (finish_reason.cpp).
std::string_view normalized_finish_reason(std::string_view raw);
void add_finish_reason(AuditRecord& record, std::string_view raw);

}  // namespace llmtrail
