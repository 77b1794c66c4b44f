#include "parsers/common_names.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "parsers/common_lists.h"
#include "parsers/common_name_table.h"
#include "parsers/endpoint.h"
#include "parsers/event_words.h"
#include "parsers/name_memory.h"
#include "parsers/redacted.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

// {"metadata": {"metadata": …}} groups no deeper than this; below it goes to Unmapped whole.
constexpr size_t kScopeDepthMax = 6;

// A number, also when it is written as a text ("200").
std::optional<double> number_of(JsonValue value) {
    if (!value.is_string()) {
        return value.real();
    }
    std::string_view text = value.text();
    double number = 0;
    auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

class Reader {
 public:
    Reader(const ParseContext& context, AuditRecord& record, BodyScratch& scratch,
           NameMemory& memory)
        : context_(context), record_(record), scratch_(scratch), memory_(memory) {
        memory_.start_document();
    }

    void read(JsonValue object, NameScope scope, std::string_view path,
              std::span<const std::string_view> skip_keys, size_t depth);
    void finish();

 private:
    void member(const JsonMember& member, NameScope scope, std::string_view path, size_t depth);
    bool place(const NameRow& row, const JsonMember& member, std::string_view path);
    bool place_list(const NameRow& row, const JsonMember& member, std::string_view path);
    bool fill_field(Field field, JsonValue value);
    bool fill_any(Field field, JsonValue value);
    bool fill_number_text(Field field, JsonValue value);
    bool unit(Field field, JsonValue value);
    bool stamp(Field field, JsonValue value);
    bool event(std::string_view name);
    bool event_time(JsonValue value);
    bool duration(JsonValue value, double nanos_each);
    bool url(const JsonMember& member, std::string_view path);
    bool forwarded(JsonValue value);
    bool catalogue_name(const JsonMember& member);

    const ParseContext& context_;
    AuditRecord& record_;
    BodyScratch& scratch_;
    NameMemory& memory_;
    std::optional<Timestamp> http_date_;
};

void Reader::read(JsonValue object, NameScope scope, std::string_view path,
                  std::span<const std::string_view> skip_keys, size_t depth) {
    for (JsonMember member : object.members()) {
        if (member.value.carries_nothing() ||
            std::find(skip_keys.begin(), skip_keys.end(), member.key) != skip_keys.end()) {
            continue;
        }
        this->member(member, scope, path, depth);
    }
}

void Reader::member(const JsonMember& member, NameScope scope, std::string_view path,
                    size_t depth) {
    const NameRow* row = memory_.find(scope, member.key);
    if (row == nullptr) {
        if (scope != NameScope::kTop || !catalogue_name(member)) {
            keep_redacted(path, member.key, member.value, scratch_.unmapped);
        }
        return;
    }
    bool enters =
        member.value.is_object() && row->inside != NameScope::kNone && depth < kScopeDepthMax;
    if (enters) {
        read(member.value, row->inside, joined_path(path, member.key), {}, depth + 1);
    } else if (!place(*row, member, path)) {
        keep_redacted(path, member.key, member.value, scratch_.unmapped);
    }
}

bool Reader::place(const NameRow& row, const JsonMember& member, std::string_view path) {
    JsonValue value = member.value;
    switch (row.action) {
        case NameAction::kKeep:
            return false;
        case NameAction::kFill:
            return fill_field(row.field, value);
        case NameAction::kFillAny:
            return fill_any(row.field, value);
        case NameAction::kUnit:
            return unit(row.field, value);
        case NameAction::kEventTime:
            return event_time(value);
        case NameAction::kStamp:
            return stamp(row.field, value);
        case NameAction::kHttpDate:
            http_date_ = read_time(value, context_);
            return http_date_.has_value();
        case NameAction::kNanos:
            return duration(value, 1);
        case NameAction::kMillis:
            return duration(value, 1e6);
        case NameAction::kSeconds:
            return duration(value, 1e9);
        case NameAction::kEvent:
            return event(value.text());
        case NameAction::kUrl:
            return url(member, path);
        case NameAction::kForwarded:
            return forwarded(value);
        case NameAction::kFinish:
            if (!value.is_string()) {
                return false;
            }
            add_finish_reason(record_, value.text());
            return true;
        default:
            return place_list(row, member, path);
    }
}

bool Reader::place_list(const NameRow& row, const JsonMember& member, std::string_view path) {
    if (member.value.is_number() || member.value.boolean()) {
        return false;
    }
    std::string here = joined_path(path, member.key);
    switch (row.action) {
        case NameAction::kSources:
            // One text beside a prompt is more often the context itself than an address.
            if (member.value.is_string() && source_type_of(member.value.text()).empty()) {
                return false;
            }
            add_common_sources(member.value, here, scratch_);
            return true;
        case NameAction::kGuardrails:
            add_common_guardrails(member.value, here, scratch_);
            return true;
        case NameAction::kTools:
            add_common_tools(member.value, here, scratch_);
            return true;
        case NameAction::kMessages: {
            bool system = NormalizedKey(member.key).text().starts_with("system");
            add_common_messages(member.value, system ? "system" : "user", here, scratch_);
            return true;
        }
        default:
            return false;
    }
}

bool Reader::fill_field(Field field, JsonValue value) {
    FieldType type = field_row(field).type;
    bool numeric = type == FieldType::kInteger || type == FieldType::kReal;
    if (numeric && value.is_string()) {
        return fill_number_text(field, value);
    }
    if (field == Field::kPromptText && value.is_array()) {
        return false;
    }
    return fill(record_, field, value);
}

bool Reader::fill_number_text(Field field, JsonValue value) {
    auto number = number_of(value);
    constexpr double kWholeMax = 9007199254740992.0;
    if (!number || record_.has(field)) {
        return false;
    }
    if (field_row(field).type == FieldType::kReal) {
        record_.set_real(field, *number);
        return true;
    }
    if (std::trunc(*number) != *number || std::abs(*number) > kWholeMax) {
        return false;
    }
    record_.set_integer(field, static_cast<int64_t>(*number));
    return true;
}

bool Reader::fill_any(Field field, JsonValue value) {
    if (!value.is_object() && !value.is_array()) {
        return fill(record_, field, value);
    }
    return !record_.has(field) && fill_text(record_, field, value.json());
}

bool Reader::unit(Field field, JsonValue value) {
    auto number = value.real();
    return number && *number >= 0 && *number <= 1 && fill(record_, field, value);
}

bool Reader::stamp(Field field, JsonValue value) {
    auto stamp = read_time(value, context_);
    if (!stamp || record_.has(field)) {
        return false;
    }
    record_.set_time(field, stamp->at);
    return true;
}

bool Reader::event(std::string_view name) {
    if (name.empty() || !set_event(record_, name)) {
        return false;
    }
    if (says_blocked(name)) {
        scratch_.guardrail_triggered = true;
        scratch_.guardrail_blocked = true;
    }
    return true;
}

bool Reader::event_time(JsonValue value) {
    return !record_.has(Field::kEventTime) && set_event_time(record_, value, context_);
}

bool Reader::duration(JsonValue value, double nanos_each) {
    constexpr double kNanosMax = 9.0e18;
    auto number = number_of(value);
    if (!number || *number < 0 || *number * nanos_each > kNanosMax ||
        record_.has(Field::kEventDuration)) {
        return false;
    }
    record_.set_integer(Field::kEventDuration, std::llround(*number * nanos_each));
    return true;
}

// What is no endpoint is kept without its query, where keys are.
bool Reader::url(const JsonMember& member, std::string_view path) {
    if (!member.value.is_string()) {
        return false;
    }
    std::string_view text = member.value.text();
    bool known = record_.has(Field::kUrlPath) || record_.has(Field::kServerAddress);
    if (known || !set_endpoint(record_, text)) {
        scratch_.unmapped.add_text(joined_path(path, member.key), text.substr(0, text.find('?')));
    }
    return true;
}

bool Reader::forwarded(JsonValue value) {
    constexpr size_t kAddressBytesMax = 64;
    std::string_view text = value.text();
    std::string_view first = text.substr(0, text.find(','));
    return first.size() == text.size() && first.size() <= kAddressBytesMax &&
           fill_text(record_, Field::kClientIp, first);
}

// A catalogue's own name of the GenAI conventions, flat: {"gen_ai.usage.input_tokens": 5}.
bool Reader::catalogue_name(const JsonMember& member) {
    if (!member.key.starts_with("gen_ai.")) {
        return false;
    }
    auto field = field_by_name(member.key);
    return field && (field_row(*field).type == FieldType::kTime ? stamp(*field, member.value)
                                                                : fill_field(*field, member.value));
}

void Reader::finish() {
    if (http_date_ && !record_.has(Field::kEventTime)) {
        set_event_time(record_, *http_date_, context_);
    }
    auto text_bytes = [&](Field text, Field bytes) {
        if (record_.has(text) && !record_.has(bytes)) {
            record_.set_integer(bytes, static_cast<int64_t>(record_.text(text).size()));
        }
    };
    text_bytes(Field::kPromptText, Field::kPromptBytes);
    text_bytes(Field::kResponseText, Field::kResponseBytes);
    auto said_by = [&](Field value, Field method, std::string_view word) {
        if (record_.has(value) && !record_.has(method)) {
            record_.set_text(method, word);
        }
    };
    said_by(Field::kPromptLanguage, Field::kPromptLanguageSource, "source");
    said_by(Field::kResponseConfidence, Field::kResponseConfidenceMethod, "provider_score");
    said_by(Field::kResponseToxicity, Field::kResponseToxicityMethod, "provider_score");
}

}  // namespace

void apply_common_names(JsonValue object, std::string_view path,
                        std::span<const std::string_view> skip_keys, const ParseContext& context,
                        AuditRecord& record, BodyScratch& scratch) {
    NameMemory memory;
    Reader reader(context, record, scratch, memory);
    reader.read(object, NameScope::kTop, path, skip_keys, 0);
    reader.finish();
}

void apply_common_names(JsonValue document, const ParseContext& context, AuditRecord& record,
                        BodyScratch& scratch, NameMemory& memory) {
    Reader reader(context, record, scratch, memory);
    reader.read(document, NameScope::kTop, "", {}, 0);
    reader.finish();
}

}  // namespace llmtrail
