// What the readers of OpenAI-style bodies share with one another; included by openai_*.cpp alone.
// Each function reads one piece of a body at `place`, gives every leaf of it a place and never
// fails.
#pragma once

#include <cstdint>
#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail::openai {

enum class Api : uint8_t {
    kUnknown,
    kChat,
    kResponses,
    kCompletions,
    kEmbeddings,
    kImages,
    kTranscription,
    kTranslation,
    kSpeech,
    kModeration,
    kAssistants,
    kThreads,
    kThreadMessages,
    kThreadRuns,
    kTraces,
};

Api api_of_path(std::string_view url_path);
Api api_of_request(JsonValue request);
Api api_of_response(JsonValue response);

// A chat message of a request, or of an answer: then its tool calls, citations and refusal are
// facts of the record.
enum class Side : uint8_t { kRequest, kAnswer };
void read_message(JsonValue message, const BodyPlace& place, Side side,
                  std::string_view finish_reason);
// "content": a text or an array of parts, into the open message.
void read_content(JsonValue content, const BodyPlace& place, MessagesWriter& out, Side side);
void read_annotations(JsonValue annotations, const BodyPlace& place);

// Items of the Responses API. One of a request is a message of its own; those of an answer are
// parts of one message.
void read_input_items(JsonValue items, const BodyPlace& place);
void read_output_item(JsonValue item, const BodyPlace& place);
// Results of a file search: data sources. The item that holds them is kept whole by its reader.
void read_found_files(JsonValue results, BodyScratch& scratch);

void read_choice(JsonValue choice, const BodyPlace& place, size_t index);
void read_response_object(JsonValue body, const BodyPlace& place);    // Responses API
void read_response_events(JsonValue chunks, const BodyPlace& place);  // its typed stream events
void read_chat_chunks(JsonValue chunks, const BodyPlace& place, bool done);
void read_thread_events(JsonValue chunks, const BodyPlace& place, bool done);
// Members of embeddings, images, audio and moderation; false: none of theirs.
bool read_other_member(std::string_view key, JsonValue value, const BodyPlace& place);
void read_thread_object(JsonValue body, const BodyPlace& place);
void read_trace_spans(JsonValue data, const BodyPlace& place);

// A member that repeats one of the request's, or says what the provider took by default: the
// request's field when that is not set or says the same, else a detail of the answer. False: no
// such member.
bool read_echo(std::string_view key, JsonValue value, const BodyPlace& place);

void read_usage(JsonValue usage, const BodyPlace& place);
void read_groq(JsonValue extra, const BodyPlace& place);  // "x_groq": Groq's usage of a stream
void read_error(JsonValue error, const BodyPlace& place);

// {"type": "json_schema", …}, or the type alone: gen_ai.output.type.
void set_output_type(JsonValue format, AuditRecord& record);

// "logprobs" of one answer: gathered as given, and their mean.
void read_logprobs(JsonValue logprobs, const BodyPlace& place);
void count_logprobs(JsonValue logprobs, BodyScratch& scratch);

// Azure's content_filter_results: {category: {filtered, severity or detected}}. `target`: input or
// output. True when something was filtered out.
bool read_filter_results(JsonValue results, const BodyPlace& place, std::string_view target);
bool read_filter_result(std::string_view category, JsonValue result, const BodyPlace& place,
                        std::string_view target);
void read_prompt_filter_results(JsonValue results, const BodyPlace& place);
// finish_reason content_filter where no result says which category it was
void add_unnamed_block(BodyScratch& scratch, std::string_view target);

// Marks the record's answer refused, failed, cut.
void mark_refused(AuditRecord& record);
void mark_failed(AuditRecord& record);
void mark_incomplete(AuditRecord& record);

}  // namespace llmtrail::openai
