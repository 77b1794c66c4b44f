#include <array>

#include "bodies/ai21.h"
#include "bodies/anthropic.h"
#include "bodies/cohere.h"
#include "bodies/converse.h"
#include "bodies/llama.h"
#include "bodies/mistral.h"
#include "bodies/openai.h"
#include "bodies/titan.h"
#include "parsers/exchange_parts.h"

namespace llmtrail {

namespace {

// The end of a stream is judged by the parser, which has read its text.
void read_openai_chunks(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    read_openai_stream(chunks, path, false, scratch, record);
}

constexpr BodyReaders kOpenAi = {"openai", read_openai_request, read_openai_response,
                                 read_openai_chunks};
constexpr BodyReaders kAnthropic = {"anthropic", read_anthropic_request, read_anthropic_response,
                                    read_anthropic_stream};
constexpr BodyReaders kConverse = {"converse", read_converse_request, read_converse_response,
                                   read_converse_stream};
constexpr BodyReaders kCohere = {"cohere", read_cohere_request, read_cohere_response,
                                 read_cohere_stream};
constexpr BodyReaders kTitan = {"titan", read_titan_request, read_titan_response,
                                read_titan_stream};
constexpr BodyReaders kLlama = {"llama", read_llama_request, read_llama_response,
                                read_llama_stream};
constexpr BodyReaders kMistral = {"mistral", read_mistral_request, read_mistral_response,
                                  read_mistral_stream};
constexpr BodyReaders kAi21 = {"ai21", read_ai21_request, read_ai21_response, read_ai21_stream};

struct VendorRow {
    std::string_view part;  // of the URL's path
    const BodyReaders* readers;
};

// Bedrock: the model's id in the path names the vendor. The first that is found counts.
constexpr auto kPaths = std::to_array<VendorRow>({
    {"/converse", &kConverse},
    {"anthropic.", &kAnthropic},
    {"amazon.titan", &kTitan},
    {"amazon.nova", &kConverse},
    {"cohere.", &kCohere},
    {"meta.llama", &kLlama},
    {"mistral.", &kMistral},
    {"ai21.", &kAi21},
});

}  // namespace

const BodyReaders& readers_for(std::string_view url_path, std::string_view provider,
                               JsonValue request, JsonValue response) {
    if (provider == "anthropic" || url_path.ends_with("/v1/messages") ||
        request["anthropic_version"].exists() || response["type"].text() == "message") {
        return kAnthropic;
    }
    if (provider == "cohere") {
        return kCohere;
    }
    if (provider == "aws.bedrock" || url_path.find("/model/") != std::string_view::npos) {
        for (const VendorRow& row : kPaths) {
            if (url_path.find(row.part) != std::string_view::npos) {
                return *row.readers;
            }
        }
    }
    if (request["inputText"].exists()) {
        return kTitan;
    }
    return kOpenAi;
}

std::string_view model_in_path(std::string_view url_path) {
    for (std::string_view before : {"/deployments/", "/model/", "/models/"}) {
        size_t at = url_path.find(before);
        if (at == std::string_view::npos) {
            continue;
        }
        std::string_view name = url_path.substr(at + before.size());
        name = name.substr(0, name.find('/'));
        return before == "/models/" ? name.substr(0, name.find(':')) : name;
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
    for (std::string_view key : {"\"messages\"", "\"input\"", "\"prompt\"", "\"contents\""}) {
        if (text.find(key) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

}  // namespace llmtrail
