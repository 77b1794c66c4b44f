#include "parsers/framework_content.h"

#include <algorithm>

#include "bodies/embedding.h"
#include "parsers/framework_chat.h"
#include "parsers/framework_documents.h"

namespace llmtrail {

namespace {

bool is_empty(JsonValue value) {
    return !value.exists() || value.is_null() || (value.is_string() && value.text().empty());
}

class ContentReader {
 public:
    ContentReader(const StepContent& content, const BodyPlace& place, otlp::JsonPool& pool)
        : content_(content), place_(place), pool_(pool) {
        input_ = is_empty(content.input) ? content.facts.input : content.input;
        output_ = is_empty(content.output) ? content.facts.output : content.output;
    }

    void chat(ChatSide side);
    bool hands_on_messages();
    void tool();
    void retrieval();
    void guardrail();
    void evaluation();
    void embedding();

 private:
    JsonValue parsed(JsonValue value) {
        JsonValue read = value.is_string() ? pool_.read_container(value.text()) : JsonValue();
        return read.exists() ? read : value;
    }

    const StepContent& content_;
    const BodyPlace& place_;
    otlp::JsonPool& pool_;
    JsonValue input_;
    JsonValue output_;
};

void ContentReader::chat(ChatSide side) {
    bool input = side == ChatSide::kInput;
    JsonValue given = input ? input_ : output_;
    BodyPlace here = place_.below(input ? content_.input_key : content_.output_key);
    JsonValue value = parsed(given);
    if (is_empty(value) || (value.is_container() && value.size() == 0)) {
        return;
    }
    if (value.is_container() && read_chat(value, here, {side, content_.of_call})) {
        return;
    }
    if (!input && is_document_list(value)) {
        read_documents(value, here);
        return;
    }
    if (given.is_string() && (content_.of_call || !value.is_container())) {
        add_chat_text(given.text(), here, side);  // an answer in JSON is a text
    } else if (content_.of_call && value.is_container()) {
        add_chat_text(value.json(), here, side);
    } else {
        here.keep(value);
    }
}

// A node of a graph that runs tools takes and gives the conversation, not a tool's arguments.
bool ContentReader::hands_on_messages() {
    return parsed(input_)["messages"].is_array() || parsed(output_)["messages"].is_array();
}

void ContentReader::embedding() {
    JsonValue output = parsed(output_);
    BodyPlace here = place_.below(content_.output_key);
    for (JsonMember member : output.members()) {
        bool vectors =
            member.key == "embeddings" || member.key == "embedding" || member.key == "data";
        if (vectors && member.value.is_container()) {
            read_embeddings(here.below(member.key), member.value);
        } else {
            here.keep(member.key, member.value);
        }
    }
    if (output.is_array()) {
        read_embeddings(here, output);
    } else if (!output.is_object()) {
        here.keep(output);
    }
}

void ContentReader::tool() {
    BodyScratch& scratch = place_.scratch();
    JsonValue output = parsed(output_);
    if (output.is_object() && output.size() == 1 && output["output"].exists()) {
        output = parsed(output["output"]);  // as LangSmith wraps what is no object
    }
    std::string_view name = content_.facts.tool_name;
    std::string_view id = content_.facts.tool_call_id;
    BodyPlace here = place_.below(content_.output_key);
    bool message = output.is_object() && is_chat_message(output) && output["content"].exists();
    if (message) {  // LangChain's ToolMessage
        name = name.empty() ? output["name"].text() : name;
        id = id.empty() ? output["tool_call_id"].text() : id;
    }
    name = name.empty() ? content_.name : name;
    if (!name.empty() || !id.empty() || !is_empty(input_)) {
        add_tool_call(scratch, id, name, parsed(input_));
    }
    if (message) {
        add_tool_result(scratch, id, output["content"]);
        for (JsonMember member : output.members()) {
            bool said = member.value.is_string() &&
                        (member.value.text() == name || member.value.text() == id);
            if (!said && member.key != "content") {
                here.keep(member.key, member.value);
            }
        }
    } else if (!is_empty(output)) {
        add_tool_result(scratch, id, output);
    }
}

void ContentReader::retrieval() {
    constexpr std::string_view kQueries[] = {"query", "input", "question", "text", "search_query"};
    BodyPlace in = place_.below(content_.input_key);
    JsonValue input = parsed(input_);
    if (input.is_object()) {
        std::string_view used;
        for (std::string_view key : kQueries) {
            if (fill(place_.record(), Field::kGenAiRetrievalQueryText,
                     input[key].is_string() ? input[key] : JsonValue())) {
                used = key;
                break;
            }
        }
        in.keep_others(input, {used.empty() ? std::string_view("\n") : used});
    } else if (!fill(place_.record(), Field::kGenAiRetrievalQueryText, input)) {
        in.keep(input);
    }
    BodyPlace out = place_.below(content_.output_key);
    JsonValue output = parsed(output_);
    std::string_view used;
    for (std::string_view key : {"documents", "results", "matches", "nodes", "output"}) {
        if (used.empty() && output[key].is_array()) {
            used = key;
            read_documents(output[key], out.below(key));
        }
    }
    if (output.is_array()) {
        read_documents(output, out);
    } else if (used.empty()) {
        out.keep(output);
    } else {
        out.keep_others(output, {used});
    }
    if (names_source(content_.metadata)) {  // one source for the whole search
        BodyScratch other;
        BodyPlace beside("", other, place_.record());
        read_document(content_.metadata, beside);
        if (other.data_sources.count() > 0) {
            std::string_view list = other.data_sources.json();
            place_.scratch().data_sources.item() += list.substr(1, list.size() - 2);
        }
    }
}

// What a guardrail's own words say it did; the first row that holds decides.
struct VerdictRow {
    std::string_view key;
    bool when;
    std::string_view verdict;
    std::string_view action;
};

constexpr VerdictRow kVerdicts[] = {
    {"blocked", true, "deny", "block"},   {"block", true, "deny", "block"},
    {"stop", true, "deny", "block"},      {"modified", true, "modify", "modify"},
    {"masked", true, "modify", "modify"}, {"redacted", true, "modify", "modify"},
    {"passed", false, "deny", "none"},    {"valid", false, "deny", "none"},
    {"allowed", false, "deny", "none"},   {"safe", false, "deny", "none"},
    {"flagged", true, "warn", "none"},    {"triggered", true, "warn", "none"},
    {"detected", true, "warn", "none"},
};

void ContentReader::guardrail() {
    JsonValue output = parsed(output_);
    GuardrailResult found;
    found.name = content_.name;
    found.verdict = content_.level == "WARNING" || content_.level == "ERROR" ? "warn" : "allow";
    found.action = "none";
    for (const VerdictRow& row : kVerdicts) {
        bool says = output[row.key].boolean() == row.when ||
                    content_.metadata[row.key].boolean() == row.when;
        if (says) {
            found.verdict = row.verdict;
            found.action = row.action;
            break;
        }
    }
    for (JsonValue said : {output, content_.metadata}) {
        for (std::string_view key : {"category", "type", "rule"}) {
            if (found.category.empty() && said[key].is_string()) {
                found.category = said[key].text();
            }
        }
        found.score = found.score ? found.score : said["score"].real();
    }
    add_guardrail(place_.scratch(), found);
    place_.below(content_.output_key).keep(output);
}

void ContentReader::evaluation() {
    static constexpr MemberField kMembers[] = {
        {"name", Field::kGenAiEvaluationName},
        {"score", Field::kGenAiEvaluationScoreValue},
        {"value", Field::kGenAiEvaluationScoreValue},
        {"label", Field::kGenAiEvaluationScoreLabel},
        {"verdict", Field::kGenAiEvaluationScoreLabel},
        {"reasoning", Field::kGenAiEvaluationExplanation},
        {"explanation", Field::kGenAiEvaluationExplanation},
        {"comment", Field::kGenAiEvaluationExplanation},
    };
    BodyPlace out = place_.below(content_.output_key);
    JsonValue output = parsed(output_);
    for (JsonMember member : output.members()) {
        if (!out.fill_member(kMembers, member.key, member.value)) {
            out.keep(member.key, member.value);
        }
    }
    bool placed =
        output.is_object() ||
        (output.is_number() && fill(place_.record(), Field::kGenAiEvaluationScoreValue, output)) ||
        (output.is_string() && fill(place_.record(), Field::kGenAiEvaluationExplanation, output));
    if (!placed) {
        out.keep(output);
    }
    fill_text(place_.record(), Field::kGenAiEvaluationName, content_.name);
}

}  // namespace

void read_step_content(const StepContent& content, const BodyPlace& place, otlp::JsonPool& pool) {
    ContentReader reader(content, place, pool);
    if (content.kind == "tool" && !reader.hands_on_messages()) {
        return reader.tool();
    }
    if (content.kind == "retrieval") {
        return reader.retrieval();
    }
    reader.chat(ChatSide::kInput);
    if (content.embedding) {
        reader.embedding();
    } else if (content.kind == "guardrail") {
        reader.guardrail();
    } else if (content.kind == "evaluation") {
        reader.evaluation();
    } else {
        reader.chat(ChatSide::kOutput);
    }
}

}  // namespace llmtrail
