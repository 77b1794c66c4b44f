// Cohere's answers.
#include "bodies/bedrock_guardrail.h"
#include "bodies/cohere_parts.h"
#include "bodies/embedding.h"
#include "bodies/usage_detail.h"

namespace llmtrail::cohere {

namespace {

void write_texts(const BodyPlace& place, JsonValue content) {
    MessagesWriter& out = place.scratch().output;
    if (content.is_string()) {
        out.text(content.text());
    }
    size_t index = 0;
    for (JsonValue part : content.items()) {
        BodyPlace here = place.below(index++);
        if (part["text"].is_string()) {
            out.text(part["text"].text());
            here.keep_others(part, {"type", "text"});
        } else if (part["thinking"].is_string()) {
            out.reasoning(part["thinking"].text());
            here.keep_others(part, {"type", "thinking"});
        } else {
            out.given(part);
        }
    }
}

// Chat v2: {"role", "content", "tool_plan", "tool_calls", "citations"}
void read_message(const BodyPlace& place, JsonValue message, std::string_view reason) {
    MessagesWriter& out = place.scratch().output;
    out.begin_message("assistant");
    for (JsonMember member : message.members()) {
        std::string_view key = member.key;
        if (key == "content") {
            write_texts(place.below(key), member.value);
        } else if (key == "tool_plan" && member.value.is_string()) {
            if (!member.value.text().empty()) {
                out.reasoning(member.value.text());
            }
        } else if (key == "tool_calls") {
            read_tool_calls(place.below(key), member.value);
        } else if (key == "citations") {
            read_citations(place, key, member.value);
        } else if (key != "role" || member.value.text() != "assistant") {
            place.keep(key, member.value);
        }
    }
    out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
}

// The answer repeats the conversation: what agrees with the texts already read is left out.
void read_history(const BodyPlace& place, JsonValue history, JsonValue text) {
    std::string_view asked = place.scratch().input.last_text_of("user");
    size_t index = 0;
    for (JsonValue turn : history.items()) {
        BodyPlace here = place.below(index++);
        std::string_view said = turn["message"].text();
        std::string_view role = turn["role"].text();
        bool known = !said.empty() && ((role == "USER" && said == asked) ||
                                       (role == "CHATBOT" && said == text.text()));
        if (known) {
            here.keep_others(turn, {"role", "message"});
        } else {
            here.keep(turn);
        }
    }
    if (!history.is_array()) {
        place.keep(history);
    }
}

void read_generations(const BodyPlace& place, JsonValue generations) {
    size_t index = 0;
    for (JsonValue one : generations.items()) {
        BodyPlace here = place.below(index++);
        std::string_view reason = one["finish_reason"].text();
        for (JsonMember member : one.members()) {
            if (member.key == "text" && member.value.is_string()) {
                MessagesWriter& out = here.scratch().output;
                out.begin_message("assistant");
                out.text(member.value.text());
                out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
            } else if (member.key == "finish_reason" && member.value.is_string()) {
                add_finish_reason(here.record(), reason);
            } else if (member.key == "token_likelihoods") {
                add_member(here.scratch().details, member.key, member.value);
            } else {
                here.keep(member.key, member.value);
            }
        }
    }
    if (!generations.is_array()) {
        place.keep(generations);
    }
}

// {"index", "relevance_score"} of the documents asked about.
void read_results(const BodyPlace& place, JsonValue results) {
    for (JsonValue result : results.items()) {
        std::string number = result["index"].json();
        DataSource source;
        source.type = "document";
        source.id = number;
        source.score = result["relevance_score"].real();
        if (source.score) {
            add_data_source(place.scratch(), source);
        }
    }
    add_member(place.scratch().details, "results", results);
}

bool read_text_answer(const BodyPlace& place, JsonValue body, JsonMember member) {
    std::string_view reason = body["finish_reason"].text();
    std::string_view key = member.key;
    if (key == "text" && member.value.is_string()) {
        MessagesWriter& out = place.scratch().output;
        out.begin_message("assistant");
        out.text(member.value.text());
        if (body["tool_calls"].is_array()) {
            read_tool_calls(place.below("tool_calls"), body["tool_calls"]);
        }
        out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
    } else if (key == "message" && member.value.is_object()) {
        read_message(place.below(key), member.value, reason);
    } else if (key == "message" && !body["text"].exists()) {
        place.fill_or_keep(Field::kErrorMessage, key, member.value);
    } else if (key == "finish_reason" && member.value.is_string()) {
        add_finish_reason(place.record(), reason);
    } else if (key == "chat_history") {
        read_history(place.below(key), member.value, body["text"]);
    } else if (key == "generations") {
        read_generations(place.below(key), member.value);
    } else {
        return key == "tool_calls" && body["text"].is_string() && member.value.is_array();
    }
    return true;
}

// Older answers of chat v1: {"prompt_tokens", "response_tokens", "total_tokens", "billed_tokens"}
void read_token_count(const BodyPlace& place, JsonValue count) {
    UsageCounts counts;
    for (JsonMember counter : count.members()) {
        if (counter.key == "prompt_tokens") {
            counts.input = counter;
        } else if (counter.key == "response_tokens") {
            counts.output = counter;
        } else if (counter.key == "total_tokens") {
            counts.total = counter;
        } else {
            add_usage_detail(place, counter.key, counter.value);
        }
    }
    store_usage(place, counts);
}

}  // namespace

void read_meta(const BodyPlace& place, JsonValue meta, Counted by) {
    bool counted = meta["tokens"].is_object() || by == Counted::kElsewhere;
    for (JsonMember member : meta.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key == (counted ? "tokens" : "billed_units")) {
            UsageCounts counts;
            for (JsonMember counter : member.value.members()) {
                if (counter.key == "input_tokens") {
                    counts.input = counter;
                } else if (counter.key == "output_tokens") {
                    counts.output = counter;
                } else {
                    add_usage_detail(here, counter.key, counter.value);
                }
            }
            store_usage(here, counts);
        } else if (member.key == "billed_units") {
            add_usage_detail(place, member.key, member.value);
        } else if (member.key == "cached_tokens") {
            place.fill_or_keep(Field::kGenAiUsageCacheReadInputTokens, member.key, member.value);
        } else {
            here.keep(member.value);
        }
    }
    if (!meta.is_object()) {
        place.keep(meta);
    }
}

void read_tool_calls(const BodyPlace& place, JsonValue calls) {
    size_t index = 0;
    for (JsonValue call : calls.items()) {
        BodyPlace here = place.below(index++);
        JsonValue function = call["function"];
        JsonValue from = function.is_object() ? function : call;
        JsonValue arguments = function.is_object() ? function["arguments"] : call["parameters"];
        std::string_view id = call["id"].text();
        std::string_view name = from["name"].text();
        place.scratch().output.tool_call(id, name, arguments);
        add_tool_call(place.scratch(), id, name, arguments);
        if (function.is_object()) {
            here.below("function").keep_others(function, {"name", "arguments"});
            here.keep_others(call, {"id", "type", "function"});
        } else {
            here.keep_others(call, {"id", "name", "parameters"});
        }
    }
    if (!calls.is_array()) {
        place.keep(calls);
    }
}

void add_document(BodyScratch& scratch, JsonValue document, std::string_view action) {
    JsonValue data = document["document"].is_object() ? document["document"] : document["data"];
    auto said = [&](std::string_view key) {
        std::string_view text = document[key].text();
        return text.empty() ? data[key].text() : text;
    };
    DataSource source;
    source.type = "document";
    source.id = said("id");
    source.name = said("title");
    source.uri = said("url");
    source.action = action;
    if (!source.id.empty() || !source.name.empty() || !source.uri.empty()) {
        add_data_source(scratch, source);
    }
}

// Chat v1 names the documents a text rests on, chat v2 has them in the citation.
void read_citations(const BodyPlace& place, std::string_view key, JsonValue citations) {
    for (JsonValue citation : citations.items()) {
        for (JsonValue source : citation["sources"].items()) {
            if (source["type"].text() == "document") {
                add_document(place.scratch(), source, "cited");
            }
        }
        if (citation["sources"].size() > 0) {
            continue;
        }
        for (JsonValue id : citation["document_ids"].items()) {
            DataSource source;
            source.type = "document";
            source.id = id.text();
            source.action = "cited";
            add_data_source(place.scratch(), source);
        }
    }
    add_member(place.scratch().details, key, citations);
}

void read_answer(const BodyPlace& place, JsonValue body) {
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        if (read_text_answer(place, body, member)) {
            continue;
        }
        if (key == "id" || key == "response_id" || key == "generation_id") {
            bool better = key == "id" && body["response_id"].exists();
            bool second =
                key == "generation_id" && (body["id"].exists() || body["response_id"].exists());
            if (better || second) {
                here.keep(member.value);
            } else {
                place.fill_or_keep(Field::kGenAiResponseId, key, member.value);
            }
        } else if (key == "meta" || key == "usage") {
            bool elsewhere = body["token_count"].is_object();
            read_meta(here, member.value, elsewhere ? Counted::kElsewhere : Counted::kHere);
        } else if (key == "token_count" && member.value.is_object()) {
            read_token_count(here, member.value);
        } else if (key == "citations") {
            read_citations(place, key, member.value);
        } else if (key == "documents") {
            for (JsonValue document : member.value.items()) {
                add_document(place.scratch(), document, "");
            }
            add_member(place.scratch().details, key, member.value);
        } else if (key == "search_queries") {
            for (JsonValue query : member.value.items()) {
                fill(place.record(), Field::kGenAiRetrievalQueryText, query["text"]);
            }
            add_member(place.scratch().details, key, member.value);
        } else if (key == "embeddings") {
            fill_text(place.record(), Field::kGenAiOperationName, "embeddings");
            read_embeddings(here, member.value);
        } else if (key == "results" && member.value.is_array()) {
            read_results(place, member.value);
        } else if (!read_bedrock_member(place, key, member.value)) {
            here.keep(member.value);
        }
    }
}

}  // namespace llmtrail::cohere
