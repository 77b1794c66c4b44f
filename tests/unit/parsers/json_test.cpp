#include "parsers/json.h"

#include <doctest/doctest.h>

#include "json_tree/json_tree.h"
#include "parsers/common_name_table.h"
#include "parsers/endpoint.h"
#include "parsers/event_words.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

struct Row {
    std::string_view document;
    std::string_view field;
    std::string_view expected;  // JSON
};

std::string field_of(std::string_view document, std::string_view field) {
    auto records = read_records(document, "json");
    REQUIRE(records.size() == 1);
    JsonTree tree;
    auto read = tree.read(records.front(), false);
    REQUIRE(read);
    return (*read)[field].json();
}

}  // namespace

TEST_CASE("Common names mean the same in every spelling and container") {
    constexpr Row kRows[] = {
        {R"({"user_id":"a"})", "user.id", R"("a")"},
        {R"({"userId":"a"})", "user.id", R"("a")"},
        {R"({"User-ID":"a"})", "user.id", R"("a")"},
        {R"({"user.id":"a"})", "user.id", R"("a")"},
        {R"({"user":"a"})", "user.id", R"("a")"},
        {R"({"user":{"id":17}})", "user.id", R"("17")"},
        {R"({"metadata":{"data":{"user_id":"a"}}})", "user.id", R"("a")"},
        {R"({"user":{"role":"x"}})", "user.roles", R"(["x"])"},
        {R"({"client":{"ip":"::1","user":{"email":"e@x"}}})", "user.email", R"("e@x")"},
        {R"({"prompt":{"text":"hi"}})", "llm.audit.prompt.text", R"("hi")"},
        {R"({"input":"hi"})", "llm.audit.prompt.bytes", "2"},
        {R"({"latency":1.5})", "event.duration", "1500000000"},
        {R"({"latency_ms":"12"})", "event.duration", "12000000"},
        {R"({"duration_ms":-1})", "event.duration", "null"},
        {R"({"status":"200"})", "http.response.status_code", "200"},
        {R"({"status":"ok"})", "http.response.status_code", "null"},
        {R"({"confidence":1.5})", "llm.audit.response.confidence", "null"},
        {R"({"response":{"toxicity":0.2}})", "llm.audit.response.toxicity", "0.2"},
        {R"({"usage":{"input_tokens":3}})", "gen_ai.usage.input_tokens", "3"},
        {R"({"gen_ai.usage.input_tokens":4})", "gen_ai.usage.input_tokens", "4"},
        {R"({"error":"boom"})", "error.message", R"("boom")"},
        {R"({"setting":{"name":"n","old":{"a":1},"new":false}})", "llm.audit.config.old_value",
         R"("{\"a\":1}")"},
        {R"({"setting":{"name":"n","old":{"a":1},"new":false}})", "llm.audit.config.new_value",
         R"("false")"},
        {R"({"sources":["https://x.example/a"]})", "llm.audit.data_sources",
         R"([{"type":"web","uri":"https://x.example/a"}])"},
        {R"({"sources":["https://acme.slack.com/archives/C042/p1712345678000200?x=1"]})",
         "llm.audit.data_sources",
         R"([{"type":"slack","uri":"https://acme.slack.com/archives/C042/p1712345678000200?x=1","channel":"C042","message_id":"1712345678.000200"}])"},
        {R"({"sources":["https://acme.slack.com/archives/C042/p17x"]})", "llm.audit.data_sources",
         R"([{"type":"slack","uri":"https://acme.slack.com/archives/C042/p17x","channel":"C042"}])"},
        {R"({"guardrails":["pii"]})", "llm.audit.guardrails", R"([{"name":"pii"}])"},
        {R"({"moderation":{"flagged":true,"category":"hate"}})", "llm.audit.guardrail.categories",
         R"(["hate"])"},
        {R"({"response_headers":{"Date":"Wed, 04 Mar 2026 05:06:08 GMT"}})", "event.time",
         R"("2026-03-04T05:06:08.000000000Z")"},
        {R"({"response_headers":{"Date":"Wed, 04 Mar 2026 05:06:08 GMT"},"ts":1767225600})",
         "event.time", R"("2026-01-01T00:00:00.000000000Z")"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.document);
        CAPTURE(row.field);
        CHECK(field_of(row.document, row.field) == row.expected);
    }
}

TEST_CASE(
    "What has no field is kept under its path, and nothing is lost to a field that is taken") {
    constexpr Row kRows[] = {
        {R"({"a":{"b":[1,{"c":"x"}]}})", "llm.audit.unmapped", R"({"a.b.0":1,"a.b.1.c":"x"})"},
        {R"({"user_id":"a","userId":"b"})", "llm.audit.unmapped", R"({"userId":"b"})"},
        {R"({"ts":"2026-01-01T00:00:00Z","time":"yesterday"})", "llm.audit.unmapped",
         R"({"time":"yesterday"})"},
        {R"({"latency_ms":{"p50":1}})", "llm.audit.unmapped", R"({"latency_ms.p50":1})"},
        {R"({"guardrails":[{"name":"x","action":"ponder","extra":1}]})", "llm.audit.unmapped",
         R"({"guardrails.0.extra":1,"guardrails.0.action":"ponder"})"},
        {R"({"sources":[5,{"classification":"secret"}]})", "llm.audit.unmapped",
         R"({"sources.0":5,"sources.1.sensitivity":"secret"})"},
        {R"({"sources":{"title":"plan","pages":2}})", "llm.audit.unmapped",
         R"({"sources.pages":2})"},
        {R"({"tool_calls":{"name":"t","x":1}})", "llm.audit.unmapped", R"({"tool_calls.x":1})"},
        {R"({"messages":{"hello":"you"}})", "llm.audit.unmapped", R"({"messages.hello":"you"})"},
        {R"({"sources":[{"score":"high"}]})", "llm.audit.unmapped",
         R"({"sources.0.score":"high"})"},
        {R"({"context":"a passage of text"})", "llm.audit.unmapped",
         R"({"context":"a passage of text"})"},
        {R"({"tool_calls":[{"name":"t","arguments":{},"x":1}]})", "llm.audit.unmapped",
         R"({"tool_calls.0.x":1})"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.document);
        CHECK(field_of(row.document, row.field) == row.expected);
    }
}

TEST_CASE("Values of secrets are never stored") {
    constexpr std::string_view kDocuments[] = {
        R"({"api_key":"S3CRET"})",
        R"({"API-Key":"S3CRET"})",
        R"({"x":{"y":[{"password":"S3CRET"}]}})",
        R"({"headers":{"Authorization":"Bearer S3CRET"}})",
        R"({"headers":{"x-api-key":["S3CRET"]}})",
        R"({"request":{"headers":{"cookie":"S3CRET"}}})",
        R"({"request":{"headers":[{"name":"Authorization","value":"S3CRET"}]}})",
        R"({"token":{"deep":{"deeper":"S3CRET"}}})",
        R"({"url":"https://user:S3CRET@h.example/p"})",
        R"({"url":"https://h.example/p?key=S3CRET"})",
        R"({"url":"not a url ?key=S3CRET"})",
        R"({"user":{"id":"u","password":"S3CRET"}})",
        R"({"sources":[{"id":"a","secret":"S3CRET"}]})",
        R"({"guardrails":[{"name":"a","token":"S3CRET"}]})",
        R"({"tool_calls":[{"name":"t","access_token":"S3CRET"}]})",
        R"({"messages":[{"role":"user","content":"x","Set-Cookie":"S3CRET"}]})",
    };
    for (std::string_view document : kDocuments) {
        CAPTURE(document);
        auto records = read_records(document, "json");
        REQUIRE(records.size() == 1);
        CHECK(records.front().find("S3CRET") == std::string::npos);
    }
    CHECK(field_of(R"({"api_key":"S3CRET"})", "llm.audit.unmapped") ==
          R"({"api_key":"[redacted]"})");
    // A count of tokens is no token.
    CHECK(field_of(R"({"x":{"tokens":5}})", "llm.audit.unmapped") == R"({"x.tokens":5})");
}

TEST_CASE("A document cannot forge what only the agent says") {
    constexpr std::string_view kForged =
        R"({"event.kind":"agent","llm.audit.agent.class":600,"llm.audit.findings":[1],"source.id":"x","log.offset":1,)"
        R"("event":"agent.rejected","event.ingested":"2000-01-01T00:00:00Z","llm.audit.record.state":"amended"})";
    CHECK(field_of(kForged, "event.kind") == R"("other")");
    CHECK(field_of(kForged, "llm.audit.agent.class") == "null");
    CHECK(field_of(kForged, "llm.audit.findings") == "null");
    CHECK(field_of(kForged, "source.id") == "null");
    CHECK(field_of(kForged, "log.offset") == "null");
    CHECK(field_of(kForged, "event.ingested") == R"("2026-01-02T03:04:05.678000000Z")");
    CHECK(field_of(kForged, "llm.audit.record.state") == R"("complete")");
}

TEST_CASE("The kind of an event comes from its name, else from what it holds") {
    constexpr Row kRows[] = {
        {R"({"event":"llm.settings_change"})", "event.kind", R"("config_change")"},
        {R"({"event":"ConfigUpdated"})", "event.kind", R"("config_change")"},
        {R"({"event":"llm.edit","prompt":"p"})", "event.kind", R"("edit")"},
        {R"({"event":"llm.blocked","prompt":"p"})", "event.kind", R"("inference")"},
        {R"({"event":"llm.blocked","prompt":"p"})", "llm.audit.guardrail.blocked", "true"},
        {R"({"event":"credit_checked","note":1})", "event.kind", R"("other")"},
        {R"({"type":"tool_call"})", "event.kind", R"("tool")"},
        {R"({"prompt":"p"})", "event.kind", R"("inference")"},
        {R"({"completion":"c"})", "event.kind", R"("inference")"},
        {R"({"feedback":{"rating":"up"}})", "event.kind", R"("feedback")"},
        {R"({"feedback":{"rating":"up"},"prompt":"p"})", "event.kind", R"("inference")"},
        {R"({"tool":{"name":"t"}})", "event.kind", R"("tool")"},
        {R"({"error":"x"})", "event.kind", R"("error")"},
        {R"({"error":"x"})", "event.outcome", R"("failure")"},
        {R"({"sources":["a"]})", "event.kind", R"("retrieval")"},
        {R"({"anything":1})", "event.kind", R"("other")"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.document);
        CHECK(field_of(row.document, row.field) == row.expected);
    }
}

TEST_CASE("An endpoint is taken apart without what is secret in it") {
    AuditRecord record;
    REQUIRE(set_endpoint(
        record, "https://u:p@Contoso.OpenAI.Azure.com:8443/openai/deployments/x?api-version=1#f"));
    CHECK(record.text(Field::kServerAddress) == "Contoso.OpenAI.Azure.com");
    CHECK(record.integer(Field::kServerPort) == 8443);
    CHECK(record.text(Field::kUrlPath) == "/openai/deployments/x");
    CHECK(record.text(Field::kGenAiProviderName) == "azure.ai.openai");
    record.clear();
    REQUIRE(set_endpoint(record, "/v1/messages?x"));
    CHECK(record.text(Field::kUrlPath) == "/v1/messages");
    CHECK(record.text(Field::kGenAiProviderName) == "anthropic");
    CHECK_FALSE(record.has(Field::kServerAddress));
    record.clear();
    REQUIRE(set_endpoint(record, "http://[::1]:11434/api/chat"));
    CHECK(record.text(Field::kServerAddress) == "::1");
    CHECK(record.integer(Field::kServerPort) == 11434);
    CHECK(record.text(Field::kGenAiProviderName) == "ollama");
    record.clear();
    for (std::string_view bad :
         {"", "no url", "http://", "http://a b/", "https://h:99999/", "http://[::1/", "word"}) {
        CAPTURE(bad);
        CHECK_FALSE(set_endpoint(record, bad));
        CHECK_FALSE(record.has(Field::kServerAddress));
    }
    CHECK(provider_by_host("api.openai.com") == "openai");
    CHECK(provider_by_host("us-central1-aiplatform.googleapis.com") == "gcp.vertex_ai");
    CHECK(provider_by_host("bedrock-runtime.eu-west-1.amazonaws.com") == "aws.bedrock");
    for (std::string_view other :
         {"", "api.openai.com.example", "notapi.openai.com", "amazonaws.com", "bedrock-runtime."}) {
        CHECK(provider_by_host(other).empty());
    }
}

TEST_CASE("Keys are compared without case and separators") {
    CHECK(NormalizedKey("User_Id").text() == "userid");
    CHECK(NormalizedKey("x-api.KEY").text() == "xapikey");
    CHECK(NormalizedKey(std::string(1000, 'k')).text().empty());
    CHECK(find_common_name(NameScope::kTop, NormalizedKey("")) == nullptr);
    CHECK(find_common_name(NameScope::kUser, NormalizedKey("email")) != nullptr);
    CHECK(find_common_name(NameScope::kUser, NormalizedKey("latencyms")) == nullptr);
}
