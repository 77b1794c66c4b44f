#include "bodies/role_messages.h"

namespace llmtrail {

namespace {

void write_message(const BodyPlace& place, JsonValue message, BlockWriter write,
                   MessagesWriter& out, bool of_answer) {
    for (JsonMember member : message.members()) {
        if (member.key == "content") {
            write_blocks(place.below("content"), member.value, write, out, of_answer);
        } else if (member.key != "role" || !member.value.is_string()) {
            place.keep(member.key, member.value);
        }
    }
}

}  // namespace

void write_blocks(const BodyPlace& place, JsonValue content, BlockWriter write, MessagesWriter& out,
                  bool of_answer) {
    if (content.is_string()) {
        out.text(content.text());
        return;
    }
    size_t index = 0;
    for (JsonValue block : content.items()) {
        write(place.below(index++), block, out, of_answer);
    }
    if (!content.is_array()) {
        place.keep(content);
    }
}

void read_role_messages(const BodyPlace& place, JsonValue messages, BlockWriter write) {
    MessagesWriter& out = place.scratch().input;
    size_t index = 0;
    for (JsonValue message : messages.items()) {
        BodyPlace here = place.below(index++);
        if (!message.is_object()) {
            here.keep(message);
            continue;
        }
        out.begin_message(message["role"].text());
        write_message(here, message, write, out, false);
        out.end_message();
    }
}

void read_answer_message(const BodyPlace& place, JsonValue message, BlockWriter write,
                         std::string_view reason) {
    MessagesWriter& out = place.scratch().output;
    std::string_view role = message["role"].text();
    out.begin_message(role.empty() ? "assistant" : role);
    write_message(place, message, write, out, true);
    out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
}

void read_system_blocks(const BodyPlace& place, JsonValue system, SystemBlock read) {
    if (system.is_string()) {
        add_system_text(place.scratch(), system.text());
        return;
    }
    size_t index = 0;
    for (JsonValue block : system.items()) {
        BodyPlace here = place.below(index++);
        std::string_view text = read(here, block);
        if (text.empty()) {
            here.keep(block);
        } else {
            add_system_text(place.scratch(), text);
        }
    }
    if (!system.is_array()) {
        place.keep(system);
    }
}

}  // namespace llmtrail
