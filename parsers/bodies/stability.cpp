#include "bodies/stability.h"

#include "bodies/body_place.h"

namespace llmtrail {

namespace {

constexpr MemberField kRequestMembers[] = {
    {"seed", Field::kGenAiRequestSeed},
    {"samples", Field::kGenAiRequestChoiceCount},
};

// Images that the request starts from.
bool is_image(std::string_view key) {
    return key == "image" || key == "init_image" || key == "mask" || key == "mask_image";
}

// [{"text", "weight"}]: a weight below zero says what the picture shall not show.
void write_prompts(const BodyPlace& place, JsonValue prompts, MessagesWriter& out) {
    size_t index = 0;
    for (JsonValue prompt : prompts.items()) {
        BodyPlace here = place.below(index++);
        if (prompt["text"].is_string()) {
            out.text(prompt["text"].text());
            here.keep_others(prompt, {"text"});
        } else {
            here.keep(prompt);
        }
    }
    if (!prompts.is_array()) {
        place.keep(prompts);
    }
}

void add_reason(AuditRecord& record, std::string_view raw) {
    if (raw == "SUCCESS") {
        record.append_to_list(Field::kGenAiResponseFinishReasons, "stop");
    } else if (raw.starts_with("Filter reason")) {
        record.append_to_list(Field::kGenAiResponseFinishReasons, "content_filter");
    } else {
        add_finish_reason(record, raw);
        return;
    }
    constexpr size_t kRawReasonsBytesMax = 4096;
    if (record.text(Field::kFinishReasonRaw).size() + raw.size() < kRawReasonsBytesMax) {
        record.append_to_list(Field::kFinishReasonRaw, raw);
    }
}

void write_artifact(const BodyPlace& place, JsonValue artifact, MessagesWriter& out) {
    for (JsonMember member : artifact.members()) {
        if (member.key == "base64" && member.value.is_string()) {
            out.blob("image", "image/png", member.value.text());
        } else if (member.key == "finishReason" && member.value.is_string()) {
            add_reason(place.record(), member.value.text());
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!artifact.is_object()) {
        place.keep(artifact);
    }
}

void write_image(const BodyPlace& place, JsonValue image, MessagesWriter& out) {
    if (!image.text().empty()) {
        out.blob("image", "image/png", image.text());
    } else {
        place.keep(image);
    }
}

void read_reason(const BodyPlace& place, JsonValue reason, MessagesWriter&) {
    if (reason.is_string()) {
        add_reason(place.record(), reason.text());
    } else {
        place.keep(reason);
    }
}

template <typename Read>
void for_each(const BodyPlace& place, JsonValue list, Read&& read) {
    size_t index = 0;
    for (JsonValue one : list.items()) {
        read(place.below(index++), one, place.scratch().output);
    }
    if (!list.is_array()) {
        place.keep(list);
    }
}

}  // namespace

void read_stability_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    fill_text(record, Field::kGenAiOperationName, "generate_content");
    fill_text(record, Field::kGenAiOutputType, "image");
    scratch.input.begin_message("user");
    for (JsonMember member : body.members()) {
        if (member.key == "prompt" && member.value.is_string()) {
            scratch.input.text(member.value.text());
        } else if (member.key == "text_prompts") {
            write_prompts(place.below(member.key), member.value, scratch.input);
        } else if (is_image(member.key) && member.value.is_string()) {
            scratch.input.blob("image", "image/*", member.value.text());
        } else if (!place.fill_member(kRequestMembers, member.key, member.value)) {
            add_member(scratch.parameters, member.key, member.value);
        }
    }
    scratch.input.end_message();
}

void read_stability_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                             AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    scratch.output.begin_message("assistant");
    for (JsonMember member : body.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key == "artifacts") {
            for_each(here, member.value, write_artifact);
        } else if (member.key == "images") {
            for_each(here, member.value, write_image);
        } else if (member.key == "finish_reasons") {
            for_each(here, member.value, read_reason);
        } else if (member.key == "seeds" || member.key == "result") {
            add_member(scratch.details, member.key, member.value);
        } else {
            here.keep(member.value);
        }
    }
    scratch.output.end_message();
}

}  // namespace llmtrail
