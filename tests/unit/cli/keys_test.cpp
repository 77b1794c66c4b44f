#include "command_case.h"

using namespace llmtrail;

namespace {

void write_keys(CommandCase& command) {
    command.files.files["/k/local.key"] = {"llmtrail-local-key-v1 00\n", 0600, 0,
                                           ErrorCode::kInternal};
    command.files.files["/k/identity.key"] = {"llmtrail-identity-key-v1 00\n", 0600, 0,
                                              ErrorCode::kInternal};
    command.files.files["/k/identity.pub"] = {"ed25519:AAAA\n", 0644, 0, ErrorCode::kInternal};
}

}  // namespace

TEST_CASE("keys list shows purpose, age and limits, and only the public key's value") {
    CommandCase command;
    write_keys(command);
    CHECK(command.run({"keys", "list", "--keys", "/k"}) == ExitCode::kOk);
    CHECK(contains(command.data.text,
                   "/k/local.key\n  purpose: opens the spool on this host\n  age: 20454 days\n"));
    CHECK(contains(command.data.text, "  value: ed25519:AAAA\n"));
    CHECK_FALSE(contains(command.data.text, "key-v1"));
}

TEST_CASE("keys list complains of a key that others may read, and of one that is not there") {
    CommandCase command;
    write_keys(command);
    command.files.files["/k/local.key"].mode = 0640;
    CHECK(command.run({"keys", "list", "--keys", "/k"}) == ExitCode::kPermission);
    CHECK(contains(command.talk_text.text, "chmod 0600 /k/local.key"));
    command.files.files.erase("/k/identity.key");
    command.files.files["/k/local.key"].mode = 0600;
    CHECK(command.run({"keys", "list", "--keys", "/k"}) == ExitCode::kIo);
    CHECK(contains(command.talk_text.text, "/k/identity.key"));
    CHECK(command.run({"keys", "list", "--keys", "/none"}) == ExitCode::kIo);
    CHECK(contains(command.talk_text.text,
                   "llmtrail: hint: keys are made when the agent first starts"));
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
