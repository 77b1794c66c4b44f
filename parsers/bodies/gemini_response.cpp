// generateContent answers, whole or streamed: what the chunks of one candidate say is gathered and
// written as one message.
#include <cmath>

#include "bodies/gemini_parts.h"

namespace llmtrail {

namespace gemini {

namespace {

constexpr MemberField kAnswerMembers[] = {
    {"responseid", Field::kGenAiResponseId},
    {"createtime", Field::kGenAiResponseCreated},
};

constexpr size_t kCandidatesMax = 64;  // answers the API gives; a log may hold any number

// True when `value` is not what was read before.
bool is_new(JsonValue& last, JsonValue value) {
    if (last.exists() && last.json() == value.json()) {
        return false;
    }
    last = value;
    return true;
}

// Dumps of gRPC messages write the 0 of an answer that goes on.
bool says_why(JsonValue reason, const AuditRecord& record) {
    bool known = reason.is_string() || reason.integer();
    return known && !enum_name(GoogleEnum::kFinishReason, reason, record).ends_with("UNSPECIFIED");
}

}  // namespace

void Answer::add_content(const BodyPlace& place, JsonValue content, Candidate& candidate) {
    JsonValue parts = content.is_object() ? member_of(content, "parts") : content;
    BodyPlace list = place.below("parts");
    auto add = [&](const BodyPlace& here, JsonValue value) {
        Part part = read_part(here, value);
        bool text = part.kind == PartKind::kText || part.kind == PartKind::kThought;
        if (text && !candidate.parts.empty() && candidate.parts.back().kind == part.kind) {
            candidate.parts.back().text += part.text;
        } else {
            candidate.parts.push_back(std::move(part));
        }
    };
    size_t index = 0;
    for (JsonValue part : parts.items()) {
        add(list.below(index++), part);
    }
    if (parts.is_object() || parts.is_string()) {
        add(content.is_object() ? list : place, parts);
    }
    if (content.is_object()) {
        JsonValue role = member_of(content, "role");
        if (role.text() != "model") {
            place.keep("role", role);
        }
        keep_other_names(place, content, {"parts", "role"});
    }
}

// logprobsResult and avgLogprobs, as given; their mean over the tokens is the confidence.
void Answer::add_probabilities(const BodyPlace& place, JsonValue candidate) {
    JsonValue average = member_of(candidate, "avglogprobs");
    JsonValue result = member_of(candidate, "logprobsresult");
    std::string members;
    add_member(members, "avgLogprobs", average.is_number() ? average : JsonValue());
    add_member(members, "logprobsResult", result.is_container() ? result : JsonValue());
    if (!members.empty()) {
        std::string& item = place.scratch().token_probabilities.item();
        item += '{';
        item += members;
        item += '}';
    }
    auto count = [&](JsonValue value) {
        if (auto number = value.real(); number && *number <= 0 && std::isfinite(*number)) {
            place.scratch().logprob_sum += *number;
            ++place.scratch().logprob_count;
        }
    };
    if (average.is_number()) {
        return count(average);
    }
    for (JsonValue token : member_of(result, "chosencandidates").items()) {
        count(member_of(token, "logprobability"));
    }
}

void Answer::candidate_member(const BodyPlace& place, JsonMember member, Candidate& candidate) {
    std::string_view key = member.key;
    JsonValue value = member.value;
    BodyPlace here = place.below(key);
    if (is_named(key, "content")) {
        add_content(here, value, candidate);
    } else if (is_named(key, "finishreason") && says_why(value, place.record())) {
        candidate.finish_reason = value;
    } else if (is_named(key, "safetyratings") && value.is_array()) {
        if (is_new(candidate.ratings, value)) {
            candidate.rated_block =
                read_safety_ratings(here, value, "output") || candidate.rated_block;
        }
    } else if (is_named(key, "groundingmetadata") && value.is_object()) {
        if (is_new(candidate.grounding, value)) {
            read_grounding(here, value);
        }
    } else if (is_any_of(key, {"citationmetadata", "citations"}) && value.is_object()) {
        if (is_new(candidate.citations, value)) {
            read_citations(here, value);
        }
    } else if (is_named(key, "urlcontextmetadata")) {
        read_url_context(here, value);
    } else if (is_named(key, "finishmessage")) {
        add_member(place.scratch().details, "finishMessage", value);
    } else if ((is_named(key, "avglogprobs") && value.is_number()) ||
               (is_named(key, "logprobsresult") && value.is_container())) {
        return;
    } else {
        here.keep(value);
    }
}

void Answer::add_candidate(const BodyPlace& place, JsonValue candidate, size_t position) {
    JsonValue index = member_of(candidate, "index");
    int64_t at = index.integer().value_or(static_cast<int64_t>(position));
    bool known = candidates_.contains(at);
    if (!candidate.is_object() || (!known && candidates_.size() == kCandidatesMax)) {
        return place.keep(candidate);
    }
    Candidate& gathered = candidates_[at];
    add_probabilities(place, candidate);  // before grounding scores: they say more
    for (JsonMember member : candidate.members()) {
        if (!is_named(member.key, "index") || !member.value.integer()) {
            candidate_member(place, member, gathered);
        }
    }
}

void Answer::add_usage(const BodyPlace& place, JsonValue usage) {
    for (JsonMember member : usage.members()) {
        bool known = false;
        for (JsonMember& seen : usage_) {
            if (seen.key == member.key) {
                seen.value = member.value;
                known = true;
            }
        }
        constexpr size_t kCountersMax = 64;
        if (!known && usage_.size() < kCountersMax) {
            usage_.push_back(member);
        } else if (!known) {
            place.keep(member.key, member.value);
        }
    }
    if (!usage.is_object()) {
        place.keep(usage);
    }
}

void Answer::add(const BodyPlace& place, JsonValue chunk) {
    for (JsonMember member : chunk.members()) {
        std::string_view key = member.key;
        JsonValue value = member.value;
        BodyPlace here = place.below(key);
        if (is_named(key, "candidates") && value.is_array()) {
            size_t position = 0;
            for (JsonValue candidate : value.items()) {
                add_candidate(here.below(position), candidate, position);
                ++position;
            }
        } else if (is_named(key, "usagemetadata")) {
            add_usage(here, value);
        } else if (is_named(key, "promptfeedback") && value.is_object()) {
            blocked_ = (is_new(feedback_, value) && read_prompt_feedback(here, value)) || blocked_;
        } else if (is_named(key, "modelversion")) {
            fill_model(place, Field::kGenAiResponseModel, key, value);
        } else if (key == "error" && (value.is_object() || value.is_string())) {
            failed_ = true;
            read_google_error(value, here.path(), place.scratch(), place.record());
        } else if (!fill_named(place, kAnswerMembers, key, value) &&
                   !read_other_response_member(place, member)) {
            here.keep(value);
        }
    }
    if (!chunk.is_object()) {
        place.keep(chunk);
    }
}

void Answer::write(const Candidate& candidate) {
    MessagesWriter& out = place_.scratch().output;
    out.begin_message("assistant");
    for (const Part& part : candidate.parts) {
        write_part(part, out, place_.scratch(), true);
    }
    out.end_message(finish_word(candidate.finish_reason, place_.record()));
}

void Answer::finish(bool streamed) {
    bool finished = blocked_ || failed_ || candidates_.empty();
    for (auto& [index, candidate] : candidates_) {
        write(candidate);
        if (!candidate.finish_reason.exists()) {
            continue;
        }
        finished = true;
        add_finish(place_, candidate.finish_reason);
        bool stopped = finish_word(candidate.finish_reason, place_.record()) == "content_filter";
        if (stopped && !candidate.rated_block) {
            add_block(
                place_, "finish_reason", "output",
                enum_name(GoogleEnum::kFinishReason, candidate.finish_reason, place_.record()));
        }
    }
    read_usage(place_.below("usageMetadata"), usage_);
    if (streamed && !finished) {
        place_.record().append_to_list(Field::kRecordFlags, "incomplete_stream");
        place_.record().set_boolean(Field::kResponseTruncated, true);
    }
}

}  // namespace gemini

void read_gemini_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record) {
    if (body.is_array()) {
        return read_gemini_stream(body, path, scratch, record);
    }
    BodyPlace place(path, scratch, record);
    if (gemini::is_interaction(body)) {
        return gemini::read_interaction(place, body);
    }
    gemini::Answer answer(place);
    answer.add(place, body);
    answer.finish(false);
}

void read_gemini_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    auto items = chunks.items();
    if (items.begin() != items.end() && gemini::is_interaction(*items.begin())) {
        return gemini::read_interaction_events(place, chunks);
    }
    gemini::Answer answer(place);
    size_t index = 0;
    for (JsonValue chunk : items) {
        answer.add(place.below(index++), chunk);
    }
    answer.finish(true);
}

bool is_gemini_response(JsonValue body) {
    using gemini::member_of;
    JsonValue first = body;
    if (body.is_array()) {
        auto items = body.items();
        first = items.begin() != items.end() ? *items.begin() : JsonValue();
    }
    return member_of(first, "candidates").is_array() ||
           member_of(first, "usagemetadata").is_object() ||
           member_of(first, "promptfeedback").is_object();
}

}  // namespace llmtrail
