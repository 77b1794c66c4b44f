// The end of a span or log event: what its attributes add up to.
#include <algorithm>

#include "parsers/endpoint.h"
#include "parsers/otlp_record.h"

namespace llmtrail::otlp {

JsonValue RecordReader::container_of(JsonValue value) {
    return value.is_string() ? pool_.read_container(value.text()) : value;
}

const RecordReader::Content* RecordReader::find(Conversion conversion) const {
    for (const Content& content : contents_) {
        if (content.conversion() == conversion) {
            return &content;
        }
    }
    return nullptr;
}

void RecordReader::decide_provider(const BodyPlace& place) {
    if (!provider_.value.exists()) {
        return;
    }
    std::string_view word = provider_.value.text();
    std::string_view known = provider_of_word(word);
    if (!fill_text(*record_, Field::kGenAiProviderName, known) || known != word) {
        place.keep(provider_.key, provider_.value);
    }
}

void RecordReader::decide_kind() {
    bool calls_model = record_->has(Field::kGenAiRequestModel) || model_.value.exists() ||
                       record_->has(Field::kGenAiUsageInputTokens) ||
                       find(Conversion::kInputMessages) != nullptr ||
                       find(Conversion::kOutputMessages) != nullptr ||
                       !items(Indexed::kInputMessage).empty() || !scratch_.input.empty() ||
                       !scratch_.output.empty();
    bool documents = !items(Indexed::kDocument).empty() || find(Conversion::kDocuments) != nullptr;
    bool evaluates = record_->has(Field::kGenAiEvaluationName);
    std::string_view kind = kind_ == nullptr ? std::string_view() : kind_->kind;
    if (kind.empty()) {
        kind = !llm_                       ? "other"
               : has_documents_            ? "retrieval"
               : of_guard_ && !calls_model ? "guardrail"
               : calls_model               ? "inference"
               : documents                 ? "retrieval"
               : evaluates                 ? "evaluation"
                                           : "other";
    }
    fill_text(*record_, Field::kEventKind, kind);
    if (kind_ != nullptr && !kind_->operation.empty() && kind_->kind == kind) {
        fill_text(*record_, Field::kGenAiOperationName, kind_->operation);
    }
}

// Texts by the span's kind, then what stands beside them.
void RecordReader::write_content(const BodyPlace& place) {
    std::stable_sort(contents_.begin(), contents_.end(),
                     [](const Content& a, const Content& b) { return a.row->rank > b.row->rank; });
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
            write_guardrail(place);
        } else if (kind == "evaluation") {
            write_evaluation(place);
        } else {
            write_side(place, Side::kOutput);
        }
    }
    write_documents_of(place);
    embeddings(place);
    tool_definitions(place);
    for (const Content& content : contents_) {
        if (content.conversion() == Conversion::kSystemInstructions) {
            PoolScope scope(pool_);
            JsonValue json = container_of(content.value);
            write_system(place.below(content.key()), json.exists() ? json : content.value);
        }
    }
}

// Names that fill a field when no better one has; the endpoint's URL. Whom the resource names is
// whom the process runs for, which a span may know better.
void RecordReader::write_late(const BodyPlace& place) {
    for (const Content& content : contents_) {
        if (content.conversion() == Conversion::kLateField) {
            place.fill_or_keep(content.row->field, content.key(), content.value);
        } else if (content.conversion() == Conversion::kEndpoint) {
            std::string_view url = content.value.text();
            bool said = record_->has(Field::kServerAddress) || record_->has(Field::kUrlPath);
            bool whole = url.find_first_of("?#@") == std::string_view::npos;
            bool set = llm_ && !said && set_endpoint(*record_, url);
            if (!set || !whole) {
                place.keep(content.key(), content.value);
            }
        }
    }
    BodyPlace root = this->place();
    BodyPlace resource = root.below("resource");
    for (const Content& content : resource_) {
        resource.fill_or_keep(content.row->field, content.key(), content.value);
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

bool RecordReader::lacks_text() const {
    constexpr std::string_view kWithText[] = {"chat", "text_completion", "generate_content",
                                              "invoke_agent"};
    std::string_view operation = record_->text(Field::kGenAiOperationName);
    bool has_text =
        record_->has(Field::kGenAiInputMessages) || record_->has(Field::kGenAiOutputMessages);
    return record_->text(Field::kEventKind) == "inference" && !own_text_ && !has_text &&
           std::find(std::begin(kWithText), std::end(kWithText), operation) != std::end(kWithText);
}

void RecordReader::finish(std::string_view name, Of of) {
    name_ = of == Of::kSpan ? name : std::string_view();
    BodyPlace root = place();
    BodyPlace attributes = root.below("attributes");
    decide_provider(attributes);
    decide_kind();
    write_content(attributes);
    facts(attributes);
    associations(attributes);
    model(attributes);
    write_late(attributes);
    store_guardrails(attributes);
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
