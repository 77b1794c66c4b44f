#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "cef_reader.h"
#include "fakes/fake_random.h"
#include "format/formatter.h"
#include "sample_record.h"

using namespace llmtrail;

static thread_local size_t allocations = 0;

void* operator new(size_t size) {
    ++allocations;
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}

TEST_CASE("an event costs no allocation once the formatter is warm") {
    FormatOptions options = sample_options();
    options.prompt_preview_characters = 100;
    auto formatter = make_cef_formatter(options);
    AuditRecord record = sample_interaction();
    record.set_json(Field::kGuardrails, R"([{"name":"pii","action":"modify"}])");
    record.set_json(Field::kDataSources, R"([{"id":"a long identifier of a document \u00e9"}])");
    SampleReference sample;
    SpoolReference reference = sample.get();
    std::string out;
    formatter->format(record, reference, out);
    out.clear();
    size_t before = allocations;
    CHECK(before > 0);
    formatter->format(record, reference, out);
    size_t during = allocations - before;
    CHECK(during == 0);
    CHECK(read_cef(out).problem == "");
}

TEST_CASE("lists and objects that are not what they should be make no event ill-formed") {
    FakeRandom random(11);
    static constexpr std::string_view kPieces[] = {
        "[",  "]",          "{",         "}",           "\"",      ",",
        ":",  "\\",         "\"name\"",  "\"id\"",      "\"a=b\"", "\\u00",
        "\n", "\"action\"", "\"block\"", "\"\\ud800\"", "null",    "1e9"};
    auto formatter = make_cef_formatter(sample_options());
    SampleReference sample;
    for (int round = 0; round < 3000; ++round) {
        std::string json = random.below(4) == 0 ? "" : "[{";
        for (uint64_t n = random.below(30); n > 0; --n) {
            json += kPieces[random.below(std::size(kPieces))];
        }
        AuditRecord record = sample_interaction();
        for (Field field :
             {Field::kGuardrails, Field::kDataSources, Field::kUserRoles, Field::kGenAiToolName}) {
            record.set_json(field, json);
        }
        std::string out;
        formatter->format(record, sample.get(), out);
        REQUIRE_MESSAGE(read_cef(out).problem == "", out);
    }
}
