// Events of spans, and log events: messages, exceptions, documents found, findings of guardrails.
#include <algorithm>

#include "base/json_text.h"
#include "bodies/openai_parts.h"
#include "parsers/otlp_record.h"

namespace llmtrail::otlp {

namespace {

constexpr std::string_view kEvaluation = "gen_ai.evaluation.result";
constexpr std::string_view kChoice = "gen_ai.choice";
constexpr std::string_view kMessage = ".message";

struct RoleRow {
    std::string_view event;
    std::string_view role;
};

constexpr RoleRow kRoles[] = {
    {"gen_ai.system.message", "system"},
    {"gen_ai.user.message", "user"},
    {"gen_ai.assistant.message", "assistant"},
    {"gen_ai.tool.message", "tool"},
};

constexpr std::string_view kFindings[] = {
    "gen_ai.security.finding",
    "gen_ai.guardrail.result",
    "gen_ai.guardrail.security.finding",
    "microsoft.security.finding",
};

// Of vector databases, in Traceloop's names: one document an event.
constexpr std::string_view kDocuments[] = {"db.query.result", "db.search.result"};

constexpr std::string_view kFirstChunks[] = {
    "First Token Stream Event",
    "gen_ai.content.completion.chunk",
    "llm.content.completion.chunk",
    "ai.stream.firstChunk",
};

template <size_t Size>
bool is_among(const std::string_view (&names)[Size], std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string_view role_of(std::string_view event) {
    for (const RoleRow& row : kRoles) {
        if (row.event == event) {
            return row.role;
        }
    }
    return "user";
}

// `object` with a role, its own or this one; a tool's message names the call by "id".
void append_with_role(std::string& out, JsonValue object, std::string_view role) {
    out = "{\"role\":";
    append_json_string(out, object["role"].is_string() ? object["role"].text() : role);
    for (JsonMember member : object.members()) {
        if (member.key != "role") {
            out.push_back(',');
            bool call = role == "tool" && member.key == "id";
            append_json_string(out, call ? "tool_call_id" : member.key);
            out.push_back(':');
            member.value.append_json(out);
        }
    }
    out.push_back('}');
}

}  // namespace

bool is_message(std::string_view name) {
    return name.starts_with("gen_ai.") && (name == kChoice || name.ends_with(kMessage));
}

bool is_evaluation(JsonValue event) {
    return event["name"].text() == kEvaluation && event["attributes"].is_array();
}

void RecordReader::choice(const BodyPlace& place, JsonValue fields) {
    JsonValue message = fields["message"];
    std::string_view reason = fields["finish_reason"].text();
    BodyPlace here = place.below("message");
    JsonValue inner = message.is_string() ? pool_.read_container(message.text()) : JsonValue();
    if (message.is_object()) {
        append_with_role(pool_.scratch(), message, "assistant");
        write_message(here, pool_.read(pool_.scratch()), Side::kOutput, reason);
    } else if (inner.exists()) {
        write_messages(here, inner, Side::kOutput);
    } else if (message.is_string()) {
        write_text(here, message.text(), Side::kOutput);
    } else {
        here.keep(message);
    }
    add_finish_reason(*record_, reason);
    place.keep_others(fields, {"message", "finish_reason"});
    place.keep_unless_text(fields, {"finish_reason"});
}

void RecordReader::message_event(const BodyPlace& place, std::string_view name, JsonValue fields) {
    if (name == kChoice) {
        choice(place, fields);
        return;
    }
    append_with_role(pool_.scratch(), fields, role_of(name));
    write_message(place, pool_.read(pool_.scratch()), Side::kInput);
}

bool RecordReader::log_event(const BodyPlace& place, std::string_view name, JsonValue body) {
    if (!name.starts_with("gen_ai.")) {
        return false;
    }
    llm_ = true;
    static constexpr KindRow kEvaluated = {"", "evaluation", ""};
    static constexpr KindRow kGuarded = {"", "guardrail", ""};
    static constexpr KindRow kCalled = {"", "inference", ""};
    if (name == kEvaluation) {
        kind_ = &kEvaluated;
    } else if (is_among(kFindings, name)) {
        kind_ = &kGuarded;
    } else if (is_message(name) && kind_ == nullptr) {
        kind_ = &kCalled;
    }
    if (body.is_object() && is_message(name)) {
        message_event(place, name, body);
    } else if (body.is_string() && is_message(name)) {
        write_text(place, body.text(), name == kChoice ? Side::kOutput : Side::kInput);
    } else if (body.is_object()) {
        // The names of attributes, where an event carries them in its body.
        for (JsonMember member : body.members()) {
            attribute(place, member.key, member.value);
        }
    } else {
        place.keep(body);
    }
    return true;
}

bool RecordReader::logprobs(const BodyPlace& place, JsonValue text) {
    PoolScope scope(pool_);
    JsonValue tokens = pool_.read_container(text.text());
    if (tokens.exists()) {
        openai::read_logprobs(tokens, place);
    }
    return tokens.exists();
}

void RecordReader::document_event(const BodyPlace& place, std::string_view name,
                                  JsonValue attributes) {
    PoolScope scope(pool_);
    std::vector<DocumentPart> parts;
    has_documents_ = true;
    llm_ = true;
    for (JsonValue pair : attributes.items()) {
        if (!is_pair(pair)) {
            place.keep(pair);
            continue;
        }
        std::string_view key = pair["key"].text();
        bool own = key.starts_with(name) && key.size() > name.size();
        JsonValue value = plain(pair["value"], pool_);
        parts.push_back({own ? key.substr(name.size() + 1) : std::string_view(), key, value});
    }
    write_document(place, parts, pool_);
}

void RecordReader::finding_event(const BodyPlace& place, JsonValue attributes) {
    constexpr size_t kFindingsMax = 1000;
    GuardFacts finding;
    llm_ = true;
    for (JsonValue pair : attributes.items()) {
        PoolScope scope(pool_);
        std::string_view key = pair["key"].text();
        bool room = is_pair(pair) && findings_.size() < kFindingsMax;
        JsonValue value = is_pair(pair) ? plain(pair["value"], pool_) : pair;
        GuardFact fact = room ? guard_fact_of_attribute(key) : GuardFact::kNone;
        if (!finding.take(fact, key, value)) {
            place.keep(key, value);
        }
    }
    if (findings_.size() < kFindingsMax) {
        findings_.push_back(finding);
    }
}

void RecordReader::evaluation_toxicity(JsonValue attributes) {
    std::string_view name;
    std::optional<double> score;
    for (JsonValue pair : attributes.items()) {
        PoolScope scope(pool_);
        std::string_view key = pair["key"].text();
        if (key == "gen_ai.evaluation.name") {
            name = plain(pair["value"], pool_).text();
        } else if (key == "gen_ai.evaluation.score.value") {
            score = real(plain(pair["value"], pool_));
        }
    }
    toxicity(name, score);
}

void RecordReader::first_chunk(std::optional<int64_t> at) {
    auto start = record_->integer(Field::kEventTime);
    if (at && start && *at >= *start && !record_->has(Field::kGenAiResponseTimeToFirstChunk)) {
        record_->set_real(Field::kGenAiResponseTimeToFirstChunk,
                          static_cast<double>(*at - *start) / static_cast<double>(kNanosPerSecond));
    }
}

// True when the value is held for finish(). `fields`: members of the message an event is.
bool RecordReader::event_attribute(const BodyPlace& place, std::string_view name,
                                   std::string_view key, JsonValue value, std::string& fields) {
    if (name == "exception" && key == "exception.type") {
        place.fill_or_keep(Field::kErrorType, key, value);
    } else if (name == "exception" && key == "exception.message") {
        place.fill_or_keep(Field::kErrorMessage, key, value);
    } else if (key == "logprobs" && logprobs(place, value)) {
        return false;
    } else if (is_message(name) && find_alias(key) == nullptr) {
        fields += fields.size() > 1 ? "," : "";
        append_json_string(fields, key);
        fields.push_back(':');
        value.append_json(fields);
    } else if (name.starts_with("gen_ai.")) {
        return attribute(place, key, value);
    } else {
        place.keep(key, value);
    }
    return false;
}

void RecordReader::event_attributes(const BodyPlace& place, std::string_view name,
                                    JsonValue attributes) {
    std::string fields = "{";
    size_t index = 0;
    for (JsonValue pair : attributes.items()) {
        BodyPlace at = place.below(index++);
        if (!is_pair(pair)) {
            at.keep(pair);
            continue;
        }
        std::string_view key = pair["key"].text();
        size_t mark = pool_.mark();
        JsonValue value = plain(pair["value"], pool_);
        bool names_itself = key == "event.name" && value.text() == name;
        if (names_itself || !event_attribute(place, name, key, value, fields)) {
            pool_.release(mark);
        }
    }
    if (fields.size() > 1) {
        PoolScope scope(pool_);
        fields.push_back('}');
        llm_ = true;
        message_event(place, name, pool_.read(fields));
    }
}

void RecordReader::span_event(const BodyPlace& place, JsonValue event) {
    std::string_view name = event["name"].text();
    JsonValue attributes = event["attributes"];
    if (is_evaluation(event)) {
        evaluation_toxicity(attributes);
        return;
    }
    BodyPlace below = place.below("attributes");
    if (is_among(kDocuments, name)) {
        document_event(below, name, attributes);
    } else if (is_among(kFindings, name)) {
        finding_event(below, attributes);
    } else {
        event_attributes(below, name, attributes);
    }
    if (is_among(kFirstChunks, name)) {
        first_chunk(nanos(either(event, "timeUnixNano", "time_unix_nano")));
    }
    failed_ = failed_ || name == "exception";
    auto dropped = integer(either(event, "droppedAttributesCount", "dropped_attributes_count"));
    for (JsonMember member : event.members()) {
        bool counter =
            member.key == "droppedAttributesCount" || member.key == "dropped_attributes_count";
        bool read = member.key == "attributes" && member.value.is_array();
        if (!read && !(counter && dropped == 0)) {
            place.keep(member.key, member.value);
        }
    }
    if (!event.is_object()) {
        place.keep(event);
    }
    if (dropped.value_or(0) > 0) {
        record_->append_to_list(Field::kRecordSourceLoss, "dropped_attributes");
    }
}

}  // namespace llmtrail::otlp
