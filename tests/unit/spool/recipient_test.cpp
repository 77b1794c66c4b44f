#include "base/hex.h"
#include "key_rig.h"
#include "spool/crc32c.h"
#include "spool/spool_key.h"
#include "spool_rig.h"

using namespace llmtrail;

namespace {

void repair_crc(Bytes& key_file) {
    Bytes crc;
    put_u32(crc, crc32c(ByteView(key_file).substr(0, key_file.size() - 4)));
    key_file.replace(key_file.size() - 4, 4, crc);
}

}  // namespace

TEST_CASE("each role opens its sections and no other") {
    KeyRig rig;
    Bytes file = rig.key_file(rig.all_recipients());
    auto opens = [&](Role role) {
        return rig.opened(rig.role(role).open_segment_keys(file, rig.header));
    };
    CHECK(opens(Role::kAnalyst) == "envelope output");
    CHECK(opens(Role::kPromptEngineer) == "envelope prompt output");
    CHECK(opens(Role::kModelAdministrator) == "envelope");
    CHECK(opens(Role::kAuditor) == "envelope prompt sources output");
    CHECK(rig.opened(open_key_file(file, rig.header, rig.local)) ==
          "envelope prompt sources output");
}

TEST_CASE("what somebody was given counts, not what the role would have") {
    KeyRig rig;
    // The auditor's key, entered in the configuration as a model administrator's.
    Bytes file = rig.key_file({{Role::kModelAdministrator, rig.role(Role::kAuditor).public_key()}});
    CHECK(rig.opened(rig.role(Role::kAuditor).open_segment_keys(file, rig.header)) == "envelope");
}

TEST_CASE("a key that stands for two roles opens the sections of both") {
    KeyRig rig;
    const X25519Public& key = rig.role(Role::kAnalyst).public_key();
    Bytes file = rig.key_file({{Role::kAnalyst, key}, {Role::kPromptEngineer, key}});
    CHECK(rig.opened(rig.role(Role::kAnalyst).open_segment_keys(file, rig.header)) ==
          "envelope prompt output");
}

TEST_CASE("somebody for whom nothing was wrapped is told so") {
    KeyRig rig;
    Bytes file = rig.key_file({rig.role(Role::kAuditor).recipient()});
    Result<DataKeys> opened = rig.role(Role::kAnalyst).open_segment_keys(file, rig.header);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ErrorCode::kNotFound);
    CHECK(opened.error().message == "the segment's keys are not wrapped for this role key");
}

TEST_CASE("a wrap belongs to its log, segment, section and commitment") {
    KeyRig rig;
    Bytes file = rig.key_file(rig.all_recipients());
    const RoleKey& auditor = rig.role(Role::kAuditor);
    SUBCASE("another segment's header") {
        rig.header.segment_no += 1;
        CHECK(auditor.open_segment_keys(file, rig.header).error().code == ErrorCode::kCorrupt);
    }
    SUBCASE("another log's header") {
        rig.header.log_id.fill('M');
        CHECK(auditor.open_segment_keys(file, rig.header).error().code == ErrorCode::kCorrupt);
    }
    SUBCASE("a file rewritten to be another segment's") {
        KeyStanzas stanzas = *decode_key_stanzas(file);
        stanzas.segment_no += 1;
        rig.header.segment_no += 1;
        Result<DataKeys> opened =
            auditor.open_segment_keys(encode_key_stanzas(stanzas), rig.header);
        CHECK(opened.error().code == ErrorCode::kCrypto);
    }
    SUBCASE("a stanza moved to another section") {
        KeyStanzas stanzas = *decode_key_stanzas(file);
        for (KeyStanza& stanza : stanzas.list) {
            if (stanza.type == StanzaType::kRecipient) {
                stanza.section = static_cast<uint8_t>((stanza.section + 1) % kSectionCount);
            }
        }
        CHECK(auditor.open_segment_keys(encode_key_stanzas(stanzas), rig.header).error().code ==
              ErrorCode::kCrypto);
    }
    SUBCASE("a header that commits to another key") {
        rig.header.key_commitments[2][0] = static_cast<char>(rig.header.key_commitments[2][0] ^ 1);
        CHECK(auditor.open_segment_keys(file, rig.header).error().code == ErrorCode::kCrypto);
    }
    SUBCASE("another key, properly wrapped by somebody who knows the public key") {
        Secret other = *Secret::random(rig.random, kDataKeyBytes);
        KeyStanzas stanzas = *decode_key_stanzas(file);
        std::erase_if(stanzas.list, [](const KeyStanza& stanza) {
            return stanza.type == StanzaType::kRecipient;
        });
        stanzas.list.push_back(*make_recipient_stanza(rig.header, Section::kPrompt, other,
                                                      auditor.recipient(), rig.random));
        Result<DataKeys> opened =
            auditor.open_segment_keys(encode_key_stanzas(stanzas), rig.header);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().message ==
              "prompt for a recipient: a data key is not the one the segment commits to");
    }
}

TEST_CASE("no changed byte of a key file gives anybody a wrong key") {
    KeyRig rig;
    Bytes file = rig.key_file({rig.role(Role::kAuditor).recipient()});
    for (size_t at = 0; at < file.size(); ++at) {
        Bytes changed = file;
        changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
        CHECK_FALSE(rig.role(Role::kAuditor).open_segment_keys(changed, rig.header));
        CHECK_FALSE(open_key_file(changed, rig.header, rig.local));
        repair_crc(changed);
        // Whatever opens is right: opened() compares.
        rig.opened(rig.role(Role::kAuditor).open_segment_keys(changed, rig.header));
        rig.opened(open_key_file(changed, rig.header, rig.local));
    }
    for (size_t size = 0; size < file.size(); ++size) {
        CHECK_FALSE(decode_key_stanzas(ByteView(file).substr(0, size)));
    }
}

TEST_CASE("unknown stanzas and suites are kept and skipped") {
    KeyRig rig;
    KeyStanzas stanzas = *decode_key_stanzas(rig.key_file(rig.all_recipients()));
    KeyStanza later = stanzas.list.back();
    later.payload[0] = 2;  // suite
    stanzas.list.insert(stanzas.list.begin(), later);
    stanzas.list.insert(stanzas.list.begin(), {static_cast<StanzaType>(99), 3, "new"});
    stanzas.list.insert(stanzas.list.begin(), {StanzaType::kExternal, 1, "kms"});
    Bytes file = encode_key_stanzas(stanzas);
    CHECK(rig.opened(rig.role(Role::kAuditor).open_segment_keys(file, rig.header)) ==
          "envelope prompt sources output");
    CHECK(rig.opened(open_key_file(file, rig.header, rig.local)) ==
          "envelope prompt sources output");
    CHECK(encode_key_stanzas(*decode_key_stanzas(file)) == file);
}

TEST_CASE("a key that nothing can be wrapped for stops the segment, not the wrapping") {
    KeyRig rig;
    LocalKeys keys{{}, *SigningKey::generate(rig.random), false};
    keys.local.push_back(make_local_key(rig.local.front().key.clone()));
    std::vector<Recipient> zeros(1);
    Result<Bytes> made =
        encode_key_file(rig.header, rig.data_keys, rig.daily, keys, rig.random, {&zeros, nullptr});
    REQUIRE_FALSE(made);
    CHECK(made.error().message ==
          "wrapping a data key for a recipient (spool.recipients): a public key that gives no "
          "shared secret");
    std::vector<Recipient> many(kRecipientsMax + 1, rig.role(Role::kAuditor).recipient());
    made =
        encode_key_file(rig.header, rig.data_keys, rig.daily, keys, rig.random, {&many, nullptr});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ErrorCode::kLimit);
}

TEST_CASE("the writer wraps every new segment for the recipients, and they open it alone") {
    SpoolRig rig;
    FakeRandom keys(5);
    RoleKey auditor = *RoleKey::generate(Role::kAuditor, keys);
    RoleKey analyst = *RoleKey::generate(Role::kAnalyst, keys);
    rig.options.recipients = {auditor.recipient(), analyst.recipient()};
    rig.options.retention.required_outputs = {"not confirming"};  // so the local wraps stay
    Workload work;
    FakeRandom shapes(3);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(work.run(rig, *writer, 12, shapes));
    REQUIRE(writer->close());
    REQUIRE(rig.segments().size() > 2);
    LocalKeys local = *load_local_keys(rig.disk, rig.options.key_directory);
    SpoolKey as_auditor(std::move(auditor));
    SpoolKey as_analyst(std::move(analyst));
    for (uint64_t no = 0; no < rig.segments().size(); ++no) {
        Result<SegmentHeader> header =
            decode_segment_header(rig.disk.content(rig.path(segment_file_name(no))));
        REQUIRE(header);
        Bytes file = rig.disk.content(rig.path(keys_file_name(no)));
        Result<DataKeys> by_host = open_key_file(file, *header, local);
        Result<DataKeys> by_auditor = open_segment_keys(as_auditor, file, *header);
        Result<DataKeys> by_analyst = open_segment_keys(as_analyst, file, *header);
        REQUIRE_MESSAGE(by_host, by_host.error().message);
        REQUIRE_MESSAGE(by_auditor, by_auditor.error().message);
        REQUIRE_MESSAGE(by_analyst, by_analyst.error().message);
        for (size_t s = 0; s < kSectionCount; ++s) {
            CHECK((*by_host)[s].reveal() == (*by_auditor)[s].reveal());
        }
        CHECK((*by_analyst)[index_of(Section::kOutput)].size() == kDataKeyBytes);
        CHECK((*by_analyst)[index_of(Section::kPrompt)].empty());
    }
}
