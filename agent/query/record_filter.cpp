#include "query/record_filter.h"

#include <algorithm>

#include "base/json_text.h"
#include "record/field_catalog.h"
#include "record/object_list.h"

namespace llmtrail {
namespace {

constexpr size_t kDateCharacters = 10;  // 2026-01-31

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool contains_any_case(ByteView text, std::string_view words) {
    if (words.empty() || text.size() < words.size()) {
        return words.empty();
    }
    auto same = [](char a, char b) { return lower(a) == b; };
    return std::search(text.begin(), text.end(), words.begin(), words.end(), same) != text.end();
}

template <typename Wanted>
bool any_string_in(std::string_view json, const Wanted& wanted) {
    ObjectListReader list(json);
    std::string text;
    auto wants = [&](std::string_view inside) {
        text.clear();
        append_unescaped_json(text, inside);
        return wanted(text);
    };
    while (list.next_item()) {
        if (list.item_is_string() && wants(list.string())) {
            return true;
        }
        std::string_view key;
        std::string_view value;
        while (list.next_member(key, value)) {
            if (wants(value)) {
                return true;
            }
        }
    }
    return false;
}

template <typename Wanted>
bool any_value(const AuditRecord& record, Field field, const Wanted& wanted) {
    if (!record.has(field)) {
        return false;
    }
    std::string text;
    switch (field_row(field).type) {
        case FieldType::kText:
            return wanted(record.text(field));
        case FieldType::kTextList:
        case FieldType::kJson:
            return any_string_in(record.text(field), wanted);
        case FieldType::kInteger:
            return wanted(std::to_string(*record.integer(field)));
        case FieldType::kReal:
            append_json_number(text, *record.real(field));
            return wanted(text);
        case FieldType::kBoolean:
            return wanted(*record.boolean(field) ? "true" : "false");
        case FieldType::kTime:
            return wanted(format_iso_nanos(UnixNanos{*record.integer(field)}));
    }
    return false;
}

Result<UnixNanos> read_time(std::string_view text) {
    std::string whole(text);
    if (whole.size() == kDateCharacters) {
        whole += "T00:00:00Z";
    }
    std::optional<Timestamp> time = parse_iso_time(whole);
    if (!time) {
        return fail(
            ErrorCode::kInvalidArgument,
            "`" + std::string(text) + "` is no time: write 2026-01-31 or 2026-01-31T10:00:00Z");
    }
    return time->at;
}

}  // namespace

ValuePattern::ValuePattern(std::string_view text) : text_(text) {
    if (text_.ends_with("\\*")) {
        text_.erase(text_.size() - 2, 1);
    } else if (text_.ends_with("*")) {
        text_.pop_back();
        prefix_ = true;
    }
}

TextPattern::TextPattern(std::string_view words) : words_(words) {
    std::transform(words_.begin(), words_.end(), words_.begin(), lower);
    append_json_string(escaped_, words_);
    escaped_ = escaped_.substr(1, escaped_.size() - 2);
}

bool TextPattern::found_in(ByteView section) const {
    return contains_any_case(section, words_) ||
           (escaped_ != words_ && contains_any_case(section, escaped_));
}

void RecordFilter::add(std::string_view name, std::vector<Field> fields, std::string_view value) {
    auto known = std::find_if(conditions_.begin(), conditions_.end(),
                              [&](const Condition& each) { return each.name == name; });
    if (known == conditions_.end()) {
        conditions_.push_back({std::string(name), std::move(fields), {}});
        known = std::prev(conditions_.end());
    }
    known->values.emplace_back(value);
}

Result<void> RecordFilter::add_field(std::string_view condition) {
    size_t equals = condition.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        return fail(ErrorCode::kInvalidArgument,
                    "`" + std::string(condition) + "` is not NAME=VALUE");
    }
    std::string_view name = condition.substr(0, equals);
    std::optional<Field> field = field_by_name(name);
    if (!field) {
        return fail(ErrorCode::kInvalidArgument,
                    "no field is called `" + std::string(name) + "` (docs/record-schema.md)");
    }
    if (field_row(*field).section != Section::kEnvelope) {
        return fail(ErrorCode::kInvalidArgument,
                    "`" + std::string(name) + "` is content, in the section " +
                        std::string(section_name(field_row(*field).section)) +
                        ": search it with --text");
    }
    add(name, {*field}, condition.substr(equals + 1));
    return {};
}

void RecordFilter::add_kind(std::string_view value) {
    add("kind", {Field::kEventKind}, value);
}

void RecordFilter::add_user(std::string_view value) {
    add("user", {Field::kUserId, Field::kUserEmail, Field::kUserName}, value);
}

void RecordFilter::add_model(std::string_view value) {
    add("model", {Field::kGenAiRequestModel, Field::kGenAiResponseModel}, value);
}

Result<void> RecordFilter::set_since(std::string_view time) {
    Result<UnixNanos> read = read_time(time);
    if (!read) {
        return fail(std::move(read.error()));
    }
    since_ = *read;
    return {};
}

Result<void> RecordFilter::set_until(std::string_view time) {
    Result<UnixNanos> read = read_time(time);
    if (!read) {
        return fail(std::move(read.error()));
    }
    until_ = *read;
    return {};
}

bool RecordFilter::matches_envelope(const AuditRecord& record) const {
    if (since_ || until_) {
        std::optional<int64_t> at = record.integer(Field::kEventTime);
        if (!at) {
            at = record.integer(Field::kEventIngested);
        }
        if (!at || (since_ && *at < since_->value) || (until_ && *at >= until_->value)) {
            return false;
        }
    }
    return std::all_of(conditions_.begin(), conditions_.end(), [&](const Condition& condition) {
        auto wanted = [&](std::string_view value) {
            return std::any_of(condition.values.begin(), condition.values.end(),
                               [&](const ValuePattern& each) { return each.matches(value); });
        };
        return std::any_of(condition.fields.begin(), condition.fields.end(),
                           [&](Field field) { return any_value(record, field, wanted); });
    });
}

}  // namespace llmtrail
