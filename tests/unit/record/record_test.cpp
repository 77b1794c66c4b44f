#include <doctest/doctest.h>

#include <array>

#include "record/audit_record.h"
#include "record/record_codec.h"

using namespace llmtrail;

static AuditRecord sample_record() {
    AuditRecord record;
    record.set_text(Field::kEventKind, "inference");
    record.set_time(Field::kEventTime, UnixNanos{1'767'225'600'000'000'001});
    record.set_integer(Field::kGenAiUsageInputTokens, -3);
    record.set_real(Field::kResponseConfidence, 0.25);
    record.set_boolean(Field::kGuardrailBlocked, false);
    record.append_to_list(Field::kUserRoles, "clerk");
    record.append_to_list(Field::kUserRoles, "a\",\"b");
    record.set_json(Field::kGenAiInputMessages, R"([{"role":"user"}])");
    record.set_text(Field::kPromptText, "h\xC3\xA9llo");
    record.set_text(Field::kResponseText, "hi");
    return record;
}

static std::string json_of(const AuditRecord& record) {
    std::string out;
    append_record_json(out, record, "");
    return out;
}

TEST_CASE("a record survives its canonical bytes, section by section") {
    AuditRecord record = sample_record();
    std::array<Bytes, kSectionCount> sections;
    encode_record(record, sections);
    CHECK(sections[2].empty());
    AuditRecord back;
    for (Section section : kSections) {
        REQUIRE(decode_section(sections[static_cast<size_t>(section)], section, back));
    }
    CHECK(json_of(back) == json_of(record));
    std::array<Bytes, kSectionCount> again;
    encode_record(back, again);
    CHECK(again == sections);
}

TEST_CASE("a section does not accept another section's fields, nor a torn entry") {
    AuditRecord record = sample_record();
    std::array<Bytes, kSectionCount> sections;
    encode_record(record, sections);
    AuditRecord back;
    CHECK_FALSE(decode_section(sections[1], Section::kEnvelope, back));
    Bytes torn = sections[0].substr(0, sections[0].size() - 1);
    CHECK_FALSE(decode_section(torn, Section::kEnvelope, back));
    CHECK_FALSE(decode_section(sections[0] + sections[0], Section::kEnvelope, back));
}

TEST_CASE("a field is present or absent, never empty") {
    AuditRecord record;
    record.set_text(Field::kUserId, "u1");
    record.set_text(Field::kUserId, "");
    CHECK_FALSE(record.has(Field::kUserId));
    record.set_json(Field::kGuardrails, "[]");
    CHECK_FALSE(record.has(Field::kGuardrails));
    record.set_text(Field::kUserId, "longer than before");
    record.set_text(Field::kUserId, "u2");
    CHECK(record.text(Field::kUserId) == "u2");
}

TEST_CASE("a list holds each item once, whatever the item contains") {
    AuditRecord record;
    record.append_to_list(Field::kUserRoles, "a");
    record.append_to_list(Field::kUserRoles, "a");
    record.append_to_list(Field::kUserRoles, "\"a\"");
    CHECK(record.text(Field::kUserRoles) == R"(["a","\"a\""])");
}

TEST_CASE("a text above the section limit is cut with a mark") {
    AuditRecord record;
    record.set_text(Field::kPromptText, std::string((size_t{20} << 20) + 5, 'x'));
    std::array<Bytes, kSectionCount> sections;
    encode_record(record, sections);
    CHECK(sections[1].size() <= size_t{20} << 20);
    CHECK(sections[1].size() > size_t{19} << 20);
    CHECK(record.text(Field::kRecordFlags) == R"(["truncated_section"])");
}
