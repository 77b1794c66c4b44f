// Contents and their parts, in requests and answers.
#include "bodies/gemini_parts.h"

namespace llmtrail::gemini {

namespace {

struct PartRow {
    std::string_view name;
    PartKind kind;
};

constexpr PartRow kParts[] = {
    {"text", PartKind::kText},
    {"inlinedata", PartKind::kInlineData},
    {"filedata", PartKind::kFileData},
    {"functioncall", PartKind::kFunctionCall},
    {"functionresponse", PartKind::kFunctionResponse},
    {"executablecode", PartKind::kExecutableCode},
    {"codeexecutionresult", PartKind::kCodeResult},
};

constexpr std::string_view kCodeTool = "code_execution";

std::string_view modality_of(std::string_view mime_type) {
    std::string_view type = mime_type.substr(0, mime_type.find('/'));
    bool known = type == "image" || type == "audio" || type == "video";
    return known ? type : std::string_view("document");
}

// The members of each kind that the message takes.
void keep_rest(const BodyPlace& place, PartKind kind, JsonValue value) {
    switch (kind) {
        case PartKind::kInlineData:
            return keep_other_names(place, value, {"mimetype", "data"});
        case PartKind::kFileData:
            place.keep("mimeType", member_of(value, "mimetype"));
            return keep_other_names(place, value, {"mimetype", "fileuri"});
        case PartKind::kFunctionCall:
            return keep_other_names(place, value, {"id", "name", "args"});
        case PartKind::kFunctionResponse:
            return keep_other_names(place, value, {"id", "name", "response"});
        default:
            return;
    }
}

bool is_sound(PartKind kind, JsonValue value) {
    switch (kind) {
        case PartKind::kText:
            return value.is_string();
        case PartKind::kInlineData:
            return member_of(value, "data").is_string();
        case PartKind::kFileData:
            return member_of(value, "fileuri").is_string();
        case PartKind::kFunctionCall:
        case PartKind::kFunctionResponse:
            return member_of(value, "name").is_string();
        default:
            return value.is_object();
    }
}

void write_function_response(JsonValue value, MessagesWriter& out, BodyScratch& scratch) {
    std::string_view id = member_of(value, "id").text();
    JsonValue response = member_of(value, "response");
    out.tool_result(id, response);
    add_tool_result(scratch, id, response);
    scratch.tool_names.add_once(member_of(value, "name").text());
}

void write_function_call(std::string_view id, std::string_view name, JsonValue arguments,
                         MessagesWriter& out, BodyScratch& scratch, bool of_answer) {
    out.tool_call(id, name, arguments);
    if (of_answer) {
        add_tool_call(scratch, id, name, arguments);
    }
}

std::string_view role_of(JsonValue role) {
    if (!role.exists() || role.is_null()) {
        return "user";
    }
    return role.text() == "model" ? "assistant" : role.text() == "function" ? "tool" : role.text();
}

void read_content(const BodyPlace& place, JsonValue content) {
    MessagesWriter& out = place.scratch().input;
    if (content.is_string()) {
        out.begin_message("user");
        out.text(content.text());
        return out.end_message();
    }
    if (!content.is_object()) {
        return place.keep(content);
    }
    JsonValue parts = member_of(content, "parts");
    bool bare = !parts.exists() && !member_of(content, "role").exists();
    out.begin_message(role_of(member_of(content, "role")));
    if (bare) {  // a part by itself
        write_part(read_part(place, content), out, place.scratch(), false);
        return out.end_message();
    }
    BodyPlace list = place.below("parts");
    size_t index = 0;
    for (JsonValue part : parts.items()) {
        write_part(read_part(list.below(index++), part), out, place.scratch(), false);
    }
    if (parts.exists() && !parts.is_array()) {
        write_part(read_part(list, parts), out, place.scratch(), false);
    }
    out.end_message();
    place.keep_unless_text(content, {"role"});
    keep_other_names(place, content, {"role", "parts"});
}

}  // namespace

bool is_part(JsonValue part) {
    bool thought = part["thought"].boolean().has_value();
    for (JsonMember member : part.members()) {
        for (const PartRow& row : kParts) {
            bool text = row.kind == PartKind::kText;
            thought = thought ||
                      (!text && is_named(member.key, row.name) && is_sound(row.kind, member.value));
        }
    }
    return thought;
}

Part read_part(const BodyPlace& place, JsonValue part) {
    if (part.is_string()) {
        return {PartKind::kText, part, std::string(part.text())};
    }
    Part found{PartKind::kOther, part, {}};
    std::string_view taken;
    for (const PartRow& row : kParts) {
        for (JsonMember member : part.members()) {
            if (taken.empty() && is_named(member.key, row.name) &&
                is_sound(row.kind, member.value)) {
                found = {row.kind, member.value, {}};
                taken = member.key;
            }
        }
    }
    if (taken.empty()) {  // given whole
        return found;
    }
    bool thought = member_of(part, "thought").boolean().value_or(false);
    if (found.kind == PartKind::kText) {
        found.kind = thought ? PartKind::kThought : PartKind::kText;
        found.text = found.value.text();
    }
    keep_rest(place.below(taken), found.kind, found.value);
    bool seen = false;
    for (JsonMember member : part.members()) {
        bool is_it = member.key == taken && !seen;
        seen = seen || is_it;
        bool said = member.key == "thought" && found.kind == PartKind::kThought;
        if (!is_it && !said) {
            place.keep(member.key, member.value);
        }
    }
    return found;
}

void write_part(const Part& part, MessagesWriter& out, BodyScratch& scratch, bool of_answer) {
    switch (part.kind) {
        case PartKind::kText:
            return out.text(part.text);
        case PartKind::kThought:
            return out.reasoning(part.text);
        case PartKind::kInlineData: {
            std::string_view mime = member_of(part.value, "mimetype").text();
            return out.blob(modality_of(mime), mime, member_of(part.value, "data").text());
        }
        case PartKind::kFileData: {
            std::string_view mime = member_of(part.value, "mimetype").text();
            return out.uri(modality_of(mime), member_of(part.value, "fileuri").text());
        }
        case PartKind::kFunctionCall:
            return write_function_call(member_of(part.value, "id").text(),
                                       member_of(part.value, "name").text(),
                                       member_of(part.value, "args"), out, scratch, of_answer);
        case PartKind::kFunctionResponse:
            return write_function_response(part.value, out, scratch);
        case PartKind::kExecutableCode:
            return write_function_call({}, kCodeTool, part.value, out, scratch, of_answer);
        case PartKind::kCodeResult:
            out.tool_result({}, part.value);
            return add_tool_result(scratch, {}, part.value);
        case PartKind::kOther:
            return out.given(part.value);
    }
}

void read_contents(const BodyPlace& place, JsonValue contents) {
    if (!contents.is_array()) {
        return read_content(place, contents);
    }
    size_t index = 0;
    for (JsonValue content : contents.items()) {
        read_content(place.below(index++), content);
    }
}

void read_system_instruction(const BodyPlace& place, JsonValue content) {
    if (content.is_string()) {
        return add_system_text(place.scratch(), content.text());
    }
    bool bare = content.is_array();  // the parts themselves
    JsonValue parts = bare ? content : member_of(content, "parts");
    BodyPlace inner = place.below("parts");
    const BodyPlace& list = bare ? place : inner;
    auto add = [&](const BodyPlace& here, JsonValue part) {
        JsonValue text = part.is_string() ? part : member_of(part, "text");
        if (!text.is_string()) {
            return here.keep(part);
        }
        add_system_text(place.scratch(), text.text());
        if (part.is_object()) {
            keep_other_names(here, part, {"text"});
        }
    };
    size_t index = 0;
    for (JsonValue part : parts.items()) {
        add(list.below(index++), part);
    }
    if (parts.exists() && !parts.is_array()) {
        add(list, parts);
    }
    if (!bare) {
        keep_other_names(place, content, {"parts"});
    }
}

}  // namespace llmtrail::gemini
