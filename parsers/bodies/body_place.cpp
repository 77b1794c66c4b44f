#include "bodies/body_place.h"

#include <algorithm>

#include "base/json_text.h"
#include "base/time.h"

namespace llmtrail {

// Names come from the document: what one spells for each leaf is bounded, whatever their length.
void BodyPlace::append_path(std::string& out) const {
    if (parent_ != nullptr) {
        parent_->append_path(out);
        if (!out.empty()) {
            out.push_back('.');
        }
    }
    if (index_ != kNoIndex) {
        append_json_unsigned(out, index_);
    } else if (out.size() <= kUnmappedPathBytesMax) {
        out += key_.substr(0, kUnmappedPathBytesMax + 1 - out.size());
    }
}

std::string BodyPlace::path() const {
    std::string out;
    append_path(out);
    out.resize(std::min(out.size(), kUnmappedPathBytesMax + 1));
    return out;
}

void BodyPlace::keep(JsonValue value) const {
    if (!value.carries_nothing()) {
        scratch_->unmapped.add(path(), value);
    }
}

void BodyPlace::keep(std::string_view key, JsonValue value) const {
    if (!value.carries_nothing()) {
        scratch_->unmapped.add(path(), key, value);
    }
}

void BodyPlace::keep_others(JsonValue object, std::initializer_list<std::string_view> known) const {
    for (JsonMember member : object.members()) {
        if (std::find(known.begin(), known.end(), member.key) == known.end()) {
            keep(member.key, member.value);
        }
    }
    if (!object.is_object()) {
        keep(object);
    }
}

void BodyPlace::keep_unless_text(JsonValue object,
                                 std::initializer_list<std::string_view> keys) const {
    for (std::string_view key : keys) {
        if (!object[key].is_string()) {
            keep(key, object[key]);
        }
    }
}

void BodyPlace::fill_or_keep(Field field, std::string_view key, JsonValue value) const {
    if (!fill(*record_, field, value)) {
        keep(key, value);
    }
}

bool BodyPlace::fill_member(std::span<const MemberField> table, std::string_view key,
                            JsonValue value) const {
    for (const MemberField& row : table) {
        if (row.key == key) {
            fill_or_keep(row.field, key, value);
            return true;
        }
    }
    return false;
}

void fill_milliseconds(const BodyPlace& place, std::string_view key, JsonValue value) {
    constexpr double kMillisMax = 1e12;  // 30 years
    auto millis = value.real();
    AuditRecord& record = place.record();
    if (!millis || !(*millis >= 0) || *millis > kMillisMax) {
        place.keep(key, value);
        return;
    }
    auto nanos = static_cast<int64_t>(*millis * static_cast<double>(kNanosPerMilli));
    if (!record.has(Field::kEventDuration)) {
        record.set_integer(Field::kEventDuration, nanos);
    } else if (record.integer(Field::kEventDuration) != nanos) {
        place.keep(key, value);
    }
}

// The input count with cached tokens, or nothing when that is what was given.
static std::optional<int64_t> inclusive_input(const UsageCounts& counts) {
    auto given = counts.input.value.integer();
    if (!given || !counts.input_excludes_cache) {
        return std::nullopt;
    }
    int64_t sum = *given;
    for (const JsonMember& cached : {counts.cache_read, counts.cache_write}) {
        int64_t more = cached.value.integer().value_or(0);
        if (more < 0 || __builtin_add_overflow(sum, more, &sum)) {
            return std::nullopt;
        }
    }
    return sum == *given ? std::nullopt : std::optional(sum);
}

void store_usage(const BodyPlace& place, const UsageCounts& counts) {
    auto store = [&](const JsonMember& counter, Field field) {
        place.fill_or_keep(field, counter.key, counter.value);
    };
    store(counts.output, Field::kGenAiUsageOutputTokens);
    store(counts.total, Field::kGenAiUsageTotalTokens);
    store(counts.cache_read, Field::kGenAiUsageCacheReadInputTokens);
    store(counts.cache_write, Field::kGenAiUsageCacheCreationInputTokens);
    auto inclusive = inclusive_input(counts);
    if (!inclusive) {
        store(counts.input, Field::kGenAiUsageInputTokens);
        return;
    }
    place.keep(counts.input.key, counts.input.value);
    if (!place.record().has(Field::kGenAiUsageInputTokens)) {
        place.record().set_integer(Field::kGenAiUsageInputTokens, *inclusive);
    }
}

}  // namespace llmtrail
