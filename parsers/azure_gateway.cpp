#include "parsers/azure_gateway.h"

#include "bodies/openai.h"
#include "parsers/azure_facts.h"
#include "parsers/endpoint.h"
#include "parsers/exchange_parts.h"

namespace llmtrail {

namespace {

// Policies that look at prompts, as the source of an error names them.
bool is_guardrail_policy(std::string_view source) {
    return source == "llm-content-safety" || source == "azure-openai-content-safety";
}

// By the bodies alone, read or not yet: a gateway stands before other interfaces, too.
bool is_model_call(JsonValue request, JsonValue response) {
    std::string_view text = response.text();
    return is_request_body(request) || response["choices"].is_array() ||
           text.find("\"choices\"") != std::string_view::npos ||
           text.find("\"usage\"") != std::string_view::npos;
}

// The piece of a message that was cut anywhere.
void add_raw_message(MessagesWriter& out, std::string_view role, std::string_view text) {
    out.begin_message(role);
    out.fragment(text);
    out.end_message();
}

// What starts like an id that a model API gives its answers.
bool is_answer_id(std::string_view id) {
    for (std::string_view start : {"chatcmpl-", "cmpl-", "resp_", "msg_"}) {
        if (id.starts_with(start)) {
            return true;
        }
    }
    return false;
}

}  // namespace

// The client's side of a body counts: it is what was typed and what was shown. The backend's is
// kept apart when a policy made it another.
AzureGatewayReader::Body AzureGatewayReader::body_of(AzureMembers& members, AzureSlot client_side,
                                                     AzureSlot backend_side) {
    AzureSlot chosen = members.has(client_side) ? client_side : backend_side;
    JsonMember member = members.take(chosen);
    if (chosen == client_side && members.has(backend_side)) {
        JsonMember other = members.take(backend_side);
        if (other.value.json() != member.value.json()) {
            members.keep(backend_side);
        }
    }
    return {member, members.place_of(chosen).below(member.key)};
}

// The model's endpoint is the backend's; the gateway's own address stays beside it.
void AzureGatewayReader::endpoint(AzureMembers& members) {
    AuditRecord& record = members.record();
    for (AzureSlot slot : {AzureSlot::kBackendUrl, AzureSlot::kUrl}) {
        std::string_view url = members.text(slot);
        bool first = !record.has(Field::kUrlPath) && !record.has(Field::kServerAddress);
        if (!first || !set_endpoint(record, url)) {
            members.keep(slot);
            continue;
        }
        members.take(slot);
        read_url_query(url, members.scratch().unmapped);
    }
    url_path_ = record.text(Field::kUrlPath);
    fill_text(record, Field::kGenAiRequestModel, model_in_path(url_path_));
}

void AzureGatewayReader::headers(AzureMembers& members) {
    for (AzureSlot slot : {AzureSlot::kRequestHeaders, AzureSlot::kResponseHeaders,
                           AzureSlot::kBackendResponseHeaders}) {
        JsonMember member = members.take(slot);
        JsonValue value = member.value;
        if (value.is_string()) {
            auto read = tree_.read(value.text(), false);
            value = read ? *read : JsonValue();
        }
        if (!value.is_object()) {
            members.keep(slot);
            continue;
        }
        std::string path = members.place_of(slot).below(member.key).path();
        if (slot == AzureSlot::kRequestHeaders) {
            read_request_headers(value, path, members.scratch(), members.record());
        } else {
            std::string_view ignored;
            read_response_headers(value, path, members.scratch(), members.record(), ignored);
            members.scratch().unmapped.add_text(path + ".date", ignored);
        }
    }
}

void AzureGatewayReader::errors(AzureMembers& members) {
    static constexpr MemberField kFields[] = {
        {"reason", Field::kErrorType},
        {"message", Field::kErrorMessage},
    };
    JsonMember last = members.take(AzureSlot::kLastError);
    std::string_view source = members.text(AzureSlot::kErrorSource);
    if (last.value.is_object()) {
        BodyPlace here = members.place_of(AzureSlot::kLastError).below(last.key);
        source = last.value["source"].text();
        for (JsonMember member : last.value.members()) {
            if (!here.fill_member(kFields, member.key, member.value)) {
                here.keep(member.key, member.value);
            }
        }
    } else {
        members.keep(AzureSlot::kLastError);
    }
    if (is_guardrail_policy(source)) {
        GuardrailResult result;
        result.name = source;
        result.provider = "azure";
        result.target = "input";
        result.verdict = "deny";
        result.action = "block";
        add_guardrail(members.scratch(), result);
    }
}

// API Management's own refusal: {"statusCode": 429, "message": "…"}.
bool AzureGatewayReader::read_refusal(const Body& answered) {
    std::string_view text = answered.member.value.text();
    constexpr size_t kRefusalBytesMax = 4096;
    if (text.size() > kRefusalBytesMax || text.find("\"statusCode\"") == std::string_view::npos) {
        return false;
    }
    auto read = tree_.read(text, false);
    if (!read || !(*read)["statusCode"].integer()) {
        return false;
    }
    const BodyPlace& here = answered.place;
    here.fill_or_keep(Field::kErrorMessage, "message", (*read)["message"]);
    here.fill_or_keep(Field::kHttpResponseStatusCode, "statusCode", (*read)["statusCode"]);
    here.keep_others(*read, {"statusCode", "message"});
    return true;
}

// Bodies of what is no call to a model are kept as they are.
void AzureGatewayReader::bodies(AzureMembers& members) {
    AuditRecord& record = members.record();
    Body asked = body_of(members, AzureSlot::kRequestBody, AzureSlot::kBackendRequestBody);
    Body answered = body_of(members, AzureSlot::kResponseBody, AzureSlot::kBackendResponseBody);
    if (!is_model_url(url_path_) && !is_model_call(asked.member.value, answered.member.value)) {
        asked.place.keep(asked.member.value);
        answered.place.keep(answered.member.value);
        fill_text(record, Field::kEventKind, "other");
        return;
    }
    JsonValue answer = read_refusal(answered) ? JsonValue() : answered.member.value;
    std::string asked_path = asked.place.path();
    std::string answered_path = answered.place.path();
    bool any = call_.read({asked.member.value, asked_path}, {answer, answered_path}, url_path_,
                          members.scratch(), record);
    describe_openai_call(url_path_, {}, {}, record);
    fill_text(record, Field::kEventKind, "inference");
    // A piece does not know what the other entries of its request hold.
    if (!any && !record.has(Field::kHttpRequestId)) {
        note_no_content(record);
    }
}

void AzureGatewayReader::read_gateway(AzureMembers& members) {
    AuditRecord& record = members.record();
    endpoint(members);
    bodies(members);
    headers(members);
    errors(members);
    members.fill_or_keep(AzureSlot::kBackendCode, Field::kHttpResponseStatusCode);
    members.fill_or_keep(AzureSlot::kUserId, Field::kUserId);  // after the body's own user
    std::string_view cache = members.text(AzureSlot::kCache);
    if (cache == "hit" || cache == "miss") {
        record.set_boolean(Field::kResponseCached, cache == "hit");
        members.take(AzureSlot::kCache);
    }
    // How many bytes the entry lost; which side of the call they belong to is not said.
    JsonMember truncated = members.take(AzureSlot::kTruncated);
    if (truncated.value.integer().value_or(0) > 0 || truncated.value.boolean().value_or(false)) {
        record.append_to_list(Field::kRecordSourceLoss, "truncated");
        members.keep(AzureSlot::kTruncated);
    }
}

// An array of {role, content}, also in a text; or, of a text that is cut anywhere, a piece.
void AzureGatewayReader::messages(AzureMembers& members, AzureSlot slot, bool asked) {
    JsonMember member = members.take(slot);
    BodyScratch& scratch = members.scratch();
    BodyPlace here = members.place_of(slot).below(member.key);
    if (!member.value.is_string() && !member.value.is_container()) {
        here.keep(member.value);
        return;
    }
    std::string_view text = member.value.text();
    wrapped_.assign(asked ? "{\"messages\":" : "{\"choices\":");
    if (member.value.is_container()) {
        member.value.append_json(wrapped_);
    } else {
        wrapped_.append(text);
    }
    wrapped_.push_back('}');
    auto read = tree_.read(wrapped_, false);
    JsonValue list = read ? (*read)[asked ? "messages" : "choices"] : JsonValue();
    bool messages = list.is_array() && read->size() == 1;
    if (!messages && member.value.is_container()) {
        here.keep(member.value);
    } else if (!messages) {
        MessagesWriter& out = asked ? scratch.input : scratch.output;
        add_raw_message(out, asked ? "user" : "assistant", text);
        members.record().append_to_list(Field::kRecordFlags, "body_not_json");
    } else if (asked) {
        read_openai_request(*read, here.path(), scratch, members.record());
    } else {
        // Each message as the choice of an answer, which is what it was.
        wrapped_.assign("{\"choices\":[");
        for (JsonValue message : list.items()) {
            wrapped_.append(wrapped_.back() == '[' ? "" : ",").append("{\"message\":");
            message.append_json(wrapped_);
            wrapped_.push_back('}');
        }
        wrapped_.append("]}");
        if (auto answer = answer_tree_.read(wrapped_, false)) {
            read_openai_response(*answer, here.path(), scratch, members.record());
            members.record().remove(Field::kGenAiResponseChoiceCount);  // of this entry, at most
        }
    }
}

uint32_t AzureGatewayReader::read_llm(AzureMembers& members) {
    AuditRecord& record = members.record();
    read_azure_model(members);
    read_azure_tokens(members);
    if (is_answer_id(members.text(AzureSlot::kRequestId))) {
        members.fill_or_keep(AzureSlot::kRequestId, Field::kGenAiResponseId);
    }
    bool content =
        members.has(AzureSlot::kRequestMessages) || members.has(AzureSlot::kResponseMessages);
    messages(members, AzureSlot::kRequestMessages, true);
    messages(members, AzureSlot::kResponseMessages, false);
    record.set_text(Field::kEventKind, "inference");
    if (content) {
        fill_text(record, Field::kGenAiOperationName, "chat");
    } else if (!record.has(Field::kHttpRequestId)) {
        note_no_content(record);
    }
    JsonMember sequence = members.take(AzureSlot::kSequence);
    members.keep(AzureSlot::kSequence);
    int64_t order = sequence.value.integer().value_or(0);
    return order > 0 && order <= UINT32_MAX ? static_cast<uint32_t>(order) : 0;
}

void AzureGatewayReader::read_mcp(AzureMembers& members) {
    AuditRecord& record = members.record();
    std::string_view url = members.text(AzureSlot::kMcpEndpoint);
    if (set_endpoint(record, url)) {
        read_url_query(url, members.scratch().unmapped);
        members.take(AzureSlot::kMcpEndpoint);
    }
    std::string_view tool = members.text(AzureSlot::kTool);
    if (!tool.empty()) {
        members.scratch().tool_names.add_once(tool);
        members.take(AzureSlot::kTool);
    }
    if (!tool.empty() || record.text(Field::kEventAction) == "tools/call") {
        record.set_text(Field::kEventKind, "tool");
        fill_text(record, Field::kGenAiOperationName, "execute_tool");
        note_no_content(record);
    } else {
        record.set_text(Field::kEventKind, "other");  // the protocol's own: tools/list, initialize
    }
}

}  // namespace llmtrail
