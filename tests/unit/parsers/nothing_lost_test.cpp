#include <doctest/doctest.h>

#include <sstream>

#include "document_variants.h"

using namespace llmtrail;

namespace {

// Keys whose values need not be in a record: secrets, and constants that the record says otherwise.
struct Format {
    std::string_view name;
    std::vector<std::string_view> dropped;
};

const Format kFormats[] = {
    {"openai_audit", {"object", "token"}},
    {"anthropic_activity", {"type"}},
    {"body", {"embedding"}},
    {"nemo", {"index"}},
    {"litellm",
     {"changed_by_api_key", "token", "user_api_key_hash", "password", "api-key", "key", "api_key",
      "user_api_key", "max_tokens", "input_cost_per_token", "embedding"}},
};

}  // namespace

TEST_CASE("Nothing of a golden document is lost, but secrets and constants") {
    for (const Format& format : kFormats) {
        auto documents = golden_documents(format.name);
        CHECK_FALSE(documents.empty());
        for (const std::string& document : documents) {
            CAPTURE(document);
            std::istringstream lost(lost_leaves(
                document, [&](std::string_view text) { return read_records(text, format.name); }));
            for (std::string key; lost >> key;) {
                CAPTURE(key);
                CHECK(std::ranges::find(format.dropped, key) != format.dropped.end());
            }
        }
    }
}
