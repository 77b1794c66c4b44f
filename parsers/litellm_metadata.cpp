// "metadata" of a logged call: LiteLLM's own members, and those the application attached.
#include "bodies/openai.h"
#include "bodies/secret_names.h"
#include "parsers/common_lists.h"
#include "parsers/common_names.h"
#include "parsers/litellm_parts.h"

namespace llmtrail::litellm {

namespace {

constexpr MemberField kMembers[] = {
    {"user_api_key_user_id", Field::kUserId},
    {"user_api_key_end_user_id", Field::kUserId},
    {"user_api_key_alias", Field::kApiKeyId},
    {"user_api_key_team_alias", Field::kOrganizationUnit},
    {"user_api_key_team_id", Field::kOrganizationUnit},
    {"user_api_key_org_id", Field::kOrganizationId},
    {"requester_ip_address", Field::kClientIp},
    {"user_agent", Field::kUserAgentOriginal},
};

// Free members of the caller's own.
bool is_of_the_caller(std::string_view key) {
    return key == "requester_metadata" || key == "spend_logs_metadata" ||
           key == "user_api_key_auth_metadata";
}

// By read_metadata() itself, or with members of the same name around the metadata.
bool is_read_apart(std::string_view key) {
    return key == "user_api_key_hash" || key == "user_api_key" || key == "guardrail_information" ||
           key == "applied_guardrails" || key == "error_information" || key == "status";
}

// {score, file_id, filename, content: [{text}], attributes: {…}}
void read_found(JsonValue found, std::string_view store, const BodyPlace& place) {
    DataSource source;
    source.id = found["file_id"].text();
    source.name = found["filename"].text();
    source.score = found["score"].real();
    JsonValue attributes = found["attributes"];
    for (std::string_view key : {"uri", "url", "source", "x-amz-bedrock-kb-source-uri"}) {
        if (source.uri.empty() && !source_type_of(attributes[key].text()).empty()) {
            source.uri = attributes[key].text();
        }
    }
    source.type = source.uri.empty() ? "file" : source_type_of(source.uri);
    source.channel = attributes["channel"].text();
    source.message_id = attributes["message_id"].text();
    if (source.id.empty() && source.name.empty() && source.uri.empty()) {
        source.type = "vector_store";
        source.id = store;
    }
    add_data_source(place.scratch(), source);
    place.keep_unless_text(found, {"file_id", "filename"});
    if (!source.score) {
        place.keep("score", found["score"]);
    }
    place.keep_others(found, {"file_id", "filename", "score"});  // the text that was found, too
}

void read_search(JsonValue search, const BodyPlace& place) {
    std::string_view store = search["vector_store_id"].text();
    for (auto [key, value] : search.members()) {
        BodyPlace here = place.below(key);
        if (key == "query") {
            place.fill_or_keep(Field::kGenAiRetrievalQueryText, key, value);
        } else if (key == "vector_store_id") {
            place.fill_or_keep(Field::kGenAiDataSourceId, key, value);
        } else if (key == "vector_store_search_response" && value.is_object()) {
            BodyPlace data = here.below("data");
            size_t index = 0;
            for (JsonValue found : value["data"].items()) {
                read_found(found, store, data.below(index++));
            }
            if (!value["data"].is_array()) {
                here.keep("data", value["data"]);
            }
            here.keep_others(value, {"data"});
        } else {
            here.keep(value);
        }
    }
    if (search["vector_store_search_response"]["data"].size() == 0 && !store.empty()) {
        DataSource source;
        source.type = "vector_store";
        source.id = store;
        add_data_source(place.scratch(), source);
    }
}

void read_searches(JsonValue searches, const BodyPlace& place) {
    if (!searches.is_array()) {
        searches.is_object() ? read_search(searches, place) : place.keep(searches);
        return;
    }
    size_t index = 0;
    for (JsonValue search : searches.items()) {
        BodyPlace here = place.below(index++);
        search.is_object() ? read_search(search, here) : here.keep(search);
    }
}

void read_mcp_call(JsonValue call, const BodyPlace& place) {
    if (!call.is_object()) {
        place.keep(call);
        return;
    }
    add_tool_call(place.scratch(), {}, call["name"].text(), call["arguments"]);
    JsonValue result = call["result"];
    if (result.exists() && !result.is_null()) {
        add_tool_result(place.scratch(), {}, result);
    }
    place.keep_unless_text(call, {"name"});
    place.keep_others(call, {"name", "arguments", "result"});
}

// Who owns the key is who asked, unless the application says for whom it asked.
void read_email(JsonValue metadata, const BodyPlace& place, std::string_view key, JsonValue value) {
    std::string_view owner = metadata["user_api_key_user_id"].text();
    if (owner == place.record().text(Field::kUserId)) {
        place.fill_or_keep(Field::kUserEmail, key, value);
    } else {
        place.keep(key, value);
    }
}

bool read_structured(JsonValue metadata, const BodyPlace& place, std::string_view key,
                     JsonValue value, const ParseContext& context) {
    BodyPlace here = place.below(key);
    if (key == "user_api_key_user_email") {
        read_email(metadata, place, key, value);
    } else if (key == "vector_store_request_metadata") {
        read_searches(value, here);
    } else if (key == "mcp_tool_call_metadata") {
        read_mcp_call(value, here);
    } else if (key == "usage_object" && value.is_object()) {
        read_openai_usage(value, here.path(), place.scratch(), place.record());
    } else if (key == "model_map_information" && value.is_object()) {
        here.keep_others(value, {"model_map_value"});  // litellm.h says why
    } else if (key == "prompt_management_metadata" && value.is_object()) {
        here.fill_or_keep(Field::kGenAiPromptName, "prompt_id", value["prompt_id"]);
        here.keep_others(value, {"prompt_id"});
    } else if (is_of_the_caller(key) && value.is_object()) {
        apply_common_names(value, here.path(), {}, context, place.record(), place.scratch());
    } else {
        return false;
    }
    return true;
}

}  // namespace

void fill_key_hash(const BodyPlace& place, std::string_view key, JsonValue value) {
    constexpr size_t kHashDigits = 64;
    std::string_view text = value.text();
    bool hash = text.size() == kHashDigits &&
                text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (hash || text.starts_with("litellm")) {  // or one of the proxy's own callers
        place.fill_or_keep(Field::kApiKeyId, key, value);
    } else if (!text.empty()) {
        place.scratch().unmapped.add_text(place.below(key).path(), kRedacted);
    } else if (!value.is_string()) {
        place.keep(key, value);
    }
}

void read_metadata(JsonValue metadata, const BodyPlace& place, const ParseContext& context) {
    // The hash and the team's name first: where there are both, they are the better words.
    for (std::string_view key : {"user_api_key_hash", "user_api_key"}) {
        fill_key_hash(place, key, metadata[key]);
    }
    fill(place.record(), Field::kOrganizationUnit, metadata["user_api_key_team_alias"]);
    for (bool callers : {false, true}) {
        for (auto [key, value] : metadata.members()) {
            if (value.is_null() || is_read_apart(key) || is_of_the_caller(key) != callers) {
                continue;
            }
            if (!place.fill_member(kMembers, key, value) &&
                !read_structured(metadata, place, key, value, context)) {
                place.keep(key, value);
            }
        }
    }
    if (!metadata.is_object()) {
        place.keep(metadata);
    }
}

}  // namespace llmtrail::litellm
