// Items of the Responses API: what goes in (input) and what comes out (output).
#include "bodies/openai_parts.h"

namespace llmtrail::openai {

namespace {

void write_call(const BodyPlace& place, MessagesWriter& out, Side side, std::string_view id,
                std::string_view name, JsonValue arguments) {
    arguments.is_string() ? out.tool_call(id, name, arguments.text())
                          : out.tool_call(id, name, arguments);
    if (side == Side::kAnswer) {
        add_tool_call(place.scratch(), id, name, arguments);
    }
}

// function_call, custom_tool_call and mcp_call; an MCP call carries its result.
void read_call(JsonValue item, const BodyPlace& place, MessagesWriter& out, Side side) {
    std::string_view id;
    std::string_view own_id;
    std::string_view name;
    JsonValue arguments;
    JsonValue result;
    for (auto [key, value] : item.members()) {
        if (key == "call_id" && value.is_string()) {
            id = value.text();
        } else if (key == "id" && value.is_string()) {
            own_id = value.text();
        } else if (key == "name" && value.is_string()) {
            name = value.text();
        } else if (key == "arguments" || key == "input") {
            arguments = value;
        } else if (key == "output" && !value.is_null()) {
            result = value;
        } else if (key != "type") {
            place.keep(key, value);
        }
    }
    if (id.empty()) {
        id = own_id;
    } else {
        place.scratch().unmapped.add_text(place.below("id").path(), own_id);
    }
    write_call(place, out, side, id, name, arguments);
    if (result.exists()) {
        out.tool_result(id, result);
        add_tool_result(place.scratch(), id, result);
    }
}

void read_call_output(JsonValue item, const BodyPlace& place, MessagesWriter& out) {
    std::string_view id;
    JsonValue result;
    for (auto [key, value] : item.members()) {
        if (key == "call_id" && value.is_string()) {
            id = value.text();
        } else if (key == "output") {
            result = value;
        } else if (key != "type") {
            place.keep(key, value);
        }
    }
    out.tool_result(id, result);
    add_tool_result(place.scratch(), id, result);
}

void read_reasoning(JsonValue item, const BodyPlace& place, MessagesWriter& out) {
    for (auto [key, value] : item.members()) {
        if ((key == "summary" || key == "content") && value.is_array()) {
            BodyPlace all = place.below(key);
            size_t index = 0;
            for (JsonValue part : value.items()) {
                BodyPlace here = all.below(index++);
                if (!part["text"].is_string()) {
                    here.keep(part);
                    continue;
                }
                for (auto [name, member] : part.members()) {
                    if (name == "text") {
                        out.reasoning(member.text());
                    } else if (name != "type") {
                        here.keep(name, member);
                    }
                }
            }
        } else if (key != "type") {
            place.keep(key, value);
        }
    }
}

void read_message_item(JsonValue item, const BodyPlace& place, MessagesWriter& out, Side side) {
    for (auto [key, value] : item.members()) {
        if (key == "content") {
            read_content(value, place.below(key), out, side);
        } else if (key == "role" ? side == Side::kAnswer && value.text() != "assistant"
                                 : key != "type") {
            place.keep(key, value);
        }
    }
}

bool is_call(std::string_view type) {
    return type == "function_call" || type == "custom_tool_call" || type == "mcp_call";
}

bool is_call_output(std::string_view type) {
    return type == "function_call_output" || type == "custom_tool_call_output";
}

std::string_view role_of(JsonValue item, std::string_view type) {
    if (std::string_view role = item["role"].text(); !role.empty()) {
        return role;
    }
    return type.ends_with("_output") ? "tool" : "assistant";
}

void read_query(JsonValue query, BodyScratch& scratch) {
    if (query.is_string() && !query.text().empty()) {
        if (!scratch.queries.empty()) {
            scratch.queries.push_back('\n');
        }
        scratch.queries += query.text();
    }
}

// Searches and other tools that run at the provider: the item stays whole in the answer; what it
// looked for and what it found are facts of the record too.
void read_hosted_tool(JsonValue item, std::string_view type, const BodyPlace& place) {
    BodyScratch& scratch = place.scratch();
    scratch.output.given(item);
    if (!type.ends_with("_call")) {
        return;
    }
    scratch.tool_names.add_once(type.substr(0, type.size() - std::string_view("_call").size()));
    if (std::string_view id = item["id"].text(); !id.empty()) {
        scratch.tool_call_ids.add_once(id);
    }
    for (JsonValue query : item["queries"].items()) {
        read_query(query, scratch);
    }
    read_found_files(item["results"], scratch);
    JsonValue action = item["action"];
    read_query(action["query"], scratch);
    for (JsonValue found : action["sources"].items()) {
        DataSource source;
        source.type = "web";
        source.uri = found["url"].text();
        if (!source.uri.empty()) {
            add_data_source(scratch, source);
        }
    }
}

}  // namespace

// {file_id, filename, score, attributes}: the attributes are the application's own, and may say
// where the file comes from.
void read_found_files(JsonValue results, BodyScratch& scratch) {
    for (JsonValue result : results.items()) {
        JsonValue attributes = result["attributes"];
        DataSource source;
        source.type = "file";
        source.id = result["file_id"].text();
        source.name = result[result["filename"].exists() ? "filename" : "file_name"].text();
        source.uri = attributes[attributes["url"].exists() ? "url" : "uri"].text();
        if (source.uri.find(".slack.com/") != std::string_view::npos) {
            source.type = "slack";
        }
        source.channel = attributes["channel"].text();
        source.message_id = attributes["message_id"].text();
        source.score = result["score"].real();
        add_data_source(scratch, source);
    }
}

void read_input_items(JsonValue items, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().input;
    size_t index = 0;
    for (JsonValue item : items.items()) {
        BodyPlace here = place.below(index++);
        std::string_view type = item["type"].text();
        out.begin_message(role_of(item, type), item["name"].exists() && type.empty()
                                                   ? item["name"].text()
                                                   : std::string_view());
        if (type == "message" || (type.empty() && item["content"].exists())) {
            read_message_item(item, here, out, Side::kRequest);
        } else if (is_call(type)) {
            read_call(item, here, out, Side::kRequest);
        } else if (is_call_output(type)) {
            read_call_output(item, here, out);
        } else if (type == "reasoning") {
            read_reasoning(item, here, out);
        } else {
            out.given(item);
        }
        out.end_message();
    }
}

void read_output_item(JsonValue item, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().output;
    if (!out.in_message()) {
        out.begin_message("assistant");
    }
    std::string_view type = item["type"].text();
    if (type == "message") {
        read_message_item(item, place, out, Side::kAnswer);
    } else if (is_call(type)) {
        read_call(item, place, out, Side::kAnswer);
    } else if (type == "reasoning") {
        read_reasoning(item, place, out);
    } else {
        read_hosted_tool(item, type, place);
    }
}

}  // namespace llmtrail::openai
