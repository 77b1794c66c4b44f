#include "parsers/azure.h"

#include <string>

#include "parsers/azure_activity.h"
#include "parsers/azure_facts.h"
#include "parsers/azure_gateway.h"
#include "parsers/azure_members.h"

namespace llmtrail {

namespace {

constexpr std::string_view kRecords = "records";

struct KindRow {
    std::string_view name;  // a category or a table
    AzureKind kind;
};

constexpr auto kKinds = std::to_array<KindRow>({
    {"gatewaylogs", AzureKind::kGateway},
    {"apimanagementgatewaylogs", AzureKind::kGateway},
    {"gatewayllmlogs", AzureKind::kLlm},
    {"gatewayllmlog", AzureKind::kLlm},
    {"apimanagementgatewayllmlog", AzureKind::kLlm},
    {"gatewaymcplogs", AzureKind::kMcp},
    {"gatewaymcplog", AzureKind::kMcp},
    {"apimanagementgatewaymcplog", AzureKind::kMcp},
    {"requestresponse", AzureKind::kCall},
    {"azureopenairequestusage", AzureKind::kCall},
    {"trace", AzureKind::kCall},
    {"audit", AzureKind::kAudit},
    {"azureactivity", AzureKind::kActivity},
    {"administrative", AzureKind::kActivity},
    {"security", AzureKind::kActivity},
    {"servicehealth", AzureKind::kActivity},
    {"resourcehealth", AzureKind::kActivity},
    {"alert", AzureKind::kActivity},
    {"autoscale", AzureKind::kActivity},
    {"recommendation", AzureKind::kActivity},
    {"policy", AzureKind::kActivity},
});

AzureKind kind_of_word(std::string_view word) {
    for (const KindRow& row : kKinds) {
        if (same_letters(row.name, word)) {
            return row.kind;
        }
    }
    return AzureKind::kOther;
}

std::string_view text_of(JsonValue record, std::string_view name) {
    return azure_text_of(azure_member(record, name).value);
}

AzureKind kind_of(JsonValue record) {
    for (std::string_view name : {"category", "type"}) {
        AzureKind kind = kind_of_word(text_of(record, name));
        if (kind != AzureKind::kOther) {
            return kind;
        }
    }
    return record["eventTimestamp"].exists() || record["OperationNameValue"].exists()
               ? AzureKind::kActivity
               : AzureKind::kOther;
}

bool is_resource_id(std::string_view text) {
    for (std::string_view start : {"/subscriptions/", "/tenants/", "/providers/"}) {
        if (same_letters(text.substr(0, start.size()), start)) {
            return true;
        }
    }
    return false;
}

// As a diagnostic setting writes it, as the Activity log's interface does, as a row of a table.
bool is_azure_record(JsonValue value) {
    JsonValue category = value["category"].exists() ? value["category"] : value["Category"];
    JsonValue id = value["resourceId"].exists() ? value["resourceId"] : value["ResourceId"];
    if (category.is_string() && is_resource_id(id.text())) {
        return value["time"].is_string() || value["operationName"].is_string() ||
               value["TimeGenerated"].is_string();
    }
    if (value["eventTimestamp"].is_string()) {
        JsonValue operation = value["operationName"];
        return is_resource_id(id.text()) && (operation.is_object() || operation.is_string());
    }
    bool of_copilot = value["LLMEventData"].exists();  // the table CopilotActivity
    if (!value["TimeGenerated"].is_string() || of_copilot) {
        return false;
    }
    return value["OperationNameValue"].is_string() ||
           kind_of_word(value["Type"].text()) != AzureKind::kOther ||
           is_resource_id(value["_ResourceId"].text());
}

class AzureParser final : public Parser {
 public:
    std::string_view name() const override { return "azure"; }

    std::string_view describes() const override {
        return "Azure diagnostic, API Management and activity logs of Azure OpenAI";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {kRecords, "category", "Category",
                                                     "eventTimestamp", "TimeGenerated"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override;
    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void record(JsonValue document, JsonValue one, size_t index, const ParseContext& context,
                RecordSink& sink);

    // The pieces of one request through a gateway share a key.
    struct Piece {
        std::string key;  // "": a record by itself
        RecordPiece piece;
    };

    Piece fill(AzureMembers& members, JsonValue one, AzureKind kind, const ParseContext& context);

    BodyScratch scratch_;
    JsonTree properties_tree_;
    AzureGatewayReader gateway_;
    AzureActivityReader activity_;
};

bool AzureParser::recognizes(JsonValue document) const {
    if (is_azure_record(document)) {
        return true;
    }
    for (JsonValue one : document[kRecords].items()) {
        if (is_azure_record(one)) {
            return true;
        }
    }
    return false;
}

AzureParser::Piece AzureParser::fill(AzureMembers& members, JsonValue one, AzureKind kind,
                                     const ParseContext& context) {
    constexpr uint32_t kGatewayRank = 0;
    constexpr uint32_t kDetailRank = 1;  // its texts are whole where the gateway's are cut
    AuditRecord& record = members.record();
    std::string_view resource_id = text_of(one, "resourceid");
    bool ai = is_ai_resource(resource_id) || is_ai_resource(text_of(one, "operationname")) ||
              is_ai_resource(text_of(one, "operationnamevalue")) ||
              is_ai_resource(text_of(one, "resourceprovider"));
    read_azure_facts(members, kind, context);
    Piece piece;
    switch (kind) {
        case AzureKind::kGateway:
            gateway_.read_gateway(members);
            piece.piece.rank = kGatewayRank;
            break;
        case AzureKind::kLlm:
            piece.piece.order = gateway_.read_llm(members);
            piece.piece.rank = kDetailRank;
            piece.piece.chunk = true;
            break;
        case AzureKind::kMcp:
            gateway_.read_mcp(members);
            piece.piece.rank = kDetailRank;
            break;
        case AzureKind::kActivity:
            activity_.read(members, ai);
            return piece;
        case AzureKind::kCall:
        case AzureKind::kAudit:
        case AzureKind::kOther:
            if (!ai || kind == AzureKind::kOther) {
                record.set_text(Field::kEventKind, "other");
            } else if (kind == AzureKind::kCall) {
                read_azure_call(members);
            } else {
                read_azure_audit(members);
            }
            return piece;
    }
    if (std::string_view id = record.text(Field::kHttpRequestId); !id.empty()) {
        piece.key.append("azure:llm:").append(id);
        bool alone = kind != AzureKind::kLlm || record.has(Field::kGenAiUsageTotalTokens);
        record.set_text(Field::kRecordState, alone ? "complete" : "partial");
    }
    return piece;
}

// What stands around a batch goes with its first record.
void AzureParser::record(JsonValue document, JsonValue one, size_t index,
                         const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    BodyPlace top("", scratch_, record);
    BodyPlace list = top.below(kRecords);
    BodyPlace place = document.exists() ? list.below(index) : top;
    if (!one.is_object()) {
        record.set_text(Field::kEventKind, "other");
        place.keep(one);
    }
    AzureKind kind = kind_of(one);
    AzureMembers members(place, properties_tree_);
    members.collect(one, kind);
    Piece piece = fill(members, one, kind, context);
    members.keep_rest();
    for (JsonMember around : document.members()) {
        if (index == 0 && around.key != kRecords) {
            top.keep(around.key, around.value);
        }
    }
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    if (piece.key.empty()) {
        sink.commit();
        return;
    }
    piece.piece.key = piece.key;
    sink.commit_piece(piece.piece);
}

void AzureParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    if (!document[kRecords].is_array() || is_azure_record(document)) {
        record(JsonValue(), document, 0, context, sink);
        return;
    }
    size_t index = 0;
    for (JsonValue one : document[kRecords].items()) {
        record(document, one, index++, context, sink);
    }
}

}  // namespace

std::unique_ptr<Parser> make_azure_parser() {
    return std::make_unique<AzureParser>();
}

}  // namespace llmtrail
