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
#include "parsers/otlp_value.h"
#include "parsers/parser.h"

namespace llmtrail::otlp {

class RecordReader {
 public:
    void begin(AuditRecord& record, const ParseContext& context);

    // `attributes`: [{"key", "value"}, …], but for the one that is read already. Resource
    // attributes fill by a table of their own.
    void attributes(const BodyPlace& place, JsonValue attributes, std::string_view read_key = {},
                    std::string_view read_text = {});
    void resource_attributes(const BodyPlace& place, JsonValue attributes);

    // An event of a span: exceptions, messages and log probabilities have fields, the rest is kept.
    void span_event(const BodyPlace& place, JsonValue event);

    // What a log event named `name` says in its body; false when the name is none of GenAI's.
    bool log_event(const BodyPlace& place, std::string_view name, JsonValue body);

    // Decides the kind, writes content and stores all. `name`: of the span or event.
    void finish(std::string_view name);

    BodyPlace place() { return BodyPlace("", scratch_, *record_); }

    JsonPool& pool() { return pool_; }

    void set_failed() { failed_ = true; }

 private:
    struct Content {
        Conversion conversion;
        uint8_t rank;
        std::string_view key;
        JsonValue value;
    };

    struct Provider {
        uint8_t rank = 0;
        std::string_view key;
        JsonValue value;
    };

    // True when the value is held for finish().
    bool attribute(const BodyPlace& place, std::string_view key, JsonValue value);
    bool logprobs(const BodyPlace& place, JsonValue text);
    void converted(const BodyPlace& place, const AliasRow& row, JsonValue value);
    void indexed(const BodyPlace& place, const IndexedRow& row, std::string_view key,
                 JsonValue value);
    void kind_word(const BodyPlace& place, std::string_view key, JsonValue value);
    void provider(const BodyPlace& place, const AliasRow& row, JsonValue value);
    void finish_reasons(const BodyPlace& place, std::string_view key, JsonValue value);
    void message_event(const BodyPlace& place, std::string_view name, JsonValue fields);

    void decide_kind();
    void write_content(const BodyPlace& place);
    void compare_copies(const BodyPlace& place);
    bool other_agrees();
    void write_one(const BodyPlace& place, const Content& content, Side side);
    void write_side(const BodyPlace& place, Side side);
    void write_indexed(const BodyPlace& place, Indexed kind, Side side);
    void write_lists(const BodyPlace& place);
    void write_retrieval(const BodyPlace& place);
    void keep_unused(const BodyPlace& place, std::initializer_list<const Content*> used);
    void embeddings(const BodyPlace& place);
    void vector_detail(const IndexedItem& item);
    void tool_definitions(const BodyPlace& place);
    void tools(const BodyPlace& place, bool of_tool);
    void parameters(const BodyPlace& place, const Content& content);
    void usage_details(const BodyPlace& place, const Content& content);
    void cost_details(const BodyPlace& place, const Content& content);
    void metadata(const BodyPlace& place, const Content& content);
    void associations(const BodyPlace& place);
    void model(const BodyPlace& place);
    void guardrail(const BodyPlace& place);
    void outcome();

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
    std::vector<Content> copies_;  // second copies, compared once the first is stored
    std::vector<Indexed> indexed_copies_;
    std::array<std::vector<IndexedItem>, 9> indexed_;
    Provider provider_;
    JsonMember model_;
    const KindRow* kind_ = nullptr;
    std::string_view name_;  // of the span or event
    std::string_view level_;
    JsonValue status_message_;
    bool llm_ = false;         // some attribute or event speaks a GenAI vocabulary
    bool chat_ = false;        // content came as messages
    bool completion_ = false;  // or as a prompt to complete
    bool failed_ = false;
};

}  // namespace llmtrail::otlp
