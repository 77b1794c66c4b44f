#include <doctest/doctest.h>

#include "base/utf8.h"
#include "cef_reader.h"
#include "fakes/fake_random.h"
#include "format/formatter.h"
#include "sample_record.h"

using namespace llmtrail;

namespace {

// Text as an attacker would write it: all of Unicode, controls, separators, other formats' headers.
std::string hostile_text(FakeRandom& random, size_t pieces) {
    static const char* const kPieces[] = {"cs1=evil act=allowed",
                                          "CEF:0|v|p|1|2|n|10|",
                                          "<134>1 2026-01-01T00:00:00Z h a - - ",
                                          "\\",
                                          "=",
                                          "|",
                                          "\n",
                                          "\r\n",
                                          " ",
                                          "  ",
                                          "\t",
                                          " externalId=forged ",
                                          "\\n",
                                          "\\=",
                                          "\xF0\x9F\x98\x80",
                                          "\xE2\x80\xAE",
                                          "\xC2\x85"};
    std::string text;
    for (size_t i = 0; i < pieces; ++i) {
        switch (random.below(4)) {
            case 0:
                text += kPieces[random.below(std::size(kPieces))];
                break;
            case 1:
                text.push_back(static_cast<char>(random.below(128)));
                break;
            case 2:
                append_utf8(text, static_cast<uint32_t>(random.below(0x110000)));
                break;
            default:
                text.append(random.below(40), static_cast<char>('a' + random.below(26)));
                break;
        }
    }
    return text;
}

std::string format_one(const AuditRecord& record, const FormatOptions& options) {
    SampleReference sample;
    std::string out;
    make_cef_formatter(options)->format(record, sample.get(), out);
    return out;
}

}  // namespace

TEST_CASE("an event never exceeds its size, and always says who it is") {
    FakeRandom random(7);
    for (int round = 0; round < 400; ++round) {
        FormatOptions options = sample_options();
        options.event_bytes_max = kEventBytesMin + random.below(6000);
        options.prompt_preview_characters = random.below(3000);
        options.response_preview_characters = random.below(3000);
        AuditRecord record = sample_interaction();
        for (const FieldRow& row : kFieldCatalog) {
            if (row.type == FieldType::kText && random.below(2) == 0 &&
                row.field != Field::kEventKind) {
                record.set_text(row.field, hostile_text(random, 1 + random.below(60)));
            }
        }
        std::string text = format_one(record, options);
        CHECK(text.size() <= options.event_bytes_max);
        CHECK(is_valid_utf8(text));
        CefEvent event = read_cef(text);
        REQUIRE_MESSAGE(event.problem == "", text);
        CHECK(event.value("externalId") == "aebagbafaydqqcikbmga2dqpcaireeyu");
        CHECK(event.has("cs6"));
        CHECK(event.has("cat"));
    }
}

TEST_CASE(
    "too long an event loses the response first, then the prompt, then custom keys, and says what "
    "it lost") {
    AuditRecord record = sample_interaction();
    record.set_text(Field::kPromptText, std::string(900, 'p'));
    record.set_text(Field::kResponseText, std::string(900, 'r'));
    record.set_text(Field::kPurpose, "because");
    FormatOptions options = sample_options();
    options.prompt_preview_characters = 2000;
    options.response_preview_characters = 1000;
    size_t whole = format_one(record, options).size();
    REQUIRE(whole < options.event_bytes_max);

    options.event_bytes_max = whole;
    CHECK(format_one(record, options).size() == whole);
    CHECK_FALSE(read_cef(format_one(record, options)).has("llmtrailResponseTruncated"));

    options.event_bytes_max = whole - 1;
    CefEvent event = read_cef(format_one(record, options));
    CHECK(event.value("llmtrailResponseTruncated") == "true");
    CHECK(event.value("cs3").ends_with("r\xE2\x80\xA6"));
    CHECK(event.value("cs2") == std::string(900, 'p'));

    options.event_bytes_max = whole - 1100;
    event = read_cef(format_one(record, options));
    CHECK_FALSE(event.has("cs3"));
    CHECK(event.value("cs2").ends_with("p\xE2\x80\xA6"));
    CHECK(event.value("llmtrailPurpose") == "because");

    options.event_bytes_max = kEventBytesMin;
    event = read_cef(format_one(record, options));
    CHECK_FALSE(event.has("cs2"));
    CHECK_FALSE(event.has("llmtrailPurpose"));
    CHECK(event.value("suser") == "user-seven");
    CHECK(event.value("llmtrailPromptTruncated") == "true");
    CHECK(event.has("llmtrailOmitted"));
}
