// Calls to Gemini, Ollama and Bedrock's runtime: what their URLs and the members that all their
// answers have say of a call. Bedrock's bodies are read as in its invocation log. Gemini's and
// Ollama's answers have no reader: what is not named here goes to Unmapped as it is.
#include <array>

#include "bodies/body_place.h"
#include "bodies/openai.h"
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
    {"gemini", ":batchEmbedContents", "batchEmbedContents", "embeddings"},
    {"gemini", ":embedContent", "embedContent", "embeddings"},
    {"gemini", ":generateContent", "generateContent", "generate_content"},
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

void keep_body(JsonValue body, std::string_view path, BodyScratch& scratch, AuditRecord&) {
    scratch.unmapped.add(path, body);
}

void read_gemini_answer(JsonValue body, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    static constexpr MemberField kFields[] = {
        {"modelVersion", Field::kGenAiResponseModel},
        {"responseId", Field::kGenAiResponseId},
    };
    BodyPlace place(path, scratch, record);
    for (auto [key, value] : body.members()) {
        if (key == "error") {
            read_openai_error(value, place.below(key).path(), scratch, record);
        } else if (!place.fill_member(kFields, key, value)) {
            place.keep(key, value);
        }
    }
}

// Each chunk is an answer of its own form; that the stream ended is not said by all.
void read_chunks(BodyReaders::Read read, JsonValue chunks, std::string_view path,
                 BodyScratch& scratch, AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    size_t index = 0;
    for (JsonValue chunk : chunks.items()) {
        BodyPlace here = place.below(index++);
        chunk.is_object() ? read(chunk, here.path(), scratch, record) : here.keep(chunk);
    }
}

void read_gemini_chunks(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    read_chunks(read_gemini_answer, chunks, path, scratch, record);
}

// A path such as /api/chat may be another server's, whose chunks are OpenAI's.
void read_ollama_chunks(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    auto items = chunks.items();
    if (items.begin() != items.end() && (*items.begin())["choices"].exists()) {
        read_openai_stream(chunks, path, false, scratch, record);
    } else {
        read_chunks(read_openai_response, chunks, path, scratch, record);
    }
}

constexpr BodyReaders kBedrock = {"bedrock", read_bedrock_call, read_bedrock_answer,
                                  read_bedrock_answer};
constexpr BodyReaders kGemini = {"gemini", keep_body, read_gemini_answer, read_gemini_chunks};
constexpr BodyReaders kOllama = {"ollama", read_openai_request, read_openai_response,
                                 read_ollama_chunks};

bool has_gemini_contents(JsonValue request) {
    auto contents = request["contents"].items();
    return contents.begin() != contents.end() && (*contents.begin())["parts"].is_array();
}

}  // namespace

const BodyReaders* vendor_readers(std::string_view url_path, std::string_view provider,
                                  JsonValue request) {
    bool model_path = url_path.find("/model/") != std::string_view::npos;
    if ((model_path && call_of("bedrock", url_path) != nullptr) ||
        (provider == "aws.bedrock" && (model_path || url_path.empty()))) {
        return &kBedrock;
    }
    if (call_of("gemini", url_path) != nullptr || has_gemini_contents(request)) {
        return &kGemini;
    }
    if (provider == "ollama" && (url_path.empty() || call_of("ollama", url_path) != nullptr)) {
        return &kOllama;
    }
    return nullptr;
}

bool describe_vendor_call(std::string_view url_path, const BodyReaders& readers,
                          AuditRecord& record) {
    if (&readers != &kBedrock && &readers != &kGemini && &readers != &kOllama) {
        return false;
    }
    fill_text(record, Field::kEventKind, "inference");
    if (const CallRow* call = call_of(readers.name, url_path)) {
        fill_text(record, Field::kEventAction, url_path.substr(url_path.find_last_of("/:") + 1));
        fill_text(record, Field::kGenAiOperationName, call->operation);
        if (call->name.starts_with("stream") || call->name.ends_with("Stream")) {
            record.set_boolean(Field::kGenAiRequestStream, true);
        }
    } else if (&readers == &kGemini) {
        fill_text(record, Field::kGenAiOperationName, "generate_content");
    }
    return true;
}

}  // namespace llmtrail
