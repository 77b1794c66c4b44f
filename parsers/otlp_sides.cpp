// Prompts and answers of a span: which of its copies is written, and whether the others agree.
#include "base/json_text.h"
#include "parsers/otlp_record.h"

namespace llmtrail::otlp {

namespace {

std::string field_json(const AuditRecord& record, const FieldRow& row) {
    std::string out;
    switch (row.type) {
        case FieldType::kText:
        case FieldType::kTextList:
        case FieldType::kJson:
            out = record.text(row.field);
            break;
        case FieldType::kInteger:
        case FieldType::kTime:
            append_json_integer(out, record.integer(row.field).value_or(0));
            break;
        case FieldType::kReal:
            append_json_number(out, record.real(row.field).value_or(0));
            break;
        case FieldType::kBoolean:
            out = record.boolean(row.field).value_or(false) ? "true" : "false";
            break;
    }
    return out;
}

// Vocabularies differ in whether a message carries its reason to end. Within a JSON text the mark
// cannot be content: quotes there are escaped.
std::string without_finish_reasons(std::string text) {
    constexpr std::string_view kMark = ",\"finish_reason\":\"";
    std::string out;
    size_t at = 0;
    for (size_t mark = text.find(kMark); mark != std::string::npos; mark = text.find(kMark, at)) {
        out.append(text, at, mark - at);
        size_t end = text.find('"', mark + kMark.size());
        at = end == std::string::npos ? text.size() : end + 1;
    }
    out.append(text, at, text.size() - at);
    return out;
}

struct Place {
    Conversion conversion;
    Side side;
    bool messages;  // in OpenTelemetry's form
};

constexpr Place kPlaces[] = {
    {Conversion::kInputMessages, Side::kInput, true},
    {Conversion::kOutputMessages, Side::kOutput, true},
    {Conversion::kInput, Side::kInput, false},
    {Conversion::kOutput, Side::kOutput, false},
};

// Null: no content.
const Place* place_of(Conversion conversion) {
    for (const Place& row : kPlaces) {
        if (row.conversion == conversion) {
            return &row;
        }
    }
    return nullptr;
}

MessagesWriter& writer_of(BodyScratch& scratch, Side side) {
    return side == Side::kInput ? scratch.input : scratch.output;
}

void mark_cut(AuditRecord& record, Side side) {
    record.set_boolean(side == Side::kInput ? Field::kPromptTruncated : Field::kResponseTruncated,
                       true);
    record.append_to_list(Field::kRecordSourceLoss, "truncated");
}

}  // namespace

// JSON that a limit on the length of attributes cut: what stands before the cut is read.
bool RecordReader::write_cut(const BodyPlace& place, const Content& content, Side side) {
    JsonValue head = pool_.read_cut(content.value.text());
    bool messages = place_of(content.conversion())->messages;
    if (!head.exists() || !(messages || is_body(head, side))) {
        return false;
    }
    mark_cut(place.record(), side);
    bool written = messages ? says_something(head) : write_body(place, head, side);
    if (written && messages) {
        write_messages(place, head, side);
    }
    chat_ = chat_ || written;
    return written;
}

// Traceloop writes an entity's text as JSON: in quotes.
JsonValue RecordReader::unquoted(const Content& content) {
    std::string_view text = content.value.text();
    bool quoted = text.size() > 1 && text.front() == '"' && text.back() == '"';
    JsonValue inner =
        quoted && content.key().starts_with("traceloop.entity.") ? pool_.read(text) : JsonValue();
    return inner.is_string() ? inner : content.value;
}

void RecordReader::write_one(const BodyPlace& place, const Content& content, Side side) {
    PoolScope scope(pool_);
    BodyPlace here = place.below(content.key());
    JsonValue json = container_of(content.value);
    JsonValue text = unquoted(content);
    if (place_of(content.conversion())->messages && json.exists()) {
        chat_ = true;
        write_messages(here, json, side);
    } else if (json.exists() && write_body(here, json, side)) {
        chat_ = chat_ || json["messages"].is_array() || json.is_array();
        completion_ = completion_ || (side == Side::kInput && json["prompt"].exists());
    } else if (!write_cut(here, content, side)) {
        write_text(here, text.is_string() ? std::string(text.text()) : text.json(), side);
    }
}

// The fullest copy is written, the others are compared once it is stored. An application's own
// form goes before indexed attributes only when it is a whole request or answer.
void RecordReader::write_side(const BodyPlace& place, Side side) {
    Indexed index_kind = side == Side::kInput ? Indexed::kInputMessage : Indexed::kOutputMessage;
    Indexed plain_kind = side == Side::kInput ? Indexed::kPrompt : Indexed::kChoice;
    MessagesWriter& out = writer_of(scratch_, side);
    for (const Content& content : contents_) {
        const Place* of = place_of(content.conversion());
        if (of == nullptr || of->side != side) {
            continue;
        }
        bool otel = of->messages;
        bool has_indexed = !items(index_kind).empty() || !items(plain_kind).empty();
        if (out.empty() && (otel || !has_indexed)) {
            write_one(place, content, side);
        } else if (out.empty() && !otel) {
            // Other objects are written as texts, which indexed messages say better.
            PoolScope scope(pool_);
            if (is_body(container_of(content.value), side)) {
                write_one(place, content, side);
            } else {
                copies_.push_back(content);
            }
        } else {
            copies_.push_back(content);
        }
    }
    for (Indexed kind : {index_kind, plain_kind}) {
        if (items(kind).empty()) {
            continue;
        }
        chat_ = chat_ || kind == index_kind;
        completion_ = completion_ || kind == plain_kind;
        if (out.empty()) {
            write_indexed(place, kind, side);
        } else {
            indexed_copies_.push_back(kind);
        }
    }
    if (side == Side::kInput && !out.has_parts()) {
        out.clear();  // a question without a text; copies of it stay in Unmapped
    }
}

// Indexed messages, or the texts of a completion: "llm.prompts.0.prompt.text".
void RecordReader::write_indexed(const BodyPlace& place, Indexed kind, Side side) {
    if (kind == Indexed::kInputMessage || kind == Indexed::kOutputMessage) {
        write_indexed_messages(place, items(kind), side, pool_);
        return;
    }
    for (const IndexedItem& item : items(kind)) {
        bool text = item.rest == "prompt.text" || item.rest == "completion.text";
        if (text && item.value.is_string()) {
            write_text(place, item.value.text(), side);
        } else {
            place.keep(item.key, item.value);
        }
    }
}

bool RecordReader::other_agrees() {
    store_messages(other_, other_record_);
    other_.unmapped.store(other_record_);
    bool agreed = true;
    other_record_.for_each([&](const FieldRow& row) {
        if (row.field == Field::kUnmapped || !record_->has(row.field)) {
            agreed = false;
        } else {
            std::string a = without_finish_reasons(field_json(*record_, row));
            agreed = agreed && a == without_finish_reasons(field_json(other_record_, row));
        }
    });
    return agreed;
}

void RecordReader::compare_copies(const BodyPlace& place) {
    for (const Content& content : copies_) {
        Side side = place_of(content.conversion())->side;
        std::string_view stored =
            record_->text(side == Side::kInput ? Field::kPromptText : Field::kResponseText);
        if (content.value.is_string() && content.value.text() == stored) {
            continue;
        }
        PoolScope scope(pool_);
        other_.clear();
        other_record_.clear();
        write_one(BodyPlace("", other_, other_record_), content, side);
        if (!other_agrees()) {
            place.keep(content.key(), content.value);
        }
    }
    for (Indexed kind : indexed_copies_) {
        bool in = kind == Indexed::kInputMessage || kind == Indexed::kPrompt;
        other_.clear();
        other_record_.clear();
        write_indexed(BodyPlace("", other_, other_record_), kind,
                      in ? Side::kInput : Side::kOutput);
        if (!other_agrees()) {
            for (const IndexedItem& item : items(kind)) {
                place.keep(item.key, item.value);
            }
        }
    }
}

// What went in and came out of a span that is no model call, as far as nothing took it.
void RecordReader::keep_unused(const BodyPlace& place, std::initializer_list<const Content*> used) {
    for (const Content& content : contents_) {
        bool taken = false;
        for (const Content* one : used) {
            taken = taken || (one != nullptr &&
                              (one == &content || one->value.json() == content.value.json()));
        }
        if (place_of(content.conversion()) != nullptr && !taken) {
            place.keep(content.key(), content.value);
        }
    }
}

}  // namespace llmtrail::otlp
