// The end of a span or log event: what its attributes add up to.
#include <algorithm>

#include "base/json_text.h"
#include "bodies/openai.h"
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

bool is_content(Conversion conversion) {
    return conversion == Conversion::kInputMessages || conversion == Conversion::kOutputMessages ||
           conversion == Conversion::kInput || conversion == Conversion::kOutput;
}

Side side_of(Conversion conversion) {
    bool in = conversion == Conversion::kInputMessages || conversion == Conversion::kInput;
    return in ? Side::kInput : Side::kOutput;
}

MessagesWriter& writer_of(BodyScratch& scratch, Side side) {
    return side == Side::kInput ? scratch.input : scratch.output;
}

}  // namespace

JsonValue RecordReader::container_of(JsonValue value) {
    return value.is_string() ? pool_.read_container(value.text()) : value;
}

const RecordReader::Content* RecordReader::find(Conversion conversion) const {
    for (const Content& content : contents_) {
        if (content.conversion == conversion) {
            return &content;
        }
    }
    return nullptr;
}

void RecordReader::decide_kind() {
    bool calls_model = record_->has(Field::kGenAiRequestModel) || model_.value.exists() ||
                       record_->has(Field::kGenAiUsageInputTokens) ||
                       find(Conversion::kInputMessages) != nullptr ||
                       find(Conversion::kOutputMessages) != nullptr ||
                       !items(Indexed::kInputMessage).empty() || !scratch_.input.empty() ||
                       !scratch_.output.empty();
    std::string_view kind = kind_ == nullptr ? std::string_view() : kind_->kind;
    if (kind.empty()) {
        bool retrieval = !items(Indexed::kDocument).empty();
        kind = !llm_ ? "other" : calls_model ? "inference" : retrieval ? "retrieval" : "other";
    }
    fill_text(*record_, Field::kEventKind, kind);
    if (kind_ != nullptr && !kind_->operation.empty() && kind_->kind == kind) {
        fill_text(*record_, Field::kGenAiOperationName, kind_->operation);
    }
}

void RecordReader::write_one(const BodyPlace& place, const Content& content, Side side) {
    PoolScope scope(pool_);
    BodyPlace here = place.below(content.key);
    bool otel = content.conversion == Conversion::kInputMessages ||
                content.conversion == Conversion::kOutputMessages;
    JsonValue json = container_of(content.value);
    if (otel && json.exists()) {
        chat_ = true;
        write_messages(here, json, side);
    } else if (json.exists() && write_body(here, json, side)) {
        chat_ = chat_ || json["messages"].is_array() || json.is_array();
        completion_ = completion_ || (side == Side::kInput && json["prompt"].exists());
    } else {
        write_text(
            here,
            content.value.is_string() ? std::string(content.value.text()) : content.value.json(),
            side);
    }
}

// The fullest copy is written, the others are compared once it is stored. An application's own
// form goes before indexed attributes only when it is a whole request or answer.
void RecordReader::write_side(const BodyPlace& place, Side side) {
    Indexed index_kind = side == Side::kInput ? Indexed::kInputMessage : Indexed::kOutputMessage;
    Indexed plain_kind = side == Side::kInput ? Indexed::kPrompt : Indexed::kChoice;
    MessagesWriter& out = writer_of(scratch_, side);
    for (const Content& content : contents_) {
        if (!is_content(content.conversion) || side_of(content.conversion) != side) {
            continue;
        }
        bool otel = content.conversion == Conversion::kInputMessages ||
                    content.conversion == Conversion::kOutputMessages;
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
}

// Indexed messages, or the texts of a completion: "llm.prompts.0.prompt.text".
void RecordReader::write_indexed(const BodyPlace& place, Indexed kind, Side side) {
    if (kind == Indexed::kInputMessage || kind == Indexed::kOutputMessage) {
        write_indexed_messages(place, items(kind), side);
        return;
    }
    for (const IndexedItem& item : items(kind)) {
        if (item.rest == "prompt.text" || item.rest == "completion.text") {
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
        Side side = side_of(content.conversion);
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
            place.keep(content.key, content.value);
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

void RecordReader::write_lists(const BodyPlace& place) {
    PoolScope scope(pool_);
    if (const Content* documents = find(Conversion::kDocuments)) {
        JsonValue json = container_of(documents->value);
        if (json.is_array()) {
            write_documents(place.below(documents->key), json);
        } else {
            place.keep(documents->key, documents->value);
        }
    }
    write_indexed_documents(place, items(Indexed::kDocument), pool_);
    for (const IndexedItem& item : items(Indexed::kRanked)) {
        place.keep(item.key, item.value);
    }
    embeddings(place);
    tool_definitions(place);
    for (const Content& content : contents_) {
        if (content.conversion == Conversion::kSystemInstructions) {
            JsonValue json = container_of(content.value);
            write_system(place.below(content.key), json.exists() ? json : content.value);
        }
    }
}

void RecordReader::write_content(const BodyPlace& place) {
    std::stable_sort(contents_.begin(), contents_.end(),
                     [](const Content& a, const Content& b) { return a.rank > b.rank; });
    for (auto& list : indexed_) {
        std::stable_sort(list.begin(), list.end(), [](const IndexedItem& a, const IndexedItem& b) {
            return a.index < b.index;
        });
    }
    std::string kind(record_->text(Field::kEventKind));
    bool of_tool = kind == "tool";
    tools(place, of_tool);
    if (kind == "retrieval") {
        write_retrieval(place);
    } else if (!of_tool) {
        write_side(place, Side::kInput);
        if (kind == "guardrail") {
            guardrail(place);
        } else {
            write_side(place, Side::kOutput);
        }
    }
    write_lists(place);
    for (const Content& content : contents_) {
        switch (content.conversion) {
            case Conversion::kParameters:
                parameters(place, content);
                break;
            case Conversion::kUsageDetails:
                usage_details(place, content);
                break;
            case Conversion::kCostDetails:
                cost_details(place, content);
                break;
            case Conversion::kMetadata:
                metadata(place, content);
                break;
            default:
                break;
        }
    }
}

// A span that ended without an error did what it should: instrumentations leave its status unset.
void RecordReader::outcome() {
    failed_ = failed_ || level_ == "ERROR" || record_->has(Field::kErrorType);
    BodyPlace at = place();
    BodyPlace attributes = at.below("attributes");
    if (status_message_.exists()) {
        constexpr std::string_view kKey = "langfuse.observation.status_message";
        if (failed_) {
            attributes.fill_or_keep(Field::kErrorMessage, kKey, status_message_);
        } else {
            attributes.keep(kKey, status_message_);
        }
    }
    if (failed_) {
        record_->set_text(Field::kEventOutcome, "failure");
    } else {
        fill_text(*record_, Field::kEventOutcome, "success");
    }
}

void RecordReader::finish(std::string_view name) {
    name_ = name;
    BodyPlace root = place();
    BodyPlace attributes = root.below("attributes");
    if (provider_.value.exists()) {
        std::string_view word = provider_.value.text();
        std::string_view known = provider_of_word(word);
        fill_text(*record_, Field::kGenAiProviderName, known);
        if (known != word) {
            attributes.keep(provider_.key, provider_.value);
        }
    }
    decide_kind();
    write_content(attributes);
    associations(attributes);
    model(attributes);
    bool image = record_->text(Field::kGenAiOutputType) == "image";
    if (record_->text(Field::kEventKind) == "inference" && (chat_ || (completion_ && !image))) {
        fill_text(*record_, Field::kGenAiOperationName, chat_ ? "chat" : "text_completion");
    }
    outcome();
    std::string action(record_->text(Field::kGenAiOperationName));
    fill_text(*record_, Field::kEventAction, action.empty() ? name : std::string_view(action));
    store_messages(scratch_, *record_);
    compare_copies(attributes);
    scratch_.unmapped.store(*record_);
}

}  // namespace llmtrail::otlp
