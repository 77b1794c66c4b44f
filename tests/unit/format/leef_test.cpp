#include <doctest/doctest.h>

#include "format/formatter.h"
#include "leef_reader.h"
#include "sample_record.h"

using namespace llmtrail;

static LeefEvent event_of(const AuditRecord& record, FormatOptions options) {
    SampleReference sample;
    std::string event;
    make_leef_formatter(std::move(options))->format(record, sample.get(), event);
    LeefEvent read = read_leef(event);
    CHECK(read.problem == "");
    return read;
}

static FormatOptions with_previews(size_t characters) {
    FormatOptions options = sample_options();
    options.prompt_preview_characters = characters;
    options.response_preview_characters = characters;
    return options;
}

TEST_CASE("LEEF names who, what and when in QRadar's words") {
    AuditRecord record;
    record.set_text(Field::kEventKind, "inference");
    record.set_text(Field::kUserName, "Alex Example");
    record.set_text(Field::kUserId, "u-104");
    record.set_text(Field::kClientIp, "203.0.113.7");
    record.set_text(Field::kGenAiRequestModel, "small-1");
    record.set_time(Field::kEventTime, UnixNanos{1'767'225'600'123'456'789});
    record.set_integer(Field::kGenAiUsageInputTokens, 12);
    record.set_text(Field::kPromptText, "where is my order");
    LeefEvent event = event_of(record, with_previews(100));
    CHECK(event.event_id == "100");
    CHECK(event.attributes["sev"] == "1");
    CHECK(event.attributes["cat"] == "/LLM/Interaction");
    CHECK(event.attributes["devTime"] == "1767225600123");
    CHECK(event.attributes["usrName"] == "Alex Example");
    CHECK(event.attributes["accountName"] == "u-104");
    CHECK(event.attributes["src"] == "203.0.113.7");
    CHECK(event.attributes["model"] == "small-1");
    CHECK(event.attributes["promptTokens"] == "12");
    CHECK(event.attributes["prompt"] == "where is my order");
}

TEST_CASE("a prompt cannot forge an attribute, a line or a header of a LEEF event") {
    AuditRecord record;
    record.set_text(Field::kEventKind, "inference");
    record.set_text(Field::kPromptText,
                    "a\tusrName=root\nLEEF:1.0|x|y|1|2|\r\\n cs1Label=forged | b=c\\");
    record.set_text(Field::kGenAiRequestModel, "m cs1Label=other\t=|");
    LeefEvent event = event_of(record, with_previews(2000));
    CHECK(event.attributes.count("usrName") == 0);
    CHECK(event.attributes["prompt"] ==
          "a usrName=root LEEF:1.0\xC2\xA6x\xC2\xA6y\xC2\xA6"
          "1\xC2\xA6"
          "2\xC2\xA6 \\n "
          "cs1Label=forged \xC2\xA6 b=c\\");
    CHECK(event.attributes["model"] == "m cs1Label=other =\xC2\xA6");
}

TEST_CASE("a LEEF event keeps to its size when its characters grow") {
    AuditRecord record;
    record.set_text(Field::kEventKind, "inference");
    for (size_t size : {size_t{900}, size_t{1024}, size_t{5000}, size_t{100'000}}) {
        record.set_text(Field::kPromptText, std::string(size, '|'));
        record.set_text(Field::kResponseText, std::string(size, '|'));
        for (size_t max : {size_t{1024}, size_t{1500}, size_t{8000}}) {
            FormatOptions options = with_previews(4000);
            options.event_bytes_max = max;
            SampleReference sample;
            std::string event;
            make_leef_formatter(options)->format(record, sample.get(), event);
            CHECK(event.size() <= max);
            CHECK(read_leef(event).problem == "");
        }
    }
}

TEST_CASE("a rejected record says why in msg, with a severity QRadar takes") {
    AuditRecord record;
    record.set_text(Field::kEventKind, "rejected");
    record.set_text(Field::kRejectReason, "not JSON: ends inside a string");
    LeefEvent event = event_of(record, sample_options());
    CHECK(event.event_id == "605");
    CHECK(event.attributes["sev"] == "4");
    CHECK(event.attributes["msg"] == "not JSON: ends inside a string");
}

TEST_CASE("LEEF 2.0 says the same between circumflexes, and no value can hold one") {
    AuditRecord record;
    record.set_text(Field::kEventKind, "inference");
    record.set_text(Field::kUserName, "Alex Example");
    record.set_text(Field::kPromptText, "2^10^usrName=root|^sev=10\t^");
    record.set_text(Field::kResponseText, std::string(5'000, '^'));
    for (size_t max : {size_t{1024}, size_t{8000}}) {
        FormatOptions options = with_previews(4000);
        options.event_bytes_max = max;
        SampleReference sample;
        std::string first;
        std::string second;
        make_leef_formatter(options)->format(record, sample.get(), first);
        make_leef2_formatter(options)->format(record, sample.get(), second);
        CHECK(second.starts_with("LEEF:2.0|llmtrail|agent|"));
        CHECK(second.size() <= max);
        LeefEvent read = read_leef(second);
        CHECK(read.problem == "");
        CHECK(read.event_id == "100");
        CHECK(read.attributes["sev"] == "1");
        CHECK(read.attributes["usrName"] == "Alex Example");
        CHECK(read.attributes["prompt"] ==
              "2\xCB\x86"
              "10\xCB\x86usrName=root\xC2\xA6\xCB\x86sev=10 \xCB\x86");
        if (max == 8000) {
            CHECK(read.attributes.size() == read_leef(first).attributes.size());
        }
    }
}
