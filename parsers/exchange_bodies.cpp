#include <charconv>

#include "parsers/exchange_parts.h"

namespace llmtrail {

namespace {

// Servers of models have no host of their own: their calls are told by path and members.
bool is_ollama_call(std::string_view url_path, JsonValue request, JsonValue response) {
    bool answer = response["created_at"].exists() && response["done"].boolean().has_value();
    bool embeddings = (url_path.ends_with("/api/embed") || url_path.ends_with("/api/embeddings")) &&
                      request["model"].is_string();
    return answer || (embeddings && !response["data"].exists());
}

bool is_tgi_call(std::string_view url_path, JsonValue request, JsonValue response) {
    if (response.is_array() && response.size() > 0) {
        response = *response.items().begin();
    }
    bool path = url_path.ends_with("/generate") || url_path.ends_with("/generate_stream");
    return response["generated_text"].exists() || (path && request["inputs"].is_string());
}

// What "%3A" stands for; an escape of anything but printable ASCII is left as it is.
std::string without_escapes(std::string_view text) {
    std::string out;
    for (size_t at = 0; at < text.size(); ++at) {
        unsigned code = 0;
        const char* digits = text.data() + at + 1;
        bool escape = text[at] == '%' && at + 2 < text.size() &&
                      std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2;
        if (escape && code > ' ' && code < 0x7F) {
            out.push_back(static_cast<char>(code));
            at += 2;
        } else {
            out.push_back(text[at]);
        }
    }
    return out;
}

}  // namespace

const BodyReaders& readers_for(std::string_view url_path, std::string_view provider,
                               JsonValue request, JsonValue response) {
    if (const BodyReaders* readers = vendor_readers(url_path, provider, request)) {
        return *readers;
    }
    if (is_ollama_call(url_path, request, response)) {
        return vendors::kOllama;
    }
    if (is_tgi_call(url_path, request, response)) {
        return vendors::kTgi;
    }
    if (provider == "anthropic" || url_path.ends_with("/v1/messages") ||
        request["anthropic_version"].exists() || response["type"].text() == "message") {
        return vendors::kAnthropic;
    }
    if (provider == "cohere") {
        return vendors::kCohere;
    }
    if (request["inputText"].exists()) {
        return vendors::kTitan;
    }
    return vendors::kOpenAi;
}

std::string model_in_path(std::string_view url_path) {
    for (std::string_view before : {"/deployments/", "/model/", "/models/", "/tunedModels/"}) {
        size_t at = url_path.find(before);
        if (at == std::string_view::npos) {
            continue;
        }
        std::string_view name = url_path.substr(at + before.size());
        bool arn = before == "/model/" && name.starts_with("arn:");  // holds slashes of its own
        name = name.substr(0, arn ? name.rfind('/') : name.find('/'));
        bool method = before.ends_with("odels/");
        return without_escapes(method ? name.substr(0, name.find(':')) : name);
    }
    return {};
}

bool is_model_url(std::string_view url) {
    static constexpr std::string_view kParts[] = {
        "/completions",      "/responses",       "/embeddings",     "/images/",    "/audio/",
        "/moderations",      "/assistants",      "/threads",        "/messages",   "/traces/ingest",
        "/converse",         "/invoke",          "/api/chat",       "/api/embed",  "/api/generate",
        "/v1/chat",          "/v2/chat",         "/rerank",         "/v1/embed",   "/v2/embed",
        "/v1/generate",      ":generateContent", ":streamGenerate", ":predict",    ":rawPredict",
        ":streamRawPredict", ":embedContent",    ":batchEmbed",     "/guardrail/", "/retrieve",
        "/generate_stream",
    };
    for (std::string_view part : kParts) {
        if (url.find(part) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

bool is_request_body(JsonValue request) {
    static constexpr std::string_view kKeys[] = {"messages", "input",     "prompt", "contents",
                                                 "message",  "inputText", "inputs", "texts"};
    if (request.is_object()) {
        for (std::string_view key : kKeys) {
            if (request[key].exists()) {
                return true;
            }
        }
        return request["body"].is_object() && is_request_body(request["body"]);
    }
    std::string_view text = request.text();
    if (!text.starts_with('{')) {
        return false;
    }
    for (std::string_view key :
         {"\"messages\"", "\"input\"", "\"prompt\"", "\"contents\"", "\"inputs\""}) {
        if (text.find(key) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

}  // namespace llmtrail
