#include "keys_host.h"

using namespace llmtrail;

TEST_CASE("keys list shows every key with kind, id, place, age, limit and next change, no secret") {
    KeysHost host;
    RoleKey auditor = *RoleKey::generate(Role::kAuditor, host.random);
    host.clock.advance_millis(-30 * kDayMillis);
    host.write_segments(2, {auditor.recipient()});
    host.clock.advance_millis(30 * kDayMillis);
    CHECK(host.run({"list", "--config", host.config(KeysHost::line_of(auditor))}) == ExitCode::kOk);
    for (const char* part :
         {"identity key (Ed25519)\n  id: ", "local key (AES-256)\n  id: ",
          "daily key (AES-256)\n  id: ", "data key (AES-256)\n  id: ",
          "recipient key (X25519)\n  id: ", "seal key (Ed25519)\n  where: memory of the agent",
          "  limit: 24 h\n", "  limit: 1 h, 64 MiB or 2^20 records\n", "  limit: one signature\n",
          "  limit: 90 days, at most 365\n", "  limit: 365 days\n",
          "  age: 30 days, at least: since the oldest segment here that is wrapped for it\n",
          "  next change: in 60 days: llmtrail keys new, then put it in spool.recipients\n",
          "  purpose: role auditor: opens envelope prompt sources output\n",
          "segments: 2, this host opens 2, nobody else opens 0 of them\n"}) {
        CHECK_MESSAGE(has(host.data, part), part);
    }
    CHECK(has(host.data, "  where: " + host.keys() + "/local.key\n"));
    CHECK(has(host.data, "  id: " + host.local_id() + "\n"));
    Bytes local = *host.files->read_file(host.keys() + "/local.key", 1000);
    CHECK_FALSE(has(host.data, ByteView(local).substr(22, 64)));
}

TEST_CASE("keys list --json is an object a line that a program can read") {
    KeysHost host;
    host.write_segments(1);
    CHECK(host.run({"list", "--keys", host.keys(), "--json"}) == ExitCode::kOk);
    CHECK(host.data.text.starts_with("{\"key\":\"identity\",\"kind\":\"Ed25519\",\"id\":\""));
    CHECK(has(host.data, "\n{\"key\":\"local\",\"kind\":\"AES-256\","));
    CHECK(has(host.data, "\"limit_seconds\":31536000,\"limit\":\"365 days\""));
    CHECK(has(host.data,
              "\n{\"segments\":1,\"locally_wrapped\":1,\"host_only\":1,"
              "\"under_older_key\":0,\"foreign\":0}\n"));
    for (size_t at = 0; at < host.data.text.size();) {
        size_t end = host.data.text.find('\n', at);
        CHECK(host.data.text[at] == '{');
        CHECK(host.data.text[end - 1] == '}');
        at = end + 1;
    }
}

TEST_CASE("keys check is silent about what is right, and fails without a recovery key") {
    KeysHost host;
    RoleKey auditor = *RoleKey::generate(Role::kAuditor, host.random);
    RoleKey analyst = *RoleKey::generate(Role::kAnalyst, host.random);
    host.write_segments(2, {auditor.recipient()});
    CHECK(host.run({"check", "--config", host.config(KeysHost::line_of(auditor))}) ==
          ExitCode::kOk);
    CHECK(host.data.text.empty());
    CHECK(host.run({"check", "--config", host.config("")}) == ExitCode::kConfig);
    CHECK(has(host.talk_text, "error: no recovery key: only this host can open the spool\n"));
    CHECK(host.run({"check", "--config", host.config(KeysHost::line_of(analyst))}) ==
          ExitCode::kConfig);
    CHECK(has(host.talk_text, "no recovery key"));
    CHECK(host.run({"check", "--config", host.config(""), "--json"}) == ExitCode::kConfig);
    CHECK(has(host.data, "{\"problem\":\"no recovery key: only this host can open the spool\""));
    CHECK(host.run({"check", "--keys", host.keys()}) == ExitCode::kConfig);
    CHECK(has(host.talk_text, "without a configuration"));
}

TEST_CASE("keys check fails when a key is older than its limit, each by its own") {
    KeysHost host;
    RoleKey auditor = *RoleKey::generate(Role::kAuditor, host.random);
    std::string config = host.config(KeysHost::line_of(auditor));
    host.write_segments(1, {auditor.recipient()});
    auto after_days = [&](int days) {
        host.clock.advance_millis(days * kDayMillis);
        return host.run({"check", "--config", config});
    };
    CHECK(after_days(91) == ExitCode::kOk);
    CHECK(has(host.talk_text, "warning: recipient key "));
    CHECK(has(host.talk_text, " (auditor) has been in use for 91 days, its limit is 90 days\n"));
    CHECK(after_days(276) == ExitCode::kConfig);
    CHECK(has(host.talk_text, "for 367 days, its hard limit is 365 days\n"));
    CHECK(has(host.talk_text, "the local key is 366 days old, its limit is 365 days\n"));
    CHECK(has(host.talk_text, "the identity key is 366 days old, its limit is 365 days\n"));
}

TEST_CASE("keys check fails when data keys were in use for longer than their hour") {
    KeysHost host;
    RoleKey auditor = *RoleKey::generate(Role::kAuditor, host.random);
    host.write_segments(2, {auditor.recipient()});
    std::string segment = host.spool() + "/" + segment_file_name(0);
    auto written = std::filesystem::last_write_time(segment);
    std::filesystem::last_write_time(segment, written + std::chrono::hours(3));
    CHECK(host.run({"check", "--config", host.config(KeysHost::line_of(auditor))}) ==
          ExitCode::kConfig);
    CHECK(has(host.talk_text,
              segment_file_name(0) + ": data keys were in use for 3 h, their limit is 1 h"));
}

TEST_CASE("a private key that somebody else could read makes list and check fail with 77") {
    for (const char* name : {"local.key", "identity.key"}) {
        KeysHost host;
        host.write_segments(1);
        host.mode(host.keys() + "/" + name, 0640);
        CHECK(host.run({"list", "--keys", host.keys()}) == ExitCode::kPermission);
        CHECK(has(host.talk_text, "chmod 600 " + host.keys() + "/" + name));
        CHECK(host.run({"check", "--config", host.config("")}) == ExitCode::kPermission);
    }
    KeysHost host;
    host.write_segments(1);
    host.mode(host.keys(), 0777);
    CHECK(host.run({"list", "--keys", host.keys()}) == ExitCode::kPermission);
    CHECK(has(host.talk_text, "chmod go-w " + host.keys()));
}

TEST_CASE("missing keys are named, with what makes them") {
    KeysHost host;
    CHECK(host.run({"list", "--keys", host.keys()}) == ExitCode::kIo);
    CHECK(has(host.talk_text, host.keys() + "/identity.key"));
    CHECK(has(host.talk_text, "llmtrail keys init"));
}

TEST_CASE("a damaged key file is told and does not stop the rest") {
    KeysHost host;
    host.write_segments(2);
    host.root.write("state/spool/" + keys_file_name(0), "damaged");
    CHECK(host.run({"list", "--keys", host.keys()}) == ExitCode::kIo);
    CHECK(has(host.talk_text, keys_file_name(0) + ": not a whole key file"));
    CHECK(has(host.data, "identity key"));
    CHECK(host.run({"rotate", "local", "--keys", host.keys()}) == ExitCode::kIo);
    CHECK(has(host.talk_text, "no new local key was made"));
}

TEST_CASE("verify of nothing cannot verify") {
    CommandCase command;
    command.files.files["/s/keys/identity.pub"] = {"ed25519:AAAA\n", 0644, 0, ErrorCode::kInternal};
    CHECK(command.run({"verify", "--spool", "/s/spool"}) == ExitCode::kCannotVerify);
    CHECK(command.data.text.starts_with("CANNOT_VERIFY\n"));
    CHECK(command.run({"verify", "--spool", "/s/spool", "--json"}) == ExitCode::kCannotVerify);
    CHECK(command.data.text.starts_with("{\"verdict\":\"CANNOT_VERIFY\","));
    CHECK(command.data.text.ends_with("}\n"));
}
