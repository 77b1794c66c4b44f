// Every value of the golden documents of the wrong type in turn, for the parsers whose tests have
// no documents of their own for it.
#include <doctest/doctest.h>

#include <string_view>

#include "document_variants.h"

using namespace llmtrail;

TEST_CASE("A golden document with one value of the wrong type still gives sound records") {
    for (std::string_view parser :
         {"anthropic_activity", "body", "cloudflare", "envoy", "helicone", "kong", "litellm",
          "nemo", "openai_audit", "portkey", "vertex"}) {
        CAPTURE(parser);
        read_odd_variants_of_golden(parser);
    }
}
