// One span or log event being read: attributes are sorted by the alias table first, since their
// order is free and one fact may stand under several names; content is written at the end, from the
// fullest vocabulary present. A second copy that agrees is left out, one that does not is kept.
// Used by otlp.cpp alone; ingest thread.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bodies/body_place.h"
#include "parsers/otel_aliases.h"
#include "parsers/otlp_content.h"
#include "parsers/otlp_guard.h"
#include "parsers/otlp_value.h"
#include "parsers/parser.h"

namespace llmtrail::otlp {

// gen_ai.user.message, gen_ai.choice, …: an event that is a message of a call.
bool is_message(std::string_view name);

// An event of a span that is a record of its own: gen_ai.evaluation.result.
bool is_evaluation(JsonValue event);

class RecordReader {
 public:
    void begin(AuditRecord& record, const ParseContext& context);

    // `attributes`: [{"key", "value"}, …], but for the one that is read already. Resource
    // attributes fill by a table of their own.
    void attributes(const BodyPlace& place, JsonValue attributes, std::string_view read_key = {},
                    std::string_view read_text = {});
    void resource_attributes(const BodyPlace& place, JsonValue attributes);

    // An event of a span: exceptions, messages, documents, findings and log probabilities have
    // fields, the rest is kept. An evaluation only tells its toxicity here.
    void span_event(const BodyPlace& place, JsonValue event);

    // Attributes of an event that is a message: those without a name of their own are its members.
    void event_attributes(const BodyPlace& place, std::string_view name, JsonValue attributes);

    // What a log event named `name` says in its body; false when the name is none of GenAI's.
    bool log_event(const BodyPlace& place, std::string_view name, JsonValue body);

    enum class Of : uint8_t { kSpan, kEvent };

    // Decides the kind, writes content and stores all. `name`: of the span or event.
    void finish(std::string_view name, Of of);

    // After finish(): a model call whose prompt and answer the source writes apart from it, if it
    // writes them at all: to log events.
    bool lacks_text() const;

    BodyPlace place() { return BodyPlace("", scratch_, *record_); }

    JsonPool& pool() { return pool_; }

    void set_failed() { failed_ = true; }

 private:
    struct Content {
        const AliasRow* row;
        JsonValue value;

        std::string_view key() const { return row->name; }

        Conversion conversion() const { return row->conversion; }
    };

    struct Provider {
        uint8_t rank = 0;
        std::string_view key;
        JsonValue value;
    };

    // otlp_record.cpp: attributes by their names. True when the value is held for finish().
    bool attribute(const BodyPlace& place, std::string_view key, JsonValue value);
    void converted(const BodyPlace& place, const AliasRow& row, JsonValue value);
    void hold(const BodyPlace& place, const AliasRow& row, JsonValue value);
    bool indexed(const BodyPlace& place, const IndexedRow& row, std::string_view key,
                 JsonValue value);
    void counter(std::string_view key, JsonValue value);
    void kind_word(const BodyPlace& place, std::string_view key, JsonValue value);
    void provider(const BodyPlace& place, const AliasRow& row, JsonValue value);
    void model_name(const BodyPlace& place, const AliasRow& row, JsonValue value);
    void finish_reasons(const BodyPlace& place, std::string_view key, JsonValue value);

    // otlp_events.cpp
    bool event_attribute(const BodyPlace& place, std::string_view name, std::string_view key,
                         JsonValue value, std::string& fields);
    bool logprobs(const BodyPlace& place, JsonValue text);
    void choice(const BodyPlace& place, JsonValue fields);
    void message_event(const BodyPlace& place, std::string_view name, JsonValue fields);
    void document_event(const BodyPlace& place, std::string_view name, JsonValue attributes);
    void finding_event(const BodyPlace& place, JsonValue attributes);
    void evaluation_toxicity(JsonValue attributes);
    void first_chunk(std::optional<int64_t> at);

    // otlp_finish.cpp
    void decide_kind();
    void decide_provider(const BodyPlace& place);
    void write_content(const BodyPlace& place);
    void write_late(const BodyPlace& place);
    void outcome();

    // otlp_sides.cpp: prompts and answers
    void compare_copies(const BodyPlace& place);
    bool other_agrees();
    void write_one(const BodyPlace& place, const Content& content, Side side);
    JsonValue unquoted(const Content& content);
    bool write_cut(const BodyPlace& place, const Content& content, Side side);
    void write_side(const BodyPlace& place, Side side);
    void write_indexed(const BodyPlace& place, Indexed kind, Side side);
    void keep_unused(const BodyPlace& place, std::initializer_list<const Content*> used);

    // otlp_results.cpp: retrievals, evaluations, guardrails
    void write_documents_of(const BodyPlace& place);
    void write_retrieval(const BodyPlace& place);
    void write_evaluation(const BodyPlace& place);
    void toxicity(std::string_view name, std::optional<double> score);
    void write_guardrail(const BodyPlace& place);
    void store_guardrails(const BodyPlace& place);

    // otlp_tools.cpp: tools and vectors
    JsonValue tool_value(const Content* content);
    void tools(const BodyPlace& place, bool of_tool);
    void tool_definitions(const BodyPlace& place);
    void embeddings(const BodyPlace& place);

    // otlp_facts.cpp: JSON objects in attributes
    void facts(const BodyPlace& place);
    void object_fact(const BodyPlace& place, const Content& content);
    void parameters(const BodyPlace& place, JsonValue object);
    void usage_details(const BodyPlace& place, JsonValue object);
    void cost_details(const BodyPlace& place, JsonValue object);
    void tags(const BodyPlace& place, const Content& content);
    void first_chunk_at(const BodyPlace& place, const Content& content);
    void entity_name(const BodyPlace& place, const Content& content);
    void store_counters(const BodyPlace& place);
    void associations(const BodyPlace& place);
    void model(const BodyPlace& place);

    JsonValue container_of(JsonValue value);
    const Content* find(Conversion conversion) const;

    std::vector<IndexedItem>& items(Indexed kind) { return indexed_[static_cast<size_t>(kind)]; }

    AuditRecord* record_ = nullptr;
    const ParseContext* context_ = nullptr;
    BodyScratch scratch_;
    BodyScratch other_;
    AuditRecord other_record_;
    JsonPool pool_;

    std::vector<Content> contents_;
    std::vector<Content> resource_;  // of the resource, for what no attribute says
    std::vector<Content> copies_;    // second copies, compared once the first is stored
    std::vector<Indexed> indexed_copies_;
    std::array<std::vector<IndexedItem>, kIndexedKinds> indexed_;
    GuardFacts guard_;
    std::vector<GuardFacts> findings_;  // of events
    Provider provider_;
    JsonMember model_;
    const KindRow* kind_ = nullptr;
    std::string_view name_;  // of the span; "" for an event
    std::string_view level_;
    JsonValue status_message_;
    std::string counters_;        // members of llm.audit.usage.details
    bool llm_ = false;            // some attribute or event speaks a GenAI vocabulary
    bool has_documents_ = false;  // events told documents found
    bool of_guard_ = false;       // some attribute is named as a guardrail's
    bool own_text_ = false;       // a vocabulary that never writes text to log events
    bool chat_ = false;           // content came as messages
    bool completion_ = false;     // or as a prompt to complete
    bool failed_ = false;
};

}  // namespace llmtrail::otlp
