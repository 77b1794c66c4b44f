// Facts of a span that stand in JSON objects of their own: parameters, counters, costs, metadata.
#include "base/json_text.h"
#include "bodies/openai_parts.h"
#include "parsers/common_names.h"
#include "parsers/otlp_record.h"
#include "parsers/time_value.h"

namespace llmtrail::otlp {

namespace {

constexpr MemberField kParameterMembers[] = {
    {"model", Field::kGenAiRequestModel},
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
    {"top_k", Field::kGenAiRequestTopK},
    {"max_tokens", Field::kGenAiRequestMaxTokens},
    {"max_completion_tokens", Field::kGenAiRequestMaxTokens},
    {"max_output_tokens", Field::kGenAiRequestMaxTokens},
    {"maxTokens", Field::kGenAiRequestMaxTokens},
    {"frequency_penalty", Field::kGenAiRequestFrequencyPenalty},
    {"presence_penalty", Field::kGenAiRequestPresencePenalty},
    {"seed", Field::kGenAiRequestSeed},
    {"n", Field::kGenAiRequestChoiceCount},
    {"stop", Field::kGenAiRequestStopSequences},
    {"stop_sequences", Field::kGenAiRequestStopSequences},
    {"stream", Field::kGenAiRequestStream},
    {"user", Field::kUserId},
    {"logprobs", Field::kGenAiRequestLogprobs},
    {"service_tier", Field::kGenAiRequestServiceTier},
    {"reasoning_effort", Field::kGenAiRequestReasoningEffort},
    {"encoding_format", Field::kGenAiRequestEncodingFormats},
    {"tools", Field::kGenAiToolDefinitions},
};

// Langfuse's counters and those of SDKs that feed it.
constexpr MemberField kUsageMembers[] = {
    {"input", Field::kGenAiUsageInputTokens},
    {"output", Field::kGenAiUsageOutputTokens},
    {"total", Field::kGenAiUsageTotalTokens},
    {"input_tokens", Field::kGenAiUsageInputTokens},
    {"output_tokens", Field::kGenAiUsageOutputTokens},
    {"prompt_tokens", Field::kGenAiUsageInputTokens},
    {"completion_tokens", Field::kGenAiUsageOutputTokens},
    {"total_tokens", Field::kGenAiUsageTotalTokens},
    {"input_cached_tokens", Field::kGenAiUsageCacheReadInputTokens},
    {"cache_read_input_tokens", Field::kGenAiUsageCacheReadInputTokens},
    {"cache_creation_input_tokens", Field::kGenAiUsageCacheCreationInputTokens},
    {"output_reasoning_tokens", Field::kGenAiUsageReasoningOutputTokens},
};

bool holds_objects(JsonValue list) {
    bool objects = list.is_array();
    for (JsonValue item : list.items()) {
        objects = objects && item.is_object();
    }
    return objects;
}

}  // namespace

void RecordReader::model(const BodyPlace& place) {
    if (!model_.value.exists()) {
        return;
    }
    std::string_view name = model_.value.text();
    std::string_view asked = record_->text(Field::kGenAiRequestModel);
    if (asked.empty()) {
        place.fill_or_keep(Field::kGenAiRequestModel, model_.key, model_.value);
    } else if (asked != name) {
        place.fill_or_keep(Field::kGenAiResponseModel, model_.key, model_.value);
    }
}

// Members that repeat what a request body said are left out; parameters without a field go where
// that body's would.
void RecordReader::parameters(const BodyPlace& place, JsonValue object) {
    JsonValue body;
    for (const Content& other : contents_) {
        if (other.conversion() == Conversion::kInput && !body.exists()) {
            body = container_of(other.value);
        }
    }
    constexpr size_t kComparedMax = 256;  // each is looked for among the members of the body
    bool comparable = object.size() <= kComparedMax;
    for (JsonMember member : object.members()) {
        JsonValue same = comparable ? body[member.key] : JsonValue();
        if (same.exists() && same.json() == member.value.json()) {
            continue;
        }
        if (!place.fill_member(kParameterMembers, member.key, member.value)) {
            add_member(scratch_.parameters, member.key, member.value);
        }
    }
}

void RecordReader::usage_details(const BodyPlace& place, JsonValue object) {
    for (JsonMember member : object.members()) {
        if (!place.fill_member(kUsageMembers, member.key, member.value)) {
            add_member(counters_, member.key, member.value);
        }
    }
}

void RecordReader::cost_details(const BodyPlace& place, JsonValue object) {
    for (JsonMember member : object.members()) {
        if (member.key == "total") {
            place.fill_or_keep(Field::kUsageCostUsd, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
}

// Counters without a field, but for those of a body that has filled it.
void RecordReader::store_counters(const BodyPlace& place) {
    if (counters_.empty()) {
        return;
    }
    PoolScope scope(pool_);
    std::string json = "{" + counters_ + "}";
    if (!record_->has(Field::kUsageDetails)) {
        record_->set_json(Field::kUsageDetails, json);
        return;
    }
    for (JsonMember member : pool_.read(json).members()) {
        place.keep(member.key, member.value);
    }
}

void RecordReader::tags(const BodyPlace& place, const Content& content) {
    PoolScope scope(pool_);
    JsonValue list = container_of(content.value);
    bool whole = true;
    for (JsonValue tag : list.items()) {
        whole = whole && tag.is_string();
    }
    if (!whole || !fill(*record_, Field::kTags, list.exists() ? list : content.value)) {
        place.keep(content.key(), content.value);
    }
}

// A stamp, which Langfuse writes as JSON text: with quotes.
void RecordReader::first_chunk_at(const BodyPlace& place, const Content& content) {
    std::string_view text = content.value.text();
    if (text.size() > 1 && text.front() == '"' && text.back() == '"') {
        text = text.substr(1, text.size() - 2);
    }
    if (auto stamp = read_time(text, *context_)) {
        first_chunk(stamp->at.value);
    }
    place.keep(content.key(), content.value);
}

// The name of what a span of Traceloop stands for goes where its kind says; tools() reads a tool's.
void RecordReader::entity_name(const BodyPlace& place, const Content& content) {
    std::string_view word = kind_ == nullptr ? std::string_view() : kind_->word;
    const Content* tool = find(Conversion::kToolName);
    if (word == "agent") {
        place.fill_or_keep(Field::kGenAiAgentName, content.key(), content.value);
    } else if (word == "workflow") {
        place.fill_or_keep(Field::kGenAiWorkflowName, content.key(), content.value);
    } else if (word != "tool" || (tool != nullptr && tool->value.text() != content.value.text())) {
        place.keep(content.key(), content.value);
    }
}

// JSON that is an object where one is expected; else it is kept.
void RecordReader::object_fact(const BodyPlace& place, const Content& content) {
    PoolScope scope(pool_);
    JsonValue json = container_of(content.value);
    BodyPlace here = place.below(content.key());
    if (content.conversion() == Conversion::kFilterResults && holds_objects(json)) {
        openai::read_prompt_filter_results(json, here);
    } else if (!json.is_object()) {
        place.keep(content.key(), content.value);
    } else if (content.conversion() == Conversion::kParameters) {
        parameters(here, json);
    } else if (content.conversion() == Conversion::kUsageDetails) {
        usage_details(here, json);
    } else if (content.conversion() == Conversion::kCostDetails) {
        cost_details(here, json);
    } else if (content.conversion() == Conversion::kMetadata) {
        apply_common_names(json, here.path(), {}, *context_, *record_, scratch_);
    } else {
        place.keep(content.key(), content.value);
    }
}

void RecordReader::facts(const BodyPlace& place) {
    for (const Content& content : contents_) {
        switch (content.conversion()) {
            case Conversion::kEntityName:
                entity_name(place, content);
                break;
            case Conversion::kFirstChunkAt:
                first_chunk_at(place, content);
                break;
            case Conversion::kTags:
                tags(place, content);
                break;
            case Conversion::kFilterResults:
            case Conversion::kParameters:
            case Conversion::kUsageDetails:
            case Conversion::kCostDetails:
            case Conversion::kMetadata:
                object_fact(place, content);
                break;
            default:
                break;
        }
    }
    store_counters(place);
}

// The application's own keys, gathered into one object so that common names apply to them.
void RecordReader::associations(const BodyPlace& place) {
    if (items(Indexed::kAssociation).empty()) {
        return;
    }
    std::map<std::string_view, std::string> objects;  // by prefix
    for (const IndexedItem& item : items(Indexed::kAssociation)) {
        std::string_view prefix = item.key.substr(0, item.key.size() - item.rest.size() - 1);
        std::string& text = objects[prefix];
        text += text.empty() ? "{" : ",";
        append_json_string(text, item.rest);
        text.push_back(':');
        std::string_view value = item.value.text();
        // Langfuse writes a value that is no text, and some that are, as JSON.
        bool json = prefix.starts_with("langfuse.") && value.size() > 1 && value.front() == '"' &&
                    value.back() == '"';
        PoolScope scope(pool_);
        JsonValue inner = json ? pool_.read(value) : JsonValue();
        (inner.exists() ? inner : item.value).append_json(text);
    }
    for (auto& [prefix, text] : objects) {
        PoolScope scope(pool_);
        text.push_back('}');
        JsonValue object = pool_.read(text);
        if (object.exists()) {
            apply_common_names(object, place.below(prefix).path(), {}, *context_, *record_,
                               scratch_);
            continue;
        }
        for (const IndexedItem& item : items(Indexed::kAssociation)) {
            if (item.key.starts_with(prefix)) {
                place.keep(item.key, item.value);
            }
        }
    }
}

}  // namespace llmtrail::otlp
