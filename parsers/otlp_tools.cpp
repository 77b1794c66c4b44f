// Tools a span offers, calls or is, and the vectors of embeddings.
#include "bodies/redaction.h"
#include "parsers/otlp_record.h"

namespace llmtrail::otlp {

// Arguments or a result: an object where it is one, whether a limit cut it or not.
JsonValue RecordReader::tool_value(const Content* content) {
    if (content == nullptr) {
        return {};
    }
    JsonValue json = container_of(content->value);
    if (json.exists()) {
        return json;
    }
    PoolScope scope(pool_);
    if (pool_.read_cut(content->value.text()).exists()) {
        record_->append_to_list(Field::kRecordSourceLoss, "truncated");
    }
    return content->value;
}

void RecordReader::tools(const BodyPlace& place, bool of_tool) {
    PoolScope scope(pool_);
    const Content* id = find(Conversion::kToolCallId);
    const Content* name = find(Conversion::kToolName);
    if (name == nullptr && kind_ != nullptr && kind_->word == "tool") {
        name = find(Conversion::kEntityName);
    }
    const Content* arguments = find(Conversion::kToolArguments);
    const Content* result = find(Conversion::kToolResult);
    bool schema = arguments != nullptr && arguments->row->rank == 0;  // of what it may be given
    const Content* input = of_tool ? find(Conversion::kInput) : nullptr;
    if (input != nullptr && (arguments == nullptr || schema)) {
        arguments = input;
    }
    if (of_tool && result == nullptr) {
        result = find(Conversion::kOutput);
    }
    std::string_view call_id = id != nullptr ? id->value.text() : std::string_view();
    std::string_view tool = name != nullptr ? name->value.text() : std::string_view();
    if (arguments != nullptr || !call_id.empty() || !tool.empty()) {
        add_tool_call(scratch_, call_id, tool, tool_value(arguments));
    }
    if (result != nullptr) {
        add_tool_result(scratch_, call_id, tool_value(result));
    }
    for (const Content& content : contents_) {
        auto surplus = [&](Conversion conversion, const Content* used) {
            return content.conversion() == conversion &&
                   ((&content != used && content.value.json() != used->value.json()) ||
                    ((used == id || used == name) && !content.value.is_string()));
        };
        if (surplus(Conversion::kToolCallId, id) || surplus(Conversion::kToolName, name) ||
            surplus(Conversion::kToolArguments, arguments) ||
            surplus(Conversion::kToolResult, result)) {
            place.keep(content.key(), content.value);
        }
    }
    if (of_tool) {
        keep_unused(place, {arguments, result});
    }
}

// OTLP's values of numbers, and nothing else among them.
static bool is_vector(JsonValue values) {
    for (JsonValue item : values.items()) {
        bool real = either(item, "doubleValue", "double_value").real().has_value();
        if (!real && !either(item, "intValue", "int_value").exists()) {
            return false;
        }
    }
    return values.is_array();
}

// Vectors are counted and measured, not kept, as in the answers of APIs (openai_other.cpp).
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
        } else if (item.rest == "embedding.vector" && is_vector(array["values"])) {
            ++vectors;
            size_t length = array["values"].size();
            if (!record_->has(Field::kGenAiEmbeddingsDimensionCount) && length > 0) {
                record_->set_integer(Field::kGenAiEmbeddingsDimensionCount,
                                     static_cast<int64_t>(length));
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

void RecordReader::tool_definitions(const BodyPlace& place) {
    for (const Content& content : contents_) {
        if (content.conversion() == Conversion::kToolDefinitions) {
            JsonValue json = container_of(content.value);
            if (!json.exists() || !fill(*record_, Field::kGenAiToolDefinitions, json)) {
                place.keep(content.key(), content.value);
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
