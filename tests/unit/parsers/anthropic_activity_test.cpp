#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "document_variants.h"
#include "parsers/anthropic_activity_type.h"
#include "record_list.h"

using namespace llmtrail;
using anthropic_activity::activity_of;

namespace {

std::string entry(std::string_view more) {
    std::string text = R"({"id":"activity_1","created_at":"2026-02-01T09:46:45Z",)"
                       R"("actor":{"type":"user_actor","user_id":"u-104"},)";
    return text.append(more) + "}";
}

}  // namespace

TEST_CASE("The type of an activity says its kind, its thing and its outcome") {
    struct Row {
        std::string_view type;
        std::string_view kind;
        std::string_view thing;
        std::string_view outcome;
    };

    constexpr Row kRows[] = {
        {"claude_organization_settings_updated", "config_change", "claude_organization_settings",
         "success"},
        {"org_sso_toggled", "config_change", "org_sso", "success"},
        {"role_assignment_granted", "config_change", "role_assignment", "success"},
        {"service_key_revoked", "config_change", "service_key", "success"},
        {"claude_artifact_sharing_updated", "config_change", "claude_artifact_sharing", "success"},
        {"claude_project_sharing_updated", "config_change", "claude_project_sharing", "success"},
        {"claude_chat_settings_updated", "config_change", "claude_chat_settings", "success"},
        {"claude_chat_created", "access", "claude_chat", "success"},
        {"claude_file_uploaded", "access", "claude_file", "success"},
        {"claude_chat_viewed", "access", "claude_chat", "success"},
        {"audit_log_export_accessed", "access", "audit_log_export", "success"},
        {"org_members_exported", "access", "org_members", "success"},
        {"claude_file_access_failed", "access", "claude_file_access", "failure"},
        {"sso_login_failed", "access", "sso_login", "failure"},
        {"magic_link_login_initiated", "access", "magic_link_login", "success"},
        {"org_creation_blocked", "config_change", "org_creation", "failure"},
        {"reset", "config_change", "reset", "success"},
        {"", "config_change", "", "success"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.type);
        auto activity = activity_of(row.type);
        CHECK(activity.kind == row.kind);
        CHECK(activity.thing == row.thing);
        CHECK(activity.outcome == row.outcome);
    }
}

TEST_CASE("Each update of an entry is a record, up to a limit, and none is lost") {
    std::string updates;
    for (int i = 0; i < 10000; ++i) {
        updates += i == 0 ? "" : ",";
        updates += "{\"type\":\"setting_" + std::to_string(i) +
                   R"(","previous_value":1,"current_value":2})";
    }
    auto records = read_records(
        entry(R"("type":"claude_organization_settings_updated","updates":[)" + updates + "]"));
    REQUIRE(records.size() == 256);
    CHECK(holds(records[255], R"("llm.audit.config.setting":"setting_255")"));
    CHECK(holds(records[255], R"("user.id":"u-104")"));
    CHECK(holds(records[255], R"("event.time":"2026-02-01T09:46:45.000000000Z")"));
    CHECK(holds(records[0], "\"updates.256.type\":\"setting_256\""));
}

TEST_CASE("What an entry's records have in common is repeated when it is short") {
    std::string large(100000, 'x');
    auto records = read_records(entry(R"("type":"claude_organization_settings_updated","other":")" +
                                      large + R"(","organization_id":")" + large +
                                      R"(","updates":[{"type":"a"},{"type":"b"}])"));
    REQUIRE(records.size() == 2);
    CHECK(records[0].size() > 2 * large.size());
    CHECK(records[1].size() < 5000);
}

TEST_CASE("Activities of wrong types are read, and nothing is lost") {
    for (std::string_view wrong : {"7", "\"text7\"", "[7]", "{\"a\":7}", "[{\"a\":[7]}]"}) {
        CAPTURE(wrong);
        std::string value(wrong);
        std::string more = R"("type":"mcp_server_created","updates":)" + value +
                           R"(,"mcp_server_id":)" + value + R"(,"organization_id":)" + value +
                           R"(,"url":)" + value + R"(,"previous_x":)" + value;
        auto records = read_records(entry(more));
        REQUIRE(!records.empty());
        CHECK(holds(records[0], "\"event.provider\":\"anthropic_activity\""));
        CHECK(holds(records[0], "7"));
    }
}

TEST_CASE("A secret among the changed values is not stored") {
    auto records = read_records(entry(
        R"("type":"org_sso_toggled","updates":[{"type":"client_secret","previous_value":"old-one","current_value":{"api_key":"new-one"}}])"));
    REQUIRE(records.size() == 1);
    CHECK_FALSE(holds(records[0], "old-one"));
    CHECK_FALSE(holds(records[0], "new-one"));
}
