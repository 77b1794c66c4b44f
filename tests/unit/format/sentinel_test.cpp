#include "format/sentinel.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/utf8.h"
#include "flat_json.h"
#include "format/cef_keys.h"
#include "format/common_security_log_columns.h"
#include "format/llm_trail_columns.h"
#include "format/sentinel_row.h"
#include "sample_record.h"

using namespace llmtrail;

namespace {

using Row = std::map<std::string, std::string>;

std::string format(const AuditRecord& record, const std::string& table,
                   const FormatOptions& options = sample_options()) {
    auto formatter = table == "LlmTrail_CL" ? make_sentinel_formatter(options)
                                            : make_common_security_log_formatter(options);
    SampleReference reference;
    std::string row;
    formatter->format(record, reference.get(), row);
    CHECK(is_valid_utf8(row));
    return row;
}

Row row_of(const AuditRecord& record, const std::string& table = "LlmTrail_CL",
           const FormatOptions& options = sample_options()) {
    return read_flat_json(format(record, table, options));
}

// A value in every field of the catalogue, so that every column that a field leads to is written.
AuditRecord full_record(const std::string& kind) {
    AuditRecord record;
    for (const FieldRow& row : kFieldCatalog) {
        switch (row.type) {
            case FieldType::kText:
                record.set_text(row.field, "text");
                break;
            case FieldType::kTextList:
                record.append_to_list(row.field, "item");
                break;
            case FieldType::kInteger:
                record.set_integer(row.field, 7'000'000);
                break;
            case FieldType::kReal:
                record.set_real(row.field, 0.25);
                break;
            case FieldType::kBoolean:
                record.set_boolean(row.field, true);
                break;
            case FieldType::kTime:
                record.set_time(row.field, UnixNanos{1'767'225'600'123'456'789});
                break;
            case FieldType::kJson:
                record.set_json(row.field, "[]");
                break;
        }
    }
    record.set_text(Field::kEventKind, kind);
    record.set_text(Field::kClientIp, "192.0.2.1");
    record.set_integer(Field::kServerPort, 443);
    record.set_json(Field::kGuardrails, R"([{"name":"pii","verdict":"block"}])");
    record.set_json(Field::kDataSources, R"([{"id":"doc-1"}])");
    return record;
}

std::string project_file(const std::string& path) {
    std::ifstream in(std::string(LLMTRAIL_SOURCE_DIR) + "/" + path);
    REQUIRE_MESSAGE(in.good(), path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// The columns declared behind `begin` in a template of conf/sentinel, one a line.
std::map<std::string, std::string> declared(const std::string& path, const std::string& begin) {
    std::string text = project_file(path);
    size_t at = text.find(begin);
    REQUIRE(at != std::string::npos);
    std::map<std::string, std::string> columns;
    std::istringstream lines(text.substr(at, text.find(']', at) - at));
    for (std::string line; std::getline(lines, line);) {
        constexpr std::string_view kName = "{\"name\": \"";
        constexpr std::string_view kType = "\", \"type\": \"";
        size_t name = line.find(kName);
        if (name == std::string::npos) {
            continue;
        }
        name += kName.size();
        size_t type = line.find(kType, name);
        REQUIRE(type != std::string::npos);
        size_t type_begin = type + kType.size();
        std::string type_name = line.substr(type_begin, line.find('"', type_begin) - type_begin);
        CHECK(columns
                  .emplace(line.substr(name, type - name),
                           type_name == "dateTime" ? "datetime" : type_name)
                  .second);
    }
    return columns;
}

std::map<std::string, std::string> columns_of(const SentinelTable& table) {
    std::map<std::string, std::string> columns;
    for (const SentinelColumn& column : table.columns) {
        CHECK(columns.emplace(column.name, column_type_name(column.type)).second);
    }
    return columns;
}

std::set<std::string> written_by_full_records(const std::string& table) {
    std::set<std::string> written;
    FormatOptions options = sample_options();
    options.event_bytes_max = 65'536;
    options.prompt_preview_characters = 20;
    options.response_preview_characters = 20;
    for (const char* kind : {"inference", "agent", "config_change"}) {
        AuditRecord record = full_record(kind);
        if (std::string(kind) == "agent") {
            record.set_integer(Field::kAgentClass, 730);
        }
        for (const auto& [name, value] : row_of(record, table, options)) {
            written.insert(name);
        }
    }
    return written;
}

}  // namespace

TEST_CASE("the templates of conf/sentinel declare exactly the columns that are sent") {
    CHECK(declared("conf/sentinel/data-collection-rule.json", "\"Custom-LlmTrail_CL\": {") ==
          columns_of(kLlmTrailTable));
    CHECK(declared("conf/sentinel/table.json", "\"name\": \"LlmTrail_CL\"") ==
          columns_of(kLlmTrailTable));
    CHECK(declared("conf/sentinel/data-collection-rule.json", "\"Custom-CommonSecurityLog\": {") ==
          columns_of(kCommonSecurityLogTable));
}

TEST_CASE("CommonSecurityLog has every column that is sent to it, with the same type") {
    std::map<std::string, std::string> documented;
    std::istringstream lines(project_file("tests/unit/format/common_security_log.txt"));
    for (std::string name, type; lines >> name >> type;) {
        documented[name] = type;
    }
    CHECK(documented.size() > 140);
    for (const SentinelColumn& column : kCommonSecurityLogColumns) {
        CAPTURE(column.name);
        CHECK(documented[std::string(column.name)] == column_type_name(column.type));
    }
}

TEST_CASE("docs/outputs.md names every column of LlmTrail_CL") {
    std::string page = project_file("docs/outputs.md");
    for (const SentinelColumn& column : kLlmTrailColumns) {
        CHECK_MESSAGE(page.find(column.name) != std::string::npos, column.name);
    }
}

TEST_CASE("every key of an event has a column, and every column is written by some record") {
    const std::set<std::string> elsewhere = {"outcome", "cs6", "requestContext", "llmtrailOmitted"};
    std::set<std::string> mapped;
    for (const SentinelPair& pair : kLlmTrailPairs) {
        CHECK_MESSAGE(find_cef_key(pair.cef_key) != kNoCefKey, pair.cef_key);
        mapped.emplace(pair.cef_key);
    }
    for (const CefKey& key : kCefKeys) {
        CHECK_MESSAGE(
            mapped.count(std::string(key.name)) + elsewhere.count(std::string(key.name)) == 1,
            key.name);
    }
    std::set<std::string> written = written_by_full_records("LlmTrail_CL");
    const std::set<std::string> of_others = {"EventResent", "SrcOriginalAddr", "TextAltered",
                                             "DataSourcesTruncated", "ColumnsOmitted"};
    for (const SentinelColumn& column : kLlmTrailColumns) {
        CHECK_MESSAGE(
            written.count(std::string(column.name)) + of_others.count(std::string(column.name)) ==
                1,
            column.name);
    }
    written = written_by_full_records("CommonSecurityLog");
    const std::set<std::string> of_ipv6 = {"DeviceCustomIPv6Address3",
                                           "DeviceCustomIPv6Address3Label"};
    for (const SentinelColumn& column : kCommonSecurityLogColumns) {
        CHECK_MESSAGE(
            written.count(std::string(column.name)) + of_ipv6.count(std::string(column.name)) == 1,
            column.name);
    }
}

TEST_CASE("an interaction as a row of LlmTrail_CL") {
    Row row = row_of(sample_interaction());
    CHECK(row["TimeGenerated"] == "\"2026-01-01T00:00:00.123Z\"");
    CHECK(row["EventStartTime"] == "\"2026-01-01T00:00:00.123Z\"");
    CHECK(row["EventVendor"] == "\"llmtrail\"");
    CHECK(row["EventType"] == "\"Execute\"");
    CHECK(row["EventOriginalType"] == "\"100\"");
    CHECK(row["EventResult"] == "\"Success\"");
    CHECK(row["EventSeverity"] == "\"Low\"");
    CHECK(row["EventUid"] == "\"aebagbafaydqqcikbmga2dqpcaireeyu\"");
    CHECK(row["SpoolIndex"] == "4711");
    CHECK(row["ActorUsername"] == "\"user-seven\"");
    CHECK(row["ActorRoles"] == "\"clerk,loans\"");
    CHECK(row["SrcIpAddr"] == "\"192.0.2.17\"");
    CHECK(row["TargetAppName"] == "\"loan-desk\"");
    CHECK(row["AIModelName"] == "\"gpt-4o-2024-08-06\"");
    CHECK(row["PromptTokens"] == "812");
    CHECK(row["LatencyMs"] == "1234");
    CHECK(row["ConversationId"] == "\"conv-77\"");
    CHECK(row["TraceId"] == "\"4bf92f3577b34da6a3ce929d0e0e4736\"");
    CHECK(row.count("PromptPreview") == 0);
    CHECK(row.count("EventResent") == 0);
}

TEST_CASE("an interaction as a row of CommonSecurityLog") {
    Row row = row_of(sample_interaction(), "CommonSecurityLog");
    CHECK(row["DeviceVendor"] == "\"llmtrail\"");
    CHECK(row["DeviceEventClassID"] == "\"100\"");
    CHECK(row["Activity"] == "\"LLM interaction\"");
    CHECK(row["LogSeverity"] == "\"1\"");
    CHECK(row["ExtID"] == "\"aebagbafaydqqcikbmga2dqpcaireeyu\"");
    CHECK(row["DeviceCustomString1"] == "\"gpt-4o-2024-08-06\"");
    CHECK(row["DeviceCustomString1Label"] == "\"model\"");
    CHECK(row["FieldDeviceCustomNumber1"] == "812");
    CHECK(row["DeviceCustomNumber1Label"] == "\"promptTokens\"");
    CHECK(row["ReceivedBytes"] == "3250");
    CHECK(row["SourceIP"] == "\"192.0.2.17\"");
    CHECK(row["RequestContext"] ==
          "\"conversation:conv-77;trace:4bf92f3577b34da6a3ce929d0e0e4736\"");
    CHECK(row["AdditionalExtensions"].find("llmtrailCommitEnvelope=0101") != std::string::npos);
}

TEST_CASE("a row says that it may have come before") {
    for (const char* table : {"LlmTrail_CL", "CommonSecurityLog"}) {
        auto formatter = std::string(table) == "LlmTrail_CL"
                             ? make_sentinel_formatter(sample_options())
                             : make_common_security_log_formatter(sample_options());
        SampleReference reference;
        SpoolReference again = reference.get();
        again.resent = true;
        std::string text;
        formatter->format(sample_interaction(), again, text);
        Row row = read_flat_json(text);
        CHECK((row["EventResent"] == "true" ||
               row["AdditionalExtensions"].find("llmtrailResent=1") != std::string::npos));
    }
}

TEST_CASE("previews are those that the configuration allows, the longer one where there are two") {
    FormatOptions options = sample_options();
    AuditRecord record = sample_interaction();
    options.prompt_preview_characters = 9;
    options.response_preview_characters = 4;
    Row row = row_of(record, "LlmTrail_CL", options);
    CHECK(row["PromptPreview"] == "\"What doe…\"");
    CHECK(row["PromptTruncated"] == "true");
    CHECK(row["ResponsePreview"] == "\"It …\"");
    record.set_text(Field::kPromptText, std::string(3'000, 'p'));
    options.prompt_preview_characters = 2'000;
    row = row_of(record, "LlmTrail_CL", options);
    CHECK(row["PromptPreview"].size() > 1'990);
    AuditRecord change;
    change.set_text(Field::kEventKind, "config_change");
    change.set_time(Field::kEventTime, UnixNanos{1'767'225'600'123'456'789});
    change.set_text(Field::kConfigSetting, "temperature");
    change.set_text(Field::kConfigOldValue, "0.2");
    change.set_text(Field::kConfigNewValue, "0.9");
    row = row_of(change, "LlmTrail_CL", options);
    CHECK(row["EventType"] == "\"Set\"");
    CHECK(row["Object"] == "\"temperature\"");
    CHECK(row["OldValue"] == "\"0.2\"");
    CHECK(row["NewValue"] == "\"0.9\"");
    CHECK(row.count("PromptPreview") == 0);
}

TEST_CASE("text of a record forges no column and hides nothing") {
    AuditRecord record = sample_interaction();
    record.set_text(Field::kUserName, "a\",\"EventResult\":\"x\\\n=|;\u202e\u0007\xFF");
    record.set_text(Field::kGenAiConversationId, "c\",\"EventUid\":\"x\u202e");
    Row row = row_of(record);
    CHECK(row["ActorUsername"] == R"("a\",\"EventResult\":\"x\\\n=|;<U+202E>␇�")");
    CHECK(row["EventResult"] == "\"Success\"");
    CHECK(row["ConversationId"] == R"("c\",\"EventUid\":\"x\u202e")");
    record.set_text(Field::kPurpose, "x;llmtrailResent=1;y");
    row = row_of(record, "CommonSecurityLog");
    CHECK(row["AdditionalExtensions"].find("llmtrailPurpose=x,llmtrailResent=1,y") !=
          std::string::npos);
}

TEST_CASE("a row never exceeds its limit and says what it lost") {
    AuditRecord record = full_record("inference");
    for (Field field : {Field::kUserName, Field::kPurpose, Field::kUserAgentOriginal,
                        Field::kGenAiConversationId, Field::kTraceId, Field::kPromptText}) {
        record.set_text(field, std::string(5'000, '\x01'));
    }
    FormatOptions options = sample_options();
    options.prompt_preview_characters = 4'000;
    for (const char* table : {"LlmTrail_CL", "CommonSecurityLog"}) {
        for (size_t bytes_max : {1'024U, 4'096U, 5'000U, 8'000U, 20'000U}) {
            options.event_bytes_max = bytes_max;
            std::string text = format(record, table, options);
            CHECK(text.size() <= std::max<size_t>(bytes_max, kRowBytesMin));
            Row row = read_flat_json(text);
            CHECK(row.count("TimeGenerated") == 1);
            if (bytes_max < 8'000) {
                CHECK((row.count("ColumnsOmitted") == 1 ||
                       row["AdditionalExtensions"].find("llmtrailOmitted=") != std::string::npos));
            }
        }
    }
}

TEST_CASE("a column longer than Azure keeps is cut by us, and ends in an ellipsis") {
    SentinelRow row(kLlmTrailColumns);
    row.begin();
    row.add_text("Purpose", std::string(kColumnBytesMax, 'a'));
    row.add_text("Editor", std::string(kColumnBytesMax + 1, 'a'));
    std::string text;
    row.end(text);
    Row columns = read_flat_json(text);
    CHECK(columns["Purpose"].size() == kColumnBytesMax + 2);
    CHECK(columns["Editor"].size() == kColumnBytesMax + 2);
    CHECK(columns["Editor"].ends_with("aa…\""));
}

TEST_CASE("a record without a time of its own is dated by when it was read") {
    AuditRecord record;
    record.set_text(Field::kEventKind, "rejected");
    record.set_text(Field::kRejectReason, "no JSON");
    record.set_time(Field::kEventIngested, UnixNanos{1'767'225'600'000'000'000});
    Row row = row_of(record);
    CHECK(row["TimeGenerated"] == "\"2026-01-01T00:00:00.000Z\"");
    CHECK(row.count("EventStartTime") == 0);
    CHECK(row["EventMessage"] == "\"no JSON\"");
}
