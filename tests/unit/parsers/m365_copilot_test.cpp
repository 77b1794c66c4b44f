#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "record_list.h"

using namespace llmtrail;

namespace {

std::string audit(std::string_view more) {
    std::string out = R"({"CreationTime":"2026-07-01T10:00:00","Operation":"CopilotInteraction",)";
    return out.append(R"("RecordType":261,"Workload":"Copilot",)").append(more).append("}");
}

std::string only_record(const std::string& document, int32_t offset_seconds = 0) {
    auto records = read_records(document, "m365_copilot", {}, offset_seconds);
    REQUIRE(records.size() == 1);
    return records[0];
}

}  // namespace

TEST_CASE("Copilot's stamps are UTC, whatever zone is configured") {
    std::string record = only_record(audit(R"("UserId":"alex@example.com")"), 7200);
    CHECK(holds(record, R"("event.time":"2026-07-01T10:00:00.000000000Z")"));
    CHECK(holds(record, R"("event.time.zone":"assumed_utc")"));
    CHECK(holds(record, R"("event.time.precision":"s")"));
}

TEST_CASE("An address is freed of what is none, and kept when it said more") {
    CHECK(holds(only_record(audit(R"("ClientIP":"::ffff:203.0.113.7")")),
                R"("client.ip":"203.0.113.7")"));
    std::string ported = only_record(audit(R"("ClientIP":"203.0.113.7:4711")"));
    CHECK(holds(ported, R"("client.ip":"203.0.113.7")"));
    CHECK(holds(ported, R"("ClientIP":"203.0.113.7:4711")"));
    CHECK(holds(only_record(audit(R"("ClientIP":"[2001:db8::7]:443")")),
                R"("client.ip":"2001:db8::7")"));
    CHECK(holds(only_record(audit(R"("ClientIP":"2001:db8::7")")), R"("client.ip":"2001:db8::7")"));
    CHECK_FALSE(holds(only_record(audit(R"("ClientIP":"")")), "client.ip"));
    CHECK(holds(only_record(audit(R"("ClientIP":"[")")), R"("client.ip":"[")"));
}

TEST_CASE("A user without a number is known by the address") {
    std::string record = only_record(audit(R"("UserId":"alex@example.com","UserKey":"n/a")"));
    CHECK(holds(record, R"("user.id":"alex@example.com")"));
    CHECK(holds(record, R"("UserKey":"n/a")"));
}

TEST_CASE("Audit members of the wrong type are kept and break nothing") {
    for (std::string_view value : {"7", "-1", "true", "null", "[]", "[[{}],7,\"a\",{\"Id\":7}]",
                                   "{}", R"({"Id":[1]})", R"("")", R"("text")", R"("{\"a\":")"}) {
        CAPTURE(value);
        std::string members;
        for (std::string_view key : {"Id", "UserId", "UserKey", "UserType", "ClientIP", "ObjectId",
                                     "ModifiedProperties", "AgentId"}) {
            members.append("\"").append(key).append("\":").append(value).append(",");
        }
        members += R"("CopilotEventData":{)";
        for (std::string_view key :
             {"AppHost", "ThreadId", "Contexts", "Messages", "AccessedResources", "AISystemPlugin",
              "ModelTransparencyDetails", "MessageIds"}) {
            members.append(members.back() == '{' ? "\"" : ",\"").append(key).append("\":");
            members.append(value);
        }
        members += "}";
        CHECK(read_records(audit(members), "m365_copilot").size() == 1);
        CHECK(read_records(audit(R"("CopilotEventData":)" + std::string(value)), "m365_copilot")
                  .size() == 1);
        std::string wrapped = R"({"RecordType":261,"AuditData":)" + std::string(value) + "}";
        CHECK(read_records(wrapped, "m365_copilot").size() == 1);
        std::string interaction = R"({"interactionType":"aiResponse","sessionId":"s")";
        for (std::string_view key : {"body", "attachments", "links", "contexts", "from", "locale",
                                     "createdDateTime", "requestId", "id"}) {
            interaction.append(",\"").append(key).append("\":").append(value);
        }
        CHECK(read_records(interaction + "}", "m365_copilot").size() == 1);
    }
}

TEST_CASE("An audit record that is no JSON leaves what the row around it says") {
    std::string record = only_record(
        R"({"RecordId":"r1","RecordType":261,"Operation":"CopilotInteraction","UserId":"a@example.com","AuditData":"{\"CopilotEventData\":"})");
    CHECK(holds(record, "body_not_json"));
    CHECK(holds(record, R"("user.email":"a@example.com")"));
    CHECK(holds(record, R"("AuditData":"{\"CopilotEventData\":")"));
}

TEST_CASE("Ten thousand resources are ten thousand data sources") {
    std::string resources;
    for (int i = 0; i < 10'000; ++i) {
        resources.append(i == 0 ? "" : ",")
            .append(R"({"Id":"r)")
            .append(std::to_string(i))
            .append(R"(","Action":"Read"})");
    }
    std::string record =
        only_record(audit(R"("CopilotEventData":{"AccessedResources":[)" + resources + "]}"));
    CHECK(holds(record, R"("llm.audit.data_sources.count":10000)"));
}

TEST_CASE("A card is the answer's text, told once") {
    std::string record = only_record(
        R"({"interactionType":"aiResponse","sessionId":"s","body":{"content":"<attachment id=\"1\"></attachment>"},)"
        R"("attachments":[{"attachmentId":"1","contentType":"application/vnd.microsoft.card.adaptive",)"
        R"("content":"{\"body\":[{\"type\":\"TextBlock\",\"text\":\"one\"},{\"type\":\"TextBlock\",\"id\":\"f\",\"text\":\"one, again\"},{\"type\":\"TextBlock\",\"text\":\"two\"}]}"}]})");
    CHECK(holds(record, R"("llm.audit.response.text":"one\ntwo")"));
    CHECK(holds(record, R"(one, again)"));
}

TEST_CASE("The documented sample is read whole") {
    std::filesystem::path folder = std::filesystem::path(LLMTRAIL_SAMPLES_DIR) / "m365-copilot";
    if (!std::filesystem::exists(folder)) {
        MESSAGE("the samples are not here");
        return;
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(entry.path(), std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(in), {}};
        auto records = read_records(text);
        REQUIRE(records.size() == 1);
        CHECK(holds(records[0], R"("event.provider":"m365_copilot")"));
        CHECK(holds(records[0], R"("event.kind":"inference")"));
        CHECK(holds(records[0], "content_not_logged"));
    }
}
