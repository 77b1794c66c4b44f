#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "document_variants.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

std::string entry(std::string_view type, std::string_view more = "") {
    std::string text = R"({"object":"organization.audit_log","id":"a-1","effective_at":1769939205,)"
                       R"("type":")";
    return text.append(type).append("\"").append(more) + "}";
}

std::string only_record(std::string_view document) {
    auto records = read_records(document);
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], "\"event.provider\":\"openai_audit\""));
    return records[0];
}

}  // namespace

TEST_CASE("The type of an entry says its kind, its thing and its outcome") {
    struct Row {
        std::string_view type;
        std::string_view kind;
        std::string_view thing;
        std::string_view outcome;
    };

    constexpr Row kRows[] = {
        {"api_key.created", "config_change", "api_key", "success"},
        {"ip_allowlist.config.deactivated", "config_change", "ip_allowlist.config", "success"},
        {"tenant.workspace.feature_flag.updated", "config_change", "tenant.workspace.feature_flag",
         "success"},
        {"login.succeeded", "access", "", "success"},
        {"login.failed", "access", "", "failure"},
        {"logout.succeeded", "access", "", "success"},
        {"export.downloaded", "access", "export", "success"},
        {"oneword", "config_change", "oneword", "success"},
        {".", "config_change", "", "success"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.type);
        std::string record = only_record(entry(row.type));
        CHECK(holds(record, "\"event.kind\":\"" + std::string(row.kind) + "\""));
        CHECK(holds(record, "\"event.outcome\":\"" + std::string(row.outcome) + "\""));
        bool thing = holds(record, "llm.audit.config.resource.type");
        CHECK(thing == !row.thing.empty());
        CHECK((row.thing.empty() ||
               holds(record, "resource.type\":\"" + std::string(row.thing) + "\"")));
    }
}

TEST_CASE("The member of a type is found with points and with underscores") {
    for (std::string_view key :
         {"role.assignment.created", "role_assignment_created", "role.assignment_created"}) {
        CAPTURE(key);
        std::string more = ",\"" + std::string(key) + R"(":{"id":"ra-1","principal_id":"g-1"})";
        std::string record = only_record(entry("role.assignment.created", more));
        CHECK(holds(record, R"("llm.audit.config.resource.id":"ra-1")"));
        CHECK(holds(record, R"("llm.audit.config.new_value":"{\"principal_id\":\"g-1\"}")"));
    }
    std::string other = only_record(entry("role.created", R"(,"role_creates":{"id":"r"})"));
    CHECK(holds(other, R"("role_creates.id":"r")"));
}

TEST_CASE("Secrets in a change are not stored") {
    std::string record = only_record(entry(
        "external_key.registered",
        R"(,"external_key.registered":{"id":"k","data":{"name":"n","secret":"hunter2","api_key":"sk-1"}})"));
    CHECK_FALSE(holds(record, "hunter2"));
    CHECK_FALSE(holds(record, "sk-1"));
}

TEST_CASE("Entries and conversations of wrong types are read, and nothing is lost") {
    for (std::string_view wrong :
         {"7", "\"text7\"", "[7]", "{\"a\":7}", "[{\"a\":7}]", "{\"id\":[7]}"}) {
        CAPTURE(wrong);
        std::string value(wrong);
        std::string record =
            only_record(entry("api_key.created", ",\"actor\":" + value + ",\"project\":" + value +
                                                     ",\"api_key.created\":" + value));
        CHECK(holds(record, "7"));
        record = only_record(entry("api_key.created", R"(,"actor":{"type":"session","session":)" +
                                                          value + R"(,"api_key":)" + value + "}"));
        CHECK(holds(record, "7"));
        std::string message = R"({"id":)" + value + R"(,"author":)" + value + R"(,"content":)" +
                              value + R"(,"files":)" + value + R"(,"created_at":)" + value +
                              R"(,"gpt_id":)" + value + "}";
        auto records = read_records(
            R"({"object":"compliance.workspace.conversation","id":"c","user_id":)" + value +
            R"(,"messages":{"data":[)" + message + "," + value + R"(],"x":)" + value + "}}");
        REQUIRE(records.size() == 1);
        CHECK(holds(records[0], "\"event.provider\":\"openai_audit\""));
        CHECK(holds(records[0], "7"));
    }
}

TEST_CASE("A long conversation gives a record for each turn") {
    std::string messages;
    for (int i = 0; i < 5000; ++i) {
        messages += i == 0 ? "" : ",";
        messages +=
            R"({"id":"u","created_at":1769939206.5,"author":{"role":"user"},"content":{"type":"text","value":"q"}},)";
        messages +=
            R"({"id":"a","created_at":1769939207.5,"author":{"role":"assistant"},"content":{"type":"text","value":"a"}})";
    }
    auto records = read_records(R"({"object":"compliance.workspace.conversation","id":"c",)"
                                R"("title":"only once","user_id":"u-104","messages":{"data":[)" +
                                messages + "]}}");
    REQUIRE(records.size() == 5000);
    CHECK(holds(records[0], "only once"));
    CHECK_FALSE(holds(records[1], "only once"));
    for (const std::string& record : {records[0], records[4999]}) {
        CHECK(holds(record, R"("user.id":"u-104")"));
        CHECK(holds(record, R"("llm.audit.prompt.text":"q")"));
        CHECK(holds(record, R"("llm.audit.response.text":"a")"));
    }
}

TEST_CASE("A conversation without messages is one record") {
    auto records = read_records(
        R"({"object":"compliance.workspace.conversation","id":"c","messages":{"data":[]}})");
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("gen_ai.conversation.id":"c")"));
}

TEST_CASE("What stands around a page is kept once") {
    std::string large(100000, 'x');
    auto records = read_records(R"({"object":"list","data":[)" + entry("a.created") + "," +
                                entry("b.created") + R"(],"first_id":")" + large + "\"}");
    REQUIRE(records.size() == 2);
    CHECK(records[0].size() > large.size());
    CHECK(records[1].size() < 5000);
}
