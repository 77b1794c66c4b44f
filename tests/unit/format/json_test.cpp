#include "format/json.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "format/visible_json.h"
#include "record/object_list.h"
#include "sample_record.h"

using namespace llmtrail;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The members of one object in their order, values as JSON text or the inside of a string.
Pairs members_of(const std::string& json) {
    Pairs pairs;
    std::string listed = "[" + json + "]";
    ObjectListReader reader(listed);
    REQUIRE(reader.next_item());
    std::string_view key;
    std::string_view value;
    while (reader.next_member(key, value)) {
        std::string text;
        append_unescaped_json(text, value);
        pairs.emplace_back(key, text);
    }
    CHECK_FALSE(reader.next_item());
    return pairs;
}

std::string value_of(const Pairs& pairs, std::string_view name) {
    std::string found;
    int times = 0;
    for (const auto& [key, value] : pairs) {
        if (key == name) {
            found = value;
            ++times;
        }
    }
    CHECK_MESSAGE(times <= 1, name);
    return found;
}

std::string format_with(std::unique_ptr<Formatter> formatter, const AuditRecord& record,
                        bool resent = false) {
    SampleReference sample;
    SpoolReference reference = sample.get();
    reference.resent = resent;
    std::string out;
    formatter->format(record, reference, out);
    return out;
}

FormatOptions with_previews(size_t characters) {
    FormatOptions options = sample_options();
    options.prompt_preview_characters = characters;
    options.response_preview_characters = characters;
    return options;
}

// What `event` and `fields` of an envelope hold.
std::pair<Pairs, Pairs> envelope_of(const std::string& text) {
    Pairs members = members_of(text);
    REQUIRE(members.size() == 2);
    size_t fields = text.rfind(",\"fields\":");
    return {members_of(text.substr(9, fields - 9)),
            members_of(text.substr(fields + 10, text.size() - fields - 11))};
}

}  // namespace

TEST_CASE("a JSON event says what it is, what proves it and every field that is no content") {
    Pairs event =
        members_of(format_with(make_json_formatter(sample_options()), sample_interaction()));
    CHECK(event.front() ==
          std::pair<std::string, std::string>{"event.id", "aebagbafaydqqcikbmga2dqpcaireeyu"});
    CHECK(value_of(event, "event.class") == "100");
    CHECK(value_of(event, "event.severity") == "1");
    CHECK(value_of(event, "spool.index") == "4711");
    CHECK(value_of(event, "spool.leaf").substr(0, 4) == "abab");
    CHECK(value_of(event, "commit.prompt").substr(0, 4) == "0202");
    CHECK(value_of(event, "agent.host") == "app01.example.com");
    CHECK(value_of(event, "event.time") == "2026-01-01T00:00:00.123456789Z");
    CHECK(value_of(event, "user.roles") == "[\"clerk\",\"loans\"]");
    CHECK(value_of(event, "gen_ai.usage.input_tokens") == "812");
    CHECK(value_of(event, "event.resent").empty());
    CHECK(value_of(event, "event.omitted").empty());
}

TEST_CASE("text of prompts and answers leaves as a preview only, and a cut is told") {
    AuditRecord record = sample_interaction();
    std::string bare = format_with(make_json_formatter(sample_options()), record);
    CHECK(bare.find("clause") == std::string::npos);
    CHECK(bare.find("notice") == std::string::npos);
    Pairs event = members_of(format_with(make_json_formatter(with_previews(9)), record));
    CHECK(value_of(event, "prompt.preview") == "What does");
    CHECK(value_of(event, "prompt.preview.cut") == "true");
    Pairs whole = members_of(format_with(make_json_formatter(with_previews(100)), record));
    CHECK(value_of(whole, "prompt.preview") == "What does clause 7 say?");
    CHECK(value_of(whole, "prompt.preview.cut").empty());
}

TEST_CASE("an event that may be there already says so") {
    Pairs event =
        members_of(format_with(make_json_formatter(sample_options()), sample_interaction(), true));
    CHECK(value_of(event, "event.resent") == "true");
}

TEST_CASE("a HEC event is the same object with flat fields in the words of the data models") {
    auto [event, fields] =
        envelope_of(format_with(make_hec_json_formatter(sample_options()), sample_interaction()));
    CHECK(value_of(event, "event.class") == "100");
    CHECK(value_of(fields, "event_id") == value_of(event, "event.id"));
    CHECK(value_of(fields, "vendor_product") == "llmtrail agent");
    CHECK(value_of(fields, "signature_id") == "100");
    CHECK(value_of(fields, "action") == "allowed");
    CHECK(value_of(fields, "status") == "success");
    CHECK(value_of(fields, "user") == "user-seven");
    CHECK(value_of(fields, "src") == "192.0.2.17");
    CHECK(value_of(fields, "change_type").empty());
    for (const auto& [name, value] : fields) {
        CHECK(name.find('.') == std::string::npos);
        CHECK_FALSE(value.starts_with('{'));
        CHECK_FALSE(value.starts_with('['));
    }
}

TEST_CASE("a change has the fields of the Change model") {
    AuditRecord record;
    record.set_text(Field::kEventKind, "config_change");
    record.set_text(Field::kEventOutcome, "success");
    record.set_text(Field::kConfigSetting, "temperature");
    record.set_text(Field::kConfigOldValue, "secret-old");
    record.set_text(Field::kConfigNewValue, "secret-new");
    std::string text = format_with(make_hec_json_formatter(sample_options()), record);
    CHECK(text.find("secret-") == std::string::npos);
    auto [event, fields] = envelope_of(text);
    CHECK(value_of(fields, "action") == "modified");
    CHECK(value_of(fields, "change_type") == "LLM");
    CHECK(value_of(fields, "object") == "temperature");
    CHECK(value_of(fields, "result") == "success");
}

TEST_CASE("an event keeps to its size, loses the end first and says how much it lost") {
    AuditRecord record = sample_interaction();
    record.set_text(Field::kUserAgentOriginal, std::string(100'000, '"'));
    record.set_text(Field::kUserName, std::string(5'000, '\x7F'));
    record.set_text(Field::kPromptText, std::string(100'000, '\n'));
    for (size_t max : {size_t{1}, kEventBytesMin, size_t{1'500}, size_t{8'000}, size_t{900'000}}) {
        FormatOptions options = with_previews(4'096);
        options.event_bytes_max = max;
        for (bool envelope : {false, true}) {
            std::string text = format_with(
                envelope ? make_hec_json_formatter(options) : make_json_formatter(options), record);
            CHECK(text.size() <= std::max(max, kEventBytesMin));
            Pairs event = envelope ? envelope_of(text).first : members_of(text);
            CHECK(value_of(event, "event.id").size() == 32);
            CHECK(value_of(event, "spool.leaf").size() == 64);
            CHECK(value_of(event, "event.omitted").empty() == (max == 900'000));
        }
    }
}

TEST_CASE("what could deceive a reader of the raw line is written as an escape of itself") {
    const std::pair<const char*, const char*> cases[] = {
        {"plain \xC3\xA9 \xF0\x9F\x98\x80", "\"plain \xC3\xA9 \xF0\x9F\x98\x80\""},
        {"a\x7F\xC2\x85z", "\"a\\u007f\\u0085z\""},
        {"\xE2\x80\xAE\xEF\xBB\xBF\xD8\x9C", "\"\\u202e\\ufeff\\u061c\""},
        {"\xF3\xA0\x81\x81", "\"\\udb40\\udc41\""},
        {"bad \xFF", "\"bad \xEF\xBF\xBD\""},
        {"\"\\\n", "\"\\\"\\\\\\n\""},
        {"\xE2\x82\xAC\xC2\xA6", "\"\xE2\x82\xAC\xC2\xA6\""},
    };
    for (const auto& [text, expected] : cases) {
        std::string out;
        append_visible_json_string(out, text);
        CHECK(out == expected);
    }
}
