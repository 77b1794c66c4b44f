// What an answer was grounded on (groundingMetadata, citationMetadata, urlContextMetadata) and what
// it cost (usageMetadata).
#include <algorithm>
#include <array>

#include "bodies/gemini_parts.h"

namespace llmtrail::gemini {

namespace {

// A chunk of a grounded answer has one member, which says where it is from.
struct ChunkRow {
    std::string_view name;
    std::string_view type;
};

constexpr ChunkRow kChunks[] = {
    {"web", "web"},
    {"retrievedcontext", "retrieval"},
    {"maps", "maps"},
    {"image", "image"},
};

constexpr size_t kScoredChunksMax = 256;  // of one answer; the API gives a few dozen

using Scores = std::array<std::optional<double>, kScoredChunksMax>;

struct Confidence {
    double sum = 0;
    size_t count = 0;
};

// Of each chunk the best score among the supports that name it.
Confidence read_scores(JsonValue supports, Scores& scores) {
    Confidence all;
    for (JsonValue support : supports.items()) {
        JsonValue given = member_of(support, "confidencescores");
        auto score = given.items().begin();
        size_t left = given.size();
        for (JsonValue index : member_of(support, "groundingchunkindices").items()) {
            if (left == 0) {
                break;
            }
            auto value = (*score).real();
            auto at = index.integer().value_or(-1);
            ++score;
            --left;
            if (!value || *value < 0 || *value > 1) {
                continue;
            }
            all.sum += *value;
            ++all.count;
            if (at >= 0 && at < static_cast<int64_t>(scores.size())) {
                auto& best = scores[static_cast<size_t>(at)];
                best = std::max(best.value_or(0.0), *value);
            }
        }
    }
    return all;
}

void read_chunk(const BodyPlace& place, JsonValue chunk, std::optional<double> score) {
    for (JsonMember member : chunk.members()) {
        const ChunkRow* row = nullptr;
        for (const ChunkRow& one : kChunks) {
            row = is_named(member.key, one.name) ? &one : row;
        }
        BodyPlace here = place.below(member.key);
        if (row == nullptr || !member.value.is_object()) {
            here.keep(member.value);
            continue;
        }
        DataSource source;
        source.type = row->type;
        source.uri = member_of(member.value, "uri").text();
        source.name = member_of(member.value, "title").text();
        source.id = member_of(member.value, "documentname").text();
        if (source.id.empty()) {
            source.id = member_of(member.value, "placeid").text();
        }
        source.score = score;
        add_data_source(place.scratch(), source);
        for (JsonMember rest : member.value.members()) {
            bool taken = rest.value.is_string() &&
                         (is_any_of(rest.key, {"uri", "title", "documentname"}) ||
                          (is_named(rest.key, "placeid") && rest.value.text() == source.id));
            if (!taken) {
                here.keep(rest.key, rest.value);
            }
        }
    }
    if (!chunk.is_object()) {
        place.keep(chunk);
    }
}

void add_queries(const BodyPlace& place, JsonValue queries) {
    std::string& all = place.scratch().queries;
    size_t index = 0;
    for (JsonValue query : queries.items()) {
        if (!query.is_string()) {
            place.below(index).keep(query);
        } else if (!query.text().empty()) {
            all += all.empty() ? "" : "\n";
            all += query.text();
        }
        ++index;
    }
    if (!queries.is_array()) {
        place.keep(queries);
    }
}

void read_citation(const BodyPlace& place, JsonValue citation) {
    DataSource source;
    source.uri = member_of(citation, "uri").text();
    source.name = member_of(citation, "title").text();
    if (source.uri.empty() && source.name.empty()) {
        return place.keep(citation);
    }
    source.type = "web";
    add_data_source(place.scratch(), source);
    keep_other_names(place, citation, {"uri", "title"});
}

}  // namespace

void read_grounding(const BodyPlace& place, JsonValue grounding) {
    Scores scores{};
    JsonValue supports = member_of(grounding, "groundingsupports");
    Confidence confidence = read_scores(supports, scores);
    BodyScratch& scratch = place.scratch();
    for (JsonMember member : grounding.members()) {
        BodyPlace here = place.below(member.key);
        if (is_named(member.key, "groundingchunks") && member.value.is_array()) {
            size_t index = 0;
            for (JsonValue chunk : member.value.items()) {
                auto score = index < scores.size() ? scores[index] : std::nullopt;
                read_chunk(here.below(index), chunk, score);
                ++index;
            }
        } else if (is_any_of(member.key,
                             {"websearchqueries", "retrievalqueries", "imagesearchqueries"})) {
            add_queries(here, member.value);
        } else if (is_named(member.key, "groundingsupports")) {
            add_member(scratch.details, "groundingSupports", member.value);
        } else {
            here.keep(member.value);
        }
    }
    AuditRecord& record = place.record();
    if (!scratch.queries.empty()) {
        record.set_text(Field::kGenAiRetrievalQueryText, scratch.queries);
    }
    if (confidence.count > 0 && scratch.logprob_count == 0 &&
        !record.has(Field::kResponseConfidence)) {
        record.set_real(Field::kResponseConfidence,
                        confidence.sum / static_cast<double>(confidence.count));
        record.set_text(Field::kResponseConfidenceMethod, "grounding_score");
    }
}

void read_citations(const BodyPlace& place, JsonValue citations) {
    for (JsonMember member : citations.members()) {
        BodyPlace here = place.below(member.key);
        if (!is_any_of(member.key, {"citations", "citationsources"}) || !member.value.is_array()) {
            here.keep(member.value);
            continue;
        }
        size_t index = 0;
        for (JsonValue citation : member.value.items()) {
            read_citation(here.below(index++), citation);
        }
    }
}

void read_url_context(const BodyPlace& place, JsonValue context) {
    for (JsonMember member : context.members()) {
        BodyPlace here = place.below(member.key);
        if (!is_named(member.key, "urlmetadata") || !member.value.is_array()) {
            here.keep(member.value);
            continue;
        }
        size_t index = 0;
        for (JsonValue one : member.value.items()) {
            DataSource source;
            source.type = "web";
            source.uri = member_of(one, "retrievedurl").text();
            source.action = member_of(one, "urlretrievalstatus").text();
            if (!source.uri.empty()) {
                add_data_source(place.scratch(), source);
            }
            keep_other_names(here.below(index++), one, {"retrievedurl", "urlretrievalstatus"});
        }
    }
    if (!context.is_object()) {
        place.keep(context);
    }
}

// Gemini counts thoughts beside the answer's tokens, and cached tokens within the prompt's.
void read_usage(const BodyPlace& place, const std::vector<JsonMember>& usage) {
    if (usage.empty()) {
        return;
    }
    static constexpr MemberField kCounters[] = {
        {"prompttokencount", Field::kGenAiUsageInputTokens},
        {"totaltokencount", Field::kGenAiUsageTotalTokens},
        {"cachedcontenttokencount", Field::kGenAiUsageCacheReadInputTokens},
        {"thoughtstokencount", Field::kGenAiUsageReasoningOutputTokens},
        {"servicetier", Field::kGenAiResponseServiceTier},
    };
    AuditRecord& record = place.record();
    JsonMember answer;
    std::string rest;
    int64_t thoughts = 0;
    for (const JsonMember& member : usage) {
        if (is_named(member.key, "thoughtstokencount")) {
            thoughts = std::max<int64_t>(member.value.integer().value_or(0), 0);
        }
        if (is_named(member.key, "candidatestokencount") && member.value.integer()) {
            answer = member;
        } else if (!fill_named(place, kCounters, member.key, member.value)) {
            add_member(rest, member.key, member.value);
        }
    }
    int64_t output = thoughts;
    bool counted = answer.value.exists() || thoughts > 0;
    bool sound =
        counted && !__builtin_add_overflow(output, answer.value.integer().value_or(0), &output);
    if (!sound || !fill_integer(record, Field::kGenAiUsageOutputTokens, output) || thoughts > 0) {
        add_member(rest, answer.key, answer.value);
    }
    fill_text(record, Field::kUsageBasis, "provider");
    if (rest.empty()) {
        return;
    }
    if (record.has(Field::kUsageDetails)) {  // of an envelope: these stay apart
        return place.scratch().unmapped.add_json(place.path(), "{" + rest + "}");
    }
    record.set_json(Field::kUsageDetails, "{" + rest + "}");
}

}  // namespace llmtrail::gemini
