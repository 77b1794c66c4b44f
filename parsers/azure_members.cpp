#include "parsers/azure_members.h"

#include <algorithm>

namespace llmtrail {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// Types that the table AzureDiagnostics puts after a name: string, real, boolean, GUID, time.
std::string_view without_type(std::string_view key) {
    constexpr std::string_view kTypes = "sdbgt";
    if (key.size() > 2 && key[key.size() - 2] == '_' &&
        kTypes.find(key.back()) != std::string_view::npos) {
        key.remove_suffix(2);
    }
    return key;
}

struct Row {
    std::string_view name;
    AzureSlot slot = AzureSlot::kNone;
    Field field = Field::kUnmapped;  // when there is no slot
};

constexpr Row slot(std::string_view name, AzureSlot slot) {
    return {name, slot};
}

constexpr Row field(std::string_view name, Field field) {
    return {name, AzureSlot::kNone, field};
}

constexpr auto kRows = std::to_array<Row>({
    slot("activitystatusvalue", AzureSlot::kStatus),
    slot("apiname", AzureSlot::kApiName),
    field("apimsubscriptionid", Field::kApiKeyId),
    slot("authorization", AzureSlot::kAuthorization),
    field("backendmethod", Field::kHttpRequestMethod),
    slot("backendrequestbody", AzureSlot::kBackendRequestBody),
    slot("backendrequestheaders", AzureSlot::kBackendRequestHeaders),
    slot("backendresponsebody", AzureSlot::kBackendResponseBody),
    slot("backendresponsecode", AzureSlot::kBackendCode),
    slot("backendresponseheaders", AzureSlot::kBackendResponseHeaders),
    slot("backendurl", AzureSlot::kBackendUrl),
    slot("cache", AzureSlot::kCache),
    slot("cachedtokens", AzureSlot::kCachedTokens),
    slot("caller", AzureSlot::kCaller),
    slot("calleripaddress", AzureSlot::kClientIp),
    slot("category", AzureSlot::kCategory),
    slot("categoryvalue", AzureSlot::kCategory),
    slot("claims", AzureSlot::kClaims),
    slot("completiontokens", AzureSlot::kCompletionTokens),
    slot("correlationid", AzureSlot::kCorrelation),
    field("deploymentname", Field::kGenAiRequestModel),
    slot("durationms", AzureSlot::kDuration),
    field("eventdataid", Field::kRecordNativeId),
    slot("eventtimestamp", AzureSlot::kTime),
    slot("generatedtokens", AzureSlot::kCompletionTokens),
    slot("httprequest", AzureSlot::kHttpRequest),
    slot("identity", AzureSlot::kIdentity),
    slot("inputtokens", AzureSlot::kPromptTokens),
    slot("isrequestsuccess", AzureSlot::kSuccess),
    field("isstreamcompletion", Field::kGenAiRequestStream),
    slot("lasterror", AzureSlot::kLastError),
    field("lasterrormessage", Field::kErrorMessage),
    field("lasterrorreason", Field::kErrorType),
    slot("lasterrorsource", AzureSlot::kErrorSource),
    field("location", Field::kCloudRegion),
    field("method", Field::kHttpRequestMethod),
    field("modeldeploymentname", Field::kGenAiRequestModel),
    slot("modelname", AzureSlot::kModelName),
    field("objectid", Field::kUserId),
    slot("operationid", AzureSlot::kOperationId),
    slot("operationname", AzureSlot::kOperation),
    slot("operationnamevalue", AzureSlot::kOperationValue),
    slot("outputtokens", AzureSlot::kCompletionTokens),
    slot("promptcachedtokens", AzureSlot::kCachedTokens),
    slot("prompttokens", AzureSlot::kPromptTokens),
    slot("properties", AzureSlot::kProperties),
    field("region", Field::kCloudRegion),
    slot("requestbody", AzureSlot::kRequestBody),
    slot("requestheaders", AzureSlot::kRequestHeaders),
    slot("requestid", AzureSlot::kRequestId),
    slot("requestmessages", AzureSlot::kRequestMessages),
    slot("requesttime", AzureSlot::kRequestTicks),
    slot("resourceid", AzureSlot::kResource),
    slot("responsebody", AzureSlot::kResponseBody),
    field("responsecode", Field::kHttpResponseStatusCode),
    slot("responseheaders", AzureSlot::kResponseHeaders),
    slot("responsemessages", AzureSlot::kResponseMessages),
    slot("responsetime", AzureSlot::kResponseTicks),
    slot("resultsignature", AzureSlot::kResultSignature),
    slot("resulttype", AzureSlot::kResultType),
    slot("sequencenumber", AzureSlot::kSequence),
    slot("status", AzureSlot::kStatus),
    slot("statuscode", AzureSlot::kStatusCode),
    slot("statusmessage", AzureSlot::kStatusMessage),
    slot("streamtype", AzureSlot::kStreamType),
    slot("subscriptionid", AzureSlot::kSubscription),
    slot("tenantid", AzureSlot::kTenant),
    slot("time", AzureSlot::kTime),
    slot("timegenerated", AzureSlot::kTime),
    field("totaltokens", Field::kGenAiUsageTotalTokens),
    slot("totaltime", AzureSlot::kDuration),
    slot("truncated", AzureSlot::kTruncated),
    slot("type", AzureSlot::kTable),
    slot("url", AzureSlot::kUrl),
    slot("userid", AzureSlot::kUserId),
});

// What a log of calls to MCP servers means by these.
constexpr auto kMcpRows = std::to_array<Row>({
    field("clientname", Field::kServiceName),
    field("clientversion", Field::kServiceVersion),
    field("error", Field::kErrorMessage),
    field("errortype", Field::kErrorType),
    slot("mcpserverendpoint", AzureSlot::kMcpEndpoint),
    field("method", Field::kEventAction),
    field("sessionid", Field::kGenAiConversationId),
    slot("toolname", AzureSlot::kTool),
});

template <typename Rows>
const Row* row_of(const Rows& rows, std::string_view name) {
    const auto* row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.name == name; });
    return row == rows.end() ? nullptr : row;
}

// "Tenant" is a region in the logs of Cognitive Services: "eastus".
const Row* row_for(AzureKind kind, std::string_view name) {
    static constexpr Row kRegion = field("tenant", Field::kCloudRegion);
    if (name == kRegion.name) {
        return kind == AzureKind::kCall || kind == AzureKind::kAudit ? &kRegion : nullptr;
    }
    if (kind == AzureKind::kMcp) {
        if (const Row* row = row_of(kMcpRows, name)) {
            return row;
        }
    }
    return row_of(kRows, name);
}

}  // namespace

AzureName::AzureName(std::string_view key) {
    key = without_type(key);
    if (key.starts_with('_')) {
        key.remove_prefix(1);
    }
    if (key.size() <= bytes_.size()) {
        std::transform(key.begin(), key.end(), bytes_.begin(), lower);
        size_ = key.size();
    }
}

JsonMember azure_member(JsonValue object, std::string_view name) {
    for (JsonMember member : object.members()) {
        if (AzureName(member.key).view() == name) {
            return member;
        }
    }
    return {};
}

bool same_letters(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool holds_letters(std::string_view text, std::string_view part) {
    return std::search(text.begin(), text.end(), part.begin(), part.end(),
                       [](char x, char y) { return lower(x) == lower(y); }) != text.end();
}

AzureMembers::AzureMembers(const BodyPlace& place, JsonTree& properties_tree)
    : place_(place),
      properties_place_(place.below("properties")),
      properties_tree_(properties_tree) {}

void AzureMembers::collect(JsonValue record, AzureKind kind) {
    level(record, kind, false);
    open_properties(kind);
}

void AzureMembers::level(JsonValue object, AzureKind kind, bool inside) {
    const BodyPlace& here = inside ? properties_place_ : place_;
    for (JsonMember member : object.members()) {
        const Row* row = row_for(kind, AzureName(member.key).view());
        if (row == nullptr) {
            here.keep(member.key, member.value);
            continue;
        }
        if (row->slot == AzureSlot::kNone) {
            here.fill_or_keep(row->field, member.key, member.value);
            continue;
        }
        Collected& collected = slots_[static_cast<size_t>(row->slot)];
        bool empty =
            member.value.is_null() || (member.value.is_string() && member.value.text().empty());
        if (empty) {
            continue;
        }
        if (collected.member.value.exists()) {
            bool repeat =
                member.value.is_string() && member.value.text() == collected.member.value.text();
            if (!repeat) {
                here.keep(member.key, member.value);
            }
            continue;
        }
        collected = {member, inside, false};
    }
}

// A text that is cut is read as far as it goes.
void AzureMembers::open_properties(AzureKind kind) {
    JsonMember properties = take(AzureSlot::kProperties);
    JsonValue value = properties.value;
    if (value.is_string()) {
        auto read = properties_tree_.read(value.text(), false);
        if (!read && value.text().starts_with('{')) {
            read = properties_tree_.read_head(value.text());
            record().append_to_list(Field::kRecordSourceLoss, "truncated");
        }
        value = read ? *read : JsonValue();
    }
    if (!value.is_object()) {
        place_.keep(properties.key, properties.value);
        return;
    }
    properties_place_ = place_.below(properties.key);
    level(value, kind, true);
}

JsonMember AzureMembers::take(AzureSlot slot) {
    Collected& collected = slots_[static_cast<size_t>(slot)];
    collected.taken = true;
    return collected.member;
}

void AzureMembers::keep(AzureSlot slot) {
    JsonMember member = take(slot);
    place_of(slot).keep(member.key, member.value);
}

void AzureMembers::fill_or_keep(AzureSlot slot, Field field) {
    JsonMember member = take(slot);
    place_of(slot).fill_or_keep(field, member.key, member.value);
}

void AzureMembers::keep_rest() {
    for (Collected& collected : slots_) {
        if (!collected.taken && collected.member.value.exists()) {
            (collected.inside ? properties_place_ : place_)
                .keep(collected.member.key, collected.member.value);
        }
        collected.taken = true;
    }
}

}  // namespace llmtrail
