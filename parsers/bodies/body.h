// Provider bodies: what a model API takes and gives, read once for all envelopes (a gateway log, a
// Bedrock log, an exchange hold the same bodies). A body reader fills catalogue fields and puts
// every leaf it has no field for into Unmapped under its source path; it never fails and never
// overwrites a field the envelope has set, but for the texts it owns. Ingest thread only.
//
// Readers of all vendors have one shape, whose `path` is where the body stands in the document
// ("request"):
//     void read_<vendor>_request(JsonValue body, std::string_view path, BodyScratch&,
//     AuditRecord&); void read_<vendor>_response(JsonValue body, std::string_view path,
//     BodyScratch&, AuditRecord&); void read_<vendor>_stream(JsonValue chunks, std::string_view
//     path, BodyScratch&, AuditRecord&);
// where `chunks` is an array of chunk objects: a log's own, or what SseReader (sse.h) makes of
// text. Whatever can occur many times in one document goes through BodyScratch, never
// record.append_to_*: those copy.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bodies/messages.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

// Collects what no field holds: {"request.foo.0.bar": value, ...}, values of secrets as
// "[redacted]" (redaction.h). Bounded by kUnmappedBytesMax, and each path by kUnmappedPathBytesMax,
// since every leaf spells its path out; what is beyond is left out and `unmapped_truncated`
// flagged. Null leaves, empty strings, arrays and objects carry nothing and are left out.
inline constexpr size_t kUnmappedBytesMax = size_t{256} << 10;
inline constexpr size_t kUnmappedPathBytesMax = 1024;

class Unmapped {
 public:
    void clear();
    // Adds each leaf below `value` under `path`, whose last name is the value's.
    void add(std::string_view path, JsonValue value);
    void add(std::string_view path, std::string_view key, JsonValue value);  // path.key
    void add_text(std::string_view path, std::string_view text);
    void add_json(std::string_view path, std::string_view json);  // one leaf: valid JSON text

    void note_truncated() { truncated_ = true; }  // something was left out

    void store(AuditRecord& record);  // llm.audit.unmapped, flags

 private:
    bool set_path(std::string_view path);
    void member(std::string_view name, JsonValue value, bool hidden, std::string_view key);
    void walk(std::string_view key, JsonValue value);
    void leaf(JsonValue value);
    void text_leaf(std::string_view text);
    bool begin_leaf(size_t value_bytes);

    std::string json_ = "{";
    std::string path_;
    std::string url_;  // a leaf without its secrets
    bool truncated_ = false;
};

// A JSON array that grows in place.
class ArrayWriter {
 public:
    void clear();
    std::string& item();  // the caller appends exactly one JSON value to it
    void add_once(
        std::string_view text);  // as a string, unless seen (within the first kOnceBytesMax)

    size_t count() const { return count_; }

    std::string_view json();                           // "[]" when empty; item() may follow
    bool begins_an_item(std::string_view json) const;  // within the first kOnceBytesMax

 private:
    static constexpr size_t kOnceBytesMax = 4096;

    std::string json_ = "[";
    std::string quoted_;
    size_t count_ = 0;
    bool closed_ = false;
};

// One result of a guardrail or content filter, in the normal form of llm.audit.guardrails; empty
// members are left out.
struct GuardrailResult {
    std::string_view name;
    std::string_view provider;
    std::string_view target;   // input, output, tool or retrieval
    std::string_view verdict;  // allow, warn, modify or deny
    std::string_view
        action;  // none, modify or block: what was done, which may be less than the verdict
    std::string_view category;
    std::string_view rule_id;
    std::optional<double> score;
    std::string_view severity;
    std::optional<int64_t> match_count;
};

// One element of llm.audit.data_sources; empty members are left out.
struct DataSource {
    std::string_view type;
    std::string_view id;
    std::string_view name;
    std::string_view uri;
    std::string_view channel;
    std::string_view message_id;
    std::string_view sensitivity;
    std::optional<double> score;
    std::string_view action;
};

// Scratch space that body readers share; one per DocumentReader, cleared by whoever begins a
// record.
struct BodyScratch {
    Unmapped unmapped;
    MessagesWriter input;
    MessagesWriter output;
    std::string text;         // free for the reader at work
    std::string queries;      // of searches in the answer, one a line
    std::string source_json;  // add_data_source's own

    // Many-valued fields, stored once by store_messages().
    ArrayWriter system;  // parts of gen_ai.system_instructions
    ArrayWriter tool_names;
    ArrayWriter tool_call_ids;
    ArrayWriter tool_calls;           // {id, name, arguments}
    ArrayWriter tool_results;         // {id, result}
    ArrayWriter token_probabilities;  // one element an answer
    double logprob_sum = 0;           // over the tokens of all answers
    size_t logprob_count = 0;
    ArrayWriter data_sources;
    ArrayWriter guardrails;
    ArrayWriter guardrail_categories;
    bool guardrail_triggered = false;
    bool guardrail_blocked = false;
    std::string parameters;  // members of llm.audit.request.parameters, without the braces
    std::string details;     // members of llm.audit.response.details, without the braces

    void clear();
};

void add_guardrail(BodyScratch& scratch, const GuardrailResult& result);
// A source that says no more than one before it (the citation of a found file) is not repeated.
void add_data_source(BodyScratch& scratch, const DataSource& source);

void add_system_text(BodyScratch& scratch, std::string_view text);

// A tool call the model asked for: gen_ai.tool.name, .call.id, .call.arguments. The message part is
// the reader's.
void add_tool_call(BodyScratch& scratch, std::string_view id, std::string_view name,
                   JsonValue arguments);
void add_tool_call(BodyScratch& scratch, std::string_view id, std::string_view name,
                   std::string_view arguments_text);
void add_tool_result(BodyScratch& scratch, std::string_view id, JsonValue result);

// One member of llm.audit.request.parameters or .response.details: `add_member(scratch.parameters,
// key, value)`. Nulls, empty strings, arrays and objects are left out; secrets are redacted.
void add_member(std::string& members, std::string_view key, JsonValue value);
void add_member(std::string& members, std::string_view key, std::string_view text);

// Setters that leave alone a field that has a value, and do nothing when `value` is absent, null,
// empty or cannot be the field's type; true when the value now has its place (also when the field
// held the same), so that
//     if (!fill(record, Field::kX, value)) scratch.unmapped.add(path, key, value);
// loses nothing. Text fields take numbers and booleans as their JSON text, real fields take
// integers.
bool fill(AuditRecord& record, Field field, JsonValue value);
bool fill_text(AuditRecord& record, Field field, std::string_view text);
bool fill_integer(AuditRecord& record, Field field, int64_t value);

// Writes what the scratch gathered: messages, prompt.text and .bytes, response.text and .bytes,
// tools, data sources, guardrails, parameters, details. Unmapped::store is the caller's, after
// this.
void store_messages(BodyScratch& scratch, AuditRecord& record);

// stop, length, tool_call, content_filter, error or other; the raw word goes to
// llm.audit.finish_reason.raw. One table for all vendors (finish_reason.cpp).
std::string_view normalized_finish_reason(std::string_view raw);
void add_finish_reason(AuditRecord& record, std::string_view raw);

}  // namespace llmtrail
