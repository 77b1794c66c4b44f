// Rows of Vertex AI's request-response log, as BigQuery exports them.
#include <algorithm>
#include <array>
#include <string>

#include "base/time.h"
#include "bodies/gemini.h"
#include "parsers/body_shape.h"
#include "parsers/common_names.h"
#include "parsers/time_value.h"
#include "parsers/vertex_parts.h"

namespace llmtrail::vertex {

namespace {

struct MethodRow {
    std::string_view method;
    std::string_view operation;  // gen_ai.operation.name; "": the bodies say it
    bool stream = false;
};

constexpr auto kMethods = std::to_array<MethodRow>({
    {"GenerateContent", "generate_content"},
    {"StreamGenerateContent", "generate_content", true},
    {"EmbedContent", "embeddings"},
    {"CountTokens", "count_tokens"},
    {"ChatCompletions", "chat"},
    {"RawPredict", ""},
    {"StreamRawPredict", "", true},
    {"ServerStreamingPredict", "", true},
});

bool same_word(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return (x | 0x20) == (y | 0x20);
           });
}

void read_method(const BodyPlace& place, std::string_view key, JsonValue method) {
    AuditRecord& record = place.record();
    place.fill_or_keep(Field::kEventAction, key, method);
    for (const MethodRow& row : kMethods) {
        if (same_word(method.text(), row.method)) {
            fill_text(record, Field::kGenAiOperationName, row.operation);
            if (row.stream) {
                record.set_boolean(Field::kGenAiRequestStream, true);
            }
        }
    }
}

void read_model(const BodyPlace& place, std::string_view key, JsonValue model) {
    std::string_view name = google_model_name(model.text());
    fill_cloud(place.record(), model.text());
    if (name.empty()) {
        place.fill_or_keep(Field::kGenAiRequestModel, key, model);
    } else if (!fill_text(place.record(), Field::kGenAiRequestModel, name) ||
               name != model.text()) {
        place.keep(key, model);
    }
}

JsonValue object_of(JsonValue value, JsonTree& tree) {
    if (!value.is_string()) {
        return value;
    }
    auto read = tree.read(value.text(), false);
    return read && read->is_object() ? *read : value;
}

void read_metadata(const BodyPlace& place, JsonValue given, Readers& readers) {
    JsonValue metadata = object_of(given, readers.tree);
    for (JsonMember member : metadata.members()) {
        if (member.key == "request_latency") {
            fill_milliseconds(place, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!metadata.is_object()) {
        place.keep(metadata);
    }
}

// One side of one payload: a body of a known form, or an instance of the deployed model's own.
void read_payload(const BodyPlace& place, JsonValue payload, bool answer, Readers& readers) {
    JsonValue value = payload;
    if (payload.is_string()) {
        auto read = readers.tree.read(payload.text(), false);
        value = read && read->is_container() ? *read : payload;
    }
    std::string path = place.path();
    const BodyReaders* known = answer ? readers_of_response(value) : readers_of_request(value);
    if (known == nullptr && value.is_object() &&
        !value[answer ? "predictions" : "instances"].is_array()) {
        return answer ? read_predict_prediction(value, path, place.scratch(), place.record())
                      : read_predict_instance(value, path, place.scratch(), place.record());
    }
    GatewayCall::Side none;
    GatewayCall::Side side{payload, path};
    readers.call.read(answer ? none : side, answer ? side : none, {}, place.scratch(),
                      place.record());
}

// The payloads of a streamed answer are its chunks, mostly as JSON texts; false: they are not.
bool read_chunks(const BodyPlace& place, JsonValue payloads, Readers& readers) {
    std::string array = "[";
    for (JsonValue payload : payloads.items()) {
        array += array.size() > 1 ? "," : "";
        if (payload.is_string()) {
            array += payload.text();
        } else {
            payload.append_json(array);
        }
    }
    auto read = readers.tree.read(array.append("]"), false);
    if (!read || read->size() != payloads.size()) {
        return false;
    }
    const BodyReaders* known = readers_of_response(*read);
    for (JsonValue chunk : read->items()) {
        if (known == nullptr || !chunk.is_object() || readers_of_response(chunk) != known) {
            return false;
        }
    }
    std::string path = place.path();
    GatewayCall::Side chunks{*read, path};
    readers.call.read({}, chunks, {}, place.scratch(), place.record());
    return true;
}

void read_payloads(const BodyPlace& place, JsonValue payloads, bool answer, Readers& readers) {
    bool streamed = answer && place.record().boolean(Field::kGenAiRequestStream).value_or(false);
    if (streamed && payloads.size() > 1 && read_chunks(place, payloads, readers)) {
        return;
    }
    if (!payloads.is_array()) {
        return read_payload(place, payloads, answer, readers);
    }
    size_t index = 0;
    for (JsonValue payload : payloads.items()) {
        read_payload(place.below(index++), payload, answer, readers);
    }
}

void read_bodies(const BodyPlace& place, JsonValue row, Readers& readers) {
    BodyPlace request = place.below("full_request");
    BodyPlace response = place.below("full_response");
    std::string request_path = request.path();
    std::string response_path = response.path();
    bool full = readers.call.read({row["full_request"], request_path},
                                  {row["full_response"], response_path}, {}, place.scratch(),
                                  place.record());
    for (std::string_view key : {"request_payload", "response_payload"}) {
        if (full) {  // says the same in another form
            place.keep(key, row[key]);
        } else if (row[key].exists() && !row[key].is_null()) {
            read_payloads(place.below(key), row[key], key == "response_payload", readers);
        }
    }
}

bool is_known(std::string_view key) {
    return key == "full_request" || key == "full_response" || key == "request_payload" ||
           key == "response_payload";
}

}  // namespace

bool set_bigquery_time(AuditRecord& record, JsonValue value, const ParseContext& context) {
    constexpr std::string_view kZone = " UTC";
    std::string_view text = value.text();
    if (!text.ends_with(kZone)) {
        return set_event_time(record, value, context);
    }
    std::string iso(text.substr(0, text.size() - kZone.size()));
    auto stamp = read_time(iso + "Z", context);
    if (stamp) {
        set_event_time(record, *stamp, context);
    }
    return stamp.has_value();
}

void fill_cloud(AuditRecord& record, std::string_view resource) {
    struct Row {
        std::string_view collection;
        Field field;
    };

    for (const Row& row :
         {Row{"projects/", Field::kCloudAccountId}, Row{"locations/", Field::kCloudRegion}}) {
        size_t at = resource.find(row.collection);
        if (at == 0 || (at != std::string_view::npos && resource[at - 1] == '/')) {
            std::string_view name = resource.substr(at + row.collection.size());
            name = name.substr(0, name.find('/'));
            if (name != "_" && name != "-") {  // any
                fill_text(record, row.field, name);
            }
        }
    }
}

bool is_row(JsonValue value) {
    return value["logging_time"].exists() && value["request_id"].exists() &&
           (value["full_request"].exists() || value["full_response"].exists() ||
            value["request_payload"].exists() || value["response_payload"].exists());
}

void read_row(const BodyPlace& place, JsonValue row, const ParseContext& context,
              Readers& readers) {
    AuditRecord& record = place.record();
    fill_text(record, Field::kEventKind, "inference");
    fill_text(record, Field::kEventDataset, "vertex.request_response");
    fill_text(record, Field::kGenAiProviderName, "gcp.vertex_ai");
    for (JsonMember member : row.members()) {
        std::string_view key = member.key;
        if (key == "logging_time") {
            if (!set_bigquery_time(record, member.value, context)) {
                place.keep(key, member.value);
            }
        } else if (key == "request_id") {  // digits beyond 2^53 stay as they are
            place.fill_or_keep(Field::kHttpRequestId, key, member.value);
            fill(record, Field::kRecordNativeId, member.value);
        } else if (key == "api_method") {
            read_method(place, key, member.value);
        } else if (key == "model") {
            read_model(place, key, member.value);
        } else if (key == "endpoint") {
            fill_cloud(record, member.value.text());
            place.keep(key, member.value);
        } else if (key == "metadata") {
            read_metadata(place.below(key), member.value, readers);
        } else if (key != "otel_log" && !is_known(key)) {
            place.keep(key, member.value);
        }
    }
    read_bodies(place, row, readers);
    fill_text(record, Field::kGenAiRequestModel, google_model_name(row["endpoint"].text()));
    JsonValue otel = object_of(row["otel_log"], readers.tree);
    apply_common_names(otel, place.below("otel_log").path(), {}, context, record, place.scratch());
    if (!otel.is_object()) {
        place.keep("otel_log", otel);
    }
}

}  // namespace llmtrail::vertex
