#include <doctest/doctest.h>

#include <string>

#include "record_list.h"

using namespace llmtrail;

TEST_CASE("Encrypted bodies are said to be missing, and their keys are kept apart from text") {
    auto records = read_records(
        R"({"Gateway":"g","Provider":"openai","Model":"m","StatusCode":200,"RequestBody":{"type":"encrypted","data":"x"}})");
    CHECK(holds(records, R"("llm.audit.record.source_loss":["encrypted"])"));
    CHECK_FALSE(holds(records, "prompt.text"));
}

TEST_CASE("What the firewall found and did not block is a warning") {
    auto records = read_records(R"({"FirewallForAIPIICategories":["EMAIL"],"Action":"log"})");
    CHECK(holds(records, R"("verdict":"warn","action":"none","category":"EMAIL")"));
    CHECK(holds(records, R"("llm.audit.guardrail.blocked":false)"));
}

TEST_CASE("An application's own record with counters is not taken for Cloudflare's") {
    for (std::string_view document :
         {R"({"tokens_in":1,"tokens_out":2})", R"({"provider":"openai","model":"m","tokens_in":1})",
          R"({"Gateway":"g","StatusCode":200})"}) {
        CHECK_FALSE(holds(read_records(document), R"("event.provider":"cloudflare")"));
    }
}
