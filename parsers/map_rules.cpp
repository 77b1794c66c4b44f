#include "parsers/map_rules.h"

#include <charconv>
#include <cmath>

#include "base/json_text.h"
#include "parsers/common_lists.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr size_t kValuesMax = 4096;  // of one rule, from arrays that the path enters

bool is_scalar(JsonValue value) {
    return value.is_string() || value.is_number() || value.boolean();
}

void find_values(JsonValue from, std::span<const std::string> path, std::vector<JsonValue>& found) {
    if (found.size() >= kValuesMax) {
        return;
    }
    if (from.is_array() && !path.empty()) {
        for (JsonValue item : from.items()) {
            find_values(item, path, found);
        }
        return;
    }
    if (path.empty()) {
        if (from.exists() && !from.is_null()) {
            found.push_back(from);
        }
        return;
    }
    find_values(from[path.front()], path.subspan(1), found);
}

// A number, or a text that is one.
template <typename Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    bool whole = !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

std::optional<bool> truth_of(JsonValue value) {
    if (value.boolean()) {
        return value.boolean();
    }
    if (auto number = value.integer(); number == 0 || number == 1) {
        return number == 1;
    }
    std::string_view text = value.text();
    if (text == "true" || text == "false" || text == "True" || text == "False") {
        return text.ends_with("rue");
    }
    return std::nullopt;
}

class Mapper {
 public:
    Mapper(const ParseContext& context, AuditRecord& record, BodyScratch& scratch)
        : context_(context), record_(record), scratch_(scratch) {}

    void apply(Field field, std::span<const JsonValue> values);

 private:
    void text(Field field, JsonValue value);
    void list(Field field, std::span<const JsonValue> values);
    void json(Field field, std::span<const JsonValue> values);
    void time(Field field, JsonValue value);
    void sources(std::span<const JsonValue> values);
    void guardrails(std::span<const JsonValue> values);

    const ParseContext& context_;
    AuditRecord& record_;
    BodyScratch& scratch_;
};

void Mapper::text(Field field, JsonValue value) {
    std::string given = value.is_string() ? std::string(value.text()) : value.json();
    if (given.empty()) {
        return;
    }
    record_.set_text(field, given);
    auto size = static_cast<int64_t>(given.size());
    if (field == Field::kPromptText) {
        record_.set_integer(Field::kPromptBytes, size);
    } else if (field == Field::kResponseText) {
        record_.set_integer(Field::kResponseBytes, size);
    }
}

void Mapper::list(Field field, std::span<const JsonValue> values) {
    ArrayWriter items;
    auto add = [&](JsonValue value) {
        std::string given = value.is_string() ? std::string(value.text()) : value.json();
        if (is_scalar(value) && !given.empty()) {
            items.add_once(given);
        }
    };
    for (JsonValue value : values) {
        add(value);
        for (JsonValue item : value.items()) {
            add(item);
        }
    }
    if (items.count() > 0) {
        record_.set_json(field, items.json());
    }
}

void Mapper::json(Field field, std::span<const JsonValue> values) {
    if (values.size() == 1 && !is_scalar(values.front())) {
        if (values.front().size() > 0) {
            record_.set_json(field, values.front().json());
        }
        return;
    }
    ArrayWriter items;
    for (JsonValue value : values) {
        value.append_json(items.item());
    }
    record_.set_json(field, items.json());
}

void Mapper::time(Field field, JsonValue value) {
    auto stamp = read_time(value, context_);
    if (stamp && field == Field::kEventTime) {
        set_event_time(record_, *stamp, context_);
    } else if (stamp) {
        record_.set_time(field, stamp->at);
    }
}

void Mapper::sources(std::span<const JsonValue> values) {
    scratch_.clear();
    for (JsonValue value : values) {
        add_common_sources(value, "", scratch_);
    }
    if (scratch_.data_sources.count() > 0) {
        record_.set_json(Field::kDataSources, scratch_.data_sources.json());
        record_.set_integer(Field::kDataSourcesCount,
                            static_cast<int64_t>(scratch_.data_sources.count()));
    }
    scratch_.clear();
}

void Mapper::guardrails(std::span<const JsonValue> values) {
    scratch_.clear();
    for (JsonValue value : values) {
        add_common_guardrails(value, "", scratch_);
    }
    if (scratch_.guardrails.count() > 0) {
        record_.set_json(Field::kGuardrails, scratch_.guardrails.json());
        record_.set_json(Field::kGuardrailCategories, scratch_.guardrail_categories.json());
        record_.set_boolean(Field::kGuardrailTriggered, scratch_.guardrail_triggered);
        record_.set_boolean(Field::kGuardrailBlocked, scratch_.guardrail_blocked);
    }
    scratch_.clear();
}

void Mapper::apply(Field field, std::span<const JsonValue> values) {
    JsonValue first = values.front();
    switch (field_row(field).type) {
        case FieldType::kText:
            text(field, first);
            break;
        case FieldType::kTextList:
            list(field, values);
            break;
        case FieldType::kInteger: {
            auto number = first.integer() ? first.integer() : number_in<int64_t>(first.text());
            if (number) {
                record_.set_integer(field, *number);
            }
            break;
        }
        case FieldType::kReal: {
            auto number = first.real() ? first.real() : number_in<double>(first.text());
            if (number && std::isfinite(*number)) {
                record_.set_real(field, *number);
            }
            break;
        }
        case FieldType::kBoolean:
            if (auto truth = truth_of(first)) {
                record_.set_boolean(field, *truth);
            }
            break;
        case FieldType::kTime:
            time(field, first);
            break;
        case FieldType::kJson:
            if (field == Field::kDataSources) {
                sources(values);
            } else if (field == Field::kGuardrails) {
                guardrails(values);
            } else {
                json(field, values);
            }
            break;
    }
}

}  // namespace

void apply_map_rules(JsonValue document, const ParseContext& context, AuditRecord& record,
                     BodyScratch& scratch) {
    std::vector<JsonValue> values;
    for (const MapRule& rule : context.map) {
        values.clear();
        find_values(document, rule.path, values);
        if (!values.empty()) {
            Mapper(context, record, scratch).apply(rule.field, values);
        }
    }
}

}  // namespace llmtrail
