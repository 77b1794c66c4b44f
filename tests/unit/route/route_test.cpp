#include "route/route.h"

#include <doctest/doctest.h>

using namespace llmtrail;

static bool wants(RouteOptions options, std::string_view kind, EventClass event_class) {
    AuditRecord record;
    record.set_text(Field::kEventKind, kind);
    return Route(std::move(options)).wants(record, event_class);
}

TEST_CASE("without conditions everything is wanted but what is no LLM record") {
    CHECK(wants({}, "inference", {.id = 100, .severity = 1}));
    CHECK(wants({}, "rejected", {.id = 605, .severity = 4}));
    CHECK_FALSE(wants({}, "other", {.id = 100, .severity = 1}));
    CHECK(wants({.kinds = {"other"}}, "other", {.id = 100, .severity = 1}));
}

TEST_CASE("all conditions must hold") {
    RouteOptions options{.kinds = {"inference", "guardrail"}, .classes = {200}, .min_severity = 5};
    CHECK(wants(options, "guardrail", {.id = 200, .severity = 6}));
    CHECK_FALSE(wants(options, "guardrail", {.id = 200, .severity = 4}));
    CHECK_FALSE(wants(options, "guardrail", {.id = 201, .severity = 6}));
    CHECK_FALSE(wants(options, "edit", {.id = 200, .severity = 6}));
}
