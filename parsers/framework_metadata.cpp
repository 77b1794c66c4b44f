#include "parsers/framework_metadata.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/json_text.h"
#include "bodies/redaction.h"
#include "parsers/common_names.h"
#include "parsers/framework_usage.h"
#include "parsers/name_map.h"
#include "parsers/otel_aliases.h"

namespace llmtrail {

namespace {

constexpr MemberField kParameterMembers[] = {
    {"model", Field::kGenAiRequestModel},
    {"model_name", Field::kGenAiRequestModel},
    {"modelName", Field::kGenAiRequestModel},
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
    {"topP", Field::kGenAiRequestTopP},
    {"top_k", Field::kGenAiRequestTopK},
    {"topK", Field::kGenAiRequestTopK},
    {"max_tokens", Field::kGenAiRequestMaxTokens},
    {"maxTokens", Field::kGenAiRequestMaxTokens},
    {"max_completion_tokens", Field::kGenAiRequestMaxTokens},
    {"frequency_penalty", Field::kGenAiRequestFrequencyPenalty},
    {"presence_penalty", Field::kGenAiRequestPresencePenalty},
    {"seed", Field::kGenAiRequestSeed},
    {"n", Field::kGenAiRequestChoiceCount},
    {"stop", Field::kGenAiRequestStopSequences},
    {"stream", Field::kGenAiRequestStream},
    {"streaming", Field::kGenAiRequestStream},
    {"logprobs", Field::kGenAiRequestLogprobs},
    {"reasoning_effort", Field::kGenAiRequestReasoningEffort},
    {"service_tier", Field::kGenAiRequestServiceTier},
    {"tools", Field::kGenAiToolDefinitions},
    {"functions", Field::kGenAiToolDefinitions},
    {"user", Field::kUserId},
    {"aws_region", Field::kCloudRegion},
};

constexpr MemberField kChainMembers[] = {
    {"ls_model_name", Field::kGenAiRequestModel},
    {"ls_temperature", Field::kGenAiRequestTemperature},
    {"ls_max_tokens", Field::kGenAiRequestMaxTokens},
    {"ls_stop", Field::kGenAiRequestStopSequences},
    // LiteLLM's, when it writes to such a platform
    {"user_api_key_user_id", Field::kUserId},
    {"user_api_key_user_email", Field::kUserEmail},
    {"user_api_key_alias", Field::kApiKeyId},
    {"user_api_key_org_id", Field::kOrganizationId},
    {"requester_ip_address", Field::kClientIp},
    {"cache_hit", Field::kResponseCached},
};

struct ModelType {
    std::string_view word;
    std::string_view operation;
};

constexpr ModelType kModelTypes[] = {
    {"chat", "chat"}, {"llm", "text_completion"}, {"embedding", "embeddings"}};

// Names that mean the same person to many companies, and are not among the common names.
constexpr std::string_view kPersonNames[] = {"employeeid", "employeenumber", "employee", "staffid"};

bool is_person(std::string_view name) {
    NormalizedKey key(name);
    return std::any_of(std::begin(kPersonNames), std::end(kPersonNames),
                       [&](std::string_view one) { return key == one; });
}

bool read_chain_name(JsonMember member, const BodyPlace& place) {
    AuditRecord& record = place.record();
    if (place.fill_member(kChainMembers, member.key, member.value)) {
        return true;
    }
    if (member.key == "ls_provider" && member.value.is_string()) {
        if (!fill_text(record, Field::kGenAiProviderName,
                       otlp::provider_of_word(member.value.text()))) {
            place.keep(member.key, member.value);
        }
        return true;
    }
    if (member.key == "ls_model_type" && member.value.is_string()) {
        for (const ModelType& row : kModelTypes) {
            if (row.word == member.value.text() &&
                fill_text(record, Field::kGenAiOperationName, row.operation)) {
                return true;
            }
        }
    }
    return false;
}

// Tool definitions as the AI SDK gives them: each a JSON text.
bool read_tool_texts(JsonValue list, const BodyPlace& place, otlp::JsonPool& pool) {
    std::string tools = "[";
    for (JsonValue item : list.items()) {
        otlp::PoolScope scope(pool);
        JsonValue tool = item.is_string() ? pool.read_container(item.text()) : item;
        if (!tool.is_object()) {
            return false;
        }
        tools += tools.size() > 1 ? "," : "";
        append_redacted_json(tools, "tools", tool);
    }
    tools.push_back(']');
    AuditRecord& record = place.record();
    if (tools.size() == 2 || record.has(Field::kGenAiToolDefinitions)) {
        return false;
    }
    record.set_json(Field::kGenAiToolDefinitions, tools);
    return true;
}

bool read_known_name(JsonMember member, const BodyPlace& place, otlp::JsonPool& pool) {
    BodyPlace here = place.below(member.key);
    if (read_chain_name(member, place)) {
        return true;
    }
    if ((member.key == "ls_invocation_params" || member.key == "invocation_params") &&
        member.value.is_object()) {
        read_call_parameters(member.value, here);
    } else if (member.key == "usage_metadata" && member.value.is_object()) {
        read_token_counts(member.value, here);
    } else if (member.key == "tags" && member.value.is_array()) {
        read_tags(member.value, place, member.key);
    } else if (member.key == "tools" && member.value.is_array()) {
        if (!read_tool_texts(member.value, place, pool)) {
            here.keep(member.value);
        }
    } else {
        return is_person(member.key) && fill(place.record(), Field::kUserId, member.value);
    }
    return true;
}

}  // namespace

void read_app_metadata(JsonValue metadata, const BodyPlace& place, const ParseContext& context,
                       otlp::JsonPool& pool) {
    std::vector<std::string_view> read;
    for (std::string_view key :
         {"attributes", "resourceAttributes", "resource_attributes", "scope"}) {
        if (metadata[key].is_object()) {
            read.push_back(key);
        }
    }
    constexpr size_t kReadMax = 64;  // of a member named twice the second is not looked at again
    for (JsonMember member : metadata.members()) {
        if (read.size() < kReadMax && read_known_name(member, place, pool)) {
            read.push_back(member.key);
        }
    }
    apply_common_names(metadata, place.path(), read, context, place.record(), place.scratch());
}

namespace {

// Each parameter is looked for among those before it: what is beyond goes to Unmapped unlooked.
constexpr size_t kParametersBytesMax = size_t{8} << 10;

// Langfuse keeps parameters as texts: a list of stop sequences is JSON.
bool fill_stop_list(JsonMember parameter, AuditRecord& record) {
    std::string_view text = parameter.value.text();
    if (parameter.key != "stop" || !text.starts_with('[')) {
        return false;
    }
    JsonTree tree;
    auto list = tree.read(text, false);
    return list && fill(record, Field::kGenAiRequestStopSequences, *list);
}

}  // namespace

// Frameworks say parameters twice, with the input and as those of the call.
void read_call_parameter(JsonMember parameter, const BodyPlace& place) {
    if (fill_stop_list(parameter, place.record()) ||
        place.fill_member(kParameterMembers, parameter.key, parameter.value)) {
        return;
    }
    std::string& parameters = place.scratch().parameters;
    std::string added;
    add_member(added, parameter.key, parameter.value);
    if (added.empty()) {
        return;
    }
    if (parameters.size() + added.size() > kParametersBytesMax) {
        place.keep(parameter.key, parameter.value);
        return;
    }
    if (parameters.find(added) != std::string::npos) {
        return;
    }
    std::string key;
    append_json_string(key, parameter.key);
    if (parameters.find(key + ":") != std::string::npos) {
        place.keep(parameter.key, parameter.value);
        return;
    }
    parameters += parameters.empty() ? "" : ",";
    parameters += added;
}

void read_call_parameters(JsonValue parameters, const BodyPlace& place) {
    size_t count = 0;
    for (JsonMember member : parameters.members()) {
        if (++count > kCallParametersMax) {
            place.keep(member.key, member.value);
        } else {
            read_call_parameter(member, place);
        }
    }
    if (!parameters.is_object()) {
        place.keep(parameters);
    }
}

void read_tags(JsonValue tags, const BodyPlace& place, std::string_view key) {
    BodyPlace here = place.below(key);
    size_t index = 0;
    constexpr size_t kTagsMax = 256;  // each is looked for among the others
    for (JsonValue tag : tags.items()) {
        if (tag.is_string() && !tag.text().empty() && index < kTagsMax) {
            place.record().append_to_list(Field::kTags, tag.text());
        } else {
            here.below(index).keep(tag);
        }
        ++index;
    }
    if (!tags.is_array()) {
        place.keep(key, tags);
    }
}

}  // namespace llmtrail
