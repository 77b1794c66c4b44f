// Calls to Gemini, Ollama and Bedrock's runtime: what their URLs say of a call. Bedrock's bodies
// are read as in its invocation log, Gemini's and Ollama's by their own readers.
#include <array>

#include "bodies/body_place.h"
#include "bodies/gemini.h"
#include "parsers/bedrock_body.h"
#include "parsers/exchange_parts.h"

namespace llmtrail {

namespace {

struct CallRow {
    std::string_view vendor;
    std::string_view path_end;
    std::string_view name;       // of the operation in the vendor's own words
    std::string_view operation;  // gen_ai.operation.name; "": the body's reader says it
};

constexpr auto kCalls = std::to_array<CallRow>({
    {"bedrock", "/converse", "Converse", "chat"},
    {"bedrock", "/converse-stream", "ConverseStream", "chat"},
    {"bedrock", "/invoke", "InvokeModel", ""},
    {"bedrock", "/invoke-with-response-stream", "InvokeModelWithResponseStream", ""},
    {"gemini", "/cachedContents", "cachedContents", ""},
    {"gemini", "/interactions", "interactions", "generate_content"},
    {"gemini", ":batchEmbedContents", "batchEmbedContents", "embeddings"},
    {"gemini", ":countTokens", "countTokens", "count_tokens"},
    {"gemini", ":embedContent", "embedContent", "embeddings"},
    {"gemini", ":generateContent", "generateContent", "generate_content"},
    {"gemini", ":predict", "predict", ""},
    {"gemini", ":streamGenerateContent", "streamGenerateContent", "generate_content"},
    {"ollama", "/api/chat", "chat", "chat"},
    {"ollama", "/api/embed", "embed", "embeddings"},
    {"ollama", "/api/embeddings", "embeddings", "embeddings"},
    {"ollama", "/api/generate", "generate", "text_completion"},
});

const CallRow* call_of(std::string_view vendor, std::string_view url_path) {
    for (const CallRow& row : kCalls) {
        if (row.vendor == vendor && url_path.ends_with(row.path_end)) {
            return &row;
        }
    }
    return nullptr;
}

// The model's name is in the path; a call whose path is not logged may have it elsewhere.
struct BedrockCall {
    explicit BedrockCall(const AuditRecord& record)
        : path(record.text(Field::kUrlPath)), model(model_in_path(path)) {
        if (model.empty()) {
            model = record.text(Field::kGenAiRequestModel);
        }
        const CallRow* row = call_of("bedrock", path);
        operation = row == nullptr ? std::string_view() : row->name;
    }

    std::string path;
    std::string model;
    std::string_view operation;
};

void read_bedrock_call(JsonValue body, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record) {
    BedrockCall call(record);
    read_bedrock_request(body, call.operation, bedrock_model_name(call.model), path, scratch,
                         record);
}

void read_bedrock_answer(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record) {
    BedrockCall call(record);
    read_bedrock_response(body, call.operation, bedrock_model_name(call.model), path, scratch,
                          record);
}

constexpr BodyReaders kBedrock = {"bedrock", read_bedrock_call, read_bedrock_answer,
                                  read_bedrock_answer};

// Interactions and cached contents have names that other APIs may use, too.
bool is_gemini_call(std::string_view url_path, std::string_view provider) {
    const CallRow* call = call_of("gemini", url_path);
    return call != nullptr && (call->path_end.starts_with(':') || provider.starts_with("gcp."));
}

}  // namespace

std::string_view element_after(std::string_view path, std::string_view collection) {
    size_t at = path.find(collection);
    if (at == std::string_view::npos) {
        return {};
    }
    path.remove_prefix(at + collection.size());
    return path.substr(0, path.find('/'));
}

const BodyReaders* vendor_readers(std::string_view url_path, std::string_view provider,
                                  JsonValue request) {
    if (const BodyReaders* readers = bedrock_service_readers(url_path, provider)) {
        return readers;
    }
    bool model_path = url_path.find("/model/") != std::string_view::npos;
    if ((model_path && call_of("bedrock", url_path) != nullptr) ||
        (provider == "aws.bedrock" && (model_path || url_path.empty()))) {
        return &kBedrock;
    }
    if (is_gemini_call(url_path, provider) || is_gemini_request(request)) {
        return &vendors::kGemini;
    }
    if (provider == "ollama" && (url_path.empty() || call_of("ollama", url_path) != nullptr)) {
        return &vendors::kOllama;
    }
    return nullptr;
}

bool describe_vendor_call(std::string_view url_path, const BodyReaders& readers,
                          AuditRecord& record) {
    if (describe_bedrock_service_call(url_path, readers, record)) {
        return true;
    }
    if (&readers != &kBedrock && &readers != &vendors::kGemini && &readers != &vendors::kOllama) {
        return false;
    }
    fill_text(record, Field::kEventKind, "inference");
    if (&readers == &vendors::kGemini) {
        fill_text(record, Field::kGenAiRequestModel, google_model_name(url_path));
        fill_text(record, Field::kCloudAccountId, element_after(url_path, "/projects/"));
        fill_text(record, Field::kCloudRegion, element_after(url_path, "/locations/"));
    }
    if (const CallRow* call = call_of(readers.name, url_path)) {
        fill_text(record, Field::kEventAction, url_path.substr(url_path.find_last_of("/:") + 1));
        fill_text(record, Field::kGenAiOperationName, call->operation);
        if (call->name.starts_with("stream") || call->name.ends_with("Stream")) {
            record.set_boolean(Field::kGenAiRequestStream, true);
        }
    } else if (&readers == &vendors::kGemini) {
        fill_text(record, Field::kGenAiOperationName, "generate_content");
    }
    return true;
}

}  // namespace llmtrail
