#include "spool/local_wrap.h"

#include "key_rig.h"
#include "spool/segment_keys.h"
#include "spool_rig.h"

using namespace llmtrail;

namespace {

const std::string kDirectory = "/state/spool";

struct WrapRig : KeyRig {
    explicit WrapRig(const std::vector<Role>& for_roles) {
        for (Role each : for_roles) {
            recipients.push_back(role(each).recipient());
        }
        REQUIRE(disk.make_directories(kDirectory, 0700));
        before = key_file(recipients);
        disk.put_file(path(), before);
    }

    std::string path() const { return kDirectory + "/" + keys_file_name(header.segment_no); }

    Bytes file() const { return disk.content(path()); }

    Result<LocalWrapEnd> destroy() { return destroy_local_wrap(disk, kDirectory, header); }

    std::string opened_by_host() const { return opened(open_key_file(file(), header, local)); }

    std::string opened_by(Role who) const {
        return opened(role(who).open_segment_keys(file(), header));
    }

    FakeDisk disk;
    std::vector<Recipient> recipients;
    Bytes before;
};

const char* const kAll = "envelope prompt sources output";
const char* const kRecipientsOnly = "the segment is open to its recipients only";

}  // namespace

TEST_CASE("without its local wrap a segment opens for its recipients and not for the host") {
    WrapRig rig({Role::kAuditor, Role::kAnalyst});
    CHECK(rig.opened_by_host() == kAll);
    Result<LocalWrapEnd> ended = rig.destroy();
    REQUIRE(ended);
    CHECK(*ended == LocalWrapEnd::kDestroyed);
    CHECK(rig.opened_by_host() == kRecipientsOnly);
    CHECK_FALSE(open_position_key(rig.file(), rig.header, rig.local));
    CHECK(rig.opened_by(Role::kAuditor) == kAll);
    CHECK(rig.opened_by(Role::kAnalyst) == "envelope output");
    CHECK(*rig.destroy() == LocalWrapEnd::kWasGone);
    // Nothing of what the daily and the local key had made is left.
    KeyStanzas left = *decode_key_stanzas(rig.file());
    CHECK_FALSE(has_local_wrap(left));
    CHECK(left.list.size() == 6);
}

TEST_CASE("a local wrap stays while no auditor could open the segment") {
    for (const std::vector<Role>& roles :
         {std::vector<Role>{},
          {Role::kAnalyst, Role::kPromptEngineer, Role::kModelAdministrator}}) {
        WrapRig rig(roles);
        CHECK(*rig.destroy() == LocalWrapEnd::kNoRecoveryKey);
        CHECK(rig.file() == rig.before);
    }
}

TEST_CASE("a local wrap stays when the auditor's wrap of one section is missing or mutilated") {
    for (uint8_t section = 0; section < kSectionCount; ++section) {
        for (bool cut : {false, true}) {
            WrapRig rig({Role::kAuditor});
            KeyStanzas stanzas = *decode_key_stanzas(rig.before);
            if (cut) {
                for (KeyStanza& stanza : stanzas.list) {
                    if (stanza.type == StanzaType::kRecipient && stanza.section == section) {
                        stanza.payload.pop_back();
                    }
                }
            } else {
                std::erase_if(stanzas.list, [&](const KeyStanza& stanza) {
                    return stanza.type == StanzaType::kRecipient && stanza.section == section;
                });
            }
            rig.disk.put_file(rig.path(), encode_key_stanzas(stanzas));
            CHECK(*rig.destroy() == LocalWrapEnd::kNoRecoveryKey);
            CHECK(rig.opened_by_host() == kAll);
        }
    }
}

TEST_CASE("a key file that is gone needs no end, one that is another's is not touched") {
    WrapRig rig({Role::kAuditor});
    SegmentHeader other = rig.header;
    other.log_id.fill('M');
    Result<LocalWrapEnd> ended = destroy_local_wrap(rig.disk, kDirectory, other);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code == ErrorCode::kCorrupt);
    other = rig.header;
    other.segment_no = 8;
    rig.disk.put_file(kDirectory + "/" + keys_file_name(8), rig.before);
    CHECK_FALSE(destroy_local_wrap(rig.disk, kDirectory, other));
    rig.disk.put_file(rig.path(), "damaged");
    CHECK_FALSE(rig.destroy());
    CHECK(rig.file() == "damaged");
    rig.disk.remove_file(rig.path());
    CHECK(*rig.destroy() == LocalWrapEnd::kWasGone);
}

TEST_CASE("a crash at any step of destroying leaves the old key file or the new one, never none") {
    for (PowerCut cut :
         {PowerCut::kForget, PowerCut::kPrefix, PowerCut::kZeroPages, PowerCut::kKeepAll}) {
        bool finished = false;
        int kept = 0;
        int gone = 0;
        for (uint64_t steps = 0; !finished; ++steps) {
            WrapRig rig({Role::kAuditor});
            rig.disk.reset_count();
            rig.disk.stop_after(steps);
            finished = rig.destroy().has_value();
            FakeRandom shapes(steps);
            rig.disk.power_cut(cut, shapes);
            CHECK(rig.opened_by(Role::kAuditor) == kAll);
            bool host_opens = rig.opened_by_host() == kAll;
            CHECK((host_opens || rig.opened_by_host() == kRecipientsOnly));
            CHECK((host_opens ? kept : gone) >= 0);
            (host_opens ? kept : gone) += 1;
            CHECK_FALSE((finished && host_opens));
            // Whoever comes next ends it.
            REQUIRE(rig.destroy());
            CHECK(rig.opened_by_host() == kRecipientsOnly);
            REQUIRE(steps < 100);
        }
        CHECK(kept > 0);
        CHECK(gone > 0);
    }
}

TEST_CASE("an error at any step of destroying is told, and the host or the next try goes on") {
    for (uint64_t steps = 0; steps < 3; ++steps) {
        WrapRig rig({Role::kAuditor});
        rig.disk.reset_count();
        rig.disk.fail_operation(steps, 5);
        Result<LocalWrapEnd> ended = rig.destroy();
        CAPTURE(steps);
        REQUIRE_FALSE(ended);
        CHECK(ended.error().code == ErrorCode::kIo);
        CHECK(rig.opened_by(Role::kAuditor) == kAll);
        REQUIRE(rig.destroy());
        CHECK(rig.opened_by_host() == kRecipientsOnly);
    }
}

TEST_CASE("an erased section opens for nobody, the others as before") {
    WrapRig rig({Role::kAuditor, Role::kPromptEngineer});
    Result<bool> erased = erase_section_keys(rig.disk, kDirectory, rig.header, 1U << 1);
    REQUIRE(erased);
    CHECK(*erased);
    CHECK(rig.opened_by_host() == "envelope sources output");
    CHECK(rig.opened_by(Role::kAuditor) == "envelope sources output");
    CHECK(rig.opened_by(Role::kPromptEngineer) == "envelope output");
    CHECK_FALSE(*erase_section_keys(rig.disk, kDirectory, rig.header, 1U << 1));
    // What is erased needs no auditor.
    CHECK(*rig.destroy() == LocalWrapEnd::kDestroyed);
    CHECK(rig.opened_by(Role::kAuditor) == "envelope sources output");
}

TEST_CASE("erasing leaves no stanza of the section that a later version could have written") {
    WrapRig rig({Role::kAuditor});
    KeyStanzas stanzas = *decode_key_stanzas(rig.before);
    stanzas.list.push_back({StanzaType::kExternal, 1, "of the prompt"});
    stanzas.list.push_back({StanzaType::kExternal, 2, "of the sources"});
    stanzas.list.push_back({static_cast<StanzaType>(77), kWholeSegment, "perhaps of all"});
    rig.disk.put_file(rig.path(), encode_key_stanzas(stanzas));
    REQUIRE(*erase_section_keys(rig.disk, kDirectory, rig.header, 1U << 1));
    KeyStanzas left = *decode_key_stanzas(rig.file());
    for (const KeyStanza& stanza : left.list) {
        CHECK(stanza.section != 1);
        CHECK(static_cast<int>(stanza.type) != 77);
    }
    CHECK(has_stanza(left, StanzaType::kExternal, 2));
}

TEST_CASE("openers made of fewer keys say which section they have none for") {
    WrapRig rig({Role::kAnalyst});
    SegmentOpeners openers(*rig.role(Role::kAnalyst).open_segment_keys(rig.file(), rig.header));
    CHECK(openers.has(Section::kEnvelope));
    CHECK(openers.has(Section::kOutput));
    CHECK_FALSE(openers.has(Section::kPrompt));
    Bytes plaintext = "before";
    Result<void> opened = openers.open({}, {}, {}, Section::kPrompt, plaintext);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ErrorCode::kNotFound);
    CHECK(plaintext.empty());
}

TEST_CASE("recipients that came later are added to the segments that the host still opens") {
    WrapRig rig({Role::kAnalyst});
    std::vector<Recipient> wanted = {rig.role(Role::kAnalyst).recipient(),
                                     rig.role(Role::kAuditor).recipient()};
    Result<uint64_t> added =
        add_missing_recipients(rig.disk, rig.random, kDirectory, rig.header, rig.local, wanted);
    REQUIRE(added);
    CHECK(*added == 4);
    CHECK(rig.opened_by(Role::kAuditor) == kAll);
    CHECK(rig.opened_by(Role::kAnalyst) == "envelope output");
    CHECK(*add_missing_recipients(rig.disk, rig.random, kDirectory, rig.header, rig.local,
                                  wanted) == 0);
    REQUIRE(rig.destroy());
    wanted.push_back(rig.role(Role::kPromptEngineer).recipient());
    added = add_missing_recipients(rig.disk, rig.random, kDirectory, rig.header, rig.local, wanted);
    REQUIRE_FALSE(added);
    CHECK(added.error().message == kRecipientsOnly);
}
