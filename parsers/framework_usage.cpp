#include "parsers/framework_usage.h"

#include <array>

#include "parsers/name_map.h"

namespace llmtrail {

namespace {

enum Counter : size_t {
    kInput,
    kOutput,
    kTotal,
    kCacheRead,
    kCacheWrite,
    kReasoning,
    kCounters,
};

struct CounterNames {
    std::string_view names;
    Counter meaning;
};

constexpr auto kCounterNames = std::to_array<CounterNames>({
    {"input inputtokens prompttokens prompt inputtokencount prompttokencount", kInput},
    {"output outputtokens completiontokens completion outputtokencount", kOutput},
    {"total totaltokens totaltokencount", kTotal},
    {"cacheread cachedtokens inputcachedtokens inputcacheread cachereadinputtokens", kCacheRead},
    {"cachecreation inputcachecreation cachecreationinputtokens", kCacheWrite},
    {"reasoning reasoningtokens outputreasoning outputreasoningtokens", kReasoning},
});

constexpr auto kCounterMap = name_map_of<128>(kCounterNames);
static_assert(kCounterMap.is_sound());

constexpr Field kCounterFields[kCounters] = {
    Field::kGenAiUsageInputTokens,
    Field::kGenAiUsageOutputTokens,
    Field::kGenAiUsageTotalTokens,
    Field::kGenAiUsageCacheReadInputTokens,
    Field::kGenAiUsageCacheCreationInputTokens,
    Field::kGenAiUsageReasoningOutputTokens,
};

struct Counts {
    std::array<JsonMember, kCounters> found;
    std::string rest;

    int64_t value(Counter counter) const { return found[counter].value.integer().value_or(0); }
};

void collect(JsonValue usage, Counts& counts) {
    for (JsonMember member : usage.members()) {
        NormalizedKey key(member.key);
        const Counter* counter = kCounterMap.find(key);
        if (counter != nullptr && member.value.is_number() &&
            !counts.found[*counter].value.exists()) {
            counts.found[*counter] = member;
        } else {
            add_member(counts.rest, member.key, member.value);
        }
        // {"input_token_details": {"cache_read": 1}}: also in the rest, which keeps it whole
        for (JsonMember detail : member.value.members()) {
            NormalizedKey name(detail.key);
            const Counter* inner = kCounterMap.find(name);
            if (inner != nullptr && *inner >= kCacheRead && detail.value.is_number() &&
                !counts.found[*inner].value.exists()) {
                counts.found[*inner] = detail;
            }
        }
    }
}

// input + output is less than the total by just the cached tokens.
bool excludes_cache(const Counts& counts) {
    int64_t cached = 0;
    int64_t sum = 0;
    bool overflow =
        __builtin_add_overflow(counts.value(kCacheRead), counts.value(kCacheWrite), &cached) ||
        __builtin_add_overflow(counts.value(kInput), counts.value(kOutput), &sum) ||
        __builtin_add_overflow(sum, cached, &sum);
    return !overflow && cached > 0 && counts.found[kInput].value.exists() &&
           counts.value(kTotal) == sum;
}

}  // namespace

void read_token_counts(JsonValue usage, const BodyPlace& place) {
    if (!usage.is_object()) {
        place.keep(usage);
        return;
    }
    Counts counts;
    collect(usage, counts);
    UsageCounts known;
    known.input = counts.found[kInput];
    known.output = counts.found[kOutput];
    known.total = counts.found[kTotal];
    known.cache_read = counts.found[kCacheRead];
    known.cache_write = counts.found[kCacheWrite];
    known.input_excludes_cache = excludes_cache(counts);
    store_usage(place, known);
    const JsonMember& reasoning = counts.found[kReasoning];
    place.fill_or_keep(kCounterFields[kReasoning], reasoning.key, reasoning.value);
    if (counts.rest.empty()) {
        return;
    }
    AuditRecord& record = place.record();
    std::string rest = "{" + counts.rest + "}";
    if (!record.has(Field::kUsageDetails)) {
        record.set_json(Field::kUsageDetails, rest);
    } else if (record.text(Field::kUsageDetails) != rest) {
        place.keep(usage);
    }
}

void read_gemini_counts(JsonValue usage, const BodyPlace& place) {
    static constexpr MemberField kMembers[] = {
        {"prompt_token_count", Field::kGenAiUsageInputTokens},
        {"promptTokenCount", Field::kGenAiUsageInputTokens},
        {"candidates_token_count", Field::kGenAiUsageOutputTokens},
        {"candidatesTokenCount", Field::kGenAiUsageOutputTokens},
        {"total_token_count", Field::kGenAiUsageTotalTokens},
        {"totalTokenCount", Field::kGenAiUsageTotalTokens},
        {"cached_content_token_count", Field::kGenAiUsageCacheReadInputTokens},
        {"cachedContentTokenCount", Field::kGenAiUsageCacheReadInputTokens},
        {"thoughts_token_count", Field::kGenAiUsageReasoningOutputTokens},
        {"thoughtsTokenCount", Field::kGenAiUsageReasoningOutputTokens},
    };
    for (JsonMember member : usage.members()) {
        if (!place.fill_member(kMembers, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
    if (!usage.is_object()) {
        place.keep(usage);
    }
}

void read_cost_details(JsonValue costs, const BodyPlace& place) {
    for (JsonMember member : costs.members()) {
        if (member.key == "total") {
            place.fill_or_keep(Field::kUsageCostUsd, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!costs.is_object()) {
        place.keep(costs);
    }
}

}  // namespace llmtrail
