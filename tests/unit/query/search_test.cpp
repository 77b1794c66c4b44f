#include <algorithm>

#include "base/hex.h"
#include "query/record_search.h"
#include "query_rig.h"
#include "spool/crc32c.h"

using namespace llmtrail;

namespace {

struct Searched {
    std::string text;
    std::vector<ScanProblem> problems;
    SearchTotals totals;
    ScanTotals scan;
};

Searched search(QueryRig& rig, const SpoolKey& key, SearchOptions options,
                std::optional<ScanOptions> scan_options = {}) {
    Searched found;
    RecordSearch visitor(
        std::move(options),
        [&](const std::string& text) {
            found.text += text;
            return true;
        },
        [&](const ScanProblem& problem) { found.problems.push_back(problem); });
    SpoolScan scan(rig.disk, scan_options.value_or(rig.scan_options()), &key);
    Result<ScanTotals> totals = scan.run(visitor);
    REQUIRE_MESSAGE(totals, totals.error().message);
    found.scan = *totals;
    found.totals = visitor.totals();
    return found;
}

uint64_t lines(const std::string& text) {
    return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

SearchOptions by_user(std::string_view user) {
    SearchOptions options;
    options.filter.add_user(user);
    return options;
}

}  // namespace

TEST_CASE("a search finds every record of a user, in order, sealed, over several segments") {
    QueryRig rig;
    rig.write(60);
    REQUIRE(rig.segments().size() > 2);
    Searched found = search(rig, rig.role_key(Role::kAuditor), by_user("u-1"));
    CHECK(found.totals.matches == 20);
    CHECK(lines(found.text) == 20);
    CHECK(found.problems.empty());
    CHECK(found.scan.records == 60);
    CHECK(found.scan.unopened_segments == 0);
    CHECK_FALSE(has(found.text, "unsealed"));
    CHECK(found.text.starts_with(std::to_string(rig.indexes[1]) +
                                 "  2026-01-01T00:00:01.000Z  inference      user1@example.com  "
                                 "claude-x  success\n"));
}

TEST_CASE("filters of different names are joined by and, values of one name by or") {
    QueryRig rig;
    rig.write(30);
    SpoolKey key = rig.role_key(Role::kModelAdministrator);
    auto count = [&](const std::vector<std::string>& fields, std::string_view since = "",
                     std::string_view until = "") {
        SearchOptions options;
        for (const std::string& field : fields) {
            REQUIRE(options.filter.add_field(field));
        }
        if (!since.empty()) {
            REQUIRE(options.filter.set_since(since));
        }
        if (!until.empty()) {
            REQUIRE(options.filter.set_until(until));
        }
        return search(rig, key, std::move(options)).totals.matches;
    };
    CHECK(count({}) == 30);
    CHECK(count({"user.id=u-0"}) == 10);
    CHECK(count({"user.id=u-0", "user.id=u-1"}) == 20);
    CHECK(count({"user.id=u-0", "event.kind=guardrail"}) == 2);
    CHECK(count({"user.id=u-*"}) == 30);
    CHECK(count({"user.id=u-\\*"}) == 0);
    CHECK(count({"user.id=u-"}) == 0);
    CHECK(count({"user.roles=admin"}) == 15);
    CHECK(count({"user.roles=adm*"}) == 15);
    CHECK(count({"gen_ai.usage.input_tokens=40"}) == 1);
    CHECK(count({"event.time=2026-01-01T00:00:0*"}) == 10);
    CHECK(count({}, "2026-01-01T00:00:10Z") == 20);
    CHECK(count({}, "2026-01-01T00:00:10Z", "2026-01-01T00:00:12Z") == 2);
    CHECK(count({}, "2026-01-02") == 0);
    CHECK(count({"trace.id=*"}) == 0);
}

TEST_CASE("a filter refuses what it cannot mean, with a reason") {
    RecordFilter filter;
    CHECK(filter.add_field("no.such.field=1").error().message.find("no.such.field") !=
          std::string::npos);
    CHECK(filter.add_field("user.id").error().code == ErrorCode::kInvalidArgument);
    CHECK(filter.add_field("=x").error().code == ErrorCode::kInvalidArgument);
    CHECK(filter.add_field("llm.audit.prompt.text=x").error().message.find("--text") !=
          std::string::npos);
    CHECK_FALSE(filter.set_since("yesterday"));
    CHECK_FALSE(filter.set_until("2026-02-30"));
}

TEST_CASE("words are found in opened content in either case, and inside JSON with its quotes") {
    QueryRig rig;
    rig.write(12);
    auto count = [&](Role role, std::string_view words, SectionChoice in) {
        SearchOptions options;
        options.filter.add_text(words);
        options.words_in = in;
        return search(rig, rig.role_key(role), std::move(options)).totals.matches;
    };
    constexpr SectionChoice kContent = {false, true, true, true};
    CHECK(count(Role::kAuditor, "prompt NUMBER 7", kContent) == 1);
    CHECK(count(Role::kAuditor, "source 1", kContent) == 3);
    CHECK(count(Role::kAuditor, "source 1", {false, true, false, true}) == 0);
    CHECK(count(Role::kAuditor, "quoted \"word\"", kContent) == 12);
    CHECK(count(Role::kAuditor, "a \"b\"", kContent) == 12);
    CHECK(count(Role::kAnalyst, "output", kContent) == 9);
    CHECK(count(Role::kAnalyst, "prompt", kContent) == 0);
    CHECK(count(Role::kPromptEngineer, "source", kContent) == 0);
    CHECK(count(Role::kModelAdministrator, "o", kContent) == 0);
    CHECK(count(Role::kAuditor, "user0@example.com", kContent) == 0);
}

TEST_CASE("each role gets the content of its own sections and of no other") {
    QueryRig rig;
    rig.write(8);
    const std::map<Role, std::string> marks = {{Role::kAnalyst, "e--o"},
                                               {Role::kPromptEngineer, "ep-o"},
                                               {Role::kModelAdministrator, "e---"},
                                               {Role::kAuditor, "epso"}};
    for (const auto& [role, mark] : marks) {
        CAPTURE(role_name(role));
        SearchOptions options;
        options.json = true;
        options.print_content = true;
        Searched found = search(rig, rig.role_key(role), std::move(options));
        CHECK(found.totals.matches == 8);
        CHECK(found.problems.empty());
        CHECK(has(found.text, "user0@example.com"));
        CHECK(has(found.text, "PROMPT") == (mark[1] == 'p'));
        CHECK(has(found.text, "SOURCE") == (mark[2] == 's'));
        CHECK(has(found.text, "OUTPUT") == (mark[3] == 'o'));
        CHECK(has(found.text, "\"prompt\":\"sealed\"") == (mark[1] != 'p'));
        CHECK(has(found.text, "\"sources\":\"sealed\"") == (mark[2] != 's'));
        CHECK(has(found.text, "\"output\":\"sealed\"") == (mark[3] != 'o'));
        CHECK(has(found.text, "\"output\":\"empty\""));
    }
}

TEST_CASE("without content a line of JSON holds the envelope alone") {
    QueryRig rig;
    rig.write(1);
    SearchOptions options;
    options.json = true;
    Searched found = search(rig, rig.role_key(Role::kAuditor), std::move(options));
    std::string expected =
        "{\"index\":" + std::to_string(rig.indexes[0]) + ",\"event.id\":\"" +
        event_id_of(rig.leaves[0]) + "\",\"segment\":\"" + rig.segments()[0] + "\",\"leaf\":\"" +
        to_hex(view(rig.leaves[0])) +
        "\",\"evidence\":\"sealed\",\"sections\":{\"envelope\":\"opened\",\"prompt\":\"not_"
        "opened\","
        "\"sources\":\"not_opened\",\"output\":\"not_opened\"},\"record\":{\"event.kind\":"
        "\"inference\",\"event.outcome\":\"success\",\"event.time\":"
        "\"2026-01-01T00:00:00.000000000Z\",\"user.id\":\"u-0\",\"user.email\":\"user0@example."
        "com\","
        "\"user.roles\":[\"admin\"],\"gen_ai.request.model\":\"gpt-4o\","
        "\"gen_ai.usage.input_tokens\":0}}\n";
    CHECK(found.text == expected);
    CHECK_FALSE(has(found.text, "PROMPT"));
}

TEST_CASE("what no seal covers yet is said to be unsealed") {
    QueryRig rig;
    rig.close = false;
    rig.write(9);  // three batches, the last one without a seal
    Searched found = search(rig, rig.role_key(Role::kAuditor), SearchOptions());
    CHECK(found.totals.matches == 9);
    CHECK(found.totals.unsealed == 3);
    CHECK(has(found.text, "[unsealed]"));
}

TEST_CASE("a limit ends the search, and a reader that has gone does") {
    QueryRig rig;
    rig.write(30);
    SearchOptions options;
    options.limit = 4;
    CHECK(lines(search(rig, rig.role_key(Role::kAuditor), std::move(options)).text) == 4);
    uint64_t printed = 0;
    RecordSearch visitor(
        SearchOptions(), [&](const std::string&) { return ++printed < 3; },
        [](const ScanProblem&) {});
    SpoolKey key = rig.role_key(Role::kAuditor);
    REQUIRE(SpoolScan(rig.disk, rig.scan_options(), &key).run(visitor));
    CHECK(printed == 3);
}

TEST_CASE("a key that opens nothing is told with the number of records behind it") {
    QueryRig rig;
    rig.write(30);
    SpoolKey stranger = SpoolKey(*RoleKey::generate(Role::kAuditor, rig.random));
    Searched found = search(rig, stranger, SearchOptions());
    CHECK(found.totals.matches == 0);
    CHECK(found.text.empty());
    CHECK(found.scan.unopened_segments == rig.segments().size());
    CHECK(found.scan.unopened_records == 30);
    CHECK(found.scan.first_unopened == rig.segments()[0]);
}

TEST_CASE("this host's own key searches what its local wrap still opens") {
    QueryRig rig;
    rig.write(10);
    CHECK(search(rig, rig.local_key(), SearchOptions()).totals.matches == 10);
}

TEST_CASE("matches that are too many to wait for their seal get the same evidence") {
    QueryRig rig;
    rig.close = false;
    rig.options.segment_bytes_max = uint64_t{1} << 20;
    rig.write(21);  // the last batch has no seal
    auto all = [&](size_t held_bytes_max) {
        std::string text;
        RecordSearch visitor(
            SearchOptions(),
            [&](const std::string& line) {
                text += line;
                return true;
            },
            [](const ScanProblem&) {}, held_bytes_max);
        REQUIRE(SpoolScan(rig.disk, rig.scan_options(), &rig.auditor()).run(visitor));
        CHECK(visitor.totals().unsealed == 3);
        CHECK(visitor.totals().unproven == 0);
        return text;
    };
    CHECK(all(0) == all(kHeldBytesMax));
    CHECK(all(300) == all(kHeldBytesMax));
}

TEST_CASE("looking ahead finds a wrong seal, too") {
    QueryRig rig;
    rig.options.segment_bytes_max = uint64_t{1} << 20;
    rig.write(12);
    std::string name = rig.segments().front();
    Bytes bytes = rig.disk.content(rig.path(name));
    std::string marker("\xC3\x46\x52\x4D\x03", 5);
    size_t seal = bytes.rfind(marker, bytes.rfind(marker) - 1);  // over the last two batches
    FrameHeader header;
    REQUIRE(decode_frame_header(ByteView(bytes).substr(seal), header) == FrameFault::kNone);
    // A changed signature, with the checksum made right.
    bytes[seal + header.frame_bytes - 1] ^= 1;
    Bytes frame = bytes.substr(seal, header.frame_bytes);
    Bytes crc;
    put_u32(crc, crc32c(ByteView(frame).substr(kFrameHeaderBytes)));
    bytes.replace(seal + 68, 4, crc);
    rig.disk.put_file(rig.path(name), bytes);
    RecordSearch visitor(
        SearchOptions(), [](const std::string&) { return true; }, [](const ScanProblem&) {}, 0);
    Result<ScanTotals> totals =
        SpoolScan(rig.disk, rig.scan_options(), &rig.auditor()).run(visitor);
    REQUIRE(totals);
    CHECK(totals->damages >= 1);
    CHECK(visitor.totals().matches == 12);
    CHECK(visitor.totals().unproven == 6);
}
