#include <array>

#include "parsers/framework_scores.h"
#include "parsers/langsmith_run.h"
#include "parsers/time_value.h"

namespace llmtrail::langsmith {

namespace {

constexpr MemberField kMembers[] = {
    {"id", Field::kRecordNativeId},
    {"run_id", Field::kSpanId},
    {"trace_id", Field::kTraceId},
    {"key", Field::kGenAiEvaluationName},
};

bool has_correction(JsonValue feedback) {
    JsonValue correction = feedback["correction"];
    return correction.size() > 0 || !correction.text().empty();
}

// A model or a program that judges, or somebody who rates.
bool is_evaluator(JsonValue source) {
    std::string_view type = source["type"].text();
    return type == "model" || type == "auto_eval" || source["metadata"]["__run"].exists();
}

struct Kind {
    std::string_view name;
    Field author;
    Field comment;
};

Kind kind_of(JsonValue feedback) {
    if (has_correction(feedback)) {
        return {"edit", Field::kEditEditorId, Field::kEditReason};
    }
    if (is_evaluator(feedback["feedback_source"])) {
        return {"evaluation", Field::kReviewerId, Field::kGenAiEvaluationExplanation};
    }
    return {"feedback", Field::kFeedbackAuthorId, Field::kFeedbackComment};
}

void read_source(JsonValue source, const BodyPlace& place, Field author) {
    for (JsonMember member : source.members()) {
        bool details = member.key == "metadata" && member.value.is_object();
        if (details) {
            read_source(member.value, place.below(member.key), author);
        } else if (member.key == "user_id") {
            place.fill_or_keep(author, member.key, member.value);
        } else if (member.key == "user_name") {
            place.fill_or_keep(Field::kUserName, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!source.is_object()) {
        place.keep(source);
    }
}

// A text, or the whole of what the run should have given.
void read_correction(JsonValue correction, const BodyPlace& place) {
    AuditRecord& record = place.record();
    fill_text(record, Field::kEditAfterText,
              correction.is_string() ? std::string(correction.text()) : correction.json());
}

// Feedback gives a number, a truth or a word.
void read_score(JsonMember member, const BodyPlace& place) {
    place.fill_or_keep(member.value.is_number() ? Field::kGenAiEvaluationScoreValue
                                                : Field::kGenAiEvaluationScoreLabel,
                       member.key, member.value);
}

}  // namespace

bool is_feedback(JsonValue object) {
    bool says = object["score"].exists() || object["value"].exists() ||
                object["comment"].exists() || object["correction"].exists();
    return object["key"].is_string() && object["run_id"].is_string() && says &&
           !object["run_type"].exists();
}

void read_feedback(JsonValue feedback, const BodyPlace& place, const ParseContext& context) {
    AuditRecord& record = place.record();
    Kind kind = kind_of(feedback);
    fill_text(record, Field::kEventKind, kind.name);
    fill_text(record, Field::kEventAction, kind.name == "edit" ? "correction" : "feedback");
    JsonValue created = feedback["created_at"];
    JsonValue modified = feedback["modified_at"];
    bool edit = kind.name == "edit";
    auto at = read_time(modified.is_string() ? modified : created, context);
    if (edit && at) {
        record.set_time(Field::kEditTime, at->at);
        fill(record, Field::kEditTargetId, feedback["run_id"]);
    }
    for (JsonMember member : feedback.members()) {
        auto [key, value] = member;
        if (key == "created_at" && set_event_time(record, value, context)) {
            continue;
        }
        if (key == "score" || key == "value") {
            read_score(member, place);
        } else if (key == "comment") {
            place.fill_or_keep(kind.comment, key, value);
        } else if (key == "correction" && edit) {
            read_correction(value, place);
        } else if (key == "feedback_source") {
            read_source(value, place.below(key), kind.author);
        } else if (!place.fill_member(kMembers, key, value)) {
            place.keep(key, value);
        }
    }
    if (kind.name == "feedback") {
        JsonValue rating = feedback["value"];
        bool said = rating.exists() && !rating.is_null();
        fill(record, Field::kFeedbackRating, said ? rating : feedback["score"]);
    }
    set_named_score(record, feedback["key"].text(), feedback["score"].real());
}

}  // namespace llmtrail::langsmith
