// `llmtrail reload` against a socket that answers, and the parts of `check` that read the key
// table.
#include <doctest/doctest.h>

#include <thread>

#include "command_case.h"
#include "config/key_table.h"
#include "fakes/temp_directory.h"
#include "json_tree/json_tree.h"
#include "platform/local_listener.h"
#include "platform/wait.h"

using namespace llmtrail;

namespace {

struct Answered {
    ExitCode code = ExitCode::kInternal;
    std::string data;
    std::string talk;
};

// What the command makes of an agent that answers so.
Answered answered(const std::string& json) {
    TempDirectory directory;
    std::string socket = directory / "status.sock";
    auto listener = listen_locally(reload_socket(socket), kOwnerMayConnect);
    REQUIRE(listener);
    std::thread agent([&] {
        WaitEntry entry{(*listener)->descriptor(), StreamWants::kRead, false};
        (void)wait_for({&entry, 1}, 10'000);
        if (auto caller = (*listener)->accept()) {
            CHECK(caller->user() == geteuid());
            caller->answer(json);
        }
    });
    CommandCase host;
    Answered result;
    result.code = host.run({"reload", "--socket", socket});
    agent.join();
    result.data = host.data.text;
    result.talk = host.talk_text.text;
    return result;
}

}  // namespace

TEST_CASE("reload prints the verdict, what changed and what is wrong, and exits by it") {
    Answered good = answered(
        R"({"verdict":"accepted","generation":3,"digest":"0123456789abcdef0123","digest_read":"00",)"
        R"("keys":["outputs.soc.address"],"errors":[]})");
    CHECK(good.code == ExitCode::kOk);
    CHECK(good.data == "accepted: generation 3, digest 0123456789abcdef\n  outputs.soc.address\n");
    CHECK(good.talk.empty());

    Answered bad = answered(
        R"({"verdict":"refused","generation":3,"digest":"ab","digest_read":"cd","keys":[],)"
        R"("errors":["/etc/a.yaml:1:1: error: x\n  1 | \u001b[31m\n","output soc: y"]})");
    CHECK(bad.code == ExitCode::kConfig);
    CHECK(contains(bad.talk, "/etc/a.yaml:1:1: error: x\n  1 | \\x1b[31m\noutput soc: y\n"));
    CHECK(contains(bad.talk, "what was in force stays so"));

    CHECK(answered(R"({"verdict":"restart needed","generation":1})").code == ExitCode::kConfig);
    CHECK(answered(R"({"verdict":"forbidden","generation":1})").code == ExitCode::kPermission);
    CHECK(answered(R"({"verdict":"unchanged","generation":1})").code == ExitCode::kOk);
    CHECK(answered("").code == ExitCode::kIo);
    CHECK(answered("{}").code == ExitCode::kIo);
}

TEST_CASE("reload says what to look at when nobody answers") {
    CommandCase host;
    CHECK(host.run({"reload", "--socket", "/no/such/socket"}) == ExitCode::kIo);
    CHECK(contains(host.talk_text.text, "systemctl status llmtrail"));
}

TEST_CASE("check --explain says what a key means, and names the nearest when there is none") {
    CommandCase host;
    CHECK(host.run({"check", "--explain", "outputs.soc.tls.reconnect_after"}) == ExitCode::kOk);
    for (const char* words : {"outputs[].tls.reconnect_after\n", "duration, 1min to 7d", "8h",
                              "syslog splunk_hec", "llmtrail reload"}) {
        CAPTURE(words);
        CHECK(contains(host.data.text, words));
    }
    CommandCase group;
    CHECK(group.run({"check", "--explain", "retention"}) == ExitCode::kOk);
    CHECK(contains(group.data.text, "spool.retention.min_age\n"));
    CommandCase typo;
    CHECK(typo.run({"check", "--explain", "spool.max_sise"}) == ExitCode::kUsage);
    CHECK(contains(typo.talk_text.text, "did you mean `spool.max_size`?"));
}

TEST_CASE("check --effective prints YAML with origins, and the errors of what cannot be read") {
    CommandCase host;
    host.files.files["/e/agent.yaml"].text = "spool: {max_size: 4GiB}\n";
    CHECK(host.run({"check", "--effective", "--config", "/e/agent.yaml"}) == ExitCode::kOk);
    CHECK(contains(host.data.text, "  max_size: 4GiB"));
    CHECK(contains(host.data.text, "# /e/agent.yaml:1\n"));
    CHECK(contains(host.data.text, "# default\n"));
    host.files.files["/e/agent.yaml"].text = "spol: {}\n";
    CHECK(host.run({"check", "--effective", "--config", "/e/agent.yaml"}) == ExitCode::kConfig);
}

TEST_CASE("check --schema is JSON that has every key of the table, where it stands") {
    CommandCase host;
    CHECK(host.run({"check", "--schema"}) == ExitCode::kOk);
    JsonTree tree;
    Result<JsonValue> schema = tree.read(host.data.text, false);
    REQUIRE(schema);
    CHECK((*schema)["$schema"].text() == "https://json-schema.org/draft/2020-12/schema");
    for (std::span<const KeyRow> rows : {general_keys(), output_keys()}) {
        for (const KeyRow& row : rows) {
            CAPTURE(row.key);
            JsonValue at = *schema;
            std::string words(row.key);
            std::replace(words.begin(), words.end(), '.', ' ');
            for (std::string_view name : key_words(words)) {
                bool list = name.ends_with("[]");
                name.remove_suffix(list ? 2 : 0);
                CHECK(at["additionalProperties"].boolean() == false);
                at = at["properties"][name];
                at = list ? at["items"] : at;
            }
            CHECK(at.is_object());
            CHECK((at["type"].exists() || at["enum"].exists()));
        }
    }
}
