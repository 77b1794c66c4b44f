#include "bodies/cohere.h"

#include "bodies/cohere_parts.h"
#include "bodies/completion_shape.h"
#include "bodies/openai.h"

namespace llmtrail {

namespace {

constexpr MemberField kRequestMembers[] = {
    {"model", Field::kGenAiRequestModel},
    {"max_tokens", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"p", Field::kGenAiRequestTopP},
    {"k", Field::kGenAiRequestTopK},
    {"stop_sequences", Field::kGenAiRequestStopSequences},
    {"num_generations", Field::kGenAiRequestChoiceCount},
    {"seed", Field::kGenAiRequestSeed},
    {"frequency_penalty", Field::kGenAiRequestFrequencyPenalty},
    {"presence_penalty", Field::kGenAiRequestPresencePenalty},
    {"stream", Field::kGenAiRequestStream},
    {"tools", Field::kGenAiToolDefinitions},
    {"conversation_id", Field::kGenAiConversationId},
    {"embedding_types", Field::kGenAiRequestEncodingFormats},
};

constexpr CompletionRequestShape kGenerate = {"prompt", "", kRequestMembers};

std::string_view role_of(std::string_view word) {
    if (word == "USER" || word == "User") {
        return "user";
    }
    if (word == "CHATBOT" || word == "Chatbot") {
        return "assistant";
    }
    if (word == "SYSTEM" || word == "System") {
        return "system";
    }
    return word == "TOOL" || word == "Tool" ? "tool" : word;
}

void read_parameter(const BodyPlace& place, JsonMember member) {
    if (!place.fill_member(kRequestMembers, member.key, member.value)) {
        add_member(place.scratch().parameters, member.key, member.value);
    }
}

void read_history(const BodyPlace& place, JsonValue history) {
    MessagesWriter& input = place.scratch().input;
    size_t index = 0;
    for (JsonValue turn : history.items()) {
        BodyPlace here = place.below(index++);
        if (!turn["message"].is_string()) {
            here.keep(turn);
            continue;
        }
        input.begin_message(role_of(turn["role"].text()));
        input.text(turn["message"].text());
        input.end_message();
        here.keep_others(turn, {"role", "message"});
    }
    if (!history.is_array()) {
        place.keep(history);
    }
}

// Documents a caller hands over are sources of the answer and, being content, stay as given.
void read_documents(const BodyPlace& place, JsonValue documents) {
    add_member(place.scratch().parameters, "documents", documents);
    for (JsonValue document : documents.items()) {
        cohere::add_document(place.scratch(), document, "");
    }
}

void read_chat_request(const BodyPlace& place, JsonValue body) {
    BodyScratch& scratch = place.scratch();
    fill_text(place.record(), Field::kGenAiOperationName, "chat");
    if (body["chat_history"].exists()) {
        read_history(place.below("chat_history"), body["chat_history"]);
    }
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        if (key == "message" && member.value.is_string()) {
            scratch.input.begin_message("user");
            scratch.input.text(member.value.text());
            scratch.input.end_message();
        } else if (key == "preamble" && member.value.is_string()) {
            add_system_text(scratch, member.value.text());
        } else if (key == "documents") {
            read_documents(place, member.value);
        } else if (key != "chat_history") {
            read_parameter(place, member);
        }
    }
}

void read_embed_request(const BodyPlace& place, JsonValue body) {
    fill_text(place.record(), Field::kGenAiOperationName, "embeddings");
    MessagesWriter& input = place.scratch().input;
    for (JsonMember member : body.members()) {
        if (member.key == "texts" && member.value.is_array()) {
            input.begin_message("user");
            size_t index = 0;
            for (JsonValue text : member.value.items()) {
                if (text.is_string()) {
                    input.text(text.text());
                } else {
                    place.below(member.key).below(index).keep(text);
                }
                ++index;
            }
            input.end_message();
        } else {
            read_parameter(place, member);
        }
    }
}

void read_rerank_request(const BodyPlace& place, JsonValue body) {
    fill_text(place.record(), Field::kEventKind, "retrieval");
    fill_text(place.record(), Field::kGenAiOperationName, "rerank");
    for (JsonMember member : body.members()) {
        if (member.key == "query") {
            place.fill_or_keep(Field::kGenAiRetrievalQueryText, member.key, member.value);
        } else if (member.key == "documents") {
            read_documents(place, member.value);
        } else {
            read_parameter(place, member);
        }
    }
}

}  // namespace

void read_cohere_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    if (body["query"].exists() && body["documents"].exists()) {
        read_rerank_request(place, body);
    } else if (body["texts"].exists() || body["input_type"].exists()) {
        read_embed_request(place, body);
    } else if (body["message"].exists() || body["chat_history"].exists()) {
        read_chat_request(place, body);
    } else if (body["messages"].exists()) {
        read_openai_request(body, path, scratch, record);
    } else {
        read_completion_request(kGenerate, body, path, scratch, record);
    }
}

void read_cohere_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    cohere::read_answer(place, body);
}

}  // namespace llmtrail
