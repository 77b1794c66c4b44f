#include "parsers/exchange.h"

#include "base/time.h"
#include "bodies/body_place.h"
#include "bodies/llama_guard.h"
#include "bodies/openai.h"
#include "bodies/sse.h"
#include "bodies/stream_parts.h"
#include "parsers/bedrock_body.h"
#include "parsers/body_text.h"
#include "parsers/common_names.h"
#include "parsers/created_time.h"
#include "parsers/exchange_parts.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr std::string_view kSkip[] = {"request", "response", "response_headers", "request_headers"};
constexpr std::string_view kSkipInside[] = {"body", "headers"};

std::string_view url_of(JsonValue document) {
    for (std::string_view key : {"url", "path", "endpoint", "uri"}) {
        if (std::string_view url = document[key].text(); !url.empty()) {
            return url;
        }
    }
    return {};
}

class ExchangeParser final : public Parser {
 public:
    std::string_view name() const override { return "exchange"; }

    std::string_view describes() const override {
        return "one call to a model API: request and response bodies and what stands around them";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"response"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override;
    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    struct Bodies {
        JsonValue request;
        JsonValue response;
        std::string_view request_path = "request";
        std::string_view response_path = "response";
        std::string_view date;  // of the response's headers
    };

    Bodies read_around(JsonValue document, const ParseContext& context, AuditRecord& record);
    void open_wrapped(Bodies& bodies, const ParseContext& context, AuditRecord& record);
    JsonValue request_of(const Bodies& bodies, AuditRecord& record);
    void read_answer(const Bodies& bodies, const BodyReaders& readers, AuditRecord& record);
    void read_stream(const StreamText& stream, const Bodies& bodies, const BodyReaders& readers,
                     AuditRecord& record);
    bool read_frames(const Bodies& bodies, const BodyReaders& readers, AuditRecord& record);
    void describe(std::string_view path, const BodyReaders& readers, JsonValue request,
                  AuditRecord& record);

    BodyScratch scratch_;
    JsonTree request_tree_;
    JsonTree response_tree_;
    SseReader sse_;
    EventStreamReader frames_;
    JsonValue answer_;  // the response body when it is one document
};

bool ExchangeParser::recognizes(JsonValue document) const {
    JsonValue request = document["request"];
    JsonValue response = document["response"];
    if (!response.exists() || !(request.is_object() || request.is_string())) {
        return false;
    }
    bool answer =
        response.is_object() || response.is_array() || response.is_string() || response.is_null();
    return answer && (is_request_body(request) || is_model_url(url_of(document)) ||
                      (request.is_object() && is_model_url(url_of(request))));
}

// A wrapped body: {"request": {"url", "headers", "body"}, "response": {"status", "headers",
// "body"}}.
void ExchangeParser::open_wrapped(Bodies& bodies, const ParseContext& context,
                                  AuditRecord& record) {
    JsonValue request = bodies.request;
    JsonValue body = request["body"];
    if ((body.is_object() || body.is_string()) && !request["messages"].exists() &&
        !request["input"].exists() && !request["prompt"].exists()) {
        apply_common_names(request, "request", kSkipInside, context, record, scratch_);
        read_request_headers(request["headers"], "request.headers", scratch_, record);
        bodies.request = body;
        bodies.request_path = "request.body";
    }
    JsonValue response = bodies.response;
    if (JsonValue inner = response["body"]; inner.exists() && bodies.request_path != "request") {
        apply_common_names(response, "response", kSkipInside, context, record, scratch_);
        read_response_headers(response["headers"], "response.headers", scratch_, record,
                              bodies.date);
        bodies.response = inner;
        bodies.response_path = "response.body";
    }
}

ExchangeParser::Bodies ExchangeParser::read_around(JsonValue document, const ParseContext& context,
                                                   AuditRecord& record) {
    Bodies bodies;
    apply_common_names(document, "", kSkip, context, record, scratch_);
    bool has_request = false;
    bool has_response = false;
    for (auto [key, value] : document.members()) {
        if (key == "request" && !has_request) {
            bodies.request = value;
            has_request = true;
        } else if (key == "response" && !has_response) {
            bodies.response = value;
            has_response = true;
        } else if (key == "response_headers") {
            read_response_headers(value, key, scratch_, record, bodies.date);
        } else if (key == "request_headers") {
            read_request_headers(value, key, scratch_, record);
        } else if (key == "request" || key == "response") {
            scratch_.unmapped.add(key, value);
        }
    }
    open_wrapped(bodies, context, record);
    read_url_query(url_of(bodies.request_path == "request" ? document : document["request"]),
                   scratch_.unmapped);
    return bodies;
}

JsonValue ExchangeParser::request_of(const Bodies& bodies, AuditRecord& record) {
    if (!bodies.request.is_string()) {
        return bodies.request;
    }
    std::string_view text = bodies.request.text();
    if (text.empty()) {
        return {};
    }
    Result<JsonValue> body = request_tree_.read(text, false);
    if (body && body->is_object()) {
        flag_repairs(record, request_tree_.repairs());
        return *body;
    }
    scratch_.unmapped.add(bodies.request_path, bodies.request);
    record.append_to_list(Field::kRecordFlags, "body_not_json");
    return {};
}

void ExchangeParser::read_stream(const StreamText& stream, const Bodies& bodies,
                                 const BodyReaders& readers, AuditRecord& record) {
    flag_repairs(record, sse_.tree().repairs());
    if (readers.name == "openai") {
        read_openai_stream(stream.chunks, bodies.response_path, stream.done, scratch_, record);
    } else {
        readers.stream(stream.chunks, bodies.response_path, scratch_, record);
    }
    if (!stream.unreadable.empty()) {
        std::string path(bodies.response_path);
        scratch_.unmapped.add_text(path + ".unreadable", stream.unreadable);
        record.append_to_list(Field::kRecordFlags, "incomplete_stream");
        record.set_boolean(Field::kResponseTruncated, true);
    }
    if (!record.has(Field::kGenAiRequestStream)) {
        record.set_boolean(Field::kGenAiRequestStream, true);
    }
}

// A binary stream as base64: the text itself, or {"encoding": "base64", "data": …}.
bool ExchangeParser::read_frames(const Bodies& bodies, const BodyReaders& readers,
                                 AuditRecord& record) {
    JsonValue response = bodies.response;
    bool wrapped = response["encoding"].text() == "base64";
    std::string_view text = wrapped ? response["data"].text() : response.text();
    if (!EventStreamReader::is_event_stream(text)) {
        return false;
    }
    std::string path(bodies.response_path);
    if (wrapped) {
        BodyPlace(path, scratch_, record).keep_others(response, {"encoding", "data"});
        path += ".data";
    }
    EventStream stream = frames_.read(text, chunk_bytes_of(readers));
    flag_repairs(record, frames_.tree().repairs());
    readers.stream(stream.chunks, path, scratch_, record);
    fill_text(record, Field::kErrorType, stream.error_type);
    fill_text(record, Field::kErrorMessage, stream.error_message);
    if (!stream.error_type.empty()) {  // though the status said success
        fill_text(record, Field::kEventOutcome, "failure");
    }
    if (!stream.whole) {
        scratch_.unmapped.add_text(path + ".unreadable", stream.unreadable);
        mark_incomplete_stream(record);
        record.set_boolean(Field::kResponseTruncated, true);
    }
    if (!record.has(Field::kGenAiRequestStream)) {
        record.set_boolean(Field::kGenAiRequestStream, true);
    }
    return true;
}

void ExchangeParser::read_answer(const Bodies& bodies, const BodyReaders& readers,
                                 AuditRecord& record) {
    answer_ = bodies.response;
    if (read_frames(bodies, readers, record)) {
        return;
    }
    if (bodies.response.is_string()) {
        std::string_view text = bodies.response.text();
        if (text.empty()) {
            return;
        }
        if (SseReader::is_event_stream(text)) {
            read_stream(sse_.read_events(text), bodies, readers, record);
            return;
        }
        Result<JsonValue> body = response_tree_.read(text, false);
        if (body && (body->is_object() || body->is_array())) {
            flag_repairs(record, response_tree_.repairs());
            answer_ = *body;
        } else if (SseReader::is_json_lines(text)) {
            read_stream(sse_.read_json_lines(text), bodies, readers, record);
            return;
        } else {
            read_text_answer(text, scratch_, record);
            return;
        }
    }
    if (answer_.is_array()) {
        readers.stream(answer_, bodies.response_path, scratch_, record);
    } else if (answer_.is_object()) {
        readers.response(answer_, bodies.response_path, scratch_, record);
    }
}

// The envelope's stamp, else the Date header, else what the provider says; but that before the
// header, which has whole seconds, when it is finer.
void settle_time(AuditRecord& record, std::string_view date, const ParseContext& context,
                 Unmapped& unmapped) {
    std::optional<Timestamp> created = created_stamp(record);
    bool fine = created && created->precision != TimePrecision::kSeconds;
    std::optional<Timestamp> header = parse_http_date(date);
    if (record.has(Field::kEventTime) || (fine && header)) {
        unmapped.add_text("response_headers.date", date);
    }
    if (!record.has(Field::kEventTime) && (header || created)) {
        set_event_time(record, header && !fine ? *header : *created, context);
    }
}

// Providers whose bodies are not of OpenAI's form: read by its readers for want of their own,
// nothing is lost, but nothing is said of the form either.
bool is_foreign(std::string_view provider) {
    return provider.starts_with("gcp.") || provider.starts_with("aws.");
}

// Other vendors' calls are named by the last part of the path: messages, chat, rerank.
void ExchangeParser::describe(std::string_view path, const BodyReaders& readers, JsonValue request,
                              AuditRecord& record) {
    if (describe_vendor_call(path, readers, record)) {
        return;
    }
    bool openai = readers.name == "openai";
    bool known_path = openai && describe_openai_call(path, {}, {}, record);
    std::string_view provider = record.text(Field::kGenAiProviderName);
    bool foreign = is_foreign(provider);
    if (known_path || (openai && !foreign && describe_openai_call({}, request, answer_, record))) {
        return;
    }
    size_t last = path.find_last_of("/:");
    if (last != std::string_view::npos) {
        fill_text(record, Field::kEventAction, path.substr(last + 1));
    }
    if (record.has(Field::kGenAiEmbeddingsCount)) {
        fill_text(record, Field::kGenAiOperationName, "embeddings");
    } else if (readers.name == "anthropic" || request["messages"].is_array()) {
        fill_text(record, Field::kGenAiOperationName, "chat");
    }
}

void ExchangeParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    Bodies bodies = read_around(document, context, record);
    JsonValue request = request_of(bodies, record);
    std::string path(record.text(Field::kUrlPath));
    const BodyReaders& readers =
        readers_for(path, record.text(Field::kGenAiProviderName), request, bodies.response);
    if (request.is_object()) {
        readers.request(request, bodies.request_path, scratch_, record);
    } else if (!request.is_null()) {
        scratch_.unmapped.add(bodies.request_path, request);
    }
    read_answer(bodies, readers, record);
    fill_text(record, Field::kGenAiRequestModel, bedrock_model_name(model_in_path(path)));
    if (readers.name == "ollama") {
        fill_text(record, Field::kGenAiProviderName, readers.name);
    }
    if (read_llama_guard(record.text(Field::kGenAiRequestModel), scratch_)) {
        fill_text(record, Field::kEventKind, "guardrail");
    }
    describe(path, readers, request, record);
    if (readers.name != "openai" || !is_foreign(record.text(Field::kGenAiProviderName))) {
        fill_text(record, Field::kEventDataset, std::string("exchange.").append(readers.name));
    }
    settle_time(record, bodies.date, context, scratch_.unmapped);
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

}  // namespace

std::unique_ptr<Parser> make_exchange_parser() {
    return std::make_unique<ExchangeParser>();
}

}  // namespace llmtrail
