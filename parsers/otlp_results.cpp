// What retrievals found, evaluations scored and guardrails decided.
#include <algorithm>

#include "parsers/otlp_record.h"

namespace llmtrail::otlp {

namespace {

constexpr MemberField kEvaluationMembers[] = {
    {"name", Field::kGenAiEvaluationName},
    {"metric", Field::kGenAiEvaluationName},
    {"score", Field::kGenAiEvaluationScoreValue},
    {"value", Field::kGenAiEvaluationScoreValue},
    {"label", Field::kGenAiEvaluationScoreLabel},
    {"verdict", Field::kGenAiEvaluationScoreLabel},
    {"explanation", Field::kGenAiEvaluationExplanation},
    {"reason", Field::kGenAiEvaluationExplanation},
    {"reasoning", Field::kGenAiEvaluationExplanation},
    {"comment", Field::kGenAiEvaluationExplanation},
};

// Does the name of a score hold the word, in any case?
bool names(std::string_view name, std::string_view word) {
    auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    return std::search(name.begin(), name.end(), word.begin(), word.end(), same) != name.end();
}

}  // namespace

void RecordReader::write_documents_of(const BodyPlace& place) {
    PoolScope scope(pool_);
    const Content* first = find(Conversion::kDocuments);
    for (const Content& content : contents_) {
        if (content.conversion() != Conversion::kDocuments) {
            continue;
        }
        JsonValue json = container_of(content.value);
        if (&content == first && json.is_array()) {
            write_documents(place.below(content.key()), json, pool_);
        } else {
            place.keep(content.key(), content.value);
        }
    }
    write_indexed_documents(place, items(Indexed::kDocument), pool_);
    for (const IndexedItem& item : items(Indexed::kRanked)) {
        place.keep(item.key, item.value);
    }
}

void RecordReader::write_retrieval(const BodyPlace& place) {
    PoolScope scope(pool_);
    const Content* input = find(Conversion::kInput);
    const Content* output = find(Conversion::kOutput);
    if (input != nullptr) {
        JsonValue json = container_of(input->value);
        JsonValue query =
            json["query"].is_string() && json.size() == 1 ? json["query"] : input->value;
        if (!fill(*record_, Field::kGenAiRetrievalQueryText, query)) {
            input = nullptr;
        }
    }
    if (output != nullptr) {
        JsonValue json = container_of(output->value);
        JsonValue list =
            json.is_object() && json["documents"].is_array() ? json["documents"] : json;
        bool known = !items(Indexed::kDocument).empty() || find(Conversion::kDocuments) != nullptr;
        if (list.is_array() && !known && list.size() > 0) {
            BodyPlace here = place.below(output->key());
            write_documents(here, list, pool_);
            if (json.is_object()) {
                here.keep_others(json, {"documents"});
            }
        } else {
            output = nullptr;
        }
    }
    keep_unused(place, {input, output});
}

// A score named toxicity speaks of the answer, unless its name says the prompt.
void RecordReader::toxicity(std::string_view name, std::optional<double> score) {
    if (!names(name, "toxic") || !score || !(*score >= 0 && *score <= 1)) {
        return;
    }
    bool prompt = names(name, "prompt") || names(name, "input");
    Field field = prompt ? Field::kPromptToxicity : Field::kResponseToxicity;
    if (!record_->has(field)) {
        record_->set_real(field, *score);
        record_->set_text(prompt ? Field::kPromptToxicityMethod : Field::kResponseToxicityMethod,
                          "evaluation");
    }
}

// An evaluator's output is its score; one in another form stays its answer.
void RecordReader::write_evaluation(const BodyPlace& place) {
    PoolScope scope(pool_);
    const Content* output = find(Conversion::kOutput);
    JsonValue json = output != nullptr ? container_of(output->value) : JsonValue();
    bool scored = json["score"].exists() || json["label"].exists() || json["value"].exists();
    if (json.is_object() && scored) {
        BodyPlace here = place.below(output->key());
        for (JsonMember member : json.members()) {
            if (!here.fill_member(kEvaluationMembers, member.key, member.value)) {
                here.keep(member.key, member.value);
            }
        }
    } else {
        write_side(place, Side::kOutput);
    }
    if (!name_.empty() && record_->has(Field::kGenAiEvaluationScoreValue)) {
        fill_text(*record_, Field::kGenAiEvaluationName, name_);
    }
    toxicity(record_->text(Field::kGenAiEvaluationName),
             record_->real(Field::kGenAiEvaluationScoreValue));
}

// A guardrail's output is its decision, or the text it let pass.
void RecordReader::write_guardrail(const BodyPlace& place) {
    const Content* output = find(Conversion::kOutput);
    JsonValue json = output != nullptr ? container_of(output->value) : JsonValue();  // held
    bool word = output != nullptr && guard_verdict_of_word(output->value.text()) != nullptr;
    bool decides = false;
    for (JsonMember member : json.members()) {
        decides = decides || guard_fact_of_member(member.key) != GuardFact::kNone;
    }
    if (decides) {
        guard_.take_members(place.below(output->key()), json);
    } else if (!word) {
        write_side(place, Side::kOutput);
    } else if (!guard_.take(GuardFact::kVerdict, output->key(), output->value)) {
        place.keep(output->key(), output->value);
    }
}

void RecordReader::store_guardrails(const BodyPlace& place) {
    bool of_guard = record_->text(Field::kEventKind) == "guardrail";
    GuardrailResult result;
    if (of_guard || of_guard_) {
        result = guard_.result(place);
        result.name = result.name.empty() ? name_ : result.name;
        if (result.verdict.empty() && (level_ == "WARNING" || level_ == "ERROR")) {
            result.verdict = "warn";
            result.severity = result.severity.empty() ? level_ : result.severity;
        }
        add_guardrail(scratch_, result);
    } else {
        guard_.keep(place);
    }
    for (const GuardFacts& finding : findings_) {
        GuardrailResult found = finding.result(place);
        // It speaks for the guardrail around it, and shares its verdict where it has none.
        for (auto member :
             {&GuardrailResult::name, &GuardrailResult::provider, &GuardrailResult::target}) {
            found.*member = (found.*member).empty() ? result.*member : found.*member;
        }
        if (found.verdict.empty() && found.action.empty()) {
            found.verdict = result.verdict;
            found.action = result.action;
        }
        add_guardrail(scratch_, found);
    }
}

}  // namespace llmtrail::otlp
