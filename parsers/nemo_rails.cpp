#include <string>

#include "base/time.h"
#include "parsers/nemo_parts.h"

namespace llmtrail::nemo {

namespace {

// A rail that writes the answer guards nothing, unless it ended the interaction.
bool is_guard(const Rail& rail) {
    return rail.type != "generation" || rail.stop.boolean().value_or(false);
}

std::string_view target_of(std::string_view type) {
    if (type.starts_with("tool")) {
        return "tool";
    }
    bool known = type == "input" || type == "output" || type == "retrieval";
    return known ? type : std::string_view();
}

}  // namespace

bool add_rail(BodyScratch& scratch, const Rail& rail) {
    if (!is_guard(rail)) {
        return false;
    }
    GuardrailResult result;
    result.name = rail.name;
    result.provider = kProvider;
    result.target = target_of(rail.type);
    if (auto stopped = rail.stop.boolean()) {
        result.verdict = *stopped ? "deny" : "allow";
        result.action = *stopped ? "block" : "none";
    }
    add_guardrail(scratch, result);
    return true;
}

void fill_seconds(const BodyPlace& place, std::string_view key, JsonValue value) {
    constexpr double kSecondsMax = 1e9;
    AuditRecord& record = place.record();
    auto seconds = value.real();
    if (!seconds || !(*seconds >= 0) || *seconds > kSecondsMax ||
        record.has(Field::kEventDuration)) {
        place.keep(key, value);
        return;
    }
    auto nanos = static_cast<int64_t>(*seconds * static_cast<double>(kNanosPerSecond));
    record.set_integer(Field::kEventDuration, nanos);
}

void TokenSums::add_to(int64_t& sum, JsonValue count) {
    int64_t more = count.integer().value_or(0);
    int64_t next = 0;
    if (more > 0 && !__builtin_add_overflow(sum, more, &next)) {
        sum = next;
    }
}

void TokenSums::add(JsonValue input, JsonValue output, JsonValue total) {
    if (!input.is_number() && !output.is_number()) {
        return;
    }
    add_to(input_, input);
    add_to(output_, output);
    add_to(total_, total);
    ++calls_;
}

void TokenSums::store(AuditRecord& record) const {
    if (calls_ == 0) {
        return;
    }
    fill_integer(record, Field::kGenAiUsageInputTokens, input_);
    fill_integer(record, Field::kGenAiUsageOutputTokens, output_);
    if (total_ > 0) {
        fill_integer(record, Field::kGenAiUsageTotalTokens, total_);
    }
}

}  // namespace llmtrail::nemo
