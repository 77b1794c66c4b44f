// Messages of Dify's applications: a question, its answer, and what people made of it.
#include <algorithm>

#include "bodies/openai.h"
#include "parsers/common_lists.h"
#include "parsers/dify_parts.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr MemberField kFields[] = {
    {"conversation_id", Field::kGenAiConversationId},
    {"parent_message_id", Field::kParentId},
    {"model_id", Field::kGenAiRequestModel},
    {"model_provider", Field::kGenAiProviderName},
    {"message_tokens", Field::kGenAiUsageInputTokens},
    {"answer_tokens", Field::kGenAiUsageOutputTokens},
    {"workflow_run_id", Field::kTraceId},
    {"task_id", Field::kHttpRequestId},
    {"app_id", Field::kGenAiAgentId},
    {"tenant_id", Field::kOrganizationId},
};

constexpr MemberField kUsage[] = {
    {"prompt_tokens", Field::kGenAiUsageInputTokens},
    {"completion_tokens", Field::kGenAiUsageOutputTokens},
    {"total_tokens", Field::kGenAiUsageTotalTokens},
};

// "langgenius/openai/openai": the last part names the vendor.
void read_provider(JsonValue value, const BodyPlace& place) {
    std::string_view text = value.text();
    std::string_view name = text.substr(text.rfind('/') + 1);
    if (!fill_text(place.record(), Field::kGenAiProviderName, name) || name != text) {
        place.keep("model_provider", value);
    }
}

// A price without its currency is a price in nothing.
void read_price(JsonValue object, const BodyPlace& place) {
    bool dollars = object["currency"].text() == "USD";
    if (!dollars || !fill(place.record(), Field::kUsageCostUsd, object["total_price"])) {
        place.keep("total_price", object["total_price"]);
        place.keep("currency", object["currency"]);
    }
}

void read_usage(JsonValue usage, const BodyPlace& place) {
    for (auto [key, value] : usage.members()) {
        if (key == "latency") {
            fill_dify_seconds(place, key, value);
        } else if (key != "total_price" && key != "currency" &&
                   !place.fill_member(kUsage, key, value)) {
            place.keep(key, value);
        }
    }
    read_price(usage, place);
}

// Pieces of documents that a knowledge base gave to the model.
void read_resource(JsonValue resource, const BodyPlace& place) {
    DataSource source;
    source.type = resource["data_source_type"].text();
    source.type = source.type.empty() ? std::string_view("dify_knowledge") : source.type;
    source.id = resource["document_id"].text();
    source.name = resource["document_name"].text();
    source.channel = resource["dataset_name"].text();
    source.message_id = resource["segment_id"].text();
    source.score = resource["score"].real();
    if (source.id.empty() && source.name.empty() && source.message_id.empty()) {
        place.keep(resource);
        return;
    }
    place.fill_or_keep(Field::kGenAiDataSourceId, "dataset_id", resource["dataset_id"]);
    add_data_source(place.scratch(), source);
    place.keep_others(resource, {"data_source_type", "document_id", "document_name", "dataset_id",
                                 "dataset_name", "segment_id", "score"});
    place.keep_unless_text(resource, {"data_source_type", "document_id", "document_name",
                                      "dataset_name", "segment_id"});
    if (!source.score) {
        place.keep("score", resource["score"]);
    }
}

template <typename Read>
void each(JsonValue list, const BodyPlace& place, Read&& read) {
    size_t index = 0;
    for (JsonValue item : list.items()) {
        BodyPlace here = place.below(index++);
        item.is_object() ? read(item, here) : here.keep(item);
    }
    if (!list.is_array()) {
        place.keep(list);
    }
}

// A step of an agent: the tools it used, several names with ';' between.
void read_thought(JsonValue thought, const BodyPlace& place) {
    BodyScratch& scratch = place.scratch();
    JsonValue id = thought["id"];
    std::string_view tools = thought["tool"].text();
    bool one = !tools.empty() && tools.find(';') == std::string_view::npos;
    for (std::string_view rest = one ? std::string_view() : tools; !rest.empty();) {
        std::string_view name = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
        scratch.tool_names.add_once(name);
    }
    if (one) {
        JsonValue input = thought["tool_input"];
        input.is_string() ? add_tool_call(scratch, id.text(), tools, input.text())
                          : add_tool_call(scratch, id.text(), tools, input);
        if (!thought["observation"].text().empty()) {
            add_tool_result(scratch, id.text(), thought["observation"]);
        }
        place.keep_others(thought, {"id", "tool", "tool_input", "observation"});
        place.keep_unless_text(thought, {"id", "observation"});
    } else {
        place.keep_others(thought, {"tool"});
        place.keep_unless_text(thought, {"tool"});
    }
}

// Its address carries a signature, which the data source leaves out.
void read_file(JsonValue file, const BodyPlace& place) {
    std::string_view url = file["url"].text();
    bool uploaded = !file["upload_file_id"].text().empty();
    DataSource source;
    source.type = "file";
    source.id = uploaded ? file["upload_file_id"].text() : file["id"].text();
    source.name = file["filename"].text();
    source.uri = url.substr(0, url.find('?'));
    add_data_source(place.scratch(), source);
    place.keep_others(file, {"id", "upload_file_id", "filename", "url"});
    place.keep_unless_text(file, {"id", "upload_file_id", "filename", "url"});
    if (uploaded) {
        place.keep("id", file["id"]);
    }
}

// The first rating has the fields, others are kept.
void read_feedback(JsonValue feedback, const BodyPlace& place) {
    static constexpr MemberField kRating[] = {
        {"rating", Field::kFeedbackRating},
        {"content", Field::kFeedbackComment},
    };
    bool first = !place.record().has(Field::kFeedbackRating);
    if (!first) {
        place.keep(feedback);
        return;
    }
    for (auto [key, value] : feedback.members()) {
        bool author = (key == "from_end_user_id" || key == "from_account_id") &&
                      fill(place.record(), Field::kFeedbackAuthorId, value);
        bool account =
            key == "from_account" && fill(place.record(), Field::kFeedbackAuthorId, value["id"]);
        if (account) {
            place.below(key).keep_others(value, {"id"});
        } else if (!author && !place.fill_member(kRating, key, value)) {
            place.keep(key, value);
        }
    }
}

// In the database a JSON text.
void read_metadata(JsonValue value, const BodyPlace& place, JsonTree& tree) {
    if (value.is_string()) {
        auto read = tree.read(value.text(), false);
        value = read && read->is_object() ? *read : value;
    }
    for (auto [key, member] : value.members()) {
        BodyPlace here = place.below(key);
        if (key == "usage" && member.is_object()) {
            read_usage(member, here);
        } else if (key == "retriever_resources" && member.is_array()) {
            each(member, here, read_resource);
        } else {
            here.keep(member);
        }
    }
    if (!value.is_object()) {
        place.keep(value);
    }
}

// The whole prompt as the model got it: [{"role", "text", "files"}].
void read_prompt(JsonValue messages, std::string_view query, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().input;
    size_t index = 0;
    for (JsonValue message : messages.items()) {
        BodyPlace here = place.below(index++);
        JsonValue text = message["text"].exists() ? message["text"] : message["content"];
        if (message["role"].text() == "system" && text.is_string()) {
            add_system_text(place.scratch(), text.text());
        } else {
            out.begin_message(message["role"].text());
            text.is_string() ? out.text(text.text()) : out.given(message);
            out.end_message();
        }
        here.keep_others(message, {"role", "text", "content"});
    }
    if (!query.empty() && out.last_text_of("user") != query) {
        out.begin_message("user");
        out.text(query);
        out.end_message();
    }
}

bool read_list(JsonMember member, const BodyPlace& here, JsonTree& tree) {
    JsonValue value = member.value;
    if (member.key == "retriever_resources") {
        each(value, here, read_resource);
    } else if (member.key == "agent_thoughts") {
        each(value, here, read_thought);
    } else if (member.key == "message_files") {
        each(value, here, read_file);
    } else if (member.key == "feedbacks") {
        each(value, here, read_feedback);
    } else if (member.key == "feedback" && value.is_object()) {
        read_feedback(value, here);
    } else if (member.key == "metadata" || member.key == "message_metadata") {
        read_metadata(value, here, tree);
    } else {
        return false;
    }
    return true;
}

constexpr std::string_view kUserKeys[] = {
    "from_source",
    "from_end_user_id",
    "from_account_id",
    "from_account",
    "user",
    "from_end_user",
    "created_by_role",
    "created_by",
    "created_by_account",
    "created_by_end_user",
    "from_end_user_session_id",
};

void read_member(JsonMember member, JsonValue message, const BodyPlace& place,
                 const ParseContext& context) {
    AuditRecord& record = place.record();
    std::string_view key = member.key;
    JsonValue value = member.value;
    if (key == "created_at") {
        set_event_time(record, value, context) ? void() : place.keep(key, value);
    } else if (key == "provider_response_latency") {
        fill_dify_seconds(place, key, value);
    } else if (key == "inputs") {
        value.size() > 0 ? add_member(place.scratch().parameters, key, value)
                         : place.keep(key, value);
    } else if (key == "error") {
        if (fill(record, Field::kErrorMessage, value)) {
            record.set_text(Field::kEventOutcome, "failure");
        } else {
            place.keep(key, value);
        }
    } else if (key == "status" && value.is_string()) {
        place.fill_or_keep(Field::kGenAiResponseStatus, key, value);
    } else if (key == "model_provider" && value.is_string()) {
        read_provider(value, place);
    } else if (key == "message_id" && value.text() == message["id"].text()) {
        return;
    } else if (!place.fill_member(kFields, key, value)) {
        place.keep(key, value);
    }
}

}  // namespace

bool is_dify_message(JsonValue value) {
    bool told = false;
    for (std::string_view key : {"retriever_resources", "provider_response_latency",
                                 "agent_thoughts", "message_tokens", "feedbacks", "from_source"}) {
        told = told || value[key].exists();
    }
    return told && value["id"].is_string() && value["conversation_id"].is_string() &&
           value["query"].is_string() && value["answer"].exists();
}

bool is_dify_answer(JsonValue value) {
    return value["event"].is_string() && value["conversation_id"].is_string() &&
           value["message_id"].is_string() && value["answer"].is_string() &&
           value["metadata"].is_object();
}

void read_dify_message(JsonValue message, const BodyPlace& place, const ParseContext& context,
                       JsonTree& metadata_tree) {
    AuditRecord& record = place.record();
    BodyScratch& scratch = place.scratch();
    fill_text(record, Field::kEventKind, "inference");
    fill_text(record, Field::kEventAction, "message");
    fill_text(record, Field::kGenAiOperationName, "chat");
    fill(record, Field::kGenAiResponseId,
         message["message_id"].exists() ? message["message_id"] : message["id"]);
    place.fill_or_keep(Field::kRecordNativeId, "id", message["id"]);
    read_dify_user(message, place);
    if (message["query"].is_string() || message["message"].is_array()) {
        read_prompt(message["message"], message["query"].text(), place.below("message"));
    }
    if (std::string_view answer = message["answer"].text(); !answer.empty()) {
        scratch.output.begin_message("assistant");
        scratch.output.text(answer);
        scratch.output.end_message();
    } else {
        place.keep("answer", message["answer"]);
    }
    for (JsonMember member : message.members()) {
        bool user = std::find(std::begin(kUserKeys), std::end(kUserKeys), member.key) !=
                    std::end(kUserKeys);
        bool read = user || member.key == "id" || member.key == "answer" ||
                    (member.key == "query" && member.value.is_string()) ||
                    (member.key == "message" && member.value.is_array()) ||
                    (member.key == "annotation" && member.value.is_object()) ||
                    member.key == "total_price" || member.key == "currency";
        if (!read && !read_list(member, place.below(member.key), metadata_tree)) {
            read_member(member, message, place, context);
        }
    }
    read_price(message, place);
    if (!record.has(Field::kEventOutcome) && !message["answer"].text().empty()) {
        record.set_text(Field::kEventOutcome, "success");
    }
}

// An operator's better answer, which the application gives from then on: an event of its own, with
// its own time and person.
void read_dify_annotation(JsonValue message, const BodyPlace& place, const ParseContext& context) {
    static constexpr MemberField kAccount[] = {
        {"id", Field::kUserId}, {"name", Field::kUserName}, {"email", Field::kUserEmail}};
    AuditRecord& record = place.record();
    fill_text(record, Field::kEventKind, "edit");
    fill_text(record, Field::kEventAction, "annotation");
    fill(record, Field::kGenAiConversationId, message["conversation_id"]);
    fill(record, Field::kEditTargetId, message["id"]);
    fill(record, Field::kEditBeforeText, message["answer"]);
    for (auto [key, value] : message["annotation"].members()) {
        BodyPlace here = place.below(key);
        if (key == "content" || key == "answer") {
            place.fill_or_keep(Field::kEditAfterText, key, value);
        } else if (key == "account" && value.is_object()) {
            for (auto [name, one] : value.members()) {
                here.fill_member(kAccount, name, one) ? void() : here.keep(name, one);
            }
        } else if (key == "account_id") {
            place.fill_or_keep(Field::kUserId, key, value);
        } else if (key == "id") {
            place.fill_or_keep(Field::kRecordNativeId, key, value);
        } else if (key != "created_at" || !set_event_time(record, value, context)) {
            place.keep(key, value);
        }
    }
    fill_text(record, Field::kEditEditorId, record.text(Field::kUserId));
    if (record.has(Field::kEventTime)) {
        record.set_time(Field::kEditTime, UnixNanos{*record.integer(Field::kEventTime)});
    }
}

}  // namespace llmtrail
