#include "parsers/azure_facts.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr int64_t kNanosPerTick = 100;
constexpr int64_t kTicksAtEpoch = 621'355'968'000'000'000;   // 1970
constexpr int64_t kTicksAtTheEnd = 693'937'152'000'000'000;  // 2200
constexpr int64_t kStampsApartMax = 3600 * kNanosPerSecond;
constexpr size_t kCategoryBytesMax = 48;
constexpr std::string_view kGatewayOperation =
    "Microsoft.ApiManagement/Gateway";  // always the same, whatever was called

std::optional<int64_t> whole_number(JsonValue value) {
    if (!value.is_string()) {
        return value.integer();
    }
    int64_t number = 0;
    std::string_view text = value.text();
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

// Cognitive Services stamp seconds or milliseconds and write seven digits.
void lower_precision(AuditRecord& record) {
    int64_t at = record.integer(Field::kEventTime).value_or(1);
    if (at % kNanosPerMilli == 0) {
        TimePrecision precision =
            at % kNanosPerSecond == 0 ? TimePrecision::kSeconds : TimePrecision::kMillis;
        record.set_text(Field::kEventTimePrecision, precision_name(precision));
    }
}

// The ticks of a request are finer than the record's own stamp, but count only when both tell about
// the same time.
void read_times(AzureMembers& members, AzureKind kind, const ParseContext& context) {
    AuditRecord& record = members.record();
    bool stamped = set_event_time(record, members.take(AzureSlot::kTime).value, context);
    if (!stamped) {
        members.keep(AzureSlot::kTime);
    } else if (kind == AzureKind::kCall || kind == AzureKind::kAudit) {
        lower_precision(record);
    }
    auto ticks_of = [&](AzureSlot slot) {
        auto number = whole_number(members.take(slot).value);
        return number ? time_of_ticks(*number) : std::nullopt;
    };
    auto start = ticks_of(AzureSlot::kRequestTicks);
    auto end = ticks_of(AzureSlot::kResponseTicks);
    int64_t own = record.integer(Field::kEventTime).value_or(0);
    bool near = start && (!stamped || std::llabs(start->value - own) <= kStampsApartMax);
    if (!near || (end && *end < *start)) {
        members.keep(AzureSlot::kRequestTicks);
        members.keep(AzureSlot::kResponseTicks);
        return;
    }
    if (stamped && start->value != own) {
        members.keep(AzureSlot::kTime);
    }
    set_event_time(record, Timestamp{*start, TimePrecision::kNanos, true}, context);
    if (end) {
        record.set_time(Field::kEventEnd, *end);
    } else {
        members.keep(AzureSlot::kResponseTicks);
    }
}

void read_duration(AzureMembers& members) {
    AuditRecord& record = members.record();
    JsonMember duration = members.take(AzureSlot::kDuration);
    auto millis = whole_number(duration.value);
    if (millis && *millis < 0) {
        record.append_to_list(Field::kRecordFlags, "negative_duration");
    }
    if (millis && duration.value.is_string() && *millis >= 0 &&
        *millis < std::numeric_limits<int64_t>::max() / kNanosPerMilli) {
        record.set_integer(Field::kEventDuration, *millis * kNanosPerMilli);
    } else {
        fill_milliseconds(members.place_of(AzureSlot::kDuration), duration.key, duration.value);
    }
    auto start = record.integer(Field::kEventTime);
    auto end = record.integer(Field::kEventEnd);
    if (!record.has(Field::kEventDuration) && start && end) {
        record.set_integer(Field::kEventDuration, *end - *start);
    }
}

// {"value", "localizedValue"}: what the value does not say already.
void keep_words(AzureMembers& members, AzureSlot slot) {
    JsonMember member = members.take(slot);
    BodyPlace here = members.place_of(slot).below(member.key);
    for (JsonMember word : member.value.members()) {
        if (word.key != "value" && word.value.text() != member.value["value"].text()) {
            here.keep(word.key, word.value);
        }
    }
}

bool is_plain_word(std::string_view word) {
    return !word.empty() && word.size() <= kCategoryBytesMax &&
           std::all_of(word.begin(), word.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
           });
}

// "azure.GatewayLogs": by the category, else by the table the row was exported from.
void read_dataset(AzureMembers& members) {
    for (AzureSlot slot : {AzureSlot::kCategory, AzureSlot::kTable}) {
        std::string_view word = azure_text_of(members.take(slot).value);
        std::string dataset("azure.");
        if (!is_plain_word(word) ||
            !fill_text(members.record(), Field::kEventDataset, dataset.append(word))) {
            members.keep(slot);
        } else {
            keep_words(members, slot);
        }
    }
}

void read_resource(AzureMembers& members) {
    AuditRecord& record = members.record();
    fill_text(record, Field::kCloudAccountId,
              azure_resource_of(members.text(AzureSlot::kResource)).subscription);
    if (!same_letters(members.text(AzureSlot::kSubscription),
                      record.text(Field::kCloudAccountId))) {
        members.fill_or_keep(AzureSlot::kSubscription, Field::kCloudAccountId);
    }
    members.take(AzureSlot::kSubscription);
}

// Cognitive Services write "81.2.69.***".
void read_address(AzureMembers& members) {
    if (members.text(AzureSlot::kClientIp).find('*') != std::string_view::npos) {
        members.record().append_to_list(Field::kRecordSourceLoss, "masked");
    }
    members.fill_or_keep(AzureSlot::kClientIp, Field::kClientIp);
}

// A row of Log Analytics says by "TenantId" which workspace it lies in.
void read_tenant(AzureMembers& members) {
    JsonMember tenant = members.take(AzureSlot::kTenant);
    bool of_directory = tenant.key.starts_with('t');
    if (!of_directory || !fill(members.record(), Field::kOrganizationId, tenant.value)) {
        members.keep(AzureSlot::kTenant);
    }
}

void read_action(AzureMembers& members, AzureKind kind) {
    AuditRecord& record = members.record();
    if (kind == AzureKind::kGateway) {  // "ChatCompletions_Create"
        members.fill_or_keep(AzureSlot::kOperationId, Field::kEventAction);
    }
    members.fill_or_keep(AzureSlot::kOperationValue, Field::kEventAction);
    JsonMember operation = members.take(AzureSlot::kOperation);
    std::string_view name = azure_text_of(operation.value);
    if (name.starts_with(kGatewayOperation) || !fill_text(record, Field::kEventAction, name)) {
        members.keep(AzureSlot::kOperation);
    } else {
        keep_words(members, AzureSlot::kOperation);
    }
}

void read_outcome(AzureMembers& members) {
    AuditRecord& record = members.record();
    JsonValue success = members.take(AzureSlot::kSuccess).value;
    bool said = success.boolean().has_value() || same_letters(success.text(), "true") ||
                same_letters(success.text(), "false");
    if (said) {
        bool well = success.boolean().value_or(same_letters(success.text(), "true"));
        record.set_text(Field::kEventOutcome, well ? "success" : "failure");
    } else {
        members.keep(AzureSlot::kSuccess);
    }
    for (AzureSlot slot : {AzureSlot::kStatus, AzureSlot::kResultType}) {
        std::string_view word = azure_text_of(members.take(slot).value);
        if (!fill_text(record, Field::kEventOutcome, azure_outcome_of(word))) {
            members.keep(slot);
        } else {
            keep_words(members, slot);
        }
    }
    members.fill_or_keep(AzureSlot::kResultSignature, Field::kHttpResponseStatusCode);
}

struct OperationRow {
    std::string_view part;
    std::string_view operation;
    std::string_view output_type;
};

// Names of operations, most telling first.
constexpr auto kOperations = std::to_array<OperationRow>({
    {"chatcompletion", "chat", ""},
    {"completion", "text_completion", ""},
    {"embedding", "embeddings", ""},
    {"image", "generate_content", "image"},
    {"speech", "generate_content", "speech"},
    {"transcription", "generate_content", ""},
    {"translation", "generate_content", ""},
    {"responses", "chat", ""},
});

}  // namespace

AzureResource azure_resource_of(std::string_view id) {
    AzureResource resource;
    bool of_provider = false;
    bool name_follows = false;
    std::string_view before;
    while (!id.empty()) {
        size_t end = std::min(id.find('/'), id.size());
        std::string_view part = id.substr(0, end);
        id.remove_prefix(std::min(end + 1, id.size()));
        if (same_letters(part, "providers")) {
            resource.type.clear();
            of_provider = true;
            name_follows = false;
        } else if (same_letters(before, "subscriptions") && resource.subscription.empty()) {
            resource.subscription = part;
            std::transform(part.begin(), part.end(), resource.subscription.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
            });
        } else if (of_provider && !name_follows) {
            bool first = resource.type.empty();
            resource.type += first ? "" : "/";
            resource.type += part;
            name_follows = !first;
        } else {
            name_follows = false;
        }
        before = part;
    }
    return resource;
}

bool is_ai_resource(std::string_view id_or_operation) {
    static constexpr std::string_view kProviders[] = {
        "microsoft.cognitiveservices", "microsoft.apimanagement",
        "microsoft.machinelearningservices", "microsoft.search/", "microsoft.botservice"};
    return std::any_of(std::begin(kProviders), std::end(kProviders),
                       [&](std::string_view part) { return holds_letters(id_or_operation, part); });
}

std::optional<UnixNanos> time_of_ticks(int64_t ticks) {
    if (ticks < kTicksAtEpoch || ticks >= kTicksAtTheEnd) {
        return std::nullopt;
    }
    return UnixNanos{(ticks - kTicksAtEpoch) * kNanosPerTick};
}

std::string_view azure_outcome_of(std::string_view word) {
    if (same_letters(word, "succeeded") || same_letters(word, "success")) {
        return "success";
    }
    return same_letters(word, "failed") || same_letters(word, "failure") ? "failure"
                                                                         : std::string_view();
}

bool is_azure_read(std::string_view operation) {
    if (operation.size() > 7 && same_letters(operation.substr(operation.size() - 7), "/action")) {
        operation.remove_suffix(7);
    }
    std::string_view verb = operation.substr(operation.find_last_of("/_") + 1);
    static constexpr std::string_view kVerbs[] = {"list", "get", "read", "check", "validate"};
    for (std::string_view known : kVerbs) {
        if (same_letters(verb.substr(0, known.size()), known) ||
            same_letters(operation.substr(0, known.size()), known)) {
            return true;
        }
    }
    return false;
}

std::string_view azure_text_of(JsonValue value) {
    return value.is_object() ? value["value"].text() : value.text();
}

void read_azure_facts(AzureMembers& members, AzureKind kind, const ParseContext& context) {
    read_times(members, kind, context);
    read_duration(members);
    read_dataset(members);
    read_resource(members);
    members.fill_or_keep(AzureSlot::kCorrelation, Field::kHttpRequestId);
    read_address(members);
    read_tenant(members);
    read_action(members, kind);
    read_outcome(members);
}

void read_azure_tokens(AzureMembers& members) {
    UsageCounts counts;
    counts.input = members.take(AzureSlot::kPromptTokens);
    counts.output = members.take(AzureSlot::kCompletionTokens);
    counts.cache_read = members.take(AzureSlot::kCachedTokens);
    // More cached tokens than tokens: they are counted apart (Anthropic's models).
    counts.input_excludes_cache =
        counts.cache_read.value.integer().value_or(0) > counts.input.value.integer().value_or(0);
    store_usage(members.place_of(AzureSlot::kPromptTokens), counts);
}

void read_azure_model(AzureMembers& members) {
    std::string_view name = members.text(AzureSlot::kModelName);
    members.fill_or_keep(AzureSlot::kModelName, Field::kGenAiResponseModel);
    fill_text(members.record(), Field::kGenAiRequestModel, name);
}

void note_no_content(AuditRecord& record) {
    record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
}

void read_azure_call(AzureMembers& members) {
    AuditRecord& record = members.record();
    read_azure_model(members);
    read_azure_tokens(members);
    std::string_view stream = members.text(AzureSlot::kStreamType);
    if (same_letters(stream, "streaming") || same_letters(stream, "non-streaming")) {
        record.set_boolean(Field::kGenAiRequestStream, same_letters(stream, "streaming"));
        members.take(AzureSlot::kStreamType);
    }
    if (holds_letters(members.text(AzureSlot::kApiName), "openai") ||
        holds_letters(record.text(Field::kEventDataset), "openai")) {
        fill_text(record, Field::kGenAiProviderName, "azure.ai.openai");
    }
    bool called =
        record.has(Field::kGenAiRequestModel) || record.has(Field::kGenAiUsageInputTokens);
    std::string action(record.text(Field::kEventAction));
    for (const OperationRow& row : kOperations) {
        if (holds_letters(action, row.part) && !is_azure_read(action)) {
            fill_text(record, Field::kGenAiOperationName, row.operation);
            fill_text(record, Field::kGenAiOutputType, row.output_type);
            called = true;
            break;
        }
    }
    if (called) {
        record.set_text(Field::kEventKind, "inference");
        note_no_content(record);
    } else {
        record.set_text(Field::kEventKind, is_azure_read(action) ? "access" : "other");
    }
}

void read_azure_audit(AzureMembers& members) {
    AuditRecord& record = members.record();
    bool reads = is_azure_read(record.text(Field::kEventAction));
    record.set_text(Field::kEventKind, reads ? "access" : "config_change");
    std::string_view resource_id = members.text(AzureSlot::kResource);
    members.fill_or_keep(AzureSlot::kResource, Field::kConfigResourceId);
    fill_text(record, Field::kConfigResourceType, azure_resource_of(resource_id).type);
}

}  // namespace llmtrail
