#include "parsers/langsmith_run.h"

#include <algorithm>
#include <array>
#include <string>

#include "parsers/event_words.h"
#include "parsers/framework_content.h"
#include "parsers/framework_metadata.h"
#include "parsers/framework_usage.h"
#include "parsers/time_value.h"

namespace llmtrail::langsmith {

namespace {

struct TypeRow {
    std::string_view type;
    std::string_view kind;  // "": told by what the run holds
    std::string_view operation;
};

constexpr auto kTypes = std::to_array<TypeRow>({
    {"llm", "inference", ""},
    {"embedding", "inference", "embeddings"},
    {"tool", "tool", "execute_tool"},
    {"retriever", "retrieval", "retrieval"},
    {"chain", "", ""},
    {"prompt", "other", ""},
    {"parser", "other", ""},
});

const TypeRow* find_type(std::string_view type) {
    const auto* row = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const TypeRow& one) { return one.type == type; });
    return row == kTypes.end() ? nullptr : row;
}

enum class Held : uint8_t {
    kField,
    kId,
    kName,
    kType,
    kStart,
    kEnd,
    kFirstToken,
    kError,
    kInputs,
    kOutputs,
    kExtra,
    kEvents,
    kTags,
    kStatus,
    kOrder,
    kChildren,
    kUsage,
    kCount,
};

struct MemberRow {
    std::string_view key;
    Held held = Held::kField;
    Field field = Field::kUnmapped;
};

constexpr auto kMembers = std::to_array<MemberRow>({
    {"id", Held::kId},
    {"name", Held::kName},
    {"run_type", Held::kType},
    {"start_time", Held::kStart},
    {"end_time", Held::kEnd},
    {"first_token_time", Held::kFirstToken},
    {"error", Held::kError},
    {"inputs", Held::kInputs},
    {"outputs", Held::kOutputs},
    {"extra", Held::kExtra},
    {"events", Held::kEvents},
    {"tags", Held::kTags},
    {"status", Held::kStatus},
    {"dotted_order", Held::kOrder},
    {"child_runs", Held::kChildren},
    {"trace_id", Held::kField, Field::kTraceId},
    {"parent_run_id", Held::kField, Field::kParentId},
    {"session_name", Held::kField, Field::kServiceName},
});

// Sums over the runs below, but for a run that calls a model itself.
constexpr MemberField kCounters[] = {
    {"prompt_tokens", Field::kGenAiUsageInputTokens},
    {"completion_tokens", Field::kGenAiUsageOutputTokens},
    {"total_tokens", Field::kGenAiUsageTotalTokens},
    {"total_cost", Field::kUsageCostUsd},
};

// "20261123T003722959001Z": the time in a dotted order, which is the run's start.
std::optional<Timestamp> order_time(std::string_view segment) {
    constexpr size_t kStampBytes = 22;
    constexpr size_t kSecondsBytes = 15;
    if (segment.size() < kStampBytes || segment[kStampBytes - 1] != 'Z' || segment[8] != 'T') {
        return std::nullopt;
    }
    std::string iso;
    for (size_t at = 0; at < kStampBytes; ++at) {
        bool dash = at == 4 || at == 6;
        bool colon = at == 11 || at == 13;
        iso += dash ? "-" : colon ? ":" : at == kSecondsBytes ? "." : "";
        iso.push_back(segment[at]);
    }
    return parse_iso_time(iso);
}

std::string_view last_segment(std::string_view order) {
    return order.substr(order.rfind('.') + 1);
}

class RunReader {
 public:
    RunReader(const BodyPlace& place, const ParseContext& context, otlp::JsonPool& pool)
        : place_(place), context_(context), pool_(pool), record_(place.record()) {}

    void collect(JsonMember member);
    void read(std::string_view id);

 private:
    void kind();
    void times();
    void first_token();
    void error();
    void extra();
    void content();

    JsonMember& held(Held held) { return held_[static_cast<size_t>(held)]; }

    JsonValue value(Held held) const { return held_[static_cast<size_t>(held)].value; }

    const BodyPlace& place_;
    const ParseContext& context_;
    otlp::JsonPool& pool_;
    AuditRecord& record_;
    std::array<JsonMember, static_cast<size_t>(Held::kCount)> held_{};
    std::array<JsonMember, std::size(kCounters)> counters_{};
    std::optional<Timestamp> started_;
};

void RunReader::collect(JsonMember member) {
    const auto* row = std::find_if(kMembers.begin(), kMembers.end(),
                                   [&](const MemberRow& one) { return one.key == member.key; });
    if (row == kMembers.end()) {
        const auto* counter =
            std::find_if(std::begin(kCounters), std::end(kCounters),
                         [&](const MemberField& one) { return one.key == member.key; });
        if (counter != std::end(kCounters)) {
            counters_[static_cast<size_t>(counter - kCounters)] = member;
        } else {
            place_.keep(member.key, member.value);
        }
    } else if (row->held == Held::kField) {
        place_.fill_or_keep(row->field, member.key, member.value);
    } else if (!held(row->held).value.exists()) {
        held(row->held) = member;
    } else {
        place_.keep(member.key, member.value);
    }
}

// A chain that has no run above it is the interaction as its user saw it: what it holds tells.
void RunReader::kind() {
    std::string_view type = value(Held::kType).text();
    const TypeRow* row = find_type(type);
    JsonValue outputs = value(Held::kOutputs);
    bool answers = outputs["generations"].is_array() || outputs["choices"].is_array();
    if (row == nullptr || row->kind.empty() || row->kind == "other") {
        place_.keep("run_type", value(Held::kType));  // no field says "parser"
    }
    if (row == nullptr && answers) {  // a patch that does not repeat its type
        row = find_type("llm");
    }
    if (row == nullptr || row->kind.empty()) {
        bool root = !record_.has(Field::kParentId) &&
                    value(Held::kOrder).text().find('.') == std::string_view::npos;
        std::string_view by_name = kind_by_words(value(Held::kName).text());
        bool named = by_name == "retrieval" || by_name == "guardrail";
        if (named) {
            fill_text(record_, Field::kEventKind, by_name);
        } else if (!root) {
            fill_text(record_, Field::kEventKind, "other");
        }
        return;
    }
    fill_text(record_, Field::kEventKind, row->kind);
    fill_text(record_, Field::kGenAiOperationName, row->operation);
}

// Where stamps have milliseconds, a dotted order counts runs in the digits beyond them.
void RunReader::times() {
    auto ended = read_time(value(Held::kEnd), context_);
    started_ = read_time(value(Held::kStart), context_);
    if (!started_) {
        place_.keep("start_time", value(Held::kStart));
        started_ = order_time(last_segment(value(Held::kOrder).text()));
        if (started_ && ended && ended->precision == TimePrecision::kMillis) {
            started_->at.value -= started_->at.value % kNanosPerMilli;
            started_->precision = TimePrecision::kMillis;
        }
    }
    if (started_) {
        set_event_time(record_, *started_, context_);
    }
    if (!ended) {
        place_.keep("end_time", value(Held::kEnd));
        return;
    }
    record_.set_time(Field::kEventEnd, ended->at);
    int64_t lasted = 0;
    bool sound = started_ && !__builtin_sub_overflow(ended->at.value, started_->at.value, &lasted);
    if (sound && lasted >= 0) {
        record_.set_integer(Field::kEventDuration, lasted);
    }
}

// "first_token_time" of exports, else the first event "new_token". Events are kept: each is a time
// that no field holds.
void RunReader::first_token() {
    JsonValue stamp = value(Held::kFirstToken);
    place_.keep("events", value(Held::kEvents));
    if (!stamp.exists() || stamp.is_null()) {
        for (JsonValue event : value(Held::kEvents).items()) {
            if (event["name"].text() == "new_token") {
                stamp = event["time"];
                break;
            }
        }
    }
    auto first = read_time(stamp, context_);
    int64_t waited = 0;
    bool sound = first && started_ &&
                 !__builtin_sub_overflow(first->at.value, started_->at.value, &waited) &&
                 waited >= 0;
    if (sound) {
        record_.set_real(Field::kGenAiResponseTimeToFirstChunk,
                         static_cast<double>(waited) / static_cast<double>(kNanosPerSecond));
    } else {
        place_.keep("first_token_time", value(Held::kFirstToken));
    }
}

// "ValueError('no such user')Traceback (most recent call last): …": its class stands first.
std::string_view error_class(std::string_view error) {
    constexpr size_t kNameBytesMax = 128;
    size_t end = 0;
    auto of_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.';
    };
    while (end < error.size() && of_name(error[end])) {
        ++end;
    }
    bool ends = end < error.size() && (error[end] == '(' || error[end] == ':');
    std::string_view name = error.substr(0, end);
    bool telling = name.ends_with("Error") || name.ends_with("Exception") ||
                   name.ends_with("Interrupt") || name.ends_with("Exit");
    return ends && telling && end <= kNameBytesMax ? name : std::string_view();
}

void RunReader::error() {
    JsonValue error = value(Held::kError);
    std::string_view status = value(Held::kStatus).text();
    bool failed = error.is_string() && !error.text().empty();
    if (failed) {
        place_.fill_or_keep(Field::kErrorMessage, "error", error);
        fill_text(record_, Field::kErrorType, error_class(error.text()));
    } else {
        place_.keep("error", error);
    }
    if (failed || status == "error") {
        record_.set_text(Field::kEventOutcome, "failure");
    } else if (status == "success") {
        record_.set_text(Field::kEventOutcome, "success");
    } else {
        place_.keep("status", value(Held::kStatus));
    }
}

void RunReader::extra() {
    JsonValue extra = value(Held::kExtra);
    BodyPlace here = place_.below("extra");
    for (JsonMember member : extra.members()) {
        BodyPlace inner = here.below(member.key);
        if (member.key == "invocation_params" && member.value.is_object()) {
            read_call_parameters(member.value, inner);
        } else if (member.key == "metadata" && member.value.is_object()) {
            read_app_metadata(member.value, inner, context_, pool_);
        } else {
            inner.keep(member.value);
        }
    }
    if (!extra.is_object()) {
        here.keep(extra);
    }
}

void RunReader::content() {
    StepContent content;
    content.input = value(Held::kInputs);
    content.output = value(Held::kOutputs);
    content.input_key = "inputs";
    content.output_key = "outputs";
    content.kind = record_.text(Field::kEventKind);
    content.name = value(Held::kName).text();
    content.of_call = content.kind == "inference";
    content.embedding = record_.text(Field::kGenAiOperationName) == "embeddings";
    std::string kind(content.kind);  // the record's own text may move
    content.kind = kind;
    bool of_call = content.of_call;
    read_step_content(content, place_, pool_);
    for (size_t i = 0; i < counters_.size(); ++i) {
        const JsonMember& counter = counters_[i];
        if (of_call) {
            place_.fill_or_keep(kCounters[i].field, counter.key, counter.value);
        } else {
            place_.keep(counter.key, counter.value);
        }
    }
}

void RunReader::read(std::string_view id) {
    if (!fill_text(record_, Field::kRecordNativeId, id) || !value(Held::kId).is_string()) {
        place_.keep("id", value(Held::kId));
    }
    fill_text(record_, Field::kSpanId, id);
    place_.keep("dotted_order", value(Held::kOrder));
    place_.fill_or_keep(Field::kEventAction, "name", value(Held::kName));
    kind();
    times();
    first_token();
    error();
    if (value(Held::kTags).exists()) {
        read_tags(value(Held::kTags), place_, "tags");
    }
    JsonValue children = value(Held::kChildren);
    size_t index = 0;
    for (JsonValue child : children.items()) {
        BodyPlace here = place_.below("child_runs");
        if (!child.is_object()) {
            here.below(index).keep(child);
        }
        ++index;
    }
    if (!children.is_array()) {
        place_.keep("child_runs", children);
    }
    // What the call was made with goes before what the application says beside.
    content();
    extra();
}

}  // namespace

bool is_run_type(std::string_view word) {
    return find_type(word) != nullptr;
}

std::string_view run_id(JsonValue run) {
    if (run["id"].is_string()) {
        return run["id"].text();
    }
    std::string_view segment = last_segment(run["dotted_order"].text());
    size_t stamp = segment.find('Z');
    return stamp == std::string_view::npos ? std::string_view() : segment.substr(stamp + 1);
}

void read_run(JsonValue run, std::span<const JsonMember> parts, const BodyPlace& place,
              const ParseContext& context, otlp::JsonPool& pool) {
    RunReader reader(place, context, pool);
    for (JsonMember member : run.members()) {
        reader.collect(member);
    }
    for (JsonMember part : parts) {
        reader.collect(part);
    }
    reader.read(run_id(run));
}

}  // namespace llmtrail::langsmith
