#include "parsers/langfuse_record.h"

#include <cmath>
#include <utility>

#include "parsers/event_words.h"
#include "parsers/framework_content.h"
#include "parsers/framework_metadata.h"
#include "parsers/framework_usage.h"
#include "parsers/langfuse_members.h"
#include "parsers/time_value.h"

namespace llmtrail::langfuse {

namespace {

// Of a text that is the JSON of a text, that one.
JsonValue without_quotes(JsonValue value, otlp::JsonPool& pool) {
    constexpr int kTextLevelsMax = 2;
    for (int level = 0; level < kTextLevelsMax; ++level) {
        std::string_view text = value.text();
        bool quoted = text.size() > 1 && text.front() == '"' && text.back() == '"';
        JsonValue read = quoted ? pool.read(text) : JsonValue();
        if (!read.is_string()) {
            break;
        }
        value = read;
    }
    return value;
}

class ObservationReader {
 public:
    ObservationReader(JsonValue body, const BodyPlace& place, const ReadSpace& space)
        : body_(body), place_(place), space_(space), record_(place.record()) {}

    void observation(const TypeRow* type);
    void trace();

 private:
    void collect(Field id_field);
    void times();
    void first_token();
    void seconds(Held held, Field field);
    void model();
    void usage(bool of_call);
    void level();
    void labels();
    void version();
    void tools();
    std::string_view kind_of(const TypeRow* type) const;
    bool calls_model() const;
    JsonValue unwrapped(Held held);

    JsonValue body_;
    const BodyPlace& place_;
    const ReadSpace& space_;
    AuditRecord& record_;
    HeldMembers held_;
    OtelFacts facts_;
};

void ObservationReader::collect(Field id_field) {
    for (JsonMember member : body_.members()) {
        const MemberMeaning* meaning = kMemberMap.find(NormalizedKey(member.key));
        if (member.key == "id" && member.value.is_string()) {
            fill(record_, Field::kRecordNativeId, member.value);
            place_.fill_or_keep(id_field, member.key, member.value);
        } else if (meaning == nullptr) {
            place_.keep(member.key, member.value);
        } else if (meaning->held == Held::kField) {
            place_.fill_or_keep(meaning->field, member.key, member.value);
        } else if (meaning->held == Held::kChildren && id_field == Field::kTraceId) {
            continue;
        } else if (!held_.hold(meaning->held, member)) {
            place_.keep(member.key, member.value);
        }
    }
}

void ObservationReader::times() {
    JsonMember start = held_[Held::kStart];
    auto started = read_time(start.value, space_.context);
    if (started) {
        set_event_time(record_, *started, space_.context);
    } else {
        place_.keep(start.key, start.value);
    }
    seconds(Held::kLatency, Field::kEventDuration);
    JsonMember end = held_[Held::kEnd];
    auto ended = read_time(end.value, space_.context);
    if (!ended) {
        place_.keep(end.key, end.value);
        return;
    }
    record_.set_time(Field::kEventEnd, ended->at);
    int64_t lasted = 0;
    bool sound = started && !__builtin_sub_overflow(ended->at.value, started->at.value, &lasted);
    if (sound && lasted >= 0 && !record_.has(Field::kEventDuration)) {
        record_.set_integer(Field::kEventDuration, lasted);
    }
}

// "latency" and "timeToFirstToken" are seconds with a fraction.
void ObservationReader::seconds(Held held, Field field) {
    constexpr double kSecondsMax = 1e9;  // 30 years
    JsonMember member = held_[held];
    auto given = member.value.real();
    if (!given || !(*given >= 0) || *given > kSecondsMax || record_.has(field)) {
        place_.keep(member.key, member.value);
    } else if (field == Field::kEventDuration) {
        record_.set_integer(field, std::llround(*given * static_cast<double>(kNanosPerSecond)));
    } else {
        record_.set_real(field, *given);
    }
}

void ObservationReader::first_token() {
    seconds(Held::kTimeToFirst, Field::kGenAiResponseTimeToFirstChunk);
    JsonMember member = held_[Held::kFirstToken];
    auto first = read_time(member.value, space_.context);
    auto started = read_time(held_.value(Held::kStart), space_.context);
    int64_t waited = 0;
    bool sound = first && started &&
                 !__builtin_sub_overflow(first->at.value, started->at.value, &waited) &&
                 waited >= 0;
    if (!sound || record_.has(Field::kGenAiResponseTimeToFirstChunk)) {
        place_.keep(member.key, member.value);
        return;
    }
    record_.set_real(Field::kGenAiResponseTimeToFirstChunk,
                     static_cast<double>(waited) / static_cast<double>(kNanosPerSecond));
}

// Which of the two a Langfuse model is, no one says: the one asked for, unless an attribute names
// that one.
void ObservationReader::model() {
    JsonMember model = held_[Held::kModel];
    if (!fill(record_, Field::kGenAiRequestModel, model.value)) {
        place_.fill_or_keep(Field::kGenAiResponseModel, model.key, model.value);
    }
    JsonMember given = held_[Held::kParameters];
    JsonValue parameters =
        given.value.is_string() ? space_.pool.read_container(given.value.text()) : given.value;
    if (parameters.is_object()) {
        read_call_parameters(parameters, place_.below(given.key));
    } else {
        place_.keep(given.key, given.value);
    }
}

constexpr MemberField kUsageMembers[] = {
    {"input", Field::kGenAiUsageInputTokens},
    {"output", Field::kGenAiUsageOutputTokens},
    {"total", Field::kGenAiUsageTotalTokens},
    {"promptTokens", Field::kGenAiUsageInputTokens},
    {"completionTokens", Field::kGenAiUsageOutputTokens},
    {"totalTokens", Field::kGenAiUsageTotalTokens},
    {"prompt_tokens", Field::kGenAiUsageInputTokens},
    {"completion_tokens", Field::kGenAiUsageOutputTokens},
    {"total_tokens", Field::kGenAiUsageTotalTokens},
    {"totalCost", Field::kUsageCostUsd},
    {"total_cost", Field::kUsageCostUsd},
};

// Of a step that calls no model, counters and costs are sums of other records' or zeros.
void ObservationReader::usage(bool of_call) {
    auto container = [&](Held held) {
        JsonValue value = held_.value(held);
        return value.is_string() ? space_.pool.read_container(value.text()) : value;
    };
    JsonValue details = container(Held::kUsageDetails);
    JsonValue costs = container(Held::kCostDetails);
    JsonValue older = container(Held::kUsage);
    if (details.size() > 0 && of_call) {
        read_token_counts(details, place_.below(held_[Held::kUsageDetails].key));
    } else {
        place_.keep(held_[Held::kUsageDetails].key, details);
    }
    BodyPlace usage = place_.below(held_[Held::kUsage].key);
    for (JsonMember member : older.members()) {
        if (!of_call || !usage.fill_member(kUsageMembers, member.key, member.value)) {
            usage.keep(member.key, member.value);
        }
    }
    if (costs.is_object() && of_call) {
        read_cost_details(costs, place_.below(held_[Held::kCostDetails].key));
    } else {
        place_.keep(held_[Held::kCostDetails].key, costs);
    }
    constexpr std::pair<Held, Field> kSums[] = {
        {Held::kTotalCost, Field::kUsageCostUsd},
        {Held::kInputUsage, Field::kGenAiUsageInputTokens},
        {Held::kOutputUsage, Field::kGenAiUsageOutputTokens},
        {Held::kTotalUsage, Field::kGenAiUsageTotalTokens},
    };
    for (auto [held, field] : kSums) {
        const JsonMember& sum = held_[held];
        if (of_call) {
            place_.fill_or_keep(field, sum.key, sum.value);
        } else {
            place_.keep(sum.key, sum.value);
        }
    }
}

void ObservationReader::level() {
    const JsonMember& level = held_[Held::kLevel];
    const JsonMember& message = held_[Held::kStatusMessage];
    if (level.value.text() == "ERROR") {
        record_.set_text(Field::kEventOutcome, "failure");
        place_.fill_or_keep(Field::kErrorMessage, message.key, message.value);
    } else {
        place_.keep(level.key, level.value);
        place_.keep(message.key, message.value);
    }
}

void ObservationReader::version() {
    const JsonMember& version = held_[Held::kVersion];
    place_.fill_or_keep(Field::kServiceVersion, version.key, version.value);
}

void ObservationReader::labels() {
    const JsonMember& children = held_[Held::kChildren];
    place_.keep(children.key, children.value);
    const JsonMember& tags = held_[Held::kTags];
    if (tags.value.exists()) {
        read_tags(tags.value, place_, tags.key);
    }
    const JsonMember& name = held_[Held::kName];
    place_.fill_or_keep(Field::kEventAction, name.key, name.value);
}

// {"name": "<definition as JSON>"} and ["name"] of exports.
void ObservationReader::tools() {
    const JsonMember& definitions = held_[Held::kToolDefinitions];
    place_.keep(definitions.key, definitions.value);
    const JsonMember& names = held_[Held::kToolNames];
    for (JsonValue name : names.value.items()) {
        if (name.is_string() && !name.text().empty()) {
            place_.scratch().tool_names.add_once(name.text());
        }
    }
}

// Older SDKs know spans and events alone: then their names say what they are ("retrieval",
// "guardrail.pii").
std::string_view ObservationReader::kind_of(const TypeRow* type) const {
    if (type != nullptr && !type->kind.empty()) {
        return type->kind;
    }
    if (!facts_.kind.empty()) {
        return facts_.kind;
    }
    std::string_view by_name = kind_by_words(held_.value(Held::kName).text());
    for (std::string_view kind : {"retrieval", "guardrail", "tool"}) {
        if (kind == by_name) {
            return kind;
        }
    }
    return held_.value(Held::kModel).text().empty() ? "other" : "inference";
}

// An agent's turn is not a call: the calls within it are records of their own.
bool ObservationReader::calls_model() const {
    std::string_view operation = record_.text(Field::kGenAiOperationName);
    return record_.text(Field::kEventKind) == "inference" && !operation.starts_with("invoke_") &&
           operation != "create_agent";
}

// Content as it was before the export made texts of it.
JsonValue ObservationReader::unwrapped(Held held) {
    JsonValue value = held_.value(held);
    return space_.exported ? without_quotes(value, space_.pool) : value;
}

void ObservationReader::observation(const TypeRow* type) {
    collect(Field::kSpanId);
    JsonMember named = held_[Held::kType];
    const TypeRow* own = find_type(named.value.text());
    type = own != nullptr ? own : type;
    if (own == nullptr || own->kind.empty()) {  // no field says "SPAN"
        place_.keep(named.key, named.value);
    }
    times();
    JsonValue given = held_.value(Held::kMetadata);
    JsonValue metadata = metadata_of(given, space_.pool);
    BodyPlace beside = place_.below(held_[Held::kMetadata].key);
    StepContent content;
    content.input = unwrapped(Held::kInput);
    content.output = unwrapped(Held::kOutput);
    if (metadata.is_object()) {
        facts_ = read_otel_metadata(metadata, beside, content.input, content.output, space_.pool);
    } else {
        beside.keep(given);
    }
    std::string_view kind = kind_of(type);
    fill_text(record_, Field::kEventKind, kind);
    fill_text(record_, Field::kGenAiOperationName,
              type != nullptr && !type->operation.empty() ? type->operation : facts_.operation);
    labels();
    fill(record_, Field::kGenAiRequestModel, metadata["ls_model_name"]);
    model();
    usage(calls_model());
    level();
    first_token();
    tools();
    content.kind = kind;
    content.input_key = held_[Held::kInput].key;
    content.output_key = held_[Held::kOutput].key;
    content.of_call = calls_model();
    content.embedding = record_.text(Field::kGenAiOperationName) == "embeddings";
    content.name = held_.value(Held::kName).text();
    content.level = held_.value(Held::kLevel).text();
    content.metadata = metadata;
    content.facts = facts_;
    read_step_content(content, place_, space_.pool);
    if (metadata.is_object()) {
        read_app_metadata(metadata, beside, space_.context, space_.pool);
    }
    version();
}

// The trace is the interaction as its user saw it; tokens and costs are its observations'.
void ObservationReader::trace() {
    collect(Field::kTraceId);
    times();
    JsonValue given = held_.value(Held::kMetadata);
    JsonValue metadata = metadata_of(given, space_.pool);
    BodyPlace beside = place_.below(held_[Held::kMetadata].key);
    StepContent content;
    content.input = unwrapped(Held::kInput);
    content.output = unwrapped(Held::kOutput);
    if (metadata.is_object()) {
        facts_ = read_otel_metadata(metadata, beside, content.input, content.output, space_.pool);
    } else {
        beside.keep(given);
    }
    labels();
    place_.keep(held_[Held::kType].key, held_.value(Held::kType));
    model();
    usage(false);
    level();
    first_token();
    tools();
    content.input_key = held_[Held::kInput].key;
    content.output_key = held_[Held::kOutput].key;
    content.facts = facts_;
    read_step_content(content, place_, space_.pool);
    if (metadata.is_object()) {
        read_app_metadata(metadata, beside, space_.context, space_.pool);
    }
    version();
}

}  // namespace

JsonValue metadata_of(JsonValue given, otlp::JsonPool& pool) {
    JsonValue value = without_quotes(given, pool);
    return value.is_string() ? pool.read_container(value.text()) : value;
}

void read_observation(JsonValue body, const BodyPlace& place, const TypeRow* type,
                      const ReadSpace& space) {
    ObservationReader(body, place, space).observation(type);
}

void read_trace(JsonValue body, const BodyPlace& place, const ReadSpace& space) {
    ObservationReader(body, place, space).trace();
}

}  // namespace llmtrail::langfuse
