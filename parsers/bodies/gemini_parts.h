// What the readers of Google's bodies share with one another, and with the framework_*.cpp whose
// logs hold pieces of such bodies. Each function reads one piece of a body at `place`, gives every
// leaf of it a place and never fails.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bodies/body_place.h"
#include "bodies/gemini.h"

namespace llmtrail::gemini {

// Field names of one protobuf message: "finishReason" and "finish_reason" are one name, and so is
// any other mix of case and '_'. `name` is in lower case without '_'.
bool is_named(std::string_view key, std::string_view name);
bool is_any_of(std::string_view key, std::initializer_list<std::string_view> names);
JsonValue member_of(JsonValue object, std::string_view name);  // the first; absent when none
// As BodyPlace::fill_member and keep_others; the tables' names are in lower case without '_'.
bool fill_named(const BodyPlace& place, std::span<const MemberField> table, std::string_view key,
                JsonValue value);
void keep_other_names(const BodyPlace& place, JsonValue object,
                      std::initializer_list<std::string_view> known);

// Enums as their names, whether they are written as names or as numbers. "" when it is neither.
enum class GoogleEnum : uint8_t { kFinishReason, kBlockReason, kHarmCategory, kHarmLevel };
std::string_view enum_name(GoogleEnum of, JsonValue value, const AuditRecord& record);

// One part of a content.
enum class PartKind : uint8_t {
    kText,
    kThought,
    kInlineData,
    kFileData,
    kFunctionCall,
    kFunctionResponse,
    kExecutableCode,
    kCodeResult,
    kOther
};

struct Part {
    PartKind kind = PartKind::kOther;
    JsonValue value;   // of the member that says what the part is; the whole part when kOther
    std::string text;  // of texts: an answer's are gathered over its chunks
};

// By members that only Google's parts have: a text alone is no proof.
bool is_part(JsonValue part);
// What `part` is. What the message has no place for goes to Unmapped.
Part read_part(const BodyPlace& place, JsonValue part);
void write_part(const Part& part, MessagesWriter& out, BodyScratch& scratch, bool of_answer);

// {"role", "parts"}, a list of them, or a text, as messages of the request.
void read_contents(const BodyPlace& place, JsonValue contents);
void read_system_instruction(const BodyPlace& place, JsonValue content);

void read_generation_config(const BodyPlace& place, JsonValue config);

// The answer, chunk by chunk: an answer that was not streamed is one chunk.
class Answer {
 public:
    explicit Answer(const BodyPlace& place) : place_(place) {}

    void add(const BodyPlace& place, JsonValue chunk);
    void finish(bool streamed);

 private:
    struct Candidate {
        std::vector<Part> parts;
        JsonValue finish_reason;
        // As they were last given: chunks repeat them.
        JsonValue ratings;
        JsonValue grounding;
        JsonValue citations;
        bool rated_block = false;
    };

    void add_candidate(const BodyPlace& place, JsonValue candidate, size_t position);
    void candidate_member(const BodyPlace& place, JsonMember member, Candidate& candidate);
    void add_content(const BodyPlace& place, JsonValue content, Candidate& candidate);
    void add_probabilities(const BodyPlace& place, JsonValue candidate);
    void add_usage(const BodyPlace& place, JsonValue usage);
    void store_usage();
    void write(const Candidate& candidate);

    const BodyPlace& place_;
    std::map<int64_t, Candidate> candidates_;
    std::vector<JsonMember> usage_;  // of each counter the last one given
    JsonValue feedback_;
    bool blocked_ = false;
    bool failed_ = false;
};

// safetyRatings of the prompt ("input") or the answer ("output"): guardrail results, toxicity.
// True when one of them blocked it.
bool read_safety_ratings(const BodyPlace& place, JsonValue ratings, std::string_view target);
// True when the prompt was blocked.
bool read_prompt_feedback(const BodyPlace& place, JsonValue feedback);
// A block that a reason names and no rating does.
void add_block(const BodyPlace& place, std::string_view name, std::string_view target,
               std::string_view reason);
void add_finish(const BodyPlace& place, JsonValue reason);
// Its normal form, "" when there is none.
std::string_view finish_word(JsonValue reason, const AuditRecord& record);

// Data sources, searches and confidence of what the answer was grounded on.
void read_grounding(const BodyPlace& place, JsonValue grounding);
void read_citations(const BodyPlace& place, JsonValue citations);
void read_url_context(const BodyPlace& place, JsonValue context);

// Members of usageMetadata, of each name the last one given.
void read_usage(const BodyPlace& place, const std::vector<JsonMember>& usage);

// Members of other calls' bodies; false: none of theirs.
bool read_other_request_member(const BodyPlace& place, JsonMember member);
bool read_other_response_member(const BodyPlace& place, JsonMember member);

// The Interactions API.
bool is_interaction(JsonValue body);  // a request, an answer or an event
void read_interaction_request(const BodyPlace& place, JsonValue body);
void read_interaction(const BodyPlace& place, JsonValue body);
void read_interaction_events(const BodyPlace& place, JsonValue events);

void fill_model(const BodyPlace& place, Field field, std::string_view key, JsonValue value);

}  // namespace llmtrail::gemini
