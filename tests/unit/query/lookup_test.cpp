#include "base/hex.h"
#include "query/record_lookup.h"
#include "query_rig.h"

using namespace llmtrail;

namespace {

RecordLookup look(QueryRig& rig, const SpoolKey& key, RecordLookup lookup) {
    SpoolScan scan(rig.disk, rig.scan_options(), &key);
    REQUIRE(scan.run(lookup));
    return lookup;
}

}  // namespace

TEST_CASE("a page shows each section that the key opens, and names the others") {
    QueryRig rig;
    rig.write(30);
    uint64_t index = rig.indexes[7];
    RecordLookup found = look(rig, rig.role_key(Role::kAnalyst), RecordLookup(index));
    REQUIRE(found.record());
    REQUIRE(found.evidence() == Evidence::kSealed);
    std::string page = with_evidence(found_page(*found.record()), *found.evidence());
    std::string expected = "record " + std::to_string(index) +
                           "\nevent.id: " + event_id_of(rig.leaves[7]) +
                           "\nleaf: " + to_hex(view(rig.leaves[7])) +
                           "\nsegment: " + segment_file_name(found.record()->segment_no) +
                           ", written 2026-01-01T00:00:00.000Z\nevidence: sealed\n"
                           "envelope:\n"
                           "  event.kind: inference\n"
                           "  event.outcome: success\n"
                           "  event.time: 2026-01-01T00:00:07.000000000Z\n"
                           "  user.id: u-1\n"
                           "  user.email: user1@example.com\n"
                           "  user.roles: [\"reader\"]\n"
                           "  gen_ai.request.model: claude-x\n"
                           "  gen_ai.usage.input_tokens: 70\n"
                           "prompt: sealed for another role\n"
                           "sources: sealed for another role\n"
                           "output: empty\n";
    CHECK(page == expected);
}

TEST_CASE("a record is found by its event id, and content keeps its lines") {
    QueryRig rig;
    rig.write(30);
    RecordLookup found =
        look(rig, rig.role_key(Role::kAuditor), RecordLookup(event_id_of(rig.leaves[8])));
    REQUIRE(found.record());
    CHECK(found.index() == rig.indexes[8]);
    std::string page = with_evidence(found_page(*found.record()), Evidence::kSealed);
    CHECK(page.find("prompt:\n  llm.audit.prompt.text: PROMPT number 8 Quoted \"word\"\n") !=
          std::string::npos);
    CHECK(page.find("output:\n  llm.audit.response.text:\n      OUTPUT\n      number 8\n") !=
          std::string::npos);
}

TEST_CASE("control characters and directions of text from logs are escaped on a page and a line") {
    QueryRig rig;
    auto writer = rig.open();
    REQUIRE(writer);
    AuditRecord record = numbered_record(0);
    record.set_text(Field::kUserEmail,
                    "a\x1b[31m\x07\xe2\x80\xae"
                    "b\nc");
    record.set_text(Field::kPromptText, "one\n\x1b]0;two\r");
    rig.append(**writer, record);
    rig.commit(**writer);
    REQUIRE((*writer)->close());
    RecordLookup found = look(rig, rig.role_key(Role::kAuditor), RecordLookup(rig.indexes[0]));
    REQUIRE(found.record());
    for (const FoundText& text : {found_page(*found.record()), found_line(*found.record())}) {
        std::string all = with_evidence(text, Evidence::kSealed);
        CHECK(all.find('\x1b') == std::string::npos);
        CHECK(all.find('\x07') == std::string::npos);
        CHECK(all.find('\r') == std::string::npos);
        CHECK(all.find("\xe2\x80\xae") == std::string::npos);
    }
    std::string line = with_evidence(found_line(*found.record()), Evidence::kSealed);
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(line.find("a\\x1b[31m\\x07\\u{202e}b\\x0ac") != std::string::npos);
}

TEST_CASE("a control frame is shown as what it is, and an index that is not there is not seen") {
    QueryRig rig;
    rig.write(6);
    SpoolKey key = rig.role_key(Role::kModelAdministrator);
    RecordLookup genesis = look(rig, key, RecordLookup(1));
    REQUIRE(genesis.control());
    CHECK(genesis.control()->type == FrameType::kGenesis);
    CHECK_FALSE(genesis.record());
    CHECK_FALSE(look(rig, key, RecordLookup(10'000)).seen());
    CHECK_FALSE(look(rig, key, RecordLookup(std::string(32, 'a'))).seen());
}

TEST_CASE("a record whose segment the key does not open is seen, and nothing of it is shown") {
    QueryRig rig;
    rig.write(6);
    SpoolKey stranger = SpoolKey(*RoleKey::generate(Role::kAuditor, rig.random));
    RecordLookup found = look(rig, stranger, RecordLookup(rig.indexes[2]));
    CHECK(found.seen());
    CHECK_FALSE(found.record());
    CHECK(found.evidence() == Evidence::kSealed);
}
