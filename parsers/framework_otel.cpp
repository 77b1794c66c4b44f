#include <algorithm>
#include <array>

#include "parsers/framework_metadata.h"
#include "parsers/otel_aliases.h"

namespace llmtrail {

namespace {

using otlp::AliasRow;
using otlp::Conversion;

// The Vercel AI SDK's attributes.
constexpr auto kSdkAliases = std::to_array<AliasRow>({
    {"ai.model.id", Conversion::kField, Field::kGenAiRequestModel},
    {"ai.model.provider", Conversion::kProvider},
    {"ai.response.finishReason", Conversion::kFinishReasons},
    {"ai.response.id", Conversion::kField, Field::kGenAiResponseId},
    {"ai.response.model", Conversion::kField, Field::kGenAiResponseModel},
    {"ai.toolCall.id", Conversion::kToolCallId},
    {"ai.toolCall.name", Conversion::kToolName},
    {"ai.usage.completionTokens", Conversion::kField, Field::kGenAiUsageOutputTokens},
    {"ai.usage.promptTokens", Conversion::kField, Field::kGenAiUsageInputTokens},
});

const AliasRow* alias_of(std::string_view name) {
    if (const AliasRow* row = otlp::find_alias(name)) {
        return row;
    }
    const auto* row = std::find_if(kSdkAliases.begin(), kSdkAliases.end(),
                                   [&](const AliasRow& one) { return one.name == name; });
    return row == kSdkAliases.end() ? nullptr : row;
}

bool same(JsonValue a, JsonValue b) {
    if (!a.exists() || !b.exists() || a.is_string() != b.is_string()) {
        return false;
    }
    return a.is_string() ? a.text() == b.text() : a.json() == b.json();
}

class AttributeReader {
 public:
    AttributeReader(const BodyPlace& place, JsonValue input, JsonValue output, otlp::JsonPool& pool)
        : place_(place), input_(input), output_(output), pool_(pool) {}

    void read(JsonValue attributes);

    OtelFacts facts;

 private:
    bool attribute(const AliasRow& row, JsonMember member);
    bool content(JsonValue value, JsonValue given, JsonValue& free);
    bool finish_reasons(JsonValue value);
    bool provider(const AliasRow& row, JsonValue value);
    bool tool(std::string_view& fact, ArrayWriter& list, JsonValue value);
    bool json_field(Field field, JsonValue value);

    const BodyPlace& place_;
    JsonValue input_;
    JsonValue output_;
    otlp::JsonPool& pool_;
    uint8_t provider_rank_ = 0;
};

bool is_empty(JsonValue value) {
    return !value.exists() || value.is_null() || (value.is_string() && value.text().empty());
}

// A second copy of what the record says is left out; the only one becomes the record's. JSON's null
// as a text is nobody's words.
bool AttributeReader::content(JsonValue value, JsonValue given, JsonValue& free) {
    if (value.text() == "null") {
        return false;
    }
    if (same(value, given) || same(value, free)) {
        return true;
    }
    if (!is_empty(given) || free.exists()) {
        return false;
    }
    free = value;
    return true;
}

bool AttributeReader::finish_reasons(JsonValue value) {
    JsonValue list = value.is_string() ? pool_.read_container(value.text()) : value;
    for (JsonValue reason : list.items()) {
        add_finish_reason(place_.record(), reason.text());
    }
    if (!list.is_array() && value.is_string()) {
        add_finish_reason(place_.record(), value.text());
    }
    return value.is_string() || list.is_array();
}

bool AttributeReader::provider(const AliasRow& row, JsonValue value) {
    std::string_view name = otlp::provider_of_word(value.text());
    AuditRecord& record = place_.record();
    if (name.empty()) {
        return false;
    }
    if (row.rank > provider_rank_ || !record.has(Field::kGenAiProviderName)) {
        provider_rank_ = row.rank;
        record.set_text(Field::kGenAiProviderName, name);
        return true;
    }
    return record.text(Field::kGenAiProviderName) == name;
}

bool AttributeReader::tool(std::string_view& fact, ArrayWriter& list, JsonValue value) {
    if (!value.is_string() || (!fact.empty() && fact != value.text())) {
        return false;
    }
    fact = value.text();
    list.add_once(fact);
    return true;
}

bool AttributeReader::json_field(Field field, JsonValue value) {
    return fill(place_.record(), field,
                value.is_string() ? pool_.read_container(value.text()) : value);
}

bool AttributeReader::attribute(const AliasRow& row, JsonMember member) {
    JsonValue value = member.value;
    AuditRecord& record = place_.record();
    switch (row.conversion) {
        case Conversion::kField:
            return fill(record, row.field, value);
        case Conversion::kModel:
            return fill(record, Field::kGenAiRequestModel, value);
        case Conversion::kProvider:
            return provider(row, value);
        case Conversion::kOperation: {
            const otlp::KindRow* kind = otlp::kind_of_word(value.text());
            facts.kind = kind != nullptr ? kind->kind : facts.kind;
            return fill(record, Field::kGenAiOperationName, value);
        }
        case Conversion::kKind: {
            const otlp::KindRow* kind = otlp::kind_of_word(value.text());
            if (kind != nullptr && facts.kind.empty()) {
                facts.kind = kind->kind;
                facts.operation = kind->operation;
            }
            return false;
        }
        case Conversion::kFinishReasons:
            return finish_reasons(value);
        case Conversion::kToolName:
            return tool(facts.tool_name, place_.scratch().tool_names, value);
        case Conversion::kToolCallId:
            return tool(facts.tool_call_id, place_.scratch().tool_call_ids, value);
        case Conversion::kToolDefinitions:
            return json_field(Field::kGenAiToolDefinitions, value);
        case Conversion::kInput:
        case Conversion::kInputMessages:
        case Conversion::kToolArguments:
            return content(value, input_, facts.input);
        case Conversion::kOutput:
        case Conversion::kOutputMessages:
        case Conversion::kToolResult:
            return content(value, output_, facts.output);
        default:
            return false;
    }
}

void AttributeReader::read(JsonValue attributes) {
    for (JsonMember member : attributes.members()) {
        const AliasRow* row = alias_of(member.key);
        if (!is_empty(member.value) && (row == nullptr || !attribute(*row, member))) {
            place_.below(member.key).keep(member.value);  // by the whole name: headers are secret
        }
    }
}

void read_resource(JsonValue attributes, const BodyPlace& place) {
    for (JsonMember member : attributes.members()) {
        const AliasRow* row = otlp::find_resource_alias(member.key);
        if (row != nullptr) {
            place.fill_or_keep(row->field, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
}

// The instrumentation library, and the Langfuse key it wrote with.
void read_scope(JsonValue scope, const BodyPlace& place) {
    place.keep_others(scope, {"attributes"});
    BodyPlace here = place.below("attributes");
    for (JsonMember member : scope["attributes"].members()) {
        if (member.key == "public_key") {
            here.fill_or_keep(Field::kApiKeyId, member.key, member.value);
        } else {
            here.keep(member.key, member.value);
        }
    }
    if (!scope["attributes"].is_object()) {
        place.keep("attributes", scope["attributes"]);
    }
}

}  // namespace

OtelFacts read_otel_metadata(JsonValue metadata, const BodyPlace& place, JsonValue input,
                             JsonValue output, otlp::JsonPool& pool) {
    BodyPlace here = place.below("attributes");
    AttributeReader reader(here, input, output, pool);
    reader.read(metadata["attributes"]);
    // Pydantic AI offers its tools here.
    JsonValue parameters = metadata["attributes"]["model_request_parameters"];
    otlp::PoolScope scope(pool);
    if (parameters.is_string()) {
        parameters = pool.read_container(parameters.text());
    }
    if (!place.record().has(Field::kGenAiToolDefinitions)) {
        fill(place.record(), Field::kGenAiToolDefinitions, parameters["function_tools"]);
    }
    for (std::string_view key : {"resourceAttributes", "resource_attributes"}) {
        read_resource(metadata[key], place.below(key));
    }
    read_scope(metadata["scope"], place.below("scope"));
    return reader.facts;
}

}  // namespace llmtrail
