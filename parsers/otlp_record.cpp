#include "parsers/otlp_record.h"

#include <algorithm>
#include <charconv>

#include "base/json_text.h"
#include "bodies/openai_parts.h"
#include "parsers/time_value.h"

namespace llmtrail::otlp {

namespace {

// A number in a text counts as a number: Go writes 64-bit integers so.
bool fill_loose(AuditRecord& record, Field field, JsonValue value) {
    if (fill(record, field, value)) {
        return true;
    }
    auto number = value.is_string() ? integer(value) : std::nullopt;
    if (number && field_row(field).type == FieldType::kInteger) {
        if (!record.has(field)) {
            record.set_integer(field, *number);
        }
        return record.integer(field) == number;
    }
    if (field_row(field).type == FieldType::kTextList && value.is_string()) {
        std::string item;
        append_json_string(item, value.text());
        return record.text(field).find(item) != std::string_view::npos;
    }
    return false;
}

constexpr size_t kAttributesMax = 20000;  // sorted and compared; further ones are only kept

constexpr size_t kContentsMax = 256;  // texts of one span that are looked at together

}  // namespace

void RecordReader::begin(AuditRecord& record, const ParseContext& context) {
    record_ = &record;
    context_ = &context;
    scratch_.clear();
    pool_.reset();
    contents_.clear();
    copies_.clear();
    indexed_copies_.clear();
    for (auto& list : indexed_) {
        list.clear();
    }
    provider_ = {};
    model_ = {};
    kind_ = nullptr;
    name_ = {};
    level_ = {};
    status_message_ = {};
    llm_ = false;
    chat_ = false;
    completion_ = false;
    failed_ = false;
}

void RecordReader::resource_attributes(const BodyPlace& place, JsonValue attributes) {
    size_t index = 0;
    for (JsonValue pair : attributes.items()) {
        BodyPlace here = place.below(index++);
        if (!is_pair(pair)) {
            here.keep(pair);
            continue;
        }
        PoolScope scope(pool_);
        std::string_view key = pair["key"].text();
        JsonValue value = plain(pair["value"], pool_);
        const AliasRow* row = find_resource_alias(key);
        if (row == nullptr || !fill_loose(*record_, row->field, value)) {
            place.keep(key, value);
        }
    }
    if (!attributes.is_array()) {
        place.keep(attributes);
    }
}

void RecordReader::attributes(const BodyPlace& place, JsonValue attributes,
                              std::string_view read_key, std::string_view read_text) {
    size_t count = 0;
    for (JsonValue pair : attributes.items()) {
        if (!is_pair(pair)) {
            place.below(count++).keep(pair);
            continue;
        }
        std::string_view key = pair["key"].text();
        const IndexedRow* numbered = find_indexed(key);
        // Vectors are long: they are made plain only where they end up.
        bool raw = numbered != nullptr && numbered->kind == Indexed::kEmbedding;
        size_t mark = pool_.mark();
        JsonValue value = raw ? pair["value"] : plain(pair["value"], pool_);
        if (!read_key.empty() && key == read_key && value.text() == read_text) {
            continue;
        }
        bool held = false;
        if (++count > kAttributesMax) {
            place.keep(key, value);
        } else {
            held = attribute(place, key, value);
        }
        if (!held) {
            pool_.release(mark);
        }
    }
    if (!attributes.is_array()) {
        place.keep(attributes);
    }
}

bool RecordReader::attribute(const BodyPlace& place, std::string_view key, JsonValue value) {
    llm_ = llm_ || is_llm_attribute(key);
    if (const AliasRow* row = find_alias(key)) {
        size_t before = contents_.size();
        converted(place, *row, value);
        return contents_.size() > before;
    }
    if (const IndexedRow* numbered = find_indexed(key)) {
        indexed(place, *numbered, key, value);
        return true;
    }
    place.keep(key, value);
    return false;
}

void RecordReader::indexed(const BodyPlace& place, const IndexedRow& row, std::string_view key,
                           JsonValue value) {
    IndexedItem item{0, key.substr(row.prefix.size()), key, value};
    if (row.kind != Indexed::kAssociation) {
        auto [end, error] =
            std::from_chars(item.rest.data(), item.rest.data() + item.rest.size(), item.index);
        size_t used = static_cast<size_t>(end - item.rest.data());
        if (error != std::errc() || used >= item.rest.size() || item.rest[used] != '.') {
            place.keep(key, value);
            return;
        }
        item.rest.remove_prefix(used + 1);
    }
    items(row.kind).push_back(item);
}

void RecordReader::provider(const BodyPlace& place, const AliasRow& row, JsonValue value) {
    Provider found{row.rank, row.name, value};
    if (found.rank > provider_.rank) {
        std::swap(found, provider_);
    }
    bool same = provider_of_word(found.value.text()) == provider_of_word(provider_.value.text());
    if (found.value.exists() && !same) {
        place.keep(found.key, found.value);
    }
}

void RecordReader::kind_word(const BodyPlace& place, std::string_view key, JsonValue value) {
    const KindRow* row = kind_of_word(value.text());
    // The word of the fuller vocabulary stands: a kind that says what happened beats one that does
    // not.
    if (row != nullptr && (kind_ == nullptr || (kind_->kind.empty() && !row->kind.empty()))) {
        kind_ = row;
    }
    place.keep(key, value);
}

void RecordReader::finish_reasons(const BodyPlace& place, std::string_view key, JsonValue value) {
    constexpr size_t kReasonsMax = 64;
    size_t count = 0;
    if (value.is_string()) {
        add_finish_reason(*record_, value.text());
        return;
    }
    for (JsonValue reason : value.items()) {
        if (reason.is_string() && ++count <= kReasonsMax) {
            add_finish_reason(*record_, reason.text());
        } else {
            place.keep(key, reason);
        }
    }
    if (!value.is_array()) {
        place.keep(key, value);
    }
}

void RecordReader::converted(const BodyPlace& place, const AliasRow& row, JsonValue value) {
    switch (row.conversion) {
        case Conversion::kField:
            if (!fill_loose(*record_, row.field, value)) {
                place.keep(row.name, value);
            }
            return;
        case Conversion::kProvider:
            if (value.is_string()) {
                provider(place, row, value);
            } else {
                place.keep(row.name, value);
            }
            return;
        case Conversion::kOperation:
            place.fill_or_keep(Field::kGenAiOperationName, row.name, value);
            if (const KindRow* kind = kind_of_word(value.text()); kind != nullptr) {
                kind_ = kind_ == nullptr || kind_->kind.empty() ? kind : kind_;
            }
            return;
        case Conversion::kKind:
            return kind_word(place, row.name, value);
        case Conversion::kModel:
            if (!value.is_string()) {
                place.keep(row.name, value);
            } else if (!model_.value.exists()) {
                model_ = {row.name, value};
            } else if (model_.value.text() != value.text()) {
                place.keep(row.name, value);
            }
            return;
        case Conversion::kFinishReasons:
            return finish_reasons(place, row.name, value);
        case Conversion::kLevel:
            level_ = value.text();
            place.keep(row.name, value);
            return;
        case Conversion::kStatusMessage:
            if (value.is_string() && !status_message_.exists()) {
                status_message_ = value;
            } else {
                place.keep(row.name, value);
            }
            return;
        default:
            if (contents_.size() < kContentsMax) {
                contents_.push_back({row.conversion, row.rank, row.name, value});
            } else {
                place.keep(row.name, value);
            }
    }
}

void RecordReader::message_event(const BodyPlace& place, std::string_view name, JsonValue fields) {
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
    if (name == "gen_ai.choice") {
        JsonValue message = fields["message"];
        std::string_view reason = fields["finish_reason"].text();
        if (message.is_object()) {
            std::string& text = pool_.scratch();
            text = "{\"role\":";
            append_json_string(text,
                               message["role"].is_string() ? message["role"].text() : "assistant");
            for (JsonMember member : message.members()) {
                if (member.key != "role") {
                    text.push_back(',');
                    append_json_string(text, member.key);
                    text.push_back(':');
                    member.value.append_json(text);
                }
            }
            text.push_back('}');
            write_message(place.below("message"), pool_.read(text), Side::kOutput, reason);
        } else if (message.is_string()) {
            JsonValue inner = pool_.read_container(message.text());
            inner.exists() ? write_messages(place.below("message"), inner, Side::kOutput)
                           : write_text(place, message.text(), Side::kOutput);
        }
        add_finish_reason(*record_, reason);
        place.keep_others(fields, {"message", "finish_reason"});
        return;
    }
    std::string_view role = "user";
    for (const RoleRow& row : kRoles) {
        role = row.event == name ? row.role : role;
    }
    std::string& text = pool_.scratch();
    text = "{\"role\":";
    append_json_string(text, fields["role"].is_string() ? fields["role"].text() : role);
    for (JsonMember member : fields.members()) {
        if (member.key == "role") {
            continue;
        }
        text.push_back(',');
        append_json_string(text,
                           role == "tool" && member.key == "id" ? "tool_call_id" : member.key);
        text.push_back(':');
        member.value.append_json(text);
    }
    text.push_back('}');
    write_message(place, pool_.read(text), Side::kInput);
}

bool RecordReader::log_event(const BodyPlace& place, std::string_view name, JsonValue body) {
    if (!name.starts_with("gen_ai.")) {
        return false;
    }
    llm_ = true;
    static constexpr KindRow kEvaluation = {"", "evaluation", ""};
    if (name == "gen_ai.evaluation.result") {
        kind_ = &kEvaluation;
        place.keep(body);
    } else if (body.is_object() && (name == "gen_ai.choice" || name.ends_with(".message"))) {
        message_event(place, name, body);
    } else if (body.is_string() && name.ends_with(".message")) {
        write_text(place, body.text(), Side::kInput);
    } else if (body.is_string() && name == "gen_ai.choice") {
        write_text(place, body.text(), Side::kOutput);
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

void RecordReader::span_event(const BodyPlace& place, JsonValue event) {
    std::string_view name = event["name"].text();
    BodyPlace below = place.below("attributes");
    bool exception = name == "exception";
    bool of_gen_ai = name.starts_with("gen_ai.");
    std::string fields = "{";
    size_t index = 0;
    for (JsonValue pair : event["attributes"].items()) {
        BodyPlace at = below.below(index++);
        if (!is_pair(pair)) {
            at.keep(pair);
            continue;
        }
        std::string_view key = pair["key"].text();
        size_t mark = pool_.mark();
        bool held = false;
        JsonValue value = plain(pair["value"], pool_);
        bool message = of_gen_ai && (name == "gen_ai.choice" || name.ends_with(".message"));
        if (exception && key == "exception.type") {
            below.fill_or_keep(Field::kErrorType, key, value);
        } else if (exception && key == "exception.message") {
            below.fill_or_keep(Field::kErrorMessage, key, value);
        } else if (key == "logprobs" && logprobs(below, value)) {
            continue;
        } else if (message && !find_alias(key)) {
            fields += fields.size() > 1 ? "," : "";
            append_json_string(fields, key);
            fields.push_back(':');
            value.append_json(fields);
        } else if (of_gen_ai) {
            held = attribute(below, key, value);
        } else {
            below.keep(key, value);
        }
        if (!held) {
            pool_.release(mark);
        }
    }
    if (fields.size() > 1) {
        PoolScope scope(pool_);
        fields.push_back('}');
        llm_ = true;
        message_event(below, name, pool_.read(fields));
    }
    failed_ = failed_ || exception;
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
