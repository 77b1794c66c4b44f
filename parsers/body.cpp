#include "parsers/body.h"

#include <array>

#include "bodies/llama_guard.h"
#include "bodies/openai.h"
#include "parsers/body_shape.h"
#include "parsers/created_time.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

// Forms that others copy name no provider: OpenAI's, and what any server of models gives.
struct ProviderRow {
    std::string_view readers;
    std::string_view provider;
};

constexpr auto kProviders = std::to_array<ProviderRow>({
    {"anthropic", "anthropic"},
    {"cohere", "cohere"},
    {"converse", "aws.bedrock"},
    {"gemini", "gcp.gemini"},
    {"llama", "aws.bedrock"},
    {"ollama", "ollama"},
    {"titan", "aws.bedrock"},
});

std::string_view provider_of(std::string_view readers, JsonValue body) {
    if (body["anthropic_version"].text().starts_with("bedrock")) {
        return "aws.bedrock";
    }
    for (const ProviderRow& row : kProviders) {
        if (row.readers == readers) {
            return row.provider;
        }
    }
    return {};
}

class BodyParser final : public Parser {
 public:
    std::string_view name() const override { return "body"; }

    std::string_view describes() const override {
        return "a model API's request or response alone";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {
            "messages",
            "prompt",
            "input",
            "inputs",
            "inputText",
            "contents",
            "message",
            "texts",
            "query",
            "choices",
            "candidates",
            "promptFeedback",
            "prompt_feedback",
            "content",
            "completion",
            "output",
            "generation",
            "generations",
            "generated_text",
            "generation_id",
            "results",
            "data",
            "embedding",
            "embeddings",
            "created_at",
            "event_type",
            "type",
            "error",
            "messageStart",
            "contentBlockDelta",
            "stopReason",
            "inputTextTokenCount",
            "usageMetadata",
            "usage_metadata",
            "response_type",
        };
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return readers_of_response(document) != nullptr || readers_of_request(document) != nullptr;
    }

    bool recognizes_array(JsonValue array) const override {
        return readers_of_stream(array) != nullptr;
    }

    // Told that it is a body, OpenAI's form is what most others copy.
    bool accepts(JsonValue document) const override {
        return document.is_object() || recognizes(document);
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void describe(std::string_view vendor, JsonValue request, JsonValue response,
                  AuditRecord& record);

    BodyScratch scratch_;
};

void BodyParser::describe(std::string_view vendor, JsonValue request, JsonValue response,
                          AuditRecord& record) {
    if (vendor == "openai" && describe_openai_call({}, request, response, record)) {
        return;
    }
    if (response["error"].exists() && scratch_.output.empty()) {
        return;  // an error by itself
    }
    bool vectors = record.has(Field::kGenAiEmbeddingsCount);
    fill_text(record, Field::kEventKind, "inference");
    if (vectors) {
        fill_text(record, Field::kGenAiOperationName, "embeddings");
    } else if (vendor == "gemini") {
        fill_text(record, Field::kGenAiOperationName, "generate_content");
    } else if (request["messages"].is_array() || response["message"].is_object() ||
               vendor == "anthropic" || vendor == "converse") {
        fill_text(record, Field::kGenAiOperationName, "chat");
    } else if (request["prompt"].exists() || response["response"].is_string()) {
        fill_text(record, Field::kGenAiOperationName, "text_completion");
    }
}

void BodyParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    JsonValue request;
    JsonValue response;
    const BodyReaders* readers = readers_of_response(document);
    if (readers != nullptr) {
        response = document;
        bool chunks = document.is_array();
        (chunks ? readers->stream : readers->response)(document, "", scratch_, record);
        if (chunks) {
            response = JsonValue();
            record.set_boolean(Field::kGenAiRequestStream, true);
        }
    } else {
        readers = readers_of_request(document);
        request = document;
        bool error = document["error"].exists();
        BodyReaders::Read other = error ? read_openai_response : read_openai_request;
        BodyReaders::Read read = readers == nullptr ? other : readers->request;
        read(document, "", scratch_, record);
    }
    std::string_view vendor = readers == nullptr ? "openai" : readers->name;
    fill_text(record, Field::kGenAiProviderName, provider_of(vendor, document));
    std::string_view model =
        record.text(record.has(Field::kGenAiResponseModel) ? Field::kGenAiResponseModel
                                                           : Field::kGenAiRequestModel);
    if (read_llama_guard(model, scratch_)) {
        fill_text(record, Field::kEventKind, "guardrail");
    }
    describe(vendor, request, response, record);
    fill_text(record, Field::kEventDataset, std::string("body.").append(vendor));
    if (auto created = created_stamp(record)) {
        set_event_time(record, *created, context);
    }
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    sink.commit();
}

}  // namespace

std::unique_ptr<Parser> make_body_parser() {
    return std::make_unique<BodyParser>();
}

}  // namespace llmtrail
