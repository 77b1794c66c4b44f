#include "record/event_class.h"

#include <doctest/doctest.h>

#include "record/object_list.h"

using namespace llmtrail;

static AuditRecord of_kind(std::string_view kind) {
    AuditRecord record;
    record.set_text(Field::kEventKind, kind);
    return record;
}

static unsigned class_of(const AuditRecord& record) {
    return event_class_of(record).id;
}

TEST_CASE("each kind of record has its class") {
    const std::pair<const char*, unsigned> kExpected[] = {
        {"inference", 100},     {"retrieval", 150}, {"tool", 120},  {"guardrail", 100},
        {"evaluation", 140},    {"feedback", 130},  {"edit", 300},  {"access", 413},
        {"config_change", 400}, {"error", 110},     {"other", 190}, {"rejected", 605},
        {"agent", 500}};
    for (const auto& [kind, id] : kExpected) {
        CHECK_MESSAGE(class_of(of_kind(kind)) == id, kind);
    }
    CHECK(class_of(AuditRecord()) == 100);
}

TEST_CASE("a failed interaction is class 110") {
    AuditRecord record = of_kind("inference");
    record.set_text(Field::kEventOutcome, "failure");
    CHECK(class_of(record) == 110);
}

TEST_CASE("what a guardrail did decides before the kind does") {
    const std::pair<const char*, unsigned> kExpected[] = {
        {R"([{"name":"a","verdict":"deny","action":"block"}])", 200},
        {R"([{"name":"a","verdict":"deny","action":"none"}])", 201},
        {R"([{"name":"a","verdict":"warn","action":"none"}])", 201},
        {R"([{"name":"a","verdict":"modify","action":"modify"}])", 202},
        {R"([{"name":"a","verdict":"modify","action":"modify"},{"verdict":"deny","action":"block"}])",
         200},
        {R"([{"name":"a","verdict":"deny","action":"override"}])", 210},
        {R"([{"name":"block","verdict":"allow","action":"none"}])", 100},
        {R"([{"name":"\"action\":\"block\"","verdict":"allow"}])", 100},
        {R"([{"nested":{"action":"block"},"verdict":"allow"}])", 100},
        {R"([{"action":"block)", 100}};
    for (const auto& [json, id] : kExpected) {
        AuditRecord record = of_kind("inference");
        record.set_json(Field::kGuardrails, json);
        CHECK_MESSAGE(class_of(record) == id, json);
    }
    AuditRecord record = of_kind("tool");
    record.set_boolean(Field::kGuardrailBlocked, true);
    CHECK(class_of(record) == 200);
    record = of_kind("inference");
    record.set_boolean(Field::kGuardrailTriggered, true);
    CHECK(class_of(record) == 201);
    record = of_kind("inference");
    record.append_to_list(Field::kGenAiResponseFinishReasons, "content_filter");
    CHECK(class_of(record) == 200);
    record = of_kind("guardrail");
    record.set_text(Field::kEventAction, "guardrail.overridden");
    CHECK(class_of(record) == 210);
}

TEST_CASE("weakening a guardrail is told from strengthening it, and from any other setting") {
    struct Row {
        const char* setting;
        const char* before;
        const char* after;
        unsigned id;
    };

    const Row kRows[] = {{"content_filter.enabled", "true", "false", 401},
                         {"content_filter.enabled", "false", "true", 400},
                         {"guardrails.pii.action", "block", "log", 401},
                         {"guardrails.pii.action", "log", "block", 400},
                         {"safetySettings.threshold", "HIGH", "OFF", 401},
                         {"moderation.threshold", "0.5", "0.9", 400},
                         {"default_model", "m1", "m2", 402},
                         {"defaultModel", "m1", "m2", 402},
                         {"model_invocation_logging", "on", "off", 403},
                         {"model_invocation_logging", "off", "on", 400},
                         {"remodelled_page", "a", "b", 400},
                         {"timeout", "5", "6", 400}};
    for (const Row& row : kRows) {
        AuditRecord record = of_kind("config_change");
        record.set_text(Field::kConfigSetting, row.setting);
        record.set_text(Field::kConfigOldValue, row.before);
        record.set_text(Field::kConfigNewValue, row.after);
        CHECK_MESSAGE(class_of(record) == row.id, row.setting, " ", row.after);
    }
    AuditRecord record = of_kind("config_change");
    record.set_text(Field::kEventAction, "DeleteGuardrail");
    CHECK(class_of(record) == 401);
    record.set_text(Field::kEventAction, "CreateGuardrail");
    CHECK(class_of(record) == 400);
    record.set_text(Field::kEventAction,
                    "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/RAIBLOCKLISTS/DELETE");
    CHECK(class_of(record) == 401);
}

TEST_CASE("credentials, roles, sign-ins and reads are told apart") {
    struct Row {
        const char* kind;
        const char* action;
        const char* resource;
        unsigned id;
        unsigned severity;
    };

    const Row kRows[] = {
        {"access", "api_key.created", "", 411, 6},
        {"access", "createApiKey", "", 411, 6},
        {"access", "MICROSOFT.COGNITIVESERVICES/ACCOUNTS/LISTKEYS/ACTION", "", 411, 6},
        {"config_change", "created", "LiteLLM_VerificationToken", 411, 6},
        {"config_change", "service_key_revoked", "service_key", 411, 6},
        {"access", "role.granted", "", 410, 6},
        {"config_change", "role.assignment.created", "role.assignment", 410, 6},
        {"config_change", "user.delete", "user", 410, 6},
        {"config_change", "update", "primary_owner", 410, 8},
        {"access", "login.succeeded", "", 412, 3},
        {"access", "sso_login_succeeded", "", 412, 3},
        {"access", "monkey.fed", "", 413, 2},
        {"access", "GET /api/v1/users/", "", 413, 2},
        {"access", "claude_file_access_failed", "", 413, 2},
        {"config_change", "userland.update", "userland", 400, 5},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.action);
        AuditRecord record = of_kind(row.kind);
        record.set_text(Field::kEventAction, row.action);
        record.set_text(Field::kConfigResourceType, row.resource);
        CHECK(class_of(record) == row.id);
        CHECK(event_class_of(record).severity == row.severity);
    }
}

TEST_CASE("a privileged role weighs more, and so does a sign-in or a read that failed") {
    AuditRecord record = of_kind("access");
    record.set_text(Field::kEventAction, "role.granted");
    record.set_text(Field::kConfigNewValue, "Admin");
    CHECK(class_of(record) == 410);
    CHECK(event_class_of(record).severity == 8);
    record = of_kind("access");
    record.set_text(Field::kEventOutcome, "failure");
    CHECK(class_of(record) == 413);
    CHECK(event_class_of(record).severity == 4);
    record.set_text(Field::kEventAction, "login.failed");
    CHECK(class_of(record) == 412);
    CHECK(event_class_of(record).severity == 5);
}

TEST_CASE("a limit of tokens is no credential, a password is one") {
    AuditRecord record = of_kind("config_change");
    record.set_text(Field::kConfigSetting, "max_tokens");
    CHECK(class_of(record) == 400);
    record.set_text(Field::kConfigSetting, "auths.password");
    CHECK(class_of(record) == 411);
}

TEST_CASE("an edit of a prompt is told from an edit of a response") {
    AuditRecord record = of_kind("edit");
    record.set_text(Field::kEventAction, "prompt-template.update");
    CHECK(class_of(record) == 310);
    record.set_text(Field::kEventAction, "message.update");
    CHECK(class_of(record) == 300);
}

TEST_CASE("a labelled source makes a retrieval weigh more") {
    AuditRecord record = of_kind("retrieval");
    record.set_json(Field::kDataSources, R"([{"id":"1","sensitivity":"public"}])");
    CHECK(event_class_of(record).severity == 2);
    record.set_json(Field::kDataSources, R"([{"id":"1"},{"id":"2","sensitivity":"Confidential"}])");
    CHECK(event_class_of(record).severity == 5);
    CHECK(class_of(record) == 150);
}

TEST_CASE("agent records carry their class; an unknown one does not hide") {
    AuditRecord record = of_kind("agent");
    record.set_integer(Field::kAgentClass, 730);
    CHECK(event_class_of(record).category == "/Agent/Heartbeat");
    for (int64_t odd : {int64_t{0}, int64_t{-1}, int64_t{731}, int64_t{65536 + 730}}) {
        record.set_integer(Field::kAgentClass, odd);
        CHECK(class_of(record) == 500);
    }
}

TEST_CASE("classes are found by id, and severities are in range") {
    CHECK(event_class_by_id(101) == nullptr);
    CHECK(event_class_by_id(0) == nullptr);
    CHECK(event_class_by_id(65535) == nullptr);
    CHECK(event_class_by_id(150)->severity == 2);
    for (unsigned id = 0; id < 1000; ++id) {
        if (const EventClass* found = event_class_by_id(static_cast<uint16_t>(id))) {
            CHECK(found->id == id);
            CHECK(found->severity <= 10);
            CHECK((found->syslog_severity >= 2 && found->syslog_severity <= 6));
        }
    }
}

TEST_CASE("an object list is read item by item and ends at the first thing out of order") {
    ObjectListReader list(
        R"( [ "a\"b" , {"k" : "v", "n": [1,{"x":"]"}], "e":{} } , 5, {} , "z"] )");
    std::string_view key;
    std::string_view value;
    REQUIRE(list.next_item());
    CHECK(list.string() == "a\\\"b");
    REQUIRE(list.next_item());
    REQUIRE(list.next_member(key, value));
    CHECK(value == "v");
    REQUIRE(list.next_member(key, value));
    CHECK(value == R"([1,{"x":"]"}])");
    REQUIRE(list.next_item());
    CHECK_FALSE(list.item_is_string());
    REQUIRE(list.next_item());
    REQUIRE(list.next_item());
    CHECK(list.string() == "z");
    CHECK_FALSE(list.next_item());

    for (const char* broken : {"", "[", "{", "[\"", "[{\"a\"", "[{\"a\":", "[{\"a\":\"x", "[,",
                               "[\"\\", "[{]", "nonsense"}) {
        ObjectListReader reader(broken);
        int items = 0;
        while (reader.next_item()) {
            ++items;
        }
        CHECK(items <= 1);
    }
}

TEST_CASE("a string of any length ends at its own quote, wherever its escapes stand") {
    for (size_t before = 0; before < 40; ++before) {
        for (size_t after = 0; after < 40; ++after) {
            std::string inside = std::string(before, 'a') + "\\\\\\\"" + std::string(after, 'b');
            std::string json = "[{\"" + inside + "\":1},\"" + inside + "\",\"end\"]";
            ObjectListReader list(json);
            std::string_view key;
            std::string_view value;
            REQUIRE(list.next_item());
            REQUIRE(list.next_member(key, value));
            CHECK(key == inside);
            CHECK(value == "1");
            REQUIRE(list.next_item());
            CHECK(list.string() == inside);
            REQUIRE(list.next_item());
            CHECK(list.string() == "end");
        }
    }
}

TEST_CASE("the summary of guardrails tells one that acted from those that allowed") {
    const std::pair<const char*, bool> kExpected[] = {
        {R"([{"name":"a","verdict":"allow","action":"none"}])", false},
        {R"([{"name":"a","verdict":null,"action":"allow"},{"name":"deny"}])", false},
        {R"([{"name":"a","verdict":"allow"},{"name":"b","verdict":"escalate"}])", true},
        {R"([{"name":"a","verdict":"allow","action":"modify"}])", true},
        {R"([{"name":"a","verdict":"none"}])", true}};
    for (const auto& [json, acted] : kExpected) {
        AuditRecord record = of_kind("inference");
        record.set_json(Field::kGuardrails, json);
        GuardrailSummary summary = summarize_guardrails(record);
        CHECK_MESSAGE(summary.acted == acted, json);
        CHECK(&event_class_of(record) == &event_class_of(record, summary));
        record.set_boolean(Field::kGuardrailTriggered, acted);
        CHECK_MESSAGE(summarize_guardrails(record).acted == acted, json);
    }
}

TEST_CASE("JSON escapes are resolved and broken ones replaced") {
    std::string out;
    append_unescaped_json(out, R"(a\"\\\/\n\u00e9\ud83d\ude00)");
    CHECK(out == "a\"\\/\n\xC3\xA9\xF0\x9F\x98\x80");
    out.clear();
    append_unescaped_json(out, R"(\ud83dx\u12\q)");
    CHECK(out ==
          "\xEF\xBF\xBDx\xEF\xBF\xBD"
          "12\xEF\xBF\xBD");
    out.clear();
    append_unescaped_json(out, "\\");
    CHECK(out == "\xEF\xBF\xBD");
}
