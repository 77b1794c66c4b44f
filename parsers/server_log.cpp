#include "parsers/server_log.h"

#include <algorithm>
#include <charconv>

#include "base/utf8.h"
#include "bodies/body_place.h"
#include "bodies/openai.h"
#include "bodies/redaction.h"
#include "parsers/framework_printed.h"
#include "parsers/server_log_lines.h"
#include "parsers/server_log_wrapper.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

bool is_tgi(JsonValue document) {
    return document["target"].text().starts_with("text_generation_") &&
           document["level"].is_string() && document["timestamp"].is_string();
}

// The JSON lines of llama.cpp's server in 2024.
bool is_llama_cpp(JsonValue document) {
    return document["function"].is_string() && document["tid"].is_string() &&
           document["msg"].is_string() && document["level"].is_string();
}

bool has_shape(std::string_view text) {
    if (text.starts_with('{')) {  // TGI's JSON
        return text.find("\"text_generation_") != std::string_view::npos;
    }
    std::string plain;
    ServerLogLine line;
    return read_server_line(strip_colors(text, plain) ? plain : text, {}, line);
}

class ServerLogParser final : public Parser {
 public:
    std::string_view name() const override { return "server_log"; }

    std::string_view describes() const override {
        return "lines of vLLM, Ollama, llama.cpp and TGI: who called when, not what was said";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"target", "function", "MESSAGE", "log"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        const LineWrapper* wrapper = wrapper_of(document);
        std::string bytes;
        return is_tgi(document) || is_llama_cpp(document) ||
               (wrapper != nullptr && has_shape(text_of_line(document[wrapper->line], bytes)));
    }

    bool accepts(JsonValue document) const override {
        return recognizes(document) || wrapper_of(document) != nullptr;
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;
    bool parse_text(std::string_view line, bool any, const ParseContext& context,
                    RecordSink& sink) override;

 private:
    void line(std::string_view text, const ParseContext& context, const BodyPlace& place);
    void wrapped(JsonValue document, const LineWrapper& wrapper, const ParseContext& context,
                 const BodyPlace& place);
    void tgi(JsonValue document, const ParseContext& context, const BodyPlace& place);
    void llama_cpp(JsonValue document, const ParseContext& context, const BodyPlace& place);
    void target(std::string_view target, const BodyPlace& place);
    void read_prompt(ServerLogLine& line);
    void commit(AuditRecord& record, RecordSink& sink);

    BodyScratch scratch_;
    JsonTree tree_;
    std::string plain_;
    std::string bytes_;
    std::string repaired_;
    std::string message_;  // a line without its prompt
    std::string url_;
};

// Calls by their path alone. OpenAI's are known elsewhere.
struct CallRow {
    std::string_view path;
    std::string_view operation;
    std::string_view provider;
};

constexpr CallRow kCalls[] = {
    {"/api/chat", "chat", "ollama"},
    {"/api/embed", "embeddings", "ollama"},
    {"/api/embeddings", "embeddings", "ollama"},
    {"/api/generate", "text_completion", "ollama"},
    {"/completion", "text_completion", ""},
    {"/embedding", "embeddings", ""},
    {"/generate", "text_completion", ""},
    {"/generate_stream", "text_completion", ""},
    {"/infill", "text_completion", ""},
    {"/rerank", "rerank", ""},
    {"/v1/messages", "chat", ""},
    {"/v1/rerank", "rerank", ""},
};

const CallRow* call_at(std::string_view path) {
    const auto* row = std::find_if(std::begin(kCalls), std::end(kCalls),
                                   [&](const CallRow& one) { return one.path == path; });
    return row == std::end(kCalls) ? nullptr : row;
}

// TGI's spans are named after its handlers.
std::string_view operation_of_span(std::string_view name) {
    if (name == "chat_completions") {
        return "chat";
    }
    bool text = name == "generate" || name == "generate_stream" || name == "compat_generate" ||
                name == "completions";
    return text ? "text_completion" : "";
}

// A path without its query; the query is kept, but for secrets.
void ServerLogParser::target(std::string_view target, const BodyPlace& place) {
    constexpr std::string_view kNoHost = "http://-";
    AuditRecord& record = place.record();
    std::string_view path = target.substr(0, target.find_first_of("?#"));
    fill_text(record, Field::kUrlPath, path);
    if (path.size() < target.size()) {
        std::string whole(kNoHost);
        whole += target;
        url_.clear();
        std::string_view kept = redact_url(whole, url_) ? url_ : whole;
        scratch_.unmapped.add_text("target", kept.substr(kNoHost.size()));
    }
    if (record.text(Field::kHttpRequestMethod) != "POST") {
        fill_text(record, Field::kEventKind, "access");
    } else if (const CallRow* call = call_at(path)) {
        fill_text(record, Field::kEventKind, "inference");
        fill_text(record, Field::kEventAction, path.substr(path.rfind('/') + 1));
        fill_text(record, Field::kGenAiOperationName, call->operation);
        fill_text(record, Field::kGenAiProviderName, call->provider);
    } else {
        describe_openai_call(path, {}, {}, record);
    }
    fill_text(record, Field::kEventKind, "access");
    std::string action(record.text(Field::kHttpRequestMethod));
    fill_text(record, Field::kEventAction, action.append(" ").append(path));
}

// That a call was made is all a line says of it.
void note_no_content(AuditRecord& record) {
    record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
}

std::string_view dataset_of(std::string_view shape) {
    if (shape == "gin" || shape == "slog") {
        return "server_log.ollama";
    }
    return shape == "uvicorn"     ? "server_log.uvicorn"
           : shape == "vllm"      ? "server_log.vllm"
           : shape == "llama_cpp" ? "server_log.llama_cpp"
           : shape == "tgi"       ? "server_log.tgi"
                                  : "server_log";
}

// vLLM printed it until 2025: what was typed, or in a chat the whole of what the template made. The
// line's message is then what stands around it.
void ServerLogParser::read_prompt(ServerLogLine& line) {
    std::string prompt;
    size_t size = read_printed_text(line.prompt, prompt);
    if (size > 0 && !prompt.empty()) {
        message_ = line.message.substr(0, line.message.size() - line.prompt.size());
        message_ += line.prompt.substr(size);
        line.message = message_;
        scratch_.input.begin_message(line.request_id.starts_with("chat") ? "" : "user");
        scratch_.input.text(prompt);
        scratch_.input.end_message();
    }
}

bool is_error_level(std::string_view level) {
    return level == "ERROR" || level == "CRITICAL" || level == "ERR" || level == "FATAL";
}

void ServerLogParser::line(std::string_view text, const ParseContext& context,
                           const BodyPlace& place) {
    AuditRecord& record = place.record();
    ServerLogLine line;
    text = strip_colors(text, plain_) ? std::string_view(plain_) : text;
    read_server_line(text, context.observed, line);
    if (auto stamp = read_time(line.time, context); stamp && !record.has(Field::kEventTime)) {
        set_event_time(record, *stamp, context);
    }
    fill_text(record, Field::kEventDataset, dataset_of(line.shape));
    fill_text(record, Field::kServiceName, line.service);
    fill_text(record, Field::kHostName, line.host);
    fill_text(record, Field::kHttpRequestId, line.request_id);
    fill_text(record, Field::kHttpRequestMethod, line.method);
    fill_text(record, Field::kClientIp, line.client);
    if (line.status) {
        fill_integer(record, Field::kHttpResponseStatusCode, *line.status);
    }
    if (line.duration_ns) {
        fill_integer(record, Field::kEventDuration, *line.duration_ns);
    }
    if (!line.target.empty()) {
        target(line.target, place);
    }
    if (!line.operation.empty()) {
        fill_text(record, Field::kEventKind, "inference");
        fill_text(record, Field::kEventAction, line.operation);
        fill_text(record, Field::kGenAiOperationName, operation_of_span(line.operation));
    }
    read_prompt(line);
    if (line.asked) {
        fill_text(record, Field::kEventKind, "inference");
    }
    bool of_call = record.text(Field::kEventKind) == "inference" || !line.request_id.empty();
    if (of_call && scratch_.input.empty()) {
        note_no_content(record);
    }
    if (is_error_level(line.level)) {
        fill_text(record, Field::kEventKind, "error");
        fill_text(record, Field::kErrorMessage, line.message);
    } else {
        scratch_.unmapped.add_text("message", line.message);
    }
    fill_text(record, Field::kEventKind, "other");
    scratch_.unmapped.add_text("level", line.level);
    scratch_.unmapped.add_text("place", line.place);
    scratch_.unmapped.add_text("process", line.pid);
}

// The wrapper's stamp is exact and has a zone; a line's may have neither.
void ServerLogParser::wrapped(JsonValue document, const LineWrapper& wrapper,
                              const ParseContext& context, const BodyPlace& place) {
    AuditRecord& record = place.record();
    if (!set_event_time(record, document[wrapper.time], context)) {
        place.keep(wrapper.time, document[wrapper.time]);
    }
    if (wrapper.is_journal) {
        fill(record, Field::kHostName, document["_HOSTNAME"]);
    }
    JsonValue logged = document[wrapper.line];
    std::string_view text = text_of_line(logged, bytes_);
    bool read = !text.empty() || logged.is_string();
    if (!is_valid_utf8(text)) {
        repaired_.clear();
        append_repaired_utf8(repaired_, text);
        record.append_to_list(Field::kRecordFlags, "invalid_utf8");
        text = repaired_;
    }
    text = without_line_end(text);
    auto inner = text.starts_with('{') ? tree_.read(text, false) : Result<JsonValue>(JsonValue());
    if (inner && is_tgi(*inner)) {
        tgi(*inner, context, place);
    } else {
        line(text, context, place);
    }
    if (wrapper.is_journal) {
        fill(record, Field::kServiceName, document["SYSLOG_IDENTIFIER"]);
    }
    for (auto [key, value] : document.members()) {
        bool used = (read && key == wrapper.line) || key == wrapper.time || key == "_HOSTNAME";
        if (!used) {
            place.keep(key, value);
        }
    }
}

// Times are texts such as "1.234s". A span's members stand in "span", or flat beside the message.
void ServerLogParser::tgi(JsonValue document, const ParseContext& context, const BodyPlace& place) {
    AuditRecord& record = place.record();
    fill_text(record, Field::kEventDataset, "server_log.tgi");
    fill_text(record, Field::kServiceName, "text-generation-inference");
    bool wrapped = record.has(Field::kEventTime);
    if (wrapped || !set_event_time(record, document["timestamp"], context)) {
        place.keep("timestamp", document["timestamp"]);
    }
    JsonValue span = document["span"];
    JsonValue total = document["total_time"].exists() ? document["total_time"] : span["total_time"];
    JsonValue operation = span["name"];
    if (auto duration = read_duration(total.text())) {
        fill_integer(record, Field::kEventDuration, *duration);
        fill_text(record, Field::kEventKind, "inference");
        note_no_content(record);
    }
    fill(record, Field::kEventAction, operation);
    fill_text(record, Field::kGenAiOperationName, operation_of_span(operation.text()));
    JsonValue message =
        document["message"].exists() ? document["message"] : document["fields"]["message"];
    bool flat = document["message"].exists();
    bool error = is_error_level(document["level"].text());
    if (error) {
        fill(record, Field::kErrorMessage, message);
        record.set_text(Field::kEventOutcome, "failure");
        fill_text(record, Field::kEventKind, "error");
    } else {
        place.keep("message", message);
    }
    fill_text(record, Field::kEventKind, "other");
    if (flat || !document["fields"].is_object()) {
        place.keep_others(document, {"timestamp", "message"});
    } else {
        place.keep_others(document, {"timestamp", "fields"});
        place.below("fields").keep_others(document["fields"], {"message"});
    }
}

void ServerLogParser::llama_cpp(JsonValue document, const ParseContext& context,
                                const BodyPlace& place) {
    static constexpr MemberField kFields[] = {
        {"method", Field::kHttpRequestMethod},
        {"remote_addr", Field::kClientIp},
        {"status", Field::kHttpResponseStatusCode},
    };
    AuditRecord& record = place.record();
    fill_text(record, Field::kEventDataset, "server_log.llama_cpp");
    fill_text(record, Field::kServiceName, "llama.cpp");
    for (auto [key, value] : document.members()) {
        bool stamp = key == "timestamp" && !record.has(Field::kEventTime) &&
                     set_event_time(record, value, context);
        if (!stamp && key != "path" && !place.fill_member(kFields, key, value)) {
            place.keep(key, value);
        }
    }
    if (std::string_view path = document["path"].text(); path.starts_with('/')) {
        target(path, place);
        if (record.text(Field::kEventKind) == "inference") {
            note_no_content(record);
        }
    } else {
        place.keep("path", document["path"]);
    }
    fill_text(record, Field::kEventKind, "other");
}

// Of a call, a line says no more than that it was made, with its prompt at most.
void ServerLogParser::commit(AuditRecord& record, RecordSink& sink) {
    store_messages(scratch_, record);
    if (record.text(Field::kEventKind) == "inference") {
        record.set_text(Field::kRecordState, "partial");
    }
    scratch_.unmapped.store(record);
    sink.commit();
}

void ServerLogParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace place("", scratch_, record);
    if (const LineWrapper* wrapper = wrapper_of(document)) {
        wrapped(document, *wrapper, context, place);
    } else if (is_tgi(document)) {
        tgi(document, context, place);
    } else {
        llama_cpp(document, context, place);
    }
    commit(record, sink);
}

bool ServerLogParser::parse_text(std::string_view text, bool any, const ParseContext& context,
                                 RecordSink& sink) {
    if (!any && !has_shape(text)) {
        return false;
    }
    AuditRecord& record = sink.begin();
    scratch_.clear();
    line(text, context, BodyPlace("", scratch_, record));
    commit(record, sink);
    return true;
}

}  // namespace

std::unique_ptr<Parser> make_server_log_parser() {
    return std::make_unique<ServerLogParser>();
}

}  // namespace llmtrail
