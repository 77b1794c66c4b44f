#include <doctest/doctest.h>

#include "cef_reader.h"
#include "format/cef_keys.h"
#include "format/formatter.h"
#include "sample_record.h"

using namespace llmtrail;

static std::string format_text(const AuditRecord& record,
                               const FormatOptions& options = sample_options(),
                               bool resent = false) {
    SampleReference sample;
    SpoolReference reference = sample.get();
    reference.resent = resent;
    std::string out;
    make_cef_formatter(options)->format(record, reference, out);
    return out;
}

static CefEvent format_event(const AuditRecord& record,
                             const FormatOptions& options = sample_options()) {
    CefEvent event = read_cef(format_text(record, options));
    CHECK(event.problem == "");
    return event;
}

TEST_CASE("an interaction becomes one CEF:0 event, field by field") {
    std::string text = format_text(sample_interaction());
    CHECK(text.substr(0, text.find("|100|") + 5) == "CEF:0|llmtrail|agent|" LLMTRAIL_VERSION
                                                    "|100|");
    CefEvent event = read_cef(text);
    REQUIRE(event.problem == "");
    CHECK(event.header[5] == "LLM interaction");
    CHECK(event.header[6] == "1");
    CHECK(event.value("cat") == "/LLM/Interaction");
    CHECK(event.value("act") == "allowed");
    CHECK(event.value("outcome") == "success");
    CHECK(event.value("rt") == "1767225600123");
    CHECK(event.value("cn3") == "1234");
    CHECK(event.value("cn3Label") == "latencyMs");
    CHECK(event.value("suser") == "user-seven");
    CHECK(event.value("suid") == "u-1001");
    CHECK(event.value("spriv") == "clerk,loans");
    CHECK(event.value("src") == "192.0.2.17");
    CHECK(event.value("cs1") == "gpt-4o-2024-08-06");
    CHECK(event.value("cs1Label") == "model");
    CHECK(event.value("cn1") == "812");
    CHECK(event.value("reason") == "stop");
    CHECK(event.value("requestContext") ==
          "conversation:conv-77;trace:4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK(event.value("externalId") == "aebagbafaydqqcikbmga2dqpcaireeyu");
    CHECK(event.value("deviceExternalId") == "7d9f2c3a5b8e4f60a1b2c3d4e5f60718");
    CHECK(event.value("dvchost") == "app01.example.com");
    std::string leaf;
    for (int i = 0; i < 32; ++i) {
        leaf += "ab";
    }
    CHECK(event.value("cs6") == "4711:" + leaf);
    CHECK(event.value("cs6Label") == "chain");
    CHECK(event.value("llmtrailCommitOutput").substr(0, 4) == "0404");
    CHECK_FALSE(event.has("llmtrailResent"));
}

TEST_CASE("no text of a conversation stands in an event unless a preview is asked for") {
    std::string text = format_text(sample_interaction());
    CHECK(text.find("clause") == std::string::npos);
    CHECK(text.find("notice") == std::string::npos);

    FormatOptions options = sample_options();
    options.prompt_preview_characters = 11;
    CefEvent event = format_event(sample_interaction(), options);
    CHECK(event.value("msg") == "What does \xE2\x80\xA6");
    CHECK_FALSE(event.has("cs2"));  // msg holds it all
    CHECK(event.value("llmtrailPromptTruncated") == "true");
    CHECK_FALSE(event.has("cs3"));

    options.prompt_preview_characters = 1024;
    event = format_event(sample_interaction(), options);
    CHECK(event.value("cs2").starts_with("What does "));
    CHECK(event.value("cs2Label") == "prompt");

    options.prompt_preview_characters = 0;
    options.response_preview_characters = 200;
    event = format_event(sample_interaction(), options);
    CHECK(event.value("cs3") == "It says that notice is due in writing.");
    CHECK_FALSE(event.has("llmtrailResponseTruncated"));
    CHECK_FALSE(event.has("cs2"));
}

TEST_CASE("a resent event says so and is otherwise the same") {
    std::string first = format_text(sample_interaction());
    std::string again = format_text(sample_interaction(), sample_options(), true);
    CHECK(again == first + " llmtrailResent=1");
}

TEST_CASE("the user is named by name, else e-mail, else id") {
    AuditRecord record = sample_interaction();
    record.set_text(Field::kUserEmail, "user-7@example.com");
    CHECK(format_event(record).value("llmtrailUserEmail") == "user-7@example.com");
    record.remove(Field::kUserName);
    CefEvent event = format_event(record);
    CHECK(event.value("suser") == "user-7@example.com");
    CHECK_FALSE(event.has("llmtrailUserEmail"));
    record.remove(Field::kUserEmail);
    CHECK(format_event(record).value("suser") == "u-1001");
}

TEST_CASE("src is IPv4 only; IPv6 and what is no address go elsewhere") {
    AuditRecord record = sample_interaction();
    record.set_text(Field::kClientIp, "2001:db8::17");
    CefEvent event = format_event(record);
    CHECK_FALSE(event.has("src"));
    CHECK(event.value("c6a3") == "2001:db8::17");
    CHECK(event.value("c6a3Label") == "userAddress");
    for (const char* odd :
         {"192.0.2.017", "300.1.1.1", "[REDACTED]", "192.0.2.1:443", "fe80::1%eth0"}) {
        record.set_text(Field::kClientIp, odd);
        event = format_event(record);
        CHECK_FALSE(event.has("src"));
        CHECK_FALSE(event.has("c6a3"));
        CHECK(event.value("llmtrailClientAddress") == odd);
    }
}

TEST_CASE("a settings change shows its values only when a prompt preview is configured") {
    AuditRecord record;
    record.set_text(Field::kEventKind, "config_change");
    record.set_text(Field::kConfigSetting, "content_filter.enabled");
    record.set_text(Field::kConfigOldValue, "true");
    record.set_text(Field::kConfigNewValue, "false");
    record.set_text(Field::kGenAiRequestModel, "m1");
    CefEvent event = format_event(record);
    CHECK(event.header[4] == "401");
    CHECK(event.value("act") == "changed");
    CHECK(event.value("cs1") == "content_filter.enabled");
    CHECK(event.value("cs1Label") == "setting");
    CHECK(event.value("llmtrailModel") == "m1");
    CHECK_FALSE(event.has("cs2"));
    CHECK_FALSE(event.has("cs3"));
    FormatOptions options = sample_options();
    options.prompt_preview_characters = 100;
    event = format_event(record, options);
    CHECK(event.value("cs2") == "true");
    CHECK(event.value("cs2Label") == "oldValue");
    CHECK(event.value("cs3") == "false");
    CHECK(event.value("cs3Label") == "newValue");
}

TEST_CASE("a change that failed is not called changed") {
    AuditRecord record = sample_interaction();
    record.set_text(Field::kEventKind, "config_change");
    record.set_text(Field::kEventOutcome, "success");
    CHECK(format_event(record).value("act") == "changed");
    record.set_text(Field::kEventOutcome, "failure");
    CHECK_FALSE(format_event(record).has("act"));
}

TEST_CASE("guardrails that acted and data sources are named, not quoted") {
    AuditRecord record = sample_interaction();
    record.set_json(Field::kGuardrails,
                    R"([{"name":"pii","verdict":"modify","action":"modify"},)"
                    R"({"name":"pii","verdict":"modify","action":"modify","category":"EMAIL"},)"
                    R"({"name":"pii","verdict":"warn","action":"none","category":"EMAIL"},)"
                    R"({"category":"hate","verdict":"warn"},{"name":"hate","verdict":"warn"},)"
                    R"({"name":"quiet","verdict":"allow","action":"none"},)"
                    R"({"rule_id":"r,7 \u00e9","verdict":"deny","action":"block","score":0.5}])");
    record.set_json(Field::kDataSources,
                    R"([{"id":"doc-1","name":"x"},{"uri":"https://h/a?b=1"},{"name":"Handbook"}])");
    CefEvent event = format_event(record);
    CHECK(event.header[4] == "200");
    CHECK(event.value("act") == "blocked");
    CHECK(event.value("cs4") == "r;7 \xC3\xA9,pii,pii:EMAIL,hate");  // what blocked first
    CHECK(event.value("cs4Label") == "guardrails");
    CHECK(event.value("cs5") == "doc-1,https://h/a?b=1,Handbook");
    CHECK(event.value("cs5Label") == "sources");
}

TEST_CASE("ids cannot forge a part of requestContext, nor an item a second item") {
    AuditRecord record = sample_interaction();
    record.set_text(Field::kGenAiConversationId, "x;trace:evil");
    record.append_to_list(Field::kUserRoles, "a,admin");
    CefEvent event = format_event(record);
    CHECK(event.value("requestContext") ==
          "conversation:x,trace:evil;trace:4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK(event.value("spriv") == "clerk,loans,a;admin");
}

TEST_CASE(
    "numbers are plain: no exponent, no minus zero, and nothing that a reader's type cannot take") {
    AuditRecord record = sample_interaction();
    record.set_real(Field::kResponseConfidence, 1.0);
    record.set_real(Field::kResponseToxicity, -0.0);
    record.set_real(Field::kUsageCostUsd, 0.0000125);
    CefEvent event = format_event(record);
    CHECK(event.value("cfp1") == "1.0");
    CHECK(event.value("cfp2") == "0.0");
    CHECK(event.value("cfp4") == "0.0000125");
    record.set_real(Field::kUsageCostUsd, 1e300);
    record.set_integer(Field::kServerPort, 70000);
    record.set_integer(Field::kPromptBytes, int64_t{1} << 40);
    record.set_integer(Field::kGenAiUsageInputTokens, INT64_MIN);
    event = format_event(record);
    CHECK_FALSE(event.has("cfp4"));
    CHECK_FALSE(event.has("dpt"));
    CHECK_FALSE(event.has("in"));
    CHECK(event.value("cn1") == "-9223372036854775808");
}

TEST_CASE("a time is 13 digits or absent") {
    AuditRecord record = sample_interaction();
    for (int64_t seconds : {int64_t{0}, int64_t{-1}, int64_t{999'999'999}}) {
        record.set_time(Field::kEventTime, UnixNanos{seconds * kNanosPerSecond});
        CHECK_FALSE(format_event(record).has("rt"));
    }
    record.set_time(Field::kEventTime, UnixNanos{1'000'000'000 * kNanosPerSecond});
    CHECK(format_event(record).value("rt") == "1000000000000");
}

TEST_CASE("every class of the table makes a well-formed event with its own constants") {
    size_t classes = 0;
    for (unsigned id = 1; id < 1000; ++id) {
        const EventClass* expected = event_class_by_id(static_cast<uint16_t>(id));
        if (expected == nullptr) {
            continue;
        }
        ++classes;
        AuditRecord record;
        record.set_text(Field::kEventKind, "agent");
        record.set_integer(Field::kAgentClass, id);
        record.set_text(Field::kAgentSubject, "soc");
        record.set_text(Field::kAgentDetail, "what the agent says");
        CefEvent event = format_event(record);
        CHECK(event.header[4] == std::to_string(id));
        CHECK(event.header[5] == expected->name);
        CHECK(event.header[6] == std::to_string(expected->severity));
        CHECK(event.value("cat") == expected->category);
        CHECK(event.value("msg") == "what the agent says");
    }
    CHECK(classes == 44);
}

TEST_CASE(
    "every event key of the catalogue is in the key table, and custom keys suit every reader") {
    for (const FieldRow& row : kFieldCatalog) {
        if (!row.event.key.empty() && row.event.key != "*") {
            CHECK_MESSAGE(find_cef_key(row.event.key) != kNoCefKey, row.name);
        }
    }
    for (const CefKey& key : kCefKeys) {
        CHECK(key.name.find_first_not_of(
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
              std::string_view::npos);
        CHECK_FALSE(key.name.ends_with("Label"));
        CHECK((key.keep == CefKeep::kCustom) <= key.name.starts_with("llmtrail"));
    }
}
