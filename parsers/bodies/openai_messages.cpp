// Chat messages and their parts.
#include "bodies/openai_parts.h"

namespace llmtrail::openai {

namespace {

struct Message {
    std::string_view role;
    std::string_view name;
    std::string_view tool_call_id;
    JsonValue content;
    JsonValue tool_calls;
    JsonValue function_call;
    JsonValue refusal;
    JsonValue reasoning;
    JsonValue audio;
    JsonValue annotations;
};

Message collect(JsonValue message, const BodyPlace& place) {
    Message found;
    for (auto [key, value] : message.members()) {
        if (key == "role" && value.is_string()) {
            found.role = value.text();
        } else if (key == "content") {
            found.content = value;
        } else if (key == "tool_calls") {
            found.tool_calls = value;
        } else if (key == "tool_call_id" && value.is_string()) {
            found.tool_call_id = value.text();
        } else if (key == "name" && value.is_string()) {
            found.name = value.text();
        } else if (key == "refusal" && (value.is_string() || value.is_null())) {
            found.refusal = value;
        } else if (key == "annotations") {
            found.annotations = value;
        } else if (key == "function_call") {
            found.function_call = value;
        } else if (key == "audio") {
            found.audio = value;
        } else if ((key == "reasoning_content" || key == "reasoning") && value.is_string() &&
                   !found.reasoning.exists()) {
            found.reasoning = value;
        } else {
            place.keep(key, value);
        }
    }
    return found;
}

struct Call {
    std::string_view id;
    std::string_view name;
    JsonValue arguments;
};

void collect_function(JsonValue function, const BodyPlace& place, Call& call) {
    for (auto [key, value] : function.members()) {
        if (key == "name" && value.is_string()) {
            call.name = value.text();
        } else if (key == "arguments" || key == "input") {
            call.arguments = value;
        } else {
            place.keep(key, value);
        }
    }
}

void write_call(const Call& call, const BodyPlace& place, MessagesWriter& out, Side side) {
    if (call.arguments.is_string()) {
        out.tool_call(call.id, call.name, call.arguments.text());
    } else {
        out.tool_call(call.id, call.name, call.arguments);
    }
    if (side == Side::kAnswer) {
        add_tool_call(place.scratch(), call.id, call.name, call.arguments);
    }
}

void read_tool_calls(JsonValue calls, const BodyPlace& place, MessagesWriter& out, Side side) {
    if (!calls.is_array()) {
        place.keep(calls);
        return;
    }
    size_t index = 0;
    for (JsonValue item : calls.items()) {
        BodyPlace here = place.below(index++);
        if (!item.is_object()) {
            here.keep(item);
            continue;
        }
        Call call;
        for (auto [key, value] : item.members()) {
            if (key == "id" && value.is_string()) {
                call.id = value.text();
            } else if ((key == "function" || key == "custom") && value.is_object()) {
                collect_function(value, here.below(key), call);
            } else if (key == "type" && (value.text() == "function" || value.text() == "custom")) {
                continue;
            } else if (key == "index" && value.integer() == static_cast<int64_t>(index - 1)) {
                continue;
            } else {
                here.keep(key, value);
            }
        }
        write_call(call, here, out, side);
    }
}

// {"id", "data", "expires_at", "transcript"}: the transcript is what was said.
void read_audio(JsonValue audio, const BodyPlace& place, MessagesWriter& out) {
    for (auto [key, value] : audio.members()) {
        if (key == "transcript" && value.is_string()) {
            out.text(value.text());
        } else if (key == "data" && value.is_string()) {
            out.blob("audio", {}, value.text());
        } else {
            place.keep(key, value);
        }
    }
}

void keep_others(JsonValue part, const BodyPlace& place, std::string_view used) {
    for (auto [key, value] : part.members()) {
        if (key != "type" && key != used) {
            place.keep(key, value);
        }
    }
}

bool read_image_part(JsonValue part, std::string_view key, JsonValue image, const BodyPlace& place,
                     MessagesWriter& out) {
    if (image.is_string()) {
        out.uri("image", image.text());
    } else if (JsonValue url = image["url"]; url.is_string()) {
        out.uri("image", url.text());
        keep_others(image, place.below(key), "url");
    } else {
        return false;
    }
    keep_others(part, place, key);
    return true;
}

bool read_audio_part(JsonValue part, const BodyPlace& place, MessagesWriter& out) {
    JsonValue audio = part["input_audio"];
    JsonValue data = audio["data"];
    if (!data.is_string()) {
        return false;
    }
    std::string type = "audio/";
    type += audio["format"].text();
    out.blob("audio", type, data.text());
    for (auto [key, value] : audio.members()) {
        if (key != "data" && key != "format") {
            place.below("input_audio").keep(key, value);
        }
    }
    keep_others(part, place, "input_audio");
    return true;
}

bool read_text_part(JsonValue part, const BodyPlace& place, MessagesWriter& out, Side side) {
    JsonValue text = part["text"];
    JsonValue value = text.is_object() ? text["value"] : text;
    if (!value.is_string()) {
        return false;
    }
    out.text(value.text());
    BodyPlace inner = place.below("text");
    for (auto [key, other] : text.members()) {  // threads: {"value", "annotations"}
        if (key == "annotations" && side == Side::kAnswer) {
            read_annotations(other, inner.below(key));
        } else if (key != "value") {
            inner.keep(key, other);
        }
    }
    for (auto [key, other] : part.members()) {
        if (key == "annotations" && side == Side::kAnswer) {
            read_annotations(other, place.below(key));
        } else if (key == "logprobs" && side == Side::kAnswer && other.size() > 0) {
            count_logprobs(other, place.scratch());
            other.append_json(place.scratch().token_probabilities.item());
        } else if (key != "type" && key != "text") {
            place.keep(key, other);
        }
    }
    return true;
}

void read_part(JsonValue part, const BodyPlace& place, MessagesWriter& out, Side side) {
    if (part.is_string()) {
        out.text(part.text());
        return;
    }
    std::string_view type = part["type"].text();
    bool read = false;
    if (type == "text" || type == "input_text" || type == "output_text" || type == "summary_text" ||
        (type.empty() && part["text"].is_string())) {
        read = read_text_part(part, place, out, side);
    } else if (type == "image_url" || type == "input_image") {
        read = read_image_part(part, "image_url", part["image_url"], place, out);
    } else if (type == "input_audio") {
        read = read_audio_part(part, place, out);
    } else if (type == "refusal" && part["refusal"].is_string()) {
        out.refusal(part["refusal"].text());
        keep_others(part, place, "refusal");
        if (side == Side::kAnswer) {
            mark_refused(place.record());
        }
        read = true;
    }
    if (!read) {
        out.given(part);
    }
}

}  // namespace

void read_content(JsonValue content, const BodyPlace& place, MessagesWriter& out, Side side) {
    if (content.is_string()) {
        if (!content.text().empty()) {
            out.text(content.text());
        }
    } else if (content.is_array()) {
        size_t index = 0;
        for (JsonValue part : content.items()) {
            read_part(part, place.below(index++), out, side);
        }
    } else if (content.exists() && !content.is_null()) {
        read_part(content, place, out, side);
    }
}

void read_annotations(JsonValue annotations, const BodyPlace& place) {
    if (!annotations.is_array()) {
        place.keep(annotations);
        return;
    }
    size_t index = 0;
    for (JsonValue annotation : annotations.items()) {
        BodyPlace here = place.below(index++);
        std::string_view type = annotation["type"].text();
        JsonValue citation =
            annotation[type];  // chat nests it under the type's name, Responses does not
        bool nested = citation.is_object();
        DataSource source;
        source.type = type == "url_citation" ? "web" : "file";
        for (auto [key, value] : (nested ? citation : annotation).members()) {
            if (key == "url" && value.is_string()) {
                source.uri = value.text();
            } else if (key == "file_id" && value.is_string()) {
                source.id = value.text();
            } else if ((key == "title" || key == "filename") && value.is_string()) {
                source.name = value.text();
            } else if (key != "type") {
                nested ? here.below(type).keep(key, value) : here.keep(key, value);
            }
        }
        if (nested) {
            keep_others(annotation, here, type);
        }
        bool named = !source.uri.empty() || !source.id.empty() || !source.name.empty();
        if (named) {
            add_data_source(place.scratch(), source);
        }
        if (!named || !(type.ends_with("_citation") || type == "file_path")) {
            here.keep("type", annotation["type"]);
        }
    }
}

void read_message(JsonValue message, const BodyPlace& place, Side side,
                  std::string_view finish_reason) {
    BodyScratch& scratch = place.scratch();
    MessagesWriter& out = side == Side::kAnswer ? scratch.output : scratch.input;
    if (!message.is_object()) {
        out.begin_message({});
        out.given(message);
        out.end_message(finish_reason);
        return;
    }
    Message found = collect(message, place);
    out.begin_message(found.role, found.name);
    if (found.reasoning.is_string() && !found.reasoning.text().empty()) {
        out.reasoning(found.reasoning.text());
    }
    if (found.role == "tool" || found.role == "function") {
        std::string_view id = found.tool_call_id.empty() ? found.name : found.tool_call_id;
        out.tool_result(found.tool_call_id, found.content);
        add_tool_result(scratch, id, found.content);
    } else {
        read_content(found.content, place.below("content"), out, side);
        if (!found.tool_call_id.empty()) {
            scratch.unmapped.add_text(place.below("tool_call_id").path(), found.tool_call_id);
        }
    }
    if (std::string_view refusal = found.refusal.text(); !refusal.empty()) {
        out.refusal(refusal);
        if (side == Side::kAnswer) {
            mark_refused(place.record());
        }
    }
    if (found.audio.exists()) {
        read_audio(found.audio, place.below("audio"), out);
    }
    if (found.tool_calls.exists() && !found.tool_calls.is_null()) {
        read_tool_calls(found.tool_calls, place.below("tool_calls"), out, side);
    }
    if (found.function_call.is_object()) {
        Call call;
        collect_function(found.function_call, place.below("function_call"), call);
        write_call(call, place, out, side);
    } else {
        place.keep("function_call", found.function_call);
    }
    if (side == Side::kAnswer) {
        read_annotations(found.annotations, place.below("annotations"));
    } else {
        place.keep("annotations", found.annotations);
    }
    out.end_message(finish_reason);
}

}  // namespace llmtrail::openai
