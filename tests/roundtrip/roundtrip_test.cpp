// A million hostile strings through each format, RFC 5424 and both framings, and back through
// readers that share no code with the program: what comes back is what docs/outputs.md says, no
// more and no less, and each event is one event.
#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "code_points.h"
#include "expected_text.h"
#include "format/formatter.h"
#include "format/json.h"
#include "hostile_text.h"
#include "json_reader.h"
#include "outputs/syslog_frame.h"
#include "syslog_reader.h"
#include "unit/format/cef_reader.h"
#include "unit/format/leef_reader.h"

using namespace llmtrail;
using namespace llmtrail::roundtrip;

namespace {

constexpr size_t kStrings = 1'000'000;
constexpr size_t kPreviewCharacters = 32;
constexpr size_t kUncut = SIZE_MAX;

// A field whose text is hostile, the keys it has, and how much of it they show.
struct Place {
    Field field;
    const char* cef;
    const char* cef_label;  // of a custom key: stands beside it
    const char* leef;
    const char* json;
    size_t cef_characters;
    const char* cut_flag_cef;  // of a preview
    const char* cut_flag_json;
};

constexpr std::array kPlaces = {
    Place{Field::kUserName, "suser", nullptr, "usrName", "user.name", 1023, nullptr, nullptr},
    Place{Field::kGenAiRequestModel, "cs1", "model", "model", "gen_ai.request.model", 4000, nullptr,
          nullptr},
    Place{Field::kServiceName, "sourceServiceName", nullptr, "appName", "service.name", 1023,
          nullptr, nullptr},
    Place{Field::kUserAgentOriginal, "requestClientApplication", nullptr, "userAgent",
          "user_agent.original", 1023, nullptr, nullptr},
    Place{Field::kGenAiResponseId, "llmtrailResponseId", nullptr, "llmtrailResponseId",
          "gen_ai.response.id", 255, nullptr, nullptr},
    Place{Field::kGenAiResponseModel, "llmtrailResponseModel", nullptr, "llmtrailResponseModel",
          "gen_ai.response.model", 1023, nullptr, nullptr},
    Place{Field::kPromptText, "msg", nullptr, "prompt", "prompt.preview", kPreviewCharacters,
          "llmtrailPromptTruncated", "prompt.preview.cut"},
    Place{Field::kResponseText, "cs3", "response", "response", "response.preview",
          kPreviewCharacters, "llmtrailResponseTruncated", "response.preview.cut"},
};

using Strings = std::array<std::string, kPlaces.size()>;
using Members = std::map<std::string, std::string>;

struct Reading {
    Members members;
    std::string problem;
};

struct Format {
    std::unique_ptr<Formatter> formatter;
    std::function<Reading(std::string_view)> read;
    std::function<void(const Strings&, Members&)> expect;  // adds what the strings must become
};

FormatOptions options() {
    FormatOptions options;
    options.host_id = "7d9f2c3a5b8e4f60a1b2c3d4e5f60718";
    options.host_name = "app01.example.com";
    options.event_bytes_max = 200'000;
    options.prompt_preview_characters = kPreviewCharacters;
    options.response_preview_characters = kPreviewCharacters;
    return options;
}

// `add(place, text)` for each string as CEF shows it, and the flags of what was done to them.
template <typename Add>
void expect_pairs(const Strings& strings, Members& members, Add&& add) {
    for (size_t i = 0; i < kPlaces.size(); ++i) {
        const Place& place = kPlaces[i];
        bool preview = place.cut_flag_cef != nullptr;
        Expected expected = expected_in_cef(strings[i], place.cef_characters, preview);
        if (!expected.text.empty()) {
            add(place, std::move(expected.text));
        }
        if (expected.cut && preview) {
            members[place.cut_flag_cef] = "true";
        }
        if (expected.altered) {
            members["llmtrailTextAltered"] = "true";
        }
    }
}

Format cef() {
    auto read = [](std::string_view text) {
        CefEvent event = read_cef(text);
        bool one = event.header.size() == 7 && event.header[0] == "CEF:0";
        return Reading{std::move(event.values), one ? event.problem : "no header"};
    };
    auto expect = [](const Strings& strings, Members& members) {
        expect_pairs(strings, members, [&](const Place& place, std::string text) {
            members[place.cef] = std::move(text);
            if (place.cef_label != nullptr) {
                members[std::string(place.cef) + "Label"] = place.cef_label;
            }
        });
    };
    return {make_cef_formatter(options()), read, expect};
}

Format leef(bool second) {
    auto read = [](std::string_view text) {
        LeefEvent event = read_leef(text);
        return Reading{std::move(event.attributes), event.problem};
    };
    auto expect = [separator = second ? '^' : '\t'](const Strings& strings, Members& members) {
        expect_pairs(strings, members, [&](const Place& place, const std::string& text) {
            members[place.leef] = expected_in_leef(text, separator);
        });
    };
    return {second ? make_leef2_formatter(options()) : make_leef_formatter(options()), read,
            expect};
}

Format json() {
    auto read = [](std::string_view text) {
        JsonEvent event = read_json(text);
        return Reading{std::move(event.members), event.problem};
    };
    auto expect = [](const Strings& strings, Members& members) {
        for (size_t i = 0; i < kPlaces.size(); ++i) {
            const Place& place = kPlaces[i];
            bool preview = place.cut_flag_json != nullptr;
            Expected expected = expected_in_json(strings[i], preview ? kPreviewCharacters : kUncut);
            if (!expected.text.empty()) {
                members[place.json] = std::move(expected.text);
            }
            if (expected.cut && preview) {
                members[place.cut_flag_json] = "true";
            }
        }
    };
    return {make_json_formatter(options()), read, expect};
}

// Valid UTF-8 in which nothing deceives who reads the raw line; only LEEF 1.0 has a control
// character, the tab between its attributes.
bool is_plain_line(std::string_view line, bool tabs) {
    for (size_t at = 0; at < line.size();) {
        char c = line[at];
        if ((c >= ' ' && c < 0x7F) || (tabs && c == '\t')) {
            ++at;
            continue;
        }
        CodePoint found = code_point_at(line, at);
        if (!found.well_formed || found.value < 0x80 || deceives(found.value)) {
            return false;
        }
        at += found.bytes;
    }
    return true;
}

class RoundTrip {
 public:
    explicit RoundTrip(Format format) : format_(std::move(format)) {
        record_.set_text(Field::kEventKind, "inference");
        record_.set_time(Field::kEventTime, UnixNanos{1'767'225'600'123'456'789});
        Reading plain = format_.read(formatted());
        REQUIRE(plain.problem == "");
        constant_ = plain.members;
    }

    // Returns how many strings came back.
    size_t run(bool tabs) {
        FakeRandom random(20'261'123);
        for (size_t done = 0; done < kStrings && problem_.empty(); done += kPlaces.size()) {
            for (size_t i = 0; i < kPlaces.size(); ++i) {
                size_t cut_at = kPlaces[i].cef_characters;
                make_hostile_text(random, cut_at > 255 && done % 64 != 0 ? 40 : cut_at,
                                  strings_[i]);
                record_.set_text(kPlaces[i].field, strings_[i]);
            }
            send();
            receive(tabs);
        }
        CHECK_MESSAGE(problem_ == "", streams_[0]);
        return equal_;
    }

 private:
    std::string_view formatted() {
        SpoolReference reference;
        reference.index = 4711;
        reference.leaf = leaf_;
        reference.event_id = "aebagbafaydqqcikbmga2dqpcaireeyu";
        text_.clear();
        format_.formatter->format(record_, reference, text_);
        return text_;
    }

    // Three messages in each framing: whatever the middle one holds, its neighbours are whole.
    void send() {
        OutputEvent event;
        event.event_time_ns = 1'767'225'600'123'456'789;
        event.event_class = 100;
        for (size_t way = 0; way < streams_.size(); ++way) {
            SyslogFraming framing = way == 0 ? SyslogFraming::kOctetCounting : SyslogFraming::kLine;
            streams_[way].clear();
            event.text = "before";
            framer_.append_frame(streams_[way], event, framing);
            event.text = way == 0 ? formatted() : std::string_view(text_);
            framer_.append_frame(streams_[way], event, framing);
            event.text = "after";
            framer_.append_frame(streams_[way], event, framing);
        }
    }

    void receive(bool tabs) {
        std::string_view text;
        for (size_t way = 0; way < streams_.size(); ++way) {
            Messages messages =
                way == 0 ? split_counted(streams_[way]) : split_lines(streams_[way]);
            if (messages.problem != "" || messages.texts.size() != 3) {
                problem_ = "not one event: " + messages.problem;
                return;
            }
            SyslogMessage message = read_syslog(messages.texts[1]);
            problem_ += message.problem;
            bool neighbours = read_syslog(messages.texts[0]).text == "before" &&
                              read_syslog(messages.texts[2]).text == "after";
            if (!neighbours || message.message_id != "100" || (way == 1 && message.text != text)) {
                problem_ += "another message";
            }
            text = message.text;
        }
        if (!is_plain_line(text, tabs)) {
            problem_ += "a raw character that deceives";
        }
        Reading reading = format_.read(text);
        expected_.clear();
        format_.expect(strings_, expected_);
        problem_ += reading.problem + difference(reading.members);
        equal_ += problem_.empty() ? strings_.size() : 0;
    }

    // What was read is what stands in every event and what the strings must become, and no more.
    std::string difference(const Members& read) const {
        for (const Members* members : {&constant_, &expected_}) {
            for (const auto& [key, value] : *members) {
                auto found = read.find(key);
                if (found == read.end() || found->second != value) {
                    return key + " is <" + (found == read.end() ? "absent" : found->second) +
                           ">, expected <" + value + ">";
                }
            }
        }
        return read.size() == constant_.size() + expected_.size() ? "" : "a key too many";
    }

    Format format_;
    SyslogFramer framer_{20, "app01.example.com", 42};
    AuditRecord record_;
    Strings strings_;
    Members constant_;  // of every event
    Members expected_;  // of this one
    std::string leaf_ = std::string(32, '\xAB');
    std::string text_;
    std::array<std::string, 2> streams_;
    std::string problem_;
    size_t equal_ = 0;
};

}  // namespace

TEST_CASE("a million hostile strings come back from CEF in syslog, one event each") {
    CHECK(RoundTrip(cef()).run(false) == kStrings);
}

TEST_CASE("a million hostile strings come back from LEEF 1.0 in syslog, one event each") {
    CHECK(RoundTrip(leef(false)).run(true) == kStrings);
}

TEST_CASE("a million hostile strings come back from LEEF 2.0 in syslog, one event each") {
    CHECK(RoundTrip(leef(true)).run(false) == kStrings);
}

TEST_CASE("a million hostile strings come back from JSON in syslog, one event each") {
    CHECK(RoundTrip(json()).run(false) == kStrings);
}
