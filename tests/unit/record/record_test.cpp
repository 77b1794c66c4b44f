#include <doctest/doctest.h>

#include <array>
#include <vector>

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

static std::vector<Field> present_fields(const AuditRecord& record) {
    std::vector<Field> fields;
    record.for_each([&](const FieldRow& row) { fields.push_back(row.field); });
    return fields;
}

static Bytes entry(uint64_t number, ByteView value) {
    Bytes bytes;
    put_varint(bytes, number);
    put_sized(bytes, value);
    return bytes;
}

static uint64_t number_of(Field field) {
    return field_row(field).number;
}

TEST_CASE(
    "every field alone is present, visited, survives its bytes, and is gone after clear and "
    "remove") {
    AuditRecord record;
    AuditRecord back;
    for (const FieldRow& row : kFieldCatalog) {
        switch (row.type) {
            case FieldType::kText:
                record.set_text(row.field, "t");
                break;
            case FieldType::kTextList:
            case FieldType::kJson:
                record.set_json(row.field, R"(["t"])");
                break;
            case FieldType::kInteger:
                record.set_integer(row.field, -1);
                break;
            case FieldType::kTime:
                record.set_time(row.field, UnixNanos{INT64_MIN});
                break;
            case FieldType::kReal:
                record.set_real(row.field, -0.5);
                break;
            case FieldType::kBoolean:
                record.set_boolean(row.field, true);
                break;
        }
        CAPTURE(row.name);
        CHECK(record.has(row.field));
        CHECK(present_fields(record) == std::vector<Field>{row.field});
        std::array<Bytes, kSectionCount> sections;
        encode_record(record, sections);
        back.clear();
        REQUIRE(decode_section(sections[static_cast<size_t>(row.section)], row.section, back));
        CHECK(present_fields(back) == std::vector<Field>{row.field});
        CHECK(json_of(back) == json_of(record));
        back.remove(row.field);
        CHECK(present_fields(back).empty());
        record.clear();
        CHECK_FALSE(record.has(row.field));
        CHECK(json_of(record) == "{}");
    }
}

TEST_CASE("nothing of the record before shows after clear") {
    AuditRecord record = sample_record();
    record.clear();
    CHECK(present_fields(record).empty());
    CHECK(record.text(Field::kPromptText).empty());
    CHECK_FALSE(record.integer(Field::kGenAiUsageInputTokens));
    CHECK_FALSE(record.real(Field::kResponseConfidence));
    CHECK_FALSE(record.boolean(Field::kGuardrailBlocked));
    CHECK(record.text_bytes() == 0);
    record.set_text(Field::kPromptText, "x");
    CHECK(record.text(Field::kPromptText) == "x");
}

TEST_CASE("a text may be set from the record's own text") {
    AuditRecord record;
    record.set_text(Field::kUserId, "identifier");
    record.set_text(Field::kUserName, record.text(Field::kUserId));
    record.set_text(Field::kUserId, record.text(Field::kUserId).substr(5));
    CHECK(record.text(Field::kUserName) == "identifier");
    CHECK(record.text(Field::kUserId) == "ifier");
}

TEST_CASE("decoded texts can be replaced without touching their neighbours") {
    AuditRecord record;
    record.set_text(Field::kUserId, "first");
    record.set_text(Field::kUserEmail, "second");
    record.set_text(Field::kUserName, "third");
    std::array<Bytes, kSectionCount> sections;
    encode_record(record, sections);
    AuditRecord back;
    REQUIRE(decode_section(sections[0], Section::kEnvelope, back));
    back.set_text(Field::kUserEmail, "2");
    CHECK(json_of(back) == R"({"user.id":"first","user.email":"2","user.name":"third"})");
    back.set_text(Field::kUserEmail, "a longer second");
    CHECK(json_of(back) ==
          R"({"user.id":"first","user.email":"a longer second","user.name":"third"})");
}

TEST_CASE("lent bytes are read where they are and never written") {
    AuditRecord record;
    const Bytes envelope = entry(number_of(Field::kUserId), "u-104");
    const Bytes prompt = entry(number_of(Field::kPromptText), "what the user typed");
    REQUIRE(decode_section(envelope, Section::kEnvelope, record, SectionBytes::kLent));
    REQUIRE(decode_section(prompt, Section::kPrompt, record, SectionBytes::kLent));
    CHECK(record.text(Field::kPromptText).data() > prompt.data());
    CHECK(record.text(Field::kPromptText).data() < prompt.data() + prompt.size());
    CHECK(record.text_bytes() == 0);

    record.set_text(Field::kPromptText, "short");
    record.set_text(Field::kUserName, record.text(Field::kUserId));
    CHECK(record.text(Field::kPromptText) == "short");
    CHECK(record.text(Field::kUserName) == "u-104");
    CHECK(prompt == entry(number_of(Field::kPromptText), "what the user typed"));

    record.clear();
    for (Section section : kSections) {
        REQUIRE(decode_section(section == Section::kEnvelope ? ByteView(envelope) : ByteView(),
                               section, record, SectionBytes::kLent));
    }
    CHECK(json_of(record) == R"({"user.id":"u-104"})");
}

TEST_CASE("an unknown number is kept out and what follows it is read") {
    AuditRecord record;
    Bytes bytes = entry(number_of(Field::kUserId), "u") + entry(kFieldCount + 1, "later") +
                  entry(1U << 20, "much later");
    REQUIRE(decode_section(bytes, Section::kEnvelope, record));
    CHECK(json_of(record) == R"({"user.id":"u"})");
    CHECK_FALSE(decode_section(entry(0, "x"), Section::kEnvelope, record));
}

TEST_CASE("an entry that says a field is empty leaves it absent") {
    AuditRecord record;
    record.set_text(Field::kUserId, "before");
    REQUIRE(decode_section(
        entry(number_of(Field::kUserId), "") + entry(number_of(Field::kUserRoles), "[]"),
        Section::kEnvelope, record));
    CHECK(json_of(record) == "{}");
    for (const char* empty : {"", "[]", "{}", "null"}) {
        REQUIRE(decode_section(entry(number_of(Field::kGenAiInputMessages), empty),
                               Section::kPrompt, record));
        CHECK_FALSE(record.has(Field::kGenAiInputMessages));
    }
    Bytes nan(8, '\xff');
    REQUIRE(decode_section(entry(number_of(Field::kResponseConfidence), nan), Section::kEnvelope,
                           record));
    CHECK_FALSE(record.has(Field::kResponseConfidence));
}

TEST_CASE("a value of a wrong length and an entry cut anywhere are refused") {
    AuditRecord record;
    for (size_t size : {size_t{0}, size_t{7}, size_t{9}}) {
        CHECK_FALSE(decode_section(entry(number_of(Field::kLogBytes), Bytes(size, '\0')),
                                   Section::kEnvelope, record));
        CHECK_FALSE(decode_section(entry(number_of(Field::kEventTime), Bytes(size, '\0')),
                                   Section::kEnvelope, record));
        CHECK_FALSE(decode_section(entry(number_of(Field::kResponseConfidence), Bytes(size, '\0')),
                                   Section::kEnvelope, record));
    }
    for (size_t size : {size_t{0}, size_t{2}}) {
        CHECK_FALSE(decode_section(entry(number_of(Field::kGuardrailBlocked), Bytes(size, '\1')),
                                   Section::kEnvelope, record));
    }
    Bytes whole = entry(number_of(Field::kPromptText), std::string(300, 'p'));
    for (size_t size = 1; size < whole.size(); ++size) {
        CHECK_FALSE(decode_section(ByteView(whole).substr(0, size), Section::kPrompt, record));
    }
    Bytes endless(11, '\xff');
    CHECK_FALSE(decode_section(endless, Section::kPrompt, record));
    Bytes huge = "\x01" + Bytes(9, '\xff') + '\x01' + "x";
    CHECK_FALSE(decode_section(huge, Section::kEnvelope, record));
}
