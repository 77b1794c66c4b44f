#include "parsers/otlp_record.h"

#include <algorithm>
#include <charconv>

#include "base/json_text.h"
#include "bodies/openai_parts.h"

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

// Vocabularies whose instrumentations put all text on the span.
bool has_own_text(std::string_view key) {
    return key.starts_with("openinference.") || key.starts_with("langfuse.");
}

}  // namespace

void RecordReader::begin(AuditRecord& record, const ParseContext& context) {
    record_ = &record;
    context_ = &context;
    scratch_.clear();
    pool_.reset();
    contents_.clear();
    resource_.clear();
    copies_.clear();
    indexed_copies_.clear();
    for (auto& list : indexed_) {
        list.clear();
    }
    guard_.clear();
    findings_.clear();
    counters_.clear();
    provider_ = {};
    model_ = {};
    kind_ = nullptr;
    name_ = {};
    level_ = {};
    status_message_ = {};
    llm_ = false;
    has_documents_ = false;
    of_guard_ = false;
    own_text_ = false;
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
        size_t mark = pool_.mark();
        std::string_view key = pair["key"].text();
        JsonValue value = plain(pair["value"], pool_);
        const AliasRow* row = find_resource_alias(key);
        if (row != nullptr && row->conversion == Conversion::kLateField &&
            resource_.size() < kContentsMax) {
            resource_.push_back({row, value});
            continue;
        }
        if (row == nullptr || !fill_loose(*record_, row->field, value)) {
            place.keep(key, value);
        }
        pool_.release(mark);
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
    own_text_ = own_text_ || has_own_text(key);
    if (const AliasRow* row = find_alias(key)) {
        size_t before = contents_.size();
        converted(place, *row, value);
        return contents_.size() > before;
    }
    if (GuardFact fact = guard_fact_of_attribute(key); fact != GuardFact::kNone) {
        of_guard_ = of_guard_ || key.starts_with("gen_ai.");
        if (!guard_.take(fact, key, value)) {
            place.keep(key, value);
        }
        return false;  // scalars need no tree
    }
    if (const IndexedRow* numbered = find_indexed(key)) {
        return indexed(place, *numbered, key, value);
    }
    place.keep(key, value);
    return false;
}

// Go writes numbers as texts; here they are numbers again.
void RecordReader::counter(std::string_view key, JsonValue value) {
    counters_ += counters_.empty() ? "" : ",";
    append_json_string(counters_, key);
    counters_.push_back(':');
    if (auto whole = integer(value)) {
        append_json_integer(counters_, *whole);
    } else {
        append_json_number(counters_, real(value).value_or(0));
    }
}

bool RecordReader::indexed(const BodyPlace& place, const IndexedRow& row, std::string_view key,
                           JsonValue value) {
    IndexedItem item{0, key.substr(row.prefix.size()), key, value};
    if (row.kind == Indexed::kCounter) {
        if (real(value)) {
            counter(key, value);
        } else {
            place.keep(key, value);
        }
        return false;
    }
    if (row.kind != Indexed::kAssociation) {
        auto [end, error] =
            std::from_chars(item.rest.data(), item.rest.data() + item.rest.size(), item.index);
        size_t used = static_cast<size_t>(end - item.rest.data());
        if (error != std::errc() || used >= item.rest.size() || item.rest[used] != '.') {
            place.keep(key, value);
            return false;
        }
        item.rest.remove_prefix(used + 1);
    }
    items(row.kind).push_back(item);
    return true;
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
    // "type" is anyone's name; Guardrails AI's words are its own.
    bool of_anyone = key == "type" && !value.text().starts_with("guardrails/");
    const KindRow* row = of_anyone ? nullptr : kind_of_word(value.text());
    // The word of the fuller vocabulary stands: a kind that says what happened beats one that does
    // not.
    llm_ = llm_ || row != nullptr;
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

void RecordReader::model_name(const BodyPlace& place, const AliasRow& row, JsonValue value) {
    if (!value.is_string()) {
        place.keep(row.name, value);
    } else if (!model_.value.exists()) {
        model_ = {row.name, value};
    } else if (model_.value.text() != value.text()) {
        place.keep(row.name, value);
    }
}

void RecordReader::hold(const BodyPlace& place, const AliasRow& row, JsonValue value) {
    if (contents_.size() < kContentsMax) {
        contents_.push_back({&row, value});
    } else {
        place.keep(row.name, value);
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
            value.is_string() ? provider(place, row, value) : place.keep(row.name, value);
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
            return model_name(place, row, value);
        case Conversion::kFinishReasons:
            return finish_reasons(place, row.name, value);
        case Conversion::kOutputFormat:
            openai::set_output_type(value, *record_);
            place.keep(row.name, value);
            return;
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
            hold(place, row, value);
    }
}

}  // namespace llmtrail::otlp
