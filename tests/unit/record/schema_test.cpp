// docs/record-schema.md is generated from the field catalogue: LLMTRAIL_UPDATE_DOCS=1 rewrites it.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "record/field_catalog.h"

using namespace llmtrail;

static const std::string kPage = std::string(LLMTRAIL_SOURCE_DIR) + "/docs/record-schema.md";

static std::string event_column(const FieldRow& row) {
    std::string column(row.event.key.empty()  ? "spool only"
                       : row.event.key == "*" ? "computed"
                                              : row.event.key);
    return row.event.label.empty() ? column : column + " (" + std::string(row.event.label) + ")";
}

static std::string render() {
    std::string out =
        "# The record\n\n"
        "Generated from `agent/record/field_catalog.cpp`; a test compares the two. One record is a "
        "flat set of these fields,\n"
        "each present or absent, never empty. Names follow OpenTelemetry's GenAI and general "
        "conventions first, then ECS;\n"
        "`llm.audit.*` stands for what nobody defines. `event.id` is not a field: it is computed "
        "from the record's leaf\n"
        "(docs/spool-format.md) and put first in JSON output. The section is the access right. "
        "*Event* is where the field\n"
        "goes in CEF (docs/outputs.md).\n\n"
        "| no | field | type | unit | section | privacy | event | meaning |\n"
        "|---|---|---|---|---|---|---|---|\n";
    for (const FieldRow& row : kFieldCatalog) {
        out += "| " + std::to_string(row.number) + " | `" + std::string(row.name) + "` | " +
               std::string(field_type_name(row.type)) + " | " + std::string(row.unit) + " | " +
               std::string(section_name(row.section)) + " | " +
               std::string(privacy_name(row.privacy)) + " | " + event_column(row) + " | " +
               std::string(row.meaning) + " |\n";
    }
    return out;
}

TEST_CASE("docs/record-schema.md is what the catalogue says") {
    if (std::getenv("LLMTRAIL_UPDATE_DOCS") != nullptr) {
        std::ofstream(kPage, std::ios::binary) << render();
    }
    std::ifstream in(kPage, std::ios::binary);
    std::ostringstream page;
    page << in.rdbuf();
    CHECK(page.str() == render());
}

TEST_CASE("field names are unique and custom event keys are letters and digits") {
    std::set<std::string_view> names;
    for (const FieldRow& row : kFieldCatalog) {
        CHECK(names.insert(row.name).second);
        CHECK(field_by_name(row.name) == row.field);
        CHECK(field_by_number(row.number) == row.field);
        CHECK_FALSE(row.meaning.empty());
        for (char c : row.event.key) {
            bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || row.event.key == "*";
            CHECK(plain);
        }
        CHECK_FALSE(row.event.key.ends_with("Label"));
    }
}

TEST_CASE("what holds a person's words is never in the envelope, but for labels named here") {
    static const std::set<std::string_view> kShortLabels = {"gen_ai.request.stop_sequences",
                                                            "llm.audit.purpose"};
    for (const FieldRow& row : kFieldCatalog) {
        if (row.privacy == Privacy::kContent && row.section == Section::kEnvelope) {
            CHECK_MESSAGE(kShortLabels.count(row.name) == 1, row.name);
        }
    }
}
