#include "spool/local_keys.h"

#include <unistd.h>

#include <filesystem>

#include "base/hex.h"
#include "fakes/temp_directory.h"
#include "key_rig.h"
#include "platform/host.h"
#include "platform/posix.h"
#include "spool/local_wrap.h"
#include "spool/private_file.h"
#include "spool_rig.h"

using namespace llmtrail;

namespace {

Bytes key_text(char fill) {
    return "llmtrail-local-key-v1 " + to_hex(Bytes(32, fill)) + "\n";
}

struct CredentialRig : SpoolRig {
    CredentialRig() {
        options.credentials_directory = "/run/credentials/llmtrail.service";
        options.segment_bytes_max = uint64_t{1} << 20;
        REQUIRE(disk.make_directories(options.credentials_directory, 0500));
    }

    void put_credential(const std::string& name, char fill) {
        disk.put_file(options.credentials_directory + "/" + name, key_text(fill), 0400);
    }

    void use(std::vector<std::string> local) { options.local_keys = std::move(local); }

    void write_some(Workload& work, int turns = 4) {
        FakeRandom shapes(static_cast<uint64_t>(turns));
        Result<std::unique_ptr<SpoolWriter>> writer = open();
        REQUIRE_MESSAGE(writer, writer.error().message);
        position_key = Secret::copy_of((*writer)->position_key().reveal());
        REQUIRE(work.run(*this, **writer, turns, shapes));
        REQUIRE((*writer)->close());
    }

    // The local key ids that the segments' wraps name.
    std::set<std::string> ids() const {
        std::set<std::string> found;
        for (uint64_t no = 0; no < segments().size(); ++no) {
            KeyStanzas stanzas = *decode_key_stanzas(disk.content(path(keys_file_name(no))));
            for (const KeyStanza& stanza : stanzas.list) {
                if (!local_id_of(stanza).empty()) {
                    found.insert(to_hex(local_id_of(stanza)));
                }
            }
        }
        return found;
    }

    static std::string id_of(char fill) {
        LocalKey key = make_local_key(Secret::copy_of(Bytes(32, fill)));
        return to_hex({key.id.data(), key.id.size()});
    }

    Secret position_key;
};

// A key directory of the real file system.
struct KeyFolder {
    KeyFolder() {
        std::filesystem::create_directories(root / "state/keys");
        put("local.key", key_text('a'));
        put("identity.key", "llmtrail-identity-key-v1 " + to_hex(Bytes(32, 'i')) + "\n");
    }

    std::string keys() const { return root / "state/keys"; }

    void put(const std::string& name, ByteView text) {
        root.write("state/keys/" + name, text);
        mode("state/keys/" + name, 0600);
    }

    void mode(const std::string& name, int bits) {
        std::filesystem::permissions(root / name, std::filesystem::perms(bits));
    }

    std::string refusal() {
        Result<LocalKeys> loaded = load_local_keys(*files, keys());
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == ErrorCode::kPermission);
        return loaded.error().message;
    }

    TempDirectory root;
    std::unique_ptr<FileSystem> files = make_posix_file_system();
};

}  // namespace

TEST_CASE("a first start makes local and identity key, private; a second finds them") {
    SpoolRig rig;
    LocalKeys made =
        *load_or_make_local_keys(rig.disk, rig.random, std::string(rig.options.key_directory));
    CHECK(made.made_now);
    CHECK(rig.disk.info("/state/keys/local.key", false)->mode == 0600);
    CHECK(rig.disk.info("/state/keys/identity.key", false)->mode == 0600);
    LocalKeys found = *load_local_keys(rig.disk, rig.options.key_directory);
    CHECK(found.local.front().key.reveal() == made.local.front().key.reveal());
    CHECK(found.identity.public_key() == made.identity.public_key());
    CHECK_FALSE(found.made_now);
    CHECK(local_key_text(found.local.front()).reveal() ==
          ByteView(rig.disk.content("/state/keys/local.key")));
}

TEST_CASE("a file that is no key is refused, whatever is wrong with it") {
    SpoolRig rig;
    (void)*load_or_make_local_keys(rig.disk, rig.random, std::string("/state/keys"));
    Bytes good = rig.disk.content("/state/keys/local.key");
    for (const Bytes& wrong :
         {Bytes(), good.substr(0, good.size() - 1), good + "\n", good.substr(1),
          Bytes("llmtrail-identity-key-v1 ") + to_hex(Bytes(32, 'x')) + "\n",
          "llmtrail-local-key-v1 " + Bytes(64, 'g') + "\n",
          "llmtrail-local-key-v1 " + Bytes(64, 'A') + "\n", Bytes(4097, 'a')}) {
        rig.disk.put_file("/state/keys/local.key", wrong);
        Result<LocalKeys> loaded = load_local_keys(rig.disk, std::string("/state/keys"));
        REQUIRE_FALSE(loaded);
        CHECK((loaded.error().code == ErrorCode::kCrypto ||
               loaded.error().code == ErrorCode::kLimit));
        CHECK(loaded.error().message.find("local.key") != std::string::npos);
    }
}

TEST_CASE("a rotated credential is taken over at start, and nothing is read again for it") {
    CredentialRig rig;
    rig.put_credential("old", 'o');
    rig.put_credential("new", 'n');
    rig.use({"credential:old"});
    Workload work;
    rig.write_some(work);
    rig.write_some(work);
    CHECK(rig.ids() == std::set<std::string>{CredentialRig::id_of('o')});
    CHECK_FALSE(rig.disk.exists("/state/keys/local.key"));
    Secret position_key = std::move(rig.position_key);

    rig.use({"credential:new", "credential:old"});
    rig.write_some(work);
    CHECK(rig.ids() == std::set<std::string>{CredentialRig::id_of('n')});
    CHECK(rig.position_key.reveal() == position_key.reveal());
    check_all_readable(rig, work.committed());

    rig.use({"credential:new"});
    rig.disk.remove_file(rig.options.credentials_directory + "/old");
    check_all_readable(rig, work.committed());
    rig.write_some(work);
    CHECK(rig.position_key.reveal() == position_key.reveal());

    rig.put_credential("old", 'o');
    rig.use({"credential:old"});
    Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
    REQUIRE_FALSE(writer);
    CHECK(writer.error().code == ErrorCode::kCrypto);
    CHECK(writer.error().message.find("not wrapped for a local key of this host") !=
          std::string::npos);
}

TEST_CASE("from the key directory to a credential and back") {
    CredentialRig rig;
    Workload work;
    rig.write_some(work);
    Secret position_key = std::move(rig.position_key);
    rig.put_credential("c", 'c');
    rig.use({"credential:c", "auto"});
    rig.write_some(work);
    CHECK(rig.ids() == std::set<std::string>{CredentialRig::id_of('c')});
    rig.use({"auto", "credential:c"});
    rig.write_some(work);
    CHECK(rig.ids().count(CredentialRig::id_of('c')) == 0);
    CHECK(rig.position_key.reveal() == position_key.reveal());
    check_all_readable(rig, work.committed());
}

TEST_CASE("what outputs confirmed is believed under the key before, too") {
    CredentialRig rig;
    rig.put_credential("old", 'o');
    rig.put_credential("new", 'n');
    rig.use({"credential:old"});
    Workload work;
    FakeRandom shapes(4);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    writer->note_cursors({{"soc", 1}});
    REQUIRE(work.run(rig, *writer, 3, shapes));
    REQUIRE(writer->seal(SealReason::kForced));
    rig.clock.advance_millis(10'000);
    uint64_t end = writer->next_index();
    writer->note_cursors({{"soc", end}});
    writer.reset();
    rig.use({"credential:new", "credential:old"});
    CHECK((*rig.open())->recovered().cursors[0].second == end);
}

TEST_CASE("a log from before position keys had a wrap keeps the one it used") {
    CredentialRig rig;
    rig.put_credential("old", 'o');
    rig.put_credential("new", 'n');
    rig.use({"credential:old"});
    Workload work;
    rig.write_some(work);
    for (uint64_t no = 0; no < rig.segments().size(); ++no) {
        KeyStanzas stanzas = *decode_key_stanzas(rig.disk.content(rig.path(keys_file_name(no))));
        std::erase_if(stanzas.list, [](const KeyStanza& stanza) {
            return stanza.type == StanzaType::kPositionKey;
        });
        rig.disk.put_file(rig.path(keys_file_name(no)), encode_key_stanzas(stanzas));
    }
    Secret derived = hkdf_expand(Secret::copy_of(Bytes(32, 'o')), kPositionsInfo);
    rig.use({"credential:new", "credential:old"});
    rig.write_some(work);
    CHECK(rig.position_key.reveal() == derived.reveal());
    rig.use({"credential:new"});
    rig.write_some(work);
    CHECK(rig.position_key.reveal() == derived.reveal());
}

TEST_CASE("taking over survives a stop at every step") {
    for (bool stop_or_fail : {true, false}) {
        bool finished = false;
        for (uint64_t steps = 0; !finished; ++steps) {
            REQUIRE(steps < 200);
            CredentialRig rig;
            rig.put_credential("old", 'o');
            rig.put_credential("new", 'n');
            rig.use({"credential:old"});
            Workload work;
            rig.write_some(work, 2);
            rig.write_some(work, 2);
            std::vector<LocalKey> both;
            both.push_back(make_local_key(Secret::copy_of(Bytes(32, 'n'))));
            both.push_back(make_local_key(Secret::copy_of(Bytes(32, 'o'))));
            rig.disk.reset_count();
            if (stop_or_fail) {
                rig.disk.stop_after(steps);
            } else {
                rig.disk.fail_operation(steps, 5);
            }
            TakeOver taken =
                take_over_local_wraps(rig.disk, rig.random, rig.options.directory, {0, 1}, both);
            finished = taken.errors.empty();
            FakeRandom shapes(steps);
            rig.disk.power_cut(PowerCut::kPrefix, shapes);
            rig.use({"credential:new", "credential:old"});
            check_all_readable(rig, work.committed());
            rig.write_some(work, 1);
            CHECK(rig.ids() == std::set<std::string>{CredentialRig::id_of('n')});
        }
    }
}

TEST_CASE("a wrap that was tampered with is no reason to lose the others in taking over") {
    CredentialRig rig;
    rig.put_credential("old", 'o');
    rig.use({"credential:old"});
    Workload work;
    rig.write_some(work, 2);
    rig.write_some(work, 2);
    KeyStanzas stanzas = *decode_key_stanzas(rig.disk.content(rig.path(keys_file_name(0))));
    stanzas.list[0].payload.back() = static_cast<char>(stanzas.list[0].payload.back() ^ 1);
    Bytes tampered = encode_key_stanzas(stanzas);
    rig.disk.put_file(rig.path(keys_file_name(0)), tampered);
    std::vector<LocalKey> both;
    both.push_back(make_local_key(Secret::copy_of(Bytes(32, 'n'))));
    both.push_back(make_local_key(Secret::copy_of(Bytes(32, 'o'))));
    TakeOver taken =
        take_over_local_wraps(rig.disk, rig.random, rig.options.directory, {0, 1, 2}, both);
    CHECK(taken.rewritten == 1);
    REQUIRE(taken.errors.size() == 1);
    CHECK(taken.errors[0].message.starts_with(keys_file_name(0)));
    CHECK(rig.disk.content(rig.path(keys_file_name(0))) == tampered);
    both.erase(both.begin() + 1);
    taken = take_over_local_wraps(rig.disk, rig.random, rig.options.directory, {0, 1}, both);
    CHECK(taken.foreign == 1);  // only the new key's owner is left for segment 1
}

TEST_CASE("a credential that is not handed over stops the start and says what to write") {
    CredentialRig rig;
    rig.use({"credential:gone"});
    CHECK(rig.open().error().message.find("gone") != std::string::npos);
    rig.options.credentials_directory.clear();
    Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
    REQUIRE_FALSE(writer);
    CHECK(writer.error().message.find("LoadCredentialEncrypted=gone") != std::string::npos);
    rig.use({"credential:../state/keys/local.key"});
    writer = rig.open();
    REQUIRE_FALSE(writer);
    CHECK(writer.error().code == ErrorCode::kConfig);
}

TEST_CASE("the local key gives way to the next one, and one before that is not overwritten") {
    SpoolRig rig;
    LocalKeys old = *load_or_make_local_keys(rig.disk, rig.random, std::string("/state/keys"));
    LocalKey next = make_local_key(*Secret::random(rig.random, kDataKeyBytes));
    REQUIRE(replace_local_key(rig.disk, "/state/keys", next));
    LocalKeys both = *load_local_keys(rig.disk, std::string("/state/keys"));
    REQUIRE(both.local.size() == 2);
    CHECK(both.local[0].id == next.id);
    CHECK(both.local[1].id == old.local[0].id);
    Result<void> again = replace_local_key(rig.disk, "/state/keys", next);
    REQUIRE_FALSE(again);
    CHECK(again.error().code == ErrorCode::kExists);
    REQUIRE(forget_previous_local_key(rig.disk, "/state/keys"));
    REQUIRE(forget_previous_local_key(rig.disk, "/state/keys"));
    CHECK(load_local_keys(rig.disk, std::string("/state/keys"))->local.size() == 1);
}

TEST_CASE("replacing the local key leaves one that opens the spool at every step") {
    bool finished = false;
    for (uint64_t steps = 0; !finished; ++steps) {
        REQUIRE(steps < 100);
        SpoolRig rig;
        REQUIRE(rig.disk.make_directories("/state/keys", 0700));
        LocalKeys old = *load_or_make_local_keys(rig.disk, rig.random, std::string("/state/keys"));
        LocalKey next = make_local_key(*Secret::random(rig.random, kDataKeyBytes));
        rig.disk.reset_count();
        rig.disk.stop_after(steps);
        finished = replace_local_key(rig.disk, "/state/keys", next).has_value();
        FakeRandom shapes(steps);
        rig.disk.power_cut(PowerCut::kForget, shapes);
        Result<LocalKeys> left = load_local_keys(rig.disk, std::string("/state/keys"));
        REQUIRE_MESSAGE(left, steps << " steps: " << left.error().message);
        CHECK(left->local_of({old.local[0].id.data(), old.local[0].id.size()}) != nullptr);
    }
}

TEST_CASE("a key in a folder of this host is read when it is private") {
    KeyFolder folder;
    Result<LocalKeys> loaded = load_local_keys(*folder.files, folder.keys());
    REQUIRE_MESSAGE(loaded, loaded.error().message);
    CHECK(loaded->local.front().key.reveal() == Bytes(32, 'a'));
}

TEST_CASE("a key that others may read is refused, with the command that helps") {
    for (int bits : {0640, 0604, 0660, 0610, 0601, 0622}) {
        KeyFolder folder;
        folder.mode("state/keys/local.key", bits);
        std::string path = folder.keys() + "/local.key";
        CHECK(folder.refusal() ==
              "reading a key: " + path + " can be read by group or others: chmod 600 " + path);
    }
}

TEST_CASE("a key that is a link, a folder or a pipe is refused") {
    KeyFolder folder;
    std::string path = folder.keys() + "/local.key";
    std::filesystem::rename(path, path + ".real");
    std::filesystem::create_symlink(path + ".real", path);
    CHECK(folder.refusal() ==
          "reading a key: " + path + " is a symbolic link: put the key itself there");
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    CHECK(folder.refusal() == "reading a key: " + path + " is not a regular file");
}

TEST_CASE("a folder on the way to a key that others may write is named") {
    for (const char* name : {"state/keys", "state"}) {
        KeyFolder folder;
        folder.mode(name, 0775);
        std::string directory = folder.root / name;
        CHECK(folder.refusal() == "reading a key: " + directory + ", on the way to " +
                                      folder.keys() +
                                      "/local.key, can be written by group or others: chmod "
                                      "go-w " +
                                      directory);
        folder.mode(name, 01777);  // only its owner removes what lies in it
        CHECK(load_local_keys(*folder.files, folder.keys()));
    }
}

TEST_CASE("a key or a folder of somebody else is refused") {
    FileInfo info;
    info.type = FileType::kRegular;
    info.mode = 0600;
    info.owner = 1000;
    CHECK(check_private_file("/k/x", info, PrivateFile::kKey, 1000));
    Result<void> refused = check_private_file("/k/x", info, PrivateFile::kKey, 1001);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with("/k/x belongs to user 1000"));
    info.owner = 0;
    CHECK(check_private_file("/k/x", info, PrivateFile::kKey, 1001));
    if (effective_user() != 0) {
        MESSAGE("SKIPPED: only root can give a folder to somebody else");
        return;
    }
    KeyFolder folder;
    REQUIRE(::chown((folder.root / "state").c_str(), 12'345, 12'345) == 0);
    CHECK(folder.refusal().find(", belongs to user 12345, who can replace what lies in it") !=
          std::string::npos);
}

TEST_CASE("root reads an agent's keys for a command, and never for an agent of its own") {
    KeyFolder folder;
    if (effective_user() != 0) {
        MESSAGE("SKIPPED: only root can give files to somebody else");
        return;
    }
    for (const char* name :
         {"state", "state/keys", "state/keys/local.key", "state/keys/identity.key"}) {
        REQUIRE(::chown((folder.root / name).c_str(), 12'345, 12'345) == 0);
    }
    CHECK(load_local_keys_as_reader(*folder.files, folder.keys()));
    CHECK(load_local_secrets_as_reader(*folder.files, folder.keys()));
    CHECK(load_local_key(*folder.files, folder.keys() + "/local.key"));
    CHECK(folder.refusal().find("belongs to user 12345") != std::string::npos);

    REQUIRE(::chown((folder.root / "state/keys/local.key").c_str(), 12'346, 12'346) == 0);
    CHECK_FALSE(load_local_keys_as_reader(*folder.files, folder.keys()));
}

TEST_CASE("a credential may be readable by the group that systemd made for it, and no further") {
    FileInfo info;
    info.type = FileType::kRegular;
    for (uint32_t mode : {0400U, 0440U}) {
        info.mode = mode;
        CHECK(check_private_file("/run/c", info, PrivateFile::kCredential, 1000));
    }
    for (uint32_t mode : {0444U, 0404U, 0420U, 0460U, 0410U}) {
        info.mode = mode;
        CHECK_FALSE(check_private_file("/run/c", info, PrivateFile::kCredential, 1000));
    }
}
