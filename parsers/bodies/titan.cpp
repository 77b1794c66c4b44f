#include "bodies/titan.h"

#include "bodies/completion_shape.h"
#include "bodies/embedding.h"

namespace llmtrail {

namespace {

constexpr MemberField kRequestMembers[] = {
    {"maxTokenCount", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"topP", Field::kGenAiRequestTopP},
    {"stopSequences", Field::kGenAiRequestStopSequences},
    {"embeddingTypes", Field::kGenAiRequestEncodingFormats},
    {"numberOfImages", Field::kGenAiRequestChoiceCount},
    {"seed", Field::kGenAiRequestSeed},
};

constexpr CompletionRequestShape kTextRequest = {"inputText", "textGenerationConfig",
                                                 kRequestMembers};
constexpr CompletionAnswerShape kAnswer = {
    "results", "outputText", "completionReason", "inputTextTokenCount", "tokenCount", {}};
constexpr CompletionAnswerShape kChunk = {
    "", "outputText", "completionReason", "inputTextTokenCount", "totalOutputTextTokenCount", {}};

// {"textToImageParams": {"text": …}}: the text stands one level down, under a name per task, and in
// requests for vectors one more, as {"value": …}.
void read_image_request(JsonValue body, const BodyPlace& place) {
    MessagesWriter& input = place.scratch().input;
    for (JsonMember member : body.members()) {
        BodyPlace here = place.below(member.key);
        JsonValue text = member.value["text"];
        if (member.key.ends_with("GenerationConfig") && member.value.is_object()) {
            for (JsonMember setting : member.value.members()) {
                if (!here.fill_member(kRequestMembers, setting.key, setting.value)) {
                    add_member(place.scratch().parameters, setting.key, setting.value);
                }
            }
        } else if (text.is_string() || text["value"].is_string()) {
            input.begin_message("user");
            input.text(text.is_string() ? text.text() : text["value"].text());
            input.end_message();
            here.keep_others(member.value, {"text"});
            if (!text.is_string()) {
                here.below("text").keep_others(text, {"value"});
            }
        } else if (member.value.is_object()) {
            here.keep(member.value);
        } else {
            add_member(place.scratch().parameters, member.key, member.value);
        }
    }
}

void read_vectors(JsonValue body, std::string_view path, BodyScratch& scratch,
                  AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    fill_text(record, Field::kGenAiOperationName, "embeddings");
    for (JsonMember member : body.members()) {
        if (member.key == "embedding" || member.key == "embeddings" ||
            member.key == "embeddingsByType") {
            read_embeddings(place.below(member.key), member.value);
        } else if (member.key == "inputTextTokenCount") {
            place.fill_or_keep(Field::kGenAiUsageInputTokens, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
}

void read_images(JsonValue body, std::string_view path, BodyScratch& scratch, AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        if (member.key == "images" && member.value.size() > 0) {
            scratch.output.begin_message("assistant");
            size_t index = 0;
            for (JsonValue image : member.value.items()) {
                if (image.is_string()) {
                    scratch.output.blob("image", "image/png", image.text());
                } else {
                    place.below(member.key).below(index).keep(image);
                }
                ++index;
            }
            scratch.output.end_message();
        } else if (member.key == "error") {
            place.fill_or_keep(Field::kErrorMessage, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
}

}  // namespace

void read_titan_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    if (body["taskType"].exists()) {
        bool vectors = body["taskType"].text().ends_with("EMBEDDING");
        fill_text(record, Field::kGenAiOperationName, vectors ? "embeddings" : "generate_content");
        if (body["taskType"].text().find("IMAGE") != std::string_view::npos) {
            fill_text(record, Field::kGenAiOutputType, "image");
        }
        read_image_request(body, BodyPlace(path, scratch, record));
        return;
    }
    bool embeds = body["dimensions"].exists() || body["embeddingTypes"].exists() ||
                  body["normalize"].exists() || body["inputImage"].exists();
    if (embeds) {
        fill_text(record, Field::kGenAiOperationName, "embeddings");
    }
    read_completion_request(kTextRequest, body, path, scratch, record);
}

void read_titan_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record) {
    if (body["embedding"].exists() || body["embeddings"].exists()) {
        read_vectors(body, path, scratch, record);
    } else if (body["images"].exists()) {
        read_images(body, path, scratch, record);
    } else if (body["outputText"].exists()) {
        read_completion_response(kChunk, body, path, scratch, record);
    } else {
        read_completion_response(kAnswer, body, path, scratch, record);
    }
}

void read_titan_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record) {
    read_completion_stream(kChunk, chunks, path, scratch, record);
}

}  // namespace llmtrail
