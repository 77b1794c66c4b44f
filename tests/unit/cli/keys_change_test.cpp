#include "keys_host.h"
#include "spool/local_wrap.h"
#include "spool/segment_file.h"

using namespace llmtrail;

TEST_CASE("keys init makes the keys of a host once and prints what others verify against") {
    KeysHost host;
    CHECK(host.run({"init", "--keys", host.keys()}) == ExitCode::kOk);
    CHECK(host.data.text.starts_with("ed25519:"));
    CHECK(host.data.text == *host.files->read_file(host.keys() + "/identity.pub", 1000));
    CHECK(has(host.talk_text, "made the keys of this host"));
    std::string first = host.data.text;
    CHECK(host.run({"init", "--keys", host.keys()}) == ExitCode::kOk);
    CHECK(host.data.text == first);
    CHECK(has(host.talk_text, "the keys of this host were there"));
    CHECK(host.files->info(host.keys(), false)->mode == 0700);
    CHECK(host.files->info(host.keys() + "/local.key", false)->mode == 0600);
}

TEST_CASE("keys init makes no keys for a log that has its own somewhere else") {
    KeysHost host;
    host.write_segments(1);
    std::filesystem::rename(host.keys() + "/identity.key", host.root / "identity.key");
    CHECK(host.run({"init", "--keys", host.keys()}) == ExitCode::kConfig);
    CHECK(has(host.talk_text, "holds a log already"));
}

TEST_CASE("keys new makes a role key under a passphrase and prints the line for agent.yaml") {
    KeysHost host;
    host.inputs.lines = {"a long enough phrase", "a long enough phrase"};
    std::string out = host.root / "auditor.key";
    CHECK(host.run({"new", "--role", "auditor", "--out", out}) == ExitCode::kOk);
    CHECK(host.inputs.prompts.size() == 2);
    CHECK(host.files->info(out, false)->mode == 0600);
    Bytes file = *host.files->read_file(out, kRoleKeyFileBytesMax);
    Result<RoleKey> key = RoleKey::load(file, Secret::copy_of("a long enough phrase"));
    REQUIRE(key);
    CHECK(host.data.text ==
          "- {role: auditor, key: \"" + recipient_key_text(key->public_key()) + "\"}\n");
    CHECK(has(host.talk_text, "spool.recipients"));
    CHECK_FALSE(has(host.talk_text, "long enough"));
    // The line is what the configuration takes.
    CHECK(host.run({"list", "--config", host.config("    " + host.data.text)}) == ExitCode::kIo);
    CHECK(has(host.data, "role auditor"));
}

TEST_CASE("keys new never overwrites, and asks for nothing before it knows that it can go on") {
    KeysHost host;
    host.root.write("there", "precious");
    CHECK(host.run({"new", "--role", "auditor", "--out", host.root / "there"}) != ExitCode::kOk);
    CHECK(host.inputs.prompts.empty());
    CHECK(has(host.talk_text, "is there already: keys are not overwritten"));
    CHECK(*host.files->read_file(host.root / "there", 100) == "precious");
    CHECK(host.run({"new", "--local", "--out", host.root / "there"}) != ExitCode::kOk);
    CHECK(*host.files->read_file(host.root / "there", 100) == "precious");
    CHECK(host.run({"new", "--role", "auditor"}) == ExitCode::kUsage);
    CHECK(host.run({"new", "--out", host.root / "x"}) == ExitCode::kUsage);
    CHECK(host.run({"new", "--role", "auditor", "--local", "--out", host.root / "x"}) ==
          ExitCode::kUsage);
    CHECK(host.run({"new", "--role", "king", "--out", host.root / "x"}) == ExitCode::kUsage);
    CHECK(host.run({"new", "--role", "auditor", "--out", "-"}) == ExitCode::kUsage);
    CHECK(host.inputs.prompts.empty());
}

TEST_CASE("a passphrase is long enough, typed twice alike, or the first line of a file") {
    KeysHost host;
    std::string out = host.root / "role.key";
    host.inputs.lines = {"a long enough phrase", "a long enough phrasf"};
    CHECK(host.run({"new", "--role", "analyst", "--out", out}) != ExitCode::kOk);
    CHECK(has(host.talk_text, "the two passphrases are not the same"));
    host.inputs.lines = {"short", "short"};
    CHECK(host.run({"new", "--role", "analyst", "--out", out}) != ExitCode::kOk);
    CHECK(has(host.talk_text, "12 to 1024 bytes"));
    CHECK(host.run({"new", "--role", "analyst", "--out", out}) != ExitCode::kOk);
    CHECK(has(host.talk_text, "name its file with --passphrase-file"));
    CHECK_FALSE(std::filesystem::exists(out));
    host.root.write("phrase", "from a file, long enough\r\nsecond line\n");
    CHECK(host.run({"new", "--role", "analyst", "--out", out, "--passphrase-file",
                    host.root / "phrase"}) == ExitCode::kOk);
    CHECK(has(host.talk_text, "may be read by group or others"));
    CHECK(RoleKey::load(*host.files->read_file(out, kRoleKeyFileBytesMax),
                        Secret::copy_of("from a file, long enough")));
}

TEST_CASE("a local key for a credential goes to a private file or to standard output") {
    KeysHost host;
    CHECK(host.run({"new", "--local", "--out", "-"}) == ExitCode::kOk);
    CHECK(host.data.text.starts_with("llmtrail-local-key-v1 "));
    CHECK(host.data.text.size() == 22 + 64 + 1);
    CHECK(has(host.talk_text, "systemd-creds encrypt"));
    std::string out = host.root / "credential";
    CHECK(host.run({"new", "--local", "--out", out}) == ExitCode::kOk);
    CHECK(host.data.text.empty());
    CHECK(load_local_key(*host.files, out));
}

TEST_CASE("keys rotate local puts every segment under a new key, and the agent goes on") {
    KeysHost host;
    host.write_segments(3);
    std::string before = host.local_id();
    CHECK(host.run({"rotate", "local", "--keys", host.keys()}) == ExitCode::kOk);
    std::string after = host.local_id();
    CHECK(before != after);
    CHECK(host.local_ids() == std::set<std::string>{after});
    CHECK_FALSE(std::filesystem::exists(host.keys() + "/local-previous.key"));
    host.write_segments(1);
    CHECK(host.local_ids() == std::set<std::string>{after});
}

TEST_CASE("keys rotate tells what it cannot do, and does nothing") {
    KeysHost host;
    host.write_segments(1);
    std::string before = host.local_id();
    CHECK(host.run({"rotate", "identity", "--keys", host.keys()}) == ExitCode::kConfig);
    CHECK(has(host.talk_text, "the identity key of a log cannot change"));
    CHECK(has(host.talk_text, "begin a new log"));
    CHECK(host.run({"rotate", "daily", "--keys", host.keys()}) == ExitCode::kUsage);
    CHECK(host.run({"rotate"}) == ExitCode::kUsage);
    std::string config = host.config("", "keys: {local: [credential:a, auto]}\n");
    CHECK(host.run({"rotate", "local", "--config", config}) == ExitCode::kConfig);
    CHECK(has(host.talk_text, "llmtrail keys new --local"));
    CHECK(host.local_id() == before);
}

TEST_CASE("rotate and rewrap do not touch the spool of a running agent") {
    KeysHost host;
    host.write_segments(1);
    auto lock = host.files->lock(host.spool() + "/" + std::string(kLockName));
    REQUIRE(lock);
    std::string before = host.local_id();
    CHECK(host.run({"rotate", "local", "--keys", host.keys()}) == ExitCode::kIo);
    CHECK(has(host.talk_text, "stop the agent first"));
    CHECK(host.run({"rewrap", "--keys", host.keys()}) == ExitCode::kIo);
    CHECK(host.local_id() == before);
}

TEST_CASE("a rotation that was interrupted is finished by the next, or by rewrap") {
    for (const char* command : {"rewrap", "rotate"}) {
        KeysHost host;
        host.write_segments(2);
        REQUIRE(replace_local_key(*host.files, host.keys(),
                                  make_local_key(*Secret::random(host.random, 32))));
        CHECK(host.run({"list", "--keys", host.keys()}) == ExitCode::kOk);
        CHECK(has(host.talk_text, "2 segments are wrapped under an older local key"));
        std::vector<std::string> arguments = {command, "--keys", host.keys()};
        if (arguments[0] == "rotate") {
            arguments.emplace_back("local");
        }
        CHECK(host.run(arguments) == ExitCode::kOk);
        CHECK(host.local_ids() == std::set<std::string>{host.local_id()});
        CHECK_FALSE(std::filesystem::exists(host.keys() + "/local-previous.key"));
    }
}

TEST_CASE("segments under a key that is not here are counted, and left alone") {
    KeysHost host;
    host.write_segments(2);
    std::filesystem::remove(host.keys() + "/local.key");
    REQUIRE(load_or_make_local_keys(*host.files, host.random, host.keys()));
    CHECK(host.run({"rewrap", "--keys", host.keys()}) == ExitCode::kOk);
    CHECK(has(host.talk_text, "2 segments are wrapped under a local key that is not here"));
    RoleKey auditor = *RoleKey::generate(Role::kAuditor, host.random);
    CHECK(host.run({"check", "--config", host.config(KeysHost::line_of(auditor))}) ==
          ExitCode::kConfig);
    CHECK(has(host.talk_text, "2 segments are wrapped under a local key that is not here"));
}

TEST_CASE(
    "keys rewrap --recipients lets an auditor who came later open what the host still opens") {
    KeysHost host;
    host.write_segments(2);
    RoleKey auditor = *RoleKey::generate(Role::kAuditor, host.random);
    std::string config = host.config(KeysHost::line_of(auditor));
    CHECK(host.run({"rewrap", "--config", config}) == ExitCode::kOk);
    CHECK(host.data.text == "segments 2, rewrapped 0, wraps for recipients added 0\n");
    CHECK(host.run({"rewrap", "--recipients", "--config", config}) == ExitCode::kOk);
    CHECK(host.data.text == "segments 2, rewrapped 0, wraps for recipients added 8\n");
    for (uint64_t no : {uint64_t{0}, uint64_t{1}}) {
        auto file = SegmentFile::open(*host.files, host.spool() + "/" + segment_file_name(no));
        Bytes bytes =
            *host.files->read_file(host.spool() + "/" + keys_file_name(no), kKeyFileBytesMax);
        CHECK(auditor.open_segment_keys(bytes, file->header()));
        CHECK(*destroy_local_wrap(*host.files, host.spool(), file->header()) ==
              LocalWrapEnd::kDestroyed);
    }
    CHECK(host.run({"list", "--config", config}) == ExitCode::kOk);
    CHECK(has(host.data, "segments: 2, this host opens 0, nobody else opens 0 of them\n"));
}
