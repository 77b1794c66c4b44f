// The other calls of Google's APIs: embeddings, token counts, and Vertex AI's predict, whose
// instances and predictions have the form of the model that is deployed.
#include "bodies/embedding.h"
#include "bodies/gemini_parts.h"

namespace llmtrail::gemini {

namespace {

bool is_text_name(std::string_view key) {
    return is_any_of(key, {"prompt", "content", "text", "input", "inputs", "output",
                           "generatedtext", "response", "completion"});
}

void say(MessagesWriter& out, std::string_view role, std::string_view text) {
    out.begin_message(role);
    out.text(text);
    out.end_message();
}

// {"author" or "role", "content"}
void read_chat_message(const BodyPlace& place, JsonValue message, MessagesWriter& out) {
    JsonValue role = member_of(message, "role").exists() ? member_of(message, "role")
                                                         : member_of(message, "author");
    JsonValue content = member_of(message, "content");
    if (!message.is_object()) {
        return place.keep(message);
    }
    bool answer = role.text() == "bot" || role.text() == "model" || role.text() == "1";
    out.begin_message(answer ? "assistant" : role.text());
    if (content.is_string()) {
        out.text(content.text());
    } else if (content.exists()) {
        out.given(content);
    }
    out.end_message();
    place.keep_unless_text(message, {"role", "author"});
    keep_other_names(place, message, {"role", "author", "content"});
}

void read_messages(const BodyPlace& place, JsonValue messages, MessagesWriter& out) {
    size_t index = 0;
    for (JsonValue message : messages.items()) {
        read_chat_message(place.below(index++), message, out);
    }
}

void read_instance(const BodyPlace& place, JsonValue instance) {
    MessagesWriter& out = place.scratch().input;
    if (instance.is_string()) {
        return say(out, "user", instance.text());
    }
    for (JsonMember member : instance.members()) {
        if (is_text_name(member.key) && member.value.is_string()) {
            say(out, "user", member.value.text());
        } else if (is_named(member.key, "context") && member.value.is_string()) {
            add_system_text(place.scratch(), member.value.text());
        } else if (is_named(member.key, "messages") && member.value.is_array()) {
            read_messages(place.below(member.key), member.value, out);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!instance.is_object()) {
        place.keep(instance);
    }
}

// {"blocked", "categories": [name], "scores": [0..1]}
void read_safety_attributes(const BodyPlace& place, JsonValue attributes) {
    bool blocked = member_of(attributes, "blocked").boolean().value_or(false);
    JsonValue scores = member_of(attributes, "scores");
    auto score = scores.items().begin();
    size_t left = scores.size();
    for (JsonValue category : member_of(attributes, "categories").items()) {
        GuardrailResult result;
        result.name = "safety_attribute";
        result.provider = place.record().text(Field::kGenAiProviderName);
        result.target = "output";
        result.verdict = "allow";
        result.action = "none";
        result.category = category.text();
        if (left > 0) {
            result.score = (*score).real();
            ++score;
            --left;
        }
        add_guardrail(place.scratch(), result);
    }
    if (blocked) {
        add_block(place, "safety_attributes", "output", {});
    }
    keep_other_names(place, attributes, {"blocked", "categories", "scores"});
}

void add_vector(const BodyPlace& place, JsonValue values, int64_t& vectors) {
    ++vectors;
    fill_integer(place.record(), Field::kGenAiEmbeddingsDimensionCount,
                 static_cast<int64_t>(values.size()));
}

// {"values": […]}
void read_vector(const BodyPlace& place, JsonValue embedding, int64_t& vectors) {
    for (JsonMember member : embedding.members()) {
        if (is_any_of(member.key, {"values", "value"}) && vector_length(member.value) > 0) {
            add_vector(place, member.value, vectors);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!embedding.is_object()) {
        place.keep(embedding);
    }
}

void read_prediction(const BodyPlace& place, JsonValue prediction, int64_t& vectors) {
    MessagesWriter& out = place.scratch().output;
    if (prediction.is_string()) {
        return say(out, "assistant", prediction.text());
    }
    JsonValue mime = member_of(prediction, "mimetype");
    for (JsonMember member : prediction.members()) {
        BodyPlace here = place.below(member.key);
        if (is_text_name(member.key) && member.value.is_string()) {
            say(out, "assistant", member.value.text());
        } else if (is_named(member.key, "candidates") && member.value.is_array()) {
            read_messages(here, member.value, out);
        } else if (is_named(member.key, "safetyattributes") && member.value.is_object()) {
            read_safety_attributes(here, member.value);
        } else if (is_named(member.key, "citationmetadata") && member.value.is_object()) {
            read_citations(here, member.value);
        } else if (is_any_of(member.key, {"textembedding", "imageembedding"}) &&
                   member.value.is_array() && vector_length(member.value) > 0) {
            add_vector(here, member.value, vectors);
        } else if (is_named(member.key, "embeddings") && member.value.is_object()) {
            read_vector(here, member.value, vectors);
        } else if (is_named(member.key, "bytesbase64encoded") && member.value.is_string()) {
            out.begin_message("assistant");
            out.blob("image", mime.text(), member.value.text());
            out.end_message();
        } else if (is_named(member.key, "raifilteredreason") && member.value.is_string()) {
            add_block(place, "responsible_ai_filter", "output", {});
            here.keep(member.value);
        } else if (!is_named(member.key, "mimetype") || !member.value.is_string()) {
            here.keep(member.value);
        }
    }
    if (!prediction.is_object()) {
        place.keep(prediction);
    }
}

void read_embeddings(const BodyPlace& place, JsonValue embeddings, int64_t& vectors) {
    if (!embeddings.is_array()) {
        return read_vector(place, embeddings, vectors);
    }
    size_t index = 0;
    for (JsonValue embedding : embeddings.items()) {
        read_vector(place.below(index++), embedding, vectors);
    }
}

// {"tokenMetadata": {"inputTokenCount": {"totalTokens": 5, …}, "outputTokenCount": {…}}}
void read_token_metadata(const BodyPlace& place, JsonValue metadata) {
    JsonValue counts = member_of(metadata, "tokenmetadata");
    BodyPlace below = place.below("tokenMetadata");
    for (JsonMember side : counts.members()) {
        bool input = is_named(side.key, "inputtokencount");
        bool known = input || is_named(side.key, "outputtokencount");
        BodyPlace here = below.below(side.key);
        for (JsonMember member : (known ? side.value : JsonValue()).members()) {
            Field field = input ? Field::kGenAiUsageInputTokens : Field::kGenAiUsageOutputTokens;
            if (!is_named(member.key, "totaltokens") ||
                !fill(place.record(), field, member.value)) {
                here.keep(member.key, member.value);
            }
        }
        if (!known || !side.value.is_object()) {
            here.keep(side.value);
        }
    }
    keep_other_names(place, metadata, {"tokenmetadata"});
}

// batchEmbedContents: {"model", "content", …} each.
void read_embed_request(const BodyPlace& place, JsonValue request) {
    for (JsonMember member : request.members()) {
        if (is_named(member.key, "content")) {
            read_contents(place.below(member.key), member.value);
        } else if (is_named(member.key, "model")) {
            fill_model(place, Field::kGenAiRequestModel, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!request.is_object()) {
        place.keep(request);
    }
}

template <typename Read>
void for_each(const BodyPlace& place, JsonValue items, Read&& read) {
    size_t index = 0;
    for (JsonValue item : items.items()) {
        read(place.below(index++), item);
    }
}

}  // namespace

bool read_other_request_member(const BodyPlace& place, JsonMember member) {
    BodyPlace here = place.below(member.key);
    if (is_named(member.key, "instances") && member.value.is_array()) {
        for_each(here, member.value, read_instance);
    } else if (is_named(member.key, "requests") && member.value.is_array()) {
        for_each(here, member.value, read_embed_request);
    } else if (is_named(member.key, "parameters") && member.value.is_object()) {
        read_generation_config(here, member.value);
    } else if (is_named(member.key, "generatecontentrequest") && member.value.is_object() &&
               !member_of(member.value, "generatecontentrequest").exists()) {
        read_gemini_request(member.value, here.path(), place.scratch(), place.record());
    } else {
        return false;
    }
    return true;
}

bool read_other_response_member(const BodyPlace& place, JsonMember member) {
    BodyPlace here = place.below(member.key);
    int64_t vectors = 0;
    if (is_named(member.key, "predictions") && member.value.is_array()) {
        for_each(here, member.value, [&](const BodyPlace& at, JsonValue prediction) {
            read_prediction(at, prediction, vectors);
        });
    } else if (is_any_of(member.key, {"embedding", "embeddings"}) && member.value.is_container()) {
        read_embeddings(here, member.value, vectors);
    } else if (is_named(member.key, "totaltokens") && member.value.integer()) {
        place.fill_or_keep(Field::kGenAiUsageTotalTokens, member.key, member.value);
    } else if (is_named(member.key, "metadata") && member.value.is_object()) {
        read_token_metadata(here, member.value);
    } else if (is_named(member.key, "model") && member.value.is_string()) {
        fill_model(place, Field::kGenAiResponseModel, member.key, member.value);
    } else {
        return false;
    }
    if (vectors > 0) {
        fill_integer(place.record(), Field::kGenAiEmbeddingsCount, vectors);
    }
    return true;
}

}  // namespace llmtrail::gemini

namespace llmtrail {

void read_predict_instance(JsonValue instance, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record) {
    gemini::read_instance(BodyPlace(path, scratch, record), instance);
}

void read_predict_prediction(JsonValue prediction, std::string_view path, BodyScratch& scratch,
                             AuditRecord& record) {
    int64_t vectors = 0;
    gemini::read_prediction(BodyPlace(path, scratch, record), prediction, vectors);
}

}  // namespace llmtrail
