// Facts of a span that stand in JSON of their own or over several attributes: parameters, counters,
// tools, guardrails, documents, vectors.
#include <algorithm>

#include "base/json_text.h"
#include "bodies/redaction.h"
#include "parsers/common_names.h"
#include "parsers/otlp_record.h"

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
void RecordReader::parameters(const BodyPlace& place, const Content& content) {
    PoolScope scope(pool_);
    JsonValue object = container_of(content.value);
    if (!object.is_object()) {
        place.keep(content.key, content.value);
        return;
    }
    JsonValue body;
    for (const Content& other : contents_) {
        if (other.conversion == Conversion::kInput && !body.exists()) {
            body = container_of(other.value);
        }
    }
    constexpr size_t kComparedMax = 256;  // each is looked for among the members of the body
    bool comparable = object.size() <= kComparedMax;
    BodyPlace here = place.below(content.key);
    for (JsonMember member : object.members()) {
        JsonValue same = comparable ? body[member.key] : JsonValue();
        if (same.exists() && same.json() == member.value.json()) {
            continue;
        }
        if (!here.fill_member(kParameterMembers, member.key, member.value)) {
            add_member(scratch_.parameters, member.key, member.value);
        }
    }
}

void RecordReader::usage_details(const BodyPlace& place, const Content& content) {
    PoolScope scope(pool_);
    JsonValue object = container_of(content.value);
    if (!object.is_object()) {
        place.keep(content.key, content.value);
        return;
    }
    BodyPlace here = place.below(content.key);
    std::string rest;
    for (JsonMember member : object.members()) {
        if (!here.fill_member(kUsageMembers, member.key, member.value)) {
            add_member(rest, member.key, member.value);
        }
    }
    if (rest.empty()) {
        return;
    }
    if (record_->has(Field::kUsageDetails)) {  // of another vocabulary: this one stays apart
        place.keep(content.key, content.value);
        return;
    }
    record_->set_json(Field::kUsageDetails, "{" + rest + "}");
}

void RecordReader::cost_details(const BodyPlace& place, const Content& content) {
    PoolScope scope(pool_);
    JsonValue object = container_of(content.value);
    if (!object.is_object()) {
        place.keep(content.key, content.value);
        return;
    }
    BodyPlace here = place.below(content.key);
    for (JsonMember member : object.members()) {
        if (member.key == "total") {
            here.fill_or_keep(Field::kUsageCostUsd, member.key, member.value);
        } else {
            here.keep(member.key, member.value);
        }
    }
}

void RecordReader::metadata(const BodyPlace& place, const Content& content) {
    PoolScope scope(pool_);
    JsonValue object = container_of(content.value);
    if (object.is_object()) {
        apply_common_names(object, place.below(content.key).path(), {}, *context_, *record_,
                           scratch_);
    } else {
        place.keep(content.key, content.value);
    }
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
        item.value.append_json(text);
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

void RecordReader::tools(const BodyPlace& place, bool of_tool) {
    PoolScope scope(pool_);
    const Content* id = find(Conversion::kToolCallId);
    const Content* name = find(Conversion::kToolName);
    const Content* arguments = find(Conversion::kToolArguments);
    const Content* result = find(Conversion::kToolResult);
    if (of_tool && arguments == nullptr) {
        arguments = find(Conversion::kInput);
    }
    if (of_tool && result == nullptr) {
        result = find(Conversion::kOutput);
    }
    std::string_view call_id = id != nullptr ? id->value.text() : std::string_view();
    if (arguments != nullptr || id != nullptr || name != nullptr) {
        JsonValue given = arguments != nullptr ? arguments->value : JsonValue();
        JsonValue json = container_of(given);
        add_tool_call(scratch_, call_id, name != nullptr ? name->value.text() : "",
                      json.exists() ? json : given);
    }
    if (result != nullptr) {
        JsonValue json = container_of(result->value);
        add_tool_result(scratch_, call_id, json.exists() ? json : result->value);
    }
    for (const Content& content : contents_) {
        auto surplus = [&](Conversion conversion, const Content* used) {
            return content.conversion == conversion && &content != used &&
                   content.value.json() != used->value.json();
        };
        if (surplus(Conversion::kToolCallId, id) || surplus(Conversion::kToolName, name) ||
            surplus(Conversion::kToolArguments, arguments) ||
            surplus(Conversion::kToolResult, result)) {
            place.keep(content.key, content.value);
        }
    }
    if (of_tool) {
        keep_unused(place, {arguments, result});
    }
}

// What went in and came out of a span that is no model call, as far as nothing took it.
void RecordReader::keep_unused(const BodyPlace& place, std::initializer_list<const Content*> used) {
    for (const Content& content : contents_) {
        bool taken = false;
        for (const Content* one : used) {
            taken = taken || (one != nullptr &&
                              (one == &content || one->value.json() == content.value.json()));
        }
        bool in_or_out = content.conversion == Conversion::kInput ||
                         content.conversion == Conversion::kOutput ||
                         content.conversion == Conversion::kInputMessages ||
                         content.conversion == Conversion::kOutputMessages;
        if (in_or_out && !taken) {
            place.keep(content.key, content.value);
        }
    }
}

void RecordReader::write_retrieval(const BodyPlace& place) {
    PoolScope scope(pool_);
    const Content* input = find(Conversion::kInput);
    const Content* output = find(Conversion::kOutput);
    if (input != nullptr && !fill(*record_, Field::kGenAiRetrievalQueryText, input->value)) {
        input = nullptr;
    }
    if (output != nullptr) {
        JsonValue json = container_of(output->value);
        JsonValue list =
            json.is_object() && json["documents"].is_array() ? json["documents"] : json;
        bool indexed = !items(Indexed::kDocument).empty();
        if (list.is_array() && !indexed && list.size() > 0) {
            BodyPlace here = place.below(output->key);
            write_documents(here, list);
            if (json.is_object()) {
                here.keep_others(json, {"documents"});
            }
        } else {
            output = nullptr;
        }
    }
    keep_unused(place, {input, output});
}

// A guardrail's span says in its own words what it did; level WARNING or ERROR counts as fired.
void RecordReader::guardrail(const BodyPlace& place) {
    PoolScope scope(pool_);
    const Content* output = find(Conversion::kOutput);
    JsonValue result = output != nullptr ? container_of(output->value) : JsonValue();
    auto truth = [&](std::initializer_list<std::string_view> keys) {
        return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) {
            return result[key].boolean().value_or(false);
        });
    };
    auto denied = [&](std::initializer_list<std::string_view> keys) {
        return std::any_of(keys.begin(), keys.end(),
                           [&](std::string_view key) { return result[key].boolean() == false; });
    };
    GuardrailResult found;
    found.name = name_;
    if (truth({"blocked", "block", "stop"})) {
        found.verdict = "deny";
        found.action = "block";
    } else if (truth({"modified", "masked", "redacted"})) {
        found.verdict = "modify";
        found.action = "modify";
    } else if (denied({"passed", "valid", "allowed", "safe"})) {
        found.verdict = "deny";
        found.action = "none";
    } else if (truth({"flagged", "triggered", "detected"}) || level_ == "WARNING" ||
               level_ == "ERROR") {
        found.verdict = "warn";
        found.action = "none";
    } else {
        found.verdict = "allow";
        found.action = "none";
    }
    add_guardrail(scratch_, found);
    if (output != nullptr) {
        place.keep(output->key, output->value);
    }
}

void RecordReader::embeddings(const BodyPlace& place) {
    constexpr size_t kComparedMax = 64;  // each is looked for in all the texts
    int64_t vectors = 0;
    bool first = scratch_.input.empty();
    bool compare = items(Indexed::kEmbedding).size() <= kComparedMax;
    for (const IndexedItem& item : items(Indexed::kEmbedding)) {
        JsonValue array = either(item.value, "arrayValue", "array_value");
        JsonValue text = either(item.value, "stringValue", "string_value");
        if (item.rest == "embedding.text" && text.is_string()) {
            bool known =
                compare && scratch_.input.all_text().find(text.text()) != std::string_view::npos;
            if (first) {
                write_text(place, text.text(), Side::kInput);
            } else if (!known) {
                place.keep(item.key, text);
            }
        } else if (item.rest == "embedding.vector" && array.exists()) {
            ++vectors;
            size_t length = array["values"].size();
            if (!record_->has(Field::kGenAiEmbeddingsDimensionCount) && length > 0) {
                record_->set_integer(Field::kGenAiEmbeddingsDimensionCount,
                                     static_cast<int64_t>(length));
            }
            if (length > 0) {
                vector_detail(item);
            }
        } else {
            PoolScope scope(pool_);
            place.keep(item.key, plain(item.value, pool_));
        }
    }
    if (vectors > 0 && !record_->has(Field::kGenAiEmbeddingsCount)) {
        record_->set_integer(Field::kGenAiEmbeddingsCount, vectors);
    }
}

void RecordReader::vector_detail(const IndexedItem& item) {
    std::string& details = scratch_.details;
    if (!details.empty()) {
        details.push_back(',');
    }
    append_json_string(details, item.key);
    details.push_back(':');
    append_plain(details, item.value);
}

void RecordReader::tool_definitions(const BodyPlace& place) {
    for (const Content& content : contents_) {
        if (content.conversion == Conversion::kToolDefinitions) {
            JsonValue json = container_of(content.value);
            if (!json.exists() || !fill(*record_, Field::kGenAiToolDefinitions, json)) {
                place.keep(content.key, content.value);
            }
        }
    }
    std::string list = "[";
    bool whole = !items(Indexed::kTool).empty();
    for (const IndexedItem& item : items(Indexed::kTool)) {
        PoolScope scope(pool_);
        JsonValue schema = item.rest == "tool.json_schema" ? container_of(item.value) : JsonValue();
        whole = whole && schema.exists();
        if (whole) {
            list += list.size() > 1 ? "," : "";
            append_redacted_json(list, "tools", schema);
        }
    }
    list.push_back(']');
    if (whole && !record_->has(Field::kGenAiToolDefinitions)) {
        record_->set_json(Field::kGenAiToolDefinitions, list);
    } else if (!whole || record_->text(Field::kGenAiToolDefinitions) != list) {
        for (const IndexedItem& item : items(Indexed::kTool)) {
            place.keep(item.key, item.value);
        }
    }
}

}  // namespace llmtrail::otlp
