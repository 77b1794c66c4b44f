#include "bodies/bedrock_retrieval.h"

#include <algorithm>
#include <string>

#include "bodies/bedrock_model_name.h"
#include "bodies/stream_parts.h"

namespace llmtrail {

namespace {

constexpr size_t kTypeBytesMax = 32;

std::string lower_case(std::string_view text) {
    std::string out(text.substr(0, kTypeBytesMax));
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

// {"s3Location": {"uri"}}, {"webLocation": {"url"}}, {"customDocumentLocation": {"id"}}, …
void fill_location(DataSource& source, JsonValue holder) {
    for (JsonMember member : holder.members()) {
        if (member.key.ends_with("Location") && member.value.is_object()) {
            JsonValue uri = member.value["uri"];
            source.uri = uri.is_string() ? uri.text() : member.value["url"].text();
            source.id = member.value["id"].text();
        }
    }
}

void fill_model(AuditRecord& record, JsonValue configuration) {
    fill_text(record, Field::kGenAiRequestModel,
              bedrock_model_name(configuration["modelArn"].text()));
}

// {"type", "knowledgeBaseConfiguration": {"knowledgeBaseId", "modelArn", …}} or
// {"type", "externalSourcesConfiguration": {"sources": […], "modelArn", …}}: kept whole as a
// parameter.
void read_configuration(const BodyPlace& place, std::string_view key, JsonValue configuration) {
    AuditRecord& record = place.record();
    JsonValue base = configuration["knowledgeBaseConfiguration"];
    JsonValue external = configuration["externalSourcesConfiguration"];
    fill_text(record, Field::kGenAiDataSourceId, base["knowledgeBaseId"].text());
    fill_model(record, base);
    fill_model(record, external);
    for (JsonValue given : external["sources"].items()) {
        DataSource source;
        std::string type = lower_case(given["sourceType"].text());
        source.type = type;
        source.name = given["byteContent"]["identifier"].text();
        fill_location(source, given);
        add_data_source(place.scratch(), source);
    }
    add_member(place.scratch().parameters, key, configuration);
}

void read_question(const BodyPlace& place, std::string_view text) {
    MessagesWriter& input = place.scratch().input;
    input.begin_message("user");
    input.text(text);
    input.end_message();
}

void add_citation(BodyScratch& scratch, JsonValue citation) {
    add_bedrock_references(scratch, citation["retrievedReferences"]);
}

// Of a whole answer the word alone, of a stream inside an object.
bool read_action(AuditRecord& record, JsonValue action) {
    bool intervened = action.text() == "INTERVENED";
    if (!intervened && action.text() != "NONE") {
        return false;
    }
    bool already = record.boolean(Field::kGuardrailTriggered).value_or(false);
    record.set_boolean(Field::kGuardrailTriggered, intervened || already);
    return true;
}

}  // namespace

void add_bedrock_references(BodyScratch& scratch, JsonValue references) {
    for (JsonValue reference : references.items()) {
        JsonValue location = reference["location"];
        DataSource source;
        std::string type = lower_case(location["type"].text());
        source.type = type;
        source.score = reference["score"].real();
        fill_location(source, location);
        if (!type.empty() || !source.uri.empty() || !source.id.empty()) {
            add_data_source(scratch, source);
        }
    }
}

void read_bedrock_retrieval_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                                    AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        JsonValue text = member.value["text"];
        if (member.key == "input" && text.is_string()) {
            read_question(place, text.text());
            place.below(member.key).keep_others(member.value, {"text"});
        } else if (member.key == "retrievalQuery" && text.is_string()) {
            read_question(place, text.text());
            place.below(member.key).fill_or_keep(Field::kGenAiRetrievalQueryText, "text", text);
            place.below(member.key).keep_others(member.value, {"text"});
        } else if (member.key == "sessionId") {
            place.fill_or_keep(Field::kGenAiConversationId, member.key, member.value);
        } else if (member.key == "retrieveAndGenerateConfiguration") {
            read_configuration(place, member.key, member.value);
        } else {
            add_member(scratch.parameters, member.key, member.value);
        }
    }
}

void read_bedrock_retrieval_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                                     AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        JsonValue text = member.value["text"];
        if (member.key == "output" && text.is_string()) {
            scratch.output.begin_message("assistant");
            scratch.output.text(text.text());
            scratch.output.end_message();
            place.below(member.key).keep_others(member.value, {"text"});
        } else if (member.key == "sessionId") {
            place.fill_or_keep(Field::kGenAiConversationId, member.key, member.value);
        } else if (member.key == "citations") {
            for (JsonValue citation : member.value.items()) {
                add_citation(scratch, citation);
            }
            add_member(scratch.details, member.key, member.value);
        } else if (member.key == "retrievalResults") {
            add_bedrock_references(scratch, member.value);
            add_member(scratch.details, member.key, member.value);
        } else if (member.key == "message") {
            place.fill_or_keep(Field::kErrorMessage, member.key, member.value);
        } else if (member.key != "guardrailAction" || !read_action(record, member.value)) {
            place.keep(member.key, member.value);
        }
    }
}

void read_bedrock_retrieval_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                                   AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    std::string answer;
    std::string citations;
    for_each_chunk(place, chunks, [&](const BodyPlace& here, size_t, JsonValue chunk) {
        for (JsonMember member : chunk.members()) {
            if (member.key == "output" && member.value["text"].is_string()) {
                answer += member.value["text"].text();
                here.below(member.key).keep_others(member.value, {"text"});
            } else if (member.key == "citation") {
                add_citation(scratch, member.value["citation"].is_object()
                                          ? member.value["citation"]
                                          : member.value);
                here.keep(member.key, member.value);
            } else if (member.key != "guardrail" || !read_action(record, member.value["action"])) {
                here.keep(member.key, member.value);
            }
        }
    });
    if (!answer.empty()) {
        scratch.output.begin_message("assistant");
        scratch.output.text(answer);
        scratch.output.end_message();
    }
}

}  // namespace llmtrail
