#include "parsers/finishing_sink.h"

#include <algorithm>

#include "base/check.h"
#include "parsers/common_names.h"
#include "parsers/map_rules.h"

namespace llmtrail {

namespace {

void set_default(AuditRecord& record, Field field, std::string_view text) {
    if (!record.has(field)) {
        record.set_text(field, text);
    }
}

bool has_usage(const AuditRecord& record) {
    return record.has(Field::kGenAiUsageInputTokens) ||
           record.has(Field::kGenAiUsageOutputTokens) || record.has(Field::kGenAiUsageTotalTokens);
}

// "post": some gateways and libraries write it small.
void raise_method(AuditRecord& record) {
    constexpr size_t kMethodBytesMax = 16;
    std::string_view given = record.text(Field::kHttpRequestMethod);
    bool small =
        !given.empty() && given.size() <= kMethodBytesMax &&
        std::all_of(given.begin(), given.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (small) {
        std::string method(given);
        std::transform(method.begin(), method.end(), method.begin(),
                       [](char c) { return static_cast<char>(c - 'a' + 'A'); });
        record.set_text(Field::kHttpRequestMethod, method);
    }
}

// What an application counts by itself is not said to be the provider's count.
constexpr std::string_view kGenericParser = "json";

}  // namespace

void FinishingSink::start_document(RecordSink& sink, std::string_view format, UnixNanos observed,
                                   uint64_t size_bytes) {
    sink_ = &sink;
    record_ = nullptr;
    context_ = nullptr;
    document_ = JsonValue();
    format_ = format;
    parser_ = {};
    observed_ = observed;
    size_bytes_ = size_bytes;
    ordinal_ = 0;
    flags_.clear();
    reject_all_reason_.clear();
}

void FinishingSink::start_parser(std::string_view name, JsonValue document,
                                 const ParseContext& context) {
    parser_ = name;
    document_ = document;
    context_ = &context;
}

void FinishingSink::flag(std::string_view flag) {
    flags_.push_back(flag);
}

void FinishingSink::flag_oddities(const JsonRepairs& repairs, bool duplicate_keys) {
    struct Row {
        bool present;
        std::string_view name;
    };

    const Row rows[] = {
        {duplicate_keys, "duplicate_keys"},
        {repairs.invalid_utf8, "invalid_utf8"},
        {repairs.lone_surrogate, "lone_surrogate"},
        {repairs.control_character, "control_character"},
        {repairs.non_finite_number, "non_finite_number"},
        {repairs.huge_number, "huge_number"},
    };
    for (const Row& row : rows) {
        if (row.present) {
            flag(row.name);
        }
    }
}

void FinishingSink::end_document() {
    sink_ = nullptr;
    record_ = nullptr;
    context_ = nullptr;
    document_ = JsonValue();
}

AuditRecord& FinishingSink::begin() {
    LLMTRAIL_CHECK(sink_ != nullptr);
    record_ = &sink_->begin();
    return *record_;
}

void FinishingSink::commit() {
    LLMTRAIL_CHECK(record_ != nullptr);
    finish();
    record_ = nullptr;
    ++ordinal_;
    sink_->commit();
}

void FinishingSink::commit_piece(const RecordPiece& piece) {
    LLMTRAIL_CHECK(record_ != nullptr);
    if (!reject_all_reason_.empty() || record_->text(Field::kEventKind) == "rejected") {
        commit();
        return;
    }
    set_default(*record_, Field::kRecordState, piece.last ? "complete" : "partial");
    finish();
    record_ = nullptr;
    ++ordinal_;
    sink_->commit_piece(piece);
}

void FinishingSink::reject(std::string_view reason) {
    parser_ = format_;
    context_ = nullptr;
    AuditRecord& record = begin();
    record.set_text(Field::kEventKind, "rejected");
    record.set_text(Field::kRejectReason, reason);
    commit();
}

void FinishingSink::reject_all(std::string_view reason) {
    reject_all_reason_ = reason;
}

void FinishingSink::finish() {
    AuditRecord& record = *record_;
    if (!reject_all_reason_.empty()) {
        record.set_text(Field::kEventKind, "rejected");
        record.set_text(Field::kRejectReason, reject_all_reason_);
    }
    if (context_ != nullptr && !context_->map.empty()) {
        apply_map_rules(document_, *context_, record, scratch_);
    }
    bool rejected = record.text(Field::kEventKind) == "rejected";
    if (rejected) {
        record.set_integer(Field::kLogBytes, static_cast<int64_t>(size_bytes_));
    } else {
        infer_kind_and_outcome(record);
    }
    set_default(record, Field::kEventProvider, parser_);
    set_default(record, Field::kEventDataset, parser_);
    set_default(record, Field::kEventOutcome, "unknown");
    set_default(record, Field::kRecordState, "complete");
    raise_method(record);
    finish_time();
    if (!rejected && parser_ != kGenericParser && has_usage(record)) {
        set_default(record, Field::kUsageBasis, "provider");
    }
    if (ordinal_ > 0) {
        record.set_integer(Field::kRecordOrdinal, ordinal_);
    }
    for (std::string_view flag : flags_) {
        record.append_to_list(Field::kRecordFlags, flag);
    }
}

void FinishingSink::finish_time() {
    AuditRecord& record = *record_;
    if (!record.has(Field::kEventTime)) {
        record.set_time(Field::kEventTime, observed_);
        record.set_text(Field::kEventTimePrecision, precision_name(TimePrecision::kObserved));
        record.remove(Field::kEventTimeZone);
    }
    set_default(record, Field::kEventTimePrecision, precision_name(TimePrecision::kNanos));
}

}  // namespace llmtrail
