#include "parsers/cloudwatch_events.h"

#include <algorithm>

#include "parsers/time_value.h"

namespace llmtrail {

namespace {

void skip_space(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

bool take(std::string_view& text, char wanted) {
    skip_space(text);
    if (!text.starts_with(wanted)) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

// Inside a string a quote has a backslash before it, so that no name there ends in a bare quote.
bool json_text_has(std::string_view json, std::string_view key, std::string_view value) {
    for (size_t at = json.find(key); at != std::string_view::npos; at = json.find(key, at + 1)) {
        std::string_view rest = json.substr(at + key.size());
        bool name = at > 0 && json[at - 1] == '"' && rest.starts_with('"');
        if (!name) {
            continue;
        }
        rest.remove_prefix(1);
        if (!take(rest, ':') || !take(rest, '"')) {
            continue;
        }
        if (value.empty() ||
            (rest.starts_with(value) && rest.substr(value.size()).starts_with('"'))) {
            return true;
        }
    }
    return false;
}

JsonMember cloudwatch_batch_of(JsonValue document) {
    for (std::string_view key : {"logEvents", "events"}) {
        if (document[key].is_array()) {
            return {key, document[key]};
        }
    }
    return {};
}

JsonValue cloudwatch_message(JsonValue event, JsonTree& tree) {
    JsonValue message = event["message"];
    if (!message.is_string()) {
        return message;
    }
    auto read = tree.read(message.text(), false);
    return read ? *read : JsonValue();
}

void read_other_event(const BodyPlace& place, JsonValue event, const ParseContext& context) {
    AuditRecord& record = place.record();
    record.set_text(Field::kEventKind, "other");
    if (!set_event_time(record, event["timestamp"], context)) {
        place.keep("timestamp", event["timestamp"]);
    }
    place.keep_others(event, {"timestamp"});
}

}  // namespace llmtrail
