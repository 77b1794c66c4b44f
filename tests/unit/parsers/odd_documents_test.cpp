// Every value of the golden documents of the wrong type in turn, for the parsers whose tests have
// no documents of their own for it.
#include <doctest/doctest.h>

#include "document_variants.h"

using namespace llmtrail;

TEST_CASE("golden documents of API logs with one value of the wrong type still give records") {
    read_odd_variants_of_golden("body");
    read_odd_variants_of_golden("anthropic_activity");
}

TEST_CASE("golden documents of organization logs with one value of the wrong type still do") {
    read_odd_variants_of_golden("openai_audit");
    read_odd_variants_of_golden("vertex");
}

TEST_CASE("golden documents of LiteLLM and NeMo with one value of the wrong type still do") {
    read_odd_variants_of_golden("litellm");
    read_odd_variants_of_golden("nemo");
}

TEST_CASE("golden documents of AI gateways with one value of the wrong type still do") {
    read_odd_variants_of_golden("cloudflare");
    read_odd_variants_of_golden("helicone");
    read_odd_variants_of_golden("portkey");
}

TEST_CASE("golden documents of proxies with one value of the wrong type still do") {
    read_odd_variants_of_golden("envoy");
    read_odd_variants_of_golden("kong");
}
