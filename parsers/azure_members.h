// The members of one Azure Monitor record, whichever way it was written: as a diagnostic setting
// sends it (`time`, `callerIpAddress`, what is special to a category under `properties`, which may
// be JSON in a string), as a Log Analytics table has it (`TimeGenerated`, `CallerIpAddress`, flat),
// or as the table AzureDiagnostics has it (`requestBody_s`). Names are compared without case,
// without a leading '_' and without the type at their end. Simple members go to their fields, those
// that need a look are collected here, everything else goes to Unmapped. For azure*.cpp; ingest
// thread; never fails.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "bodies/body_place.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

enum class AzureKind : uint8_t {
    kOther,
    kCall,      // RequestResponse, AzureOpenAIRequestUsage, Trace
    kAudit,     // Audit
    kGateway,   // API Management: GatewayLogs
    kLlm,       // API Management: GatewayLlmLogs
    kMcp,       // API Management: GatewayMCPLogs
    kActivity,  // Activity log
};

// Members that need a look, of all kinds.
enum class AzureSlot : uint8_t {
    kNone,
    kTime,
    kCategory,
    kTable,  // "Type": the table a row was exported from
    kResource,
    kSubscription,
    kCorrelation,
    kDuration,
    kResultType,
    kResultSignature,
    kSuccess,
    kOperation,
    kOperationValue,  // beside the operation's localized name
    kOperationId,
    kClientIp,
    kTenant,
    kProperties,
    kRequestTicks,
    kResponseTicks,
    kStreamType,
    kApiName,
    kModelName,
    kPromptTokens,
    kCompletionTokens,
    kCachedTokens,
    kUrl,
    kBackendUrl,
    kBackendCode,
    kCache,
    kTruncated,
    kRequestBody,
    kResponseBody,
    kBackendRequestBody,
    kBackendResponseBody,
    kRequestHeaders,
    kResponseHeaders,
    kBackendRequestHeaders,
    kBackendResponseHeaders,
    kLastError,
    kErrorSource,
    kUserId,
    kRequestId,
    kSequence,
    kRequestMessages,
    kResponseMessages,
    kTool,
    kMcpEndpoint,
    kCaller,
    kClaims,
    kAuthorization,
    kIdentity,
    kHttpRequest,
    kStatus,
    kStatusCode,
    kStatusMessage,
    kCount,
};

inline constexpr size_t kAzureNameBytesMax = 40;

// A name in its common form; "" when it is longer than any name known here.
class AzureName {
 public:
    explicit AzureName(std::string_view key);

    std::string_view view() const { return {bytes_.data(), size_}; }

 private:
    std::array<char, kAzureNameBytesMax> bytes_{};
    size_t size_ = 0;
};

// The first member of `object` with that common name.
JsonMember azure_member(JsonValue object, std::string_view name);

// Same bytes but for the case of ASCII letters; `text` holds `part`, likewise.
bool same_letters(std::string_view a, std::string_view b);
bool holds_letters(std::string_view text, std::string_view part);

class AzureMembers {
 public:
    // `record` stands at `place`, which has to stay; `properties_tree` reads properties that are
    // text.
    AzureMembers(const BodyPlace& place, JsonTree& properties_tree);

    void collect(JsonValue record, AzureKind kind);

    // The member, which counts as placed from now on; its value is absent when there is none.
    JsonMember take(AzureSlot slot);

    std::string_view text(AzureSlot slot) const { return of(slot).member.value.text(); }

    bool has(AzureSlot slot) const { return of(slot).member.value.exists(); }

    // Where the member stands: its object's place.
    const BodyPlace& place_of(AzureSlot slot) const {
        return of(slot).inside ? properties_place_ : place_;
    }

    void keep(AzureSlot slot);                       // takes it, to Unmapped
    void fill_or_keep(AzureSlot slot, Field field);  // takes it
    void keep_rest();                                // what was collected and never taken

    AuditRecord& record() const { return place_.record(); }

    BodyScratch& scratch() const { return place_.scratch(); }

 private:
    struct Collected {
        JsonMember member;
        bool inside = false;  // of properties
        bool taken = false;
    };

    const Collected& of(AzureSlot slot) const { return slots_[static_cast<size_t>(slot)]; }

    void level(JsonValue object, AzureKind kind, bool inside);
    void open_properties(AzureKind kind);

    const BodyPlace& place_;
    BodyPlace properties_place_;
    JsonTree& properties_tree_;
    std::array<Collected, static_cast<size_t>(AzureSlot::kCount)> slots_{};
};

}  // namespace llmtrail
