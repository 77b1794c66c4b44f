#include <doctest/doctest.h>

#include "parsers/azure_facts.h"
#include "parsers/azure_settings.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

constexpr std::string_view kAccount =
    "/SUBSCRIPTIONS/0A1B/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/A1";
constexpr std::string_view kService =
    "/SUBSCRIPTIONS/0A1B/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/G1";

std::string log_of(std::string_view category, std::string_view resource, std::string_view more) {
    std::string out = R"({"time":"2026-07-01T10:00:00.1234567Z","category":")";
    out.append(category).append(R"(","resourceId":")").append(resource).append("\"");
    out.append(more.empty() ? "" : ",").append(more).append("}");
    return out;
}

std::string only_record(const std::string& document) {
    auto records = read_records(document, "azure");
    REQUIRE(records.size() == 1);
    return records[0];
}

// Keeps the keys of pieces.
class PieceList final : public RecordSink {
 public:
    AuditRecord& begin() override {
        record_.clear();
        return record_;
    }

    void commit() override { keys.emplace_back(); }

    void commit_piece(const RecordPiece& piece) override {
        keys.emplace_back(piece.key);
        orders.push_back(piece.order);
        ranks.push_back(piece.rank);
    }

    std::vector<std::string> keys;
    std::vector<uint32_t> orders;
    std::vector<uint32_t> ranks;

 private:
    AuditRecord record_;
};

PieceList pieces_of(std::string_view text) {
    PieceList list;
    JsonTree tree;
    auto read = tree.read(text, false);
    REQUIRE(read);
    for (const auto& parser : make_parsers()) {
        if (parser->name() == "azure") {
            parser->parse(*read, ParseContext{kTestObserved, {}, 0}, list);
        }
    }
    return list;
}

}  // namespace

TEST_CASE("A resource id names its subscription and its type in any case") {
    AzureResource account = azure_resource_of(kAccount);
    CHECK(account.subscription == "0a1b");
    CHECK(account.type == "MICROSOFT.COGNITIVESERVICES/ACCOUNTS");
    AzureResource deployment = azure_resource_of(
        "/subscriptions/s1/resourceGroups/r/providers/Microsoft.CognitiveServices/accounts/a/"
        "deployments/d");
    CHECK(deployment.type == "Microsoft.CognitiveServices/accounts/deployments");
    AzureResource extension = azure_resource_of(
        "/subscriptions/s1/resourceGroups/r/providers/Microsoft.Search/searchServices/a/providers/"
        "Microsoft.Insights/diagnosticSettings/x");
    CHECK(extension.type == "Microsoft.Insights/diagnosticSettings");
    CHECK(azure_resource_of("").type == "");
    CHECK(azure_resource_of("////").subscription == "");
    CHECK(azure_resource_of("subscriptions").subscription == "");
    CHECK(azure_resource_of("/subscriptions/s1").subscription == "s1");
}

TEST_CASE("Ticks count 100 ns since the year 1, and those of no sensible year are none") {
    CHECK(time_of_ticks(621355968000000000) == UnixNanos{0});
    CHECK(time_of_ticks(639186976131234567) == UnixNanos{1'783'100'813'123'456'700});
    CHECK_FALSE(time_of_ticks(0));
    CHECK_FALSE(time_of_ticks(-1));
    CHECK_FALSE(time_of_ticks(621355967999999999));
    CHECK_FALSE(time_of_ticks(INT64_MAX));
}

TEST_CASE("Listing and reading are told from changing") {
    for (std::string_view name :
         {"ListKey", "Microsoft.CognitiveServices/accounts/listKeys/action", "tools/list",
          "Microsoft.CognitiveServices/accounts/read", "Get_Thread"}) {
        CAPTURE(name);
        CHECK(is_azure_read(name));
    }
    for (std::string_view name : {"Microsoft.CognitiveServices/accounts/write", "RegenerateKey", "",
                                  "Microsoft.CognitiveServices/accounts/regenerateKey/action",
                                  "/action", "Create_Thread"}) {
        CAPTURE(name);
        CHECK_FALSE(is_azure_read(name));
    }
}

TEST_CASE("Ticks more than an hour from the record's own stamp do not count") {
    std::string near = only_record(log_of(
        "RequestResponse", kAccount,
        R"("properties":{"requestTime":639184968010000001,"responseTime":639184968020000001})"));
    CHECK(holds(near, R"("event.time":"2026-07-01T10:00:01.000000100Z")"));
    CHECK(holds(near, R"("event.duration":1000000000)"));
    std::string far = only_record(
        log_of("RequestResponse", kAccount, R"("properties":{"requestTime":638185040010000001})"));
    CHECK(holds(far, R"("event.time":"2026-07-01T10:00:00.123456700Z")"));
    CHECK(holds(far, R"("properties.requestTime":638185040010000001)"));
    std::string backwards = only_record(log_of(
        "RequestResponse", kAccount,
        R"("properties":{"requestTime":639184968010000001,"responseTime":639184968000000001})"));
    CHECK(holds(backwards, R"("properties.responseTime":639184968000000001)"));
    CHECK_FALSE(holds(backwards, "event.duration"));
}

TEST_CASE("A negative duration is flagged and kept as it was") {
    std::string record =
        only_record(log_of("RequestResponse", kAccount, R"("durationMs":-5,"correlationId":"c")"));
    CHECK(holds(record, "negative_duration"));
    CHECK(holds(record, R"("durationMs":-5)"));
    CHECK_FALSE(holds(record, "event.duration"));
}

TEST_CASE("What stands behind a gateway is joined by the correlation id, in its order") {
    PieceList list =
        pieces_of(R"({"records":[)" +
                  log_of("GatewayLogs", kService,
                         R"("correlationId":"c1","properties":{"url":"https://g/x"})") +
                  "," +
                  log_of("GatewayLlmLogs", kService,
                         R"("correlationId":"c1","properties":{"sequenceNumber":3})") +
                  "," + log_of("GatewayMCPLogs", kService, R"("correlationId":"c1")") + "," +
                  log_of("GatewayLlmLogs", kService, R"("properties":{"sequenceNumber":-1})") +
                  "," + log_of("Audit", kAccount, R"("correlationId":"c1")") + "]}");
    CHECK(list.keys ==
          std::vector<std::string>{"azure:llm:c1", "azure:llm:c1", "azure:llm:c1", "", ""});
    CHECK(list.orders == std::vector<uint32_t>{0, 3, 0});
    CHECK(list.ranks == std::vector<uint32_t>{0, 1, 1});
}

TEST_CASE("A record of a service without models is of kind other") {
    std::string record = only_record(
        log_of("Audit", "/SUBSCRIPTIONS/0A1B/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V", ""));
    CHECK(holds(record, R"("event.kind":"other")"));
    CHECK(holds(record, R"("cloud.account.id":"0a1b")"));
}

TEST_CASE("Members of the wrong type are kept and break nothing") {
    for (std::string_view category : {"RequestResponse", "Audit", "GatewayLogs", "GatewayLlmLogs",
                                      "GatewayMCPLogs", "Administrative", "Trace", "Other"}) {
        for (std::string_view value :
             {"7", "-1.5", "true", "null", "[]", "[[{}]]", "{}", R"({"a":[1]})", R"("")",
              R"("{\"a\":")", R"("[1,")", R"("data: {\"choices\":[{\"delta\":7}]}")"}) {
            CAPTURE(category);
            CAPTURE(value);
            std::string members;
            for (std::string_view key :
                 {"durationMs", "callerIpAddress", "correlationId", "operationName", "resultType",
                  "resultSignature", "identity", "claims", "authorization", "status", "caller",
                  "httpRequest", "isRequestSuccess", "truncated"}) {
                members.append("\"").append(key).append("\":").append(value).append(",");
            }
            members += R"("properties":{)";
            for (std::string_view key : {"requestTime",
                                         "responseTime",
                                         "requestBody",
                                         "responseBody",
                                         "backendRequestBody",
                                         "url",
                                         "backendUrl",
                                         "requestHeaders",
                                         "responseHeaders",
                                         "lastError",
                                         "userId",
                                         "cache",
                                         "modelName",
                                         "promptTokens",
                                         "completionTokens",
                                         "promptCachedTokens",
                                         "requestMessages",
                                         "responseMessages",
                                         "sequenceNumber",
                                         "requestId",
                                         "toolName",
                                         "statusCode",
                                         "statusMessage",
                                         "requestbody",
                                         "streamType",
                                         "apiName"}) {
                members.append(members.back() == '{' ? "\"" : ",\"").append(key).append("\":");
                members.append(value);
            }
            members += "}";
            auto records = read_records(log_of(category, kService, members), "azure");
            CHECK(records.size() == 1);
        }
    }
}

TEST_CASE(
    "Properties that are text are read, also when they are cut, and kept when they are none") {
    std::string cut = only_record(
        log_of("RequestResponse", kAccount, R"("properties":"{\"modelName\":\"m1\",\"apiNa")"));
    CHECK(holds(cut, R"("gen_ai.response.model":"m1")"));
    CHECK(holds(cut, "truncated"));
    std::string none =
        only_record(log_of("RequestResponse", kAccount, R"("properties":"plain words")"));
    CHECK(holds(none, R"("properties":"plain words")"));
}

TEST_CASE("A batch of ten thousand records is read in one go, and what is no record is kept") {
    std::string batch = R"({"records":[7)";
    for (int i = 0; i < 10'000; ++i) {
        batch.append(",").append(log_of("Audit", kAccount, R"("operationName":"ListKey")"));
    }
    auto records = read_records(batch + "]}", "azure");
    REQUIRE(records.size() == 10'001);
    CHECK(holds(records[0], R"("records.0":7)"));
    CHECK(holds(records[10'000], R"("event.kind":"access")"));
}

TEST_CASE("A row of a table is read like the record it was made of") {
    std::string row = only_record(
        R"({"TimeGenerated":"2026-07-01T10:00:00Z","Type":"ApiManagementGatewayLogs","_ResourceId":")" +
        std::string(kService) +
        R"(","CallerIpAddress":"203.0.113.7","Method":"POST","ResponseCode":"200","IsRequestSuccess":"True"})");
    CHECK(holds(row, R"("client.ip":"203.0.113.7")"));
    CHECK(holds(row, R"("http.response.status_code":200)"));
    CHECK(holds(row, R"("event.outcome":"success")"));
}

TEST_CASE("A setting's new value holds no credentials, in objects, arrays or by name") {
    JsonTree tree;
    auto read = tree.read(
        R"({"a":[{"credentials":{"key":"hidden1"}},{"n":1}],"password":"hidden2","b":{"secrets":["hidden3"],"c":"x"},"keep":{"d":[1,"y"]}})",
        false);
    REQUIRE(read);
    std::string out;
    append_azure_setting(out, "", *read);
    CHECK(
        out ==
        R"({"a":[{"credentials":"[redacted]"},{"n":1}],"password":"[redacted]","b":{"secrets":"[redacted]","c":"x"},"keep":{"d":[1,"y"]}})");
}

TEST_CASE("The text of a message cannot add members beside the messages") {
    std::string record = only_record(log_of(
        "GatewayLlmLogs", kService,
        R"("correlationId":"c","properties":{"requestMessages":"[],\"user\":\"admin\",\"model\":\"m\""})"));
    CHECK_FALSE(holds(record, R"("user.id")"));
    CHECK_FALSE(holds(record, R"("gen_ai.request.model")"));
    CHECK(holds(record, "body_not_json"));
}

TEST_CASE("Keys that come back from a change are not kept") {
    std::string record = only_record(log_of(
        "Administrative", kAccount,
        R"("operationName":"MICROSOFT.COGNITIVESERVICES/ACCOUNTS/REGENERATEKEY/ACTION","properties":{"requestbody":"{\"keyName\":\"Key1\"}","responseBody":"{\"key1\":\"hidden\"}"})"));
    CHECK(holds(record, R"("event.kind":"config_change")"));
    CHECK(holds(record, "keyName"));
    CHECK_FALSE(holds(record, "hidden"));
}

TEST_CASE("A filter that did not run gives no verdict, and one that masked gives modify") {
    std::string body =
        R"("{\"choices\":[{\"message\":{\"content\":\"a\"},\"content_filter_results\":{\"personally_identifiable_information\":{\"filtered\":false,\"detected\":true,\"redacted\":true},\"error\":{\"code\":\"content_filter_error\"}}}]}")";
    std::string record = only_record(
        log_of("GatewayLogs", kService, R"("properties":{"responseBody":)" + body + "}"));
    CHECK(holds(
        record,
        R"("verdict":"modify","action":"modify","category":"personally_identifiable_information")"));
    CHECK(holds(record, R"("category":"error","rule_id":"content_filter_error")"));
    CHECK_FALSE(holds(record, R"("verdict":"allow")"));
}
