// Entries of Open WebUI in which a model is asked: its own members taken off, the rest is a body of
// OpenAI's, Anthropic's or Ollama's API.
#include <algorithm>

#include "base/json_text.h"
#include "bodies/anthropic.h"
#include "bodies/ollama.h"
#include "bodies/openai.h"
#include "parsers/openwebui_parts.h"

namespace llmtrail {

namespace {

using M = OpenwebuiMeaning;

constexpr std::string_view kOwnInRequest[] = {"chat_id", "id", "files"};
constexpr std::string_view kDone = "[DONE]";

void note_cut(AuditRecord& record, Field truncated) {
    record.set_boolean(truncated, true);
    record.append_to_list(Field::kRecordSourceLoss, "truncated");
}

bool has_any(JsonValue object, std::span<const std::string_view> keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](std::string_view key) { return object[key].exists(); });
}

// The browser is told that its task runs; the answer goes to it over a socket.
bool is_task_receipt(JsonValue body) {
    return (body["task_id"].exists() || body["task_ids"].exists()) && !body["choices"].exists();
}

bool makes_text(const OpenwebuiRoute& route) {
    return route.operation == "chat" || route.operation == "text_completion";
}

bool has_failed(JsonValue body) {
    return body["detail"].exists() || body["error"]["detail"].exists();
}

// {"detail": …} and {"error": {"detail": …}}; other errors are OpenAI's.
void read_failure(JsonValue body, const BodyPlace& place) {
    place.record().set_text(Field::kEventOutcome, "failure");
    place.fill_or_keep(Field::kErrorMessage, "detail", body["detail"]);
    BodyPlace error = place.below("error");
    if (body["error"].is_object()) {
        error.fill_or_keep(Field::kErrorMessage, "detail", body["error"]["detail"]);
        error.keep_others(body["error"], {"detail"});
    } else {
        place.keep("error", body["error"]);
    }
}

std::span<const std::string_view> own_in_answer(JsonValue body) {
    static constexpr std::string_view kOwn[] = {"sources"};
    static constexpr std::string_view kOwnInFailure[] = {"sources", "detail", "error"};
    return has_failed(body) ? std::span<const std::string_view>(kOwnInFailure)
                            : std::span<const std::string_view>(kOwn);
}

void read_content(JsonValue content, MessagesWriter& out) {
    if (content.is_string()) {
        out.text(content.text());
    }
    for (JsonValue part : content.items()) {
        bool text = part["type"].text() == "text" && part["text"].is_string() && part.size() == 2;
        text ? out.text(part["text"].text()) : out.given(part);
    }
}

void read_usage(JsonValue usage, const BodyPlace& place) {
    UsageCounts counts;
    for (JsonMember member : usage.members()) {
        if (member.key == "prompt_tokens" || member.key == "input_tokens") {
            counts.input = member;
        } else if (member.key == "completion_tokens" || member.key == "output_tokens") {
            counts.output = member;
        } else if (member.key == "total_tokens") {
            counts.total = member;
        } else {
            place.keep(member.key, member.value);
        }
    }
    store_usage(place, counts);
}

// A message as the client keeps it.
void read_stored_message(JsonValue message, bool answer, const BodyPlace& place) {
    MessagesWriter& out = answer ? place.scratch().output : place.scratch().input;
    out.begin_message(message["role"].text());
    for (auto [key, value] : message.members()) {
        BodyPlace here = place.below(key);
        if (key == "content" && (value.is_string() || value.is_array())) {
            read_content(value, out);
        } else if (key == "usage" && answer && value.is_object()) {
            read_usage(value, here);
        } else if (key == "sources" && answer) {
            read_openwebui_sources(value, here);
        } else if (key != "role" || !value.is_string()) {
            here.keep(value);
        }
    }
    out.end_message();
}

}  // namespace

// A copy of `object` without some of its members.
JsonValue OpenwebuiCalls::without(JsonValue object, std::span<const std::string_view> keys,
                                  JsonTree& tree) {
    if (!has_any(object, keys)) {
        return object;
    }
    text_.assign(1, '{');
    for (auto [key, value] : object.members()) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
            text_ += text_.size() > 1 ? "," : "";
            append_json_string(text_, key);
            text_.push_back(':');
            value.append_json(text_);
        }
    }
    text_.push_back('}');
    auto read = tree.read(text_, false);
    return read ? *read : object;
}

void OpenwebuiCalls::request(const OpenwebuiEntry& entry, const BodyPlace& place) {
    AuditRecord& record = place.record();
    JsonValue body = entry.request.json;
    if (!body.is_object()) {
        keep_openwebui_body(entry.request, place);
        return;
    }
    if (body["chat_id"].exists()) {
        place.fill_or_keep(Field::kGenAiConversationId, "chat_id", body["chat_id"]);
        place.fill_or_keep(Field::kGenAiResponseId, "id", body["id"]);
    } else {
        place.keep("id", body["id"]);
    }
    if (body["files"].exists()) {
        read_openwebui_files(body["files"], place.below("files"));
    }
    body = without(body, kOwnInRequest, request_tree_);
    bool ollama = entry.route.meaning == M::kOllama;
    if (ollama) {
        fill_text(record, Field::kGenAiProviderName, "ollama");
    }
    auto* read = ollama                                 ? read_ollama_request
                 : entry.route.meaning == M::kAnthropic ? read_anthropic_request
                                                        : read_openai_request;
    read(body, place.path(), place.scratch(), record);
    if (entry.request.cut) {
        note_cut(record, Field::kPromptTruncated);
    }
}

// The chunks without Open WebUI's own members, and with what stands of a last one that was cut.
JsonValue OpenwebuiCalls::own_chunks(const StreamText& stream, std::string_view whole,
                                     const BodyPlace& place) {
    std::string text = "[";
    size_t index = 0;
    bool changed = false;
    auto add = [&](JsonValue chunk) {
        BodyPlace here = place.below(index++);
        if (chunk["sources"].exists()) {
            read_openwebui_sources(chunk["sources"], here.below("sources"));
        }
        if (has_failed(chunk)) {
            read_failure(chunk, here);
        }
        JsonValue rest = without(chunk, own_in_answer(chunk), response_tree_);
        changed = changed || has_any(chunk, own_in_answer(chunk));
        text += text.size() > 1 ? "," : "";
        rest.append_json(text);
    };
    for (JsonValue chunk : stream.chunks.items()) {
        add(chunk);
    }
    std::string_view last = stream.unreadable;
    if (!last.empty() && !kDone.starts_with(last)) {
        size_t after = static_cast<size_t>(last.data() + last.size() - whole.data());
        auto head = last_tree_.read_head(last);
        bool at_end = whole.find_first_not_of(" \t\r\n", after) == std::string_view::npos;
        if (head && head->is_object() && at_end) {
            add(*head);
            changed = true;
        } else {
            place.scratch().unmapped.add_text(place.below("unreadable").path(), last);
        }
    }
    if (!changed) {
        return stream.chunks;
    }
    text.push_back(']');
    auto read = response_tree_.read(text, false);
    return read ? *read : stream.chunks;
}

void OpenwebuiCalls::stream(const OpenwebuiEntry& entry, const StreamText& stream,
                            const BodyPlace& place) {
    AuditRecord& record = place.record();
    JsonValue chunks = own_chunks(stream, entry.response.text, place);
    if (entry.route.meaning == M::kOllama) {
        read_ollama_stream(chunks, place.path(), place.scratch(), record);
    } else if (entry.route.meaning == M::kAnthropic) {
        read_anthropic_stream(chunks, place.path(), place.scratch(), record);
    } else {
        bool done =
            stream.done || (!stream.unreadable.empty() && kDone.starts_with(stream.unreadable));
        read_openai_stream(chunks, place.path(), done, place.scratch(), record);
    }
    if (!record.has(Field::kGenAiRequestStream)) {
        record.set_boolean(Field::kGenAiRequestStream, true);
    }
    if (!stream.unreadable.empty() && !kDone.starts_with(stream.unreadable)) {
        record.append_to_list(Field::kRecordFlags, "incomplete_stream");
        note_cut(record, Field::kResponseTruncated);
    }
}

void OpenwebuiCalls::document(const OpenwebuiEntry& entry, JsonValue body, const BodyPlace& place) {
    AuditRecord& record = place.record();
    if (is_task_receipt(body)) {
        keep_openwebui_body(entry.response, place);
        record.set_text(Field::kRecordState, "partial");
        if (!record.has(Field::kGenAiConversationId)) {  // and nothing will join it
            record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
        }
        return;
    }
    if (body["sources"].exists()) {
        read_openwebui_sources(body["sources"], place.below("sources"));
    }
    if (has_failed(body)) {
        read_failure(body, place);
    }
    body = without(body, own_in_answer(body), response_tree_);
    auto* read = entry.route.meaning == M::kOllama      ? read_ollama_response
                 : entry.route.meaning == M::kAnthropic ? read_anthropic_response
                                                        : read_openai_response;
    read(body, place.path(), place.scratch(), record);
    if (entry.response.cut) {
        note_cut(record, Field::kResponseTruncated);
    }
}

// Text that is neither JSON nor a stream: what went wrong, or the answer as it stands.
void OpenwebuiCalls::plain_text(const OpenwebuiEntry& entry, const BodyPlace& place) {
    AuditRecord& record = place.record();
    bool failed = record.integer(Field::kHttpResponseStatusCode).value_or(0) >= 400;
    if (failed && fill_text(record, Field::kErrorMessage, entry.response.text)) {
        return;
    }
    if (!makes_text(entry.route)) {
        keep_openwebui_text(entry.response.text, place);
        return;
    }
    MessagesWriter& out = place.scratch().output;
    out.begin_message("assistant");
    out.text(entry.response.text);
    out.end_message();
    record.append_to_list(Field::kRecordFlags, "body_not_json");
}

void OpenwebuiCalls::response(const OpenwebuiEntry& entry, const BodyPlace& place) {
    const OpenwebuiBody& body = entry.response;
    if (SseReader::is_event_stream(body.text)) {
        stream(entry, lines_.read_events(body.text), place);
    } else if (SseReader::is_json_lines(body.text) && !body.json.exists()) {
        stream(entry, lines_.read_json_lines(body.text), place);
    } else if (body.json.is_object()) {
        document(entry, body.json, place);
    } else if (!body.json.exists() && !body.text.empty() && !body.masked) {
        plain_text(entry, place);
    } else {
        keep_openwebui_body(body, place);
    }
}

void OpenwebuiCalls::read(const OpenwebuiEntry& entry, BodyScratch& scratch, AuditRecord& record) {
    fill_text(record, Field::kEventKind, "inference");
    if (entry.route.name != "openai") {
        fill_text(record, Field::kEventAction, entry.route.name);
        fill_text(record, Field::kGenAiOperationName, entry.route.operation);
    }
    describe_openai_call(entry.path, entry.request.json, {}, record);
    fill_text(record, Field::kEventAction, entry.route.name);
    request(entry, BodyPlace(kOpenwebuiRequest, scratch, record));
    response(entry, BodyPlace(kOpenwebuiResponse, scratch, record));
}

void OpenwebuiCalls::read_completed(const OpenwebuiEntry& entry, BodyScratch& scratch,
                                    AuditRecord& record) {
    fill_text(record, Field::kEventKind, "inference");
    fill_text(record, Field::kEventAction, entry.route.name);
    fill_text(record, Field::kGenAiOperationName, entry.route.operation);
    BodyPlace place(kOpenwebuiRequest, scratch, record);
    JsonValue body = entry.request.json;
    std::string_view answer = body["id"].text();
    size_t answers = 0;
    for (auto [key, value] : body.members()) {
        BodyPlace here = place.below(key);
        if (key == "messages" && value.is_array()) {
            size_t index = 0;
            for (JsonValue message : value.items()) {
                bool is_answer = !answer.empty() && message["id"].text() == answer;
                answers += is_answer ? 1 : 0;
                read_stored_message(message, is_answer, here.below(index++));
            }
        } else if (key == "model") {
            place.fill_or_keep(Field::kGenAiRequestModel, key, value);
        } else if (key == "chat_id") {
            place.fill_or_keep(Field::kGenAiConversationId, key, value);
        } else if (key == "id") {
            place.fill_or_keep(Field::kGenAiResponseId, key, value);
        } else {
            here.keep(value);
        }
    }
    if (!body.is_object()) {
        keep_openwebui_body(entry.request, place);
    }
    if (entry.request.cut) {
        note_cut(record, answers > 0 ? Field::kResponseTruncated : Field::kPromptTruncated);
    } else if (answers > 0) {
        record.set_text(Field::kRecordState, "complete");
    }
    keep_openwebui_body(entry.response, BodyPlace(kOpenwebuiResponse, scratch, record));
}

}  // namespace llmtrail
