#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "cli/diag_bundle.h"
#include "cli/tar_archive.h"
#include "host_case.h"
#include "platform/local_listener.h"
#include "platform/program_output.h"
#include "platform/wait.h"

using namespace llmtrail;

namespace {

constexpr char kCanary[] = "canary-5f3a91c0";

// Everything that must not get out, in every place it could come from.
void plant_canaries(const HostCase& host) {
    ::setenv("LLMTRAIL_TEST_TOKEN", kCanary, 1);
    for (const char* folder : {"state", "state/spool", "state/keys", "logs"}) {
        REQUIRE(::mkdir((host.directory / folder).c_str(), 0700) == 0);
    }
    std::string line = std::string("{\"prompt\":\"") + kCanary + "\",\"response\":\"b\"}\n";
    host.directory.write("logs/app.jsonl", line);
    host.directory.write("state/spool/seg-00000000000000000001.lsp", line);
    host.directory.write("state/keys/local.key", kCanary);
    host.directory.write("agent.yaml",
                         "state_dir: " + host.directory.path() + "/state\nstatus_socket: " +
                             host.directory.path() + "/agent.sock\nsources: [{id: app, paths: ['" +
                             host.directory.path() + "/logs/*']}]\noutputs:\n  - {id: splunk, " +
                             "type: splunk_hec, url: 'https://localhost:9', token: ['" +
                             "${env:LLMTRAIL_TEST_TOKEN}', " + host.secret(kCanary) + "]}\n");
    REQUIRE(::chmod((host.directory / "agent.yaml").c_str(), 0600) == 0);
}

std::string unpacked(const std::string& path) {
    std::array<const char*, 3> words = {"/usr/bin/tar", "-xzOf", path.c_str()};
    auto text = program_output(words, size_t{8} << 20, 20'000);
    REQUIRE(text);
    return *text;
}

std::string raw(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a bundle has the facts, and no secret, prompt or key from wherever it could come") {
    HostCase host;
    plant_canaries(host);
    std::string out = host.directory / "diag.tar.gz";
    auto listener = listen_locally(host.directory / "agent.sock");
    REQUIRE(listener);
    std::thread agent([&] {
        WaitEntry entries[] = {{(*listener)->descriptor(), StreamWants::kRead, false}};
        CHECK(wait_for(entries, 20'000).value_or(0) == 1);
        (*listener)->answer(std::string("{\"generation\":7,\"configuration\":{\"last_reload\":{") +
                            "\"verdict\":\"rejected\",\"error\":\"" + kCanary +
                            "\"}},\"outputs\":[{\"last_error\":\"" + kCanary + "\"}]}\n");
    });
    CHECK(host.run({"diag", "--out", out}) == ExitCode::kOk);
    agent.join();
    CHECK(host.files->info(out, false)->mode == 0600);
    std::string text = unpacked(out);
    for (const char* fact :
         {"llmtrail " LLMTRAIL_VERSION, "${env:LLMTRAIL_TEST_TOKEN}",
          "seg-00000000000000000001.lsp", "source app: 1 files", "osrelease",
          "SHA-256 of each file", "  status.json\n", "\"verdict\":\"rejected\"", "\"segments\":"}) {
        CHECK_MESSAGE(contains(text, fact), fact << " is not in\n" << text);
    }
    CHECK_FALSE(contains(text, kCanary));
    CHECK_FALSE(contains(raw(out), kCanary));
    CHECK_FALSE(contains(host.data.text, kCanary));
    CHECK(contains(raw(host.directory / "logs/app.jsonl"), kCanary));  // it was there to be found
    ::unsetenv("LLMTRAIL_TEST_TOKEN");
}

TEST_CASE("of a configuration in error only the places are told") {
    HostCase host;
    host.directory.write("agent.yaml", std::string("pasword: ") + kCanary + "\n");
    REQUIRE(::chmod((host.directory / "agent.yaml").c_str(), 0600) == 0);
    std::string out = host.directory / "diag.tar.gz";
    CHECK(host.run({"diag", "--no-verify", "--out", out}) == ExitCode::kOk);
    std::string text = unpacked(out);
    CHECK(contains(text, "agent.yaml:1:1\n"));
    CHECK_FALSE(contains(text, kCanary));
    CHECK(contains(text, "verify.json: --no-verify"));
}

TEST_CASE("a bundle is written only where nobody else can change it, and over nothing") {
    HostCase host;
    host.configure("");
    ::mkdir((host.directory / "open").c_str(), 0700);
    REQUIRE(::chmod((host.directory / "open").c_str(), 01777) == 0);
    CHECK(host.run({"diag", "--no-verify", "--out", host.directory / "open/diag.tar.gz"}) ==
          ExitCode::kPermission);
    CHECK(contains(host.talk_text.text, "others can change what stands in"));
    ::mkdir((host.directory / "open/mine").c_str(), 0700);
    CHECK(host.run({"diag", "--no-verify", "--out", host.directory / "open/mine/a"}) ==
          ExitCode::kOk);
    REQUIRE(::chmod((host.directory / "open").c_str(), 0777) == 0);
    CHECK(host.run({"diag", "--no-verify", "--out", host.directory / "open/mine/b"}) ==
          ExitCode::kPermission);
    host.directory.write("there", "x");
    CHECK(host.run({"diag", "--no-verify", "--out", host.directory / "there"}) == ExitCode::kIo);
    CHECK(raw(host.directory / "there") == "x");
}

TEST_CASE("tar reads back what was packed, whatever its length") {
    TempDirectory directory;
    for (size_t size :
         {size_t{0}, size_t{1}, size_t{511}, size_t{512}, size_t{513}, size_t{1} << 16}) {
        TarArchive archive(UnixNanos{1'772'362'860'000'000'000});
        archive.add(std::string(kTarNameBytesMax, 'n'), std::string(size, 'x'));
        archive.add("second", "2");
        directory.write("a.tar", archive.take());
        std::string path = directory / "a.tar";
        std::array<const char*, 3> all = {"/usr/bin/tar", "-xOf", path.c_str()};
        CHECK(*program_output(all, size_t{1} << 20, 20'000) == std::string(size, 'x') + "2");
    }
}

TEST_CASE("a program of the system is heard without its environment, and not for ever") {
    ::setenv("LLMTRAIL_TEST_TOKEN", kCanary, 1);
    std::array<const char*, 1> environment = {"/usr/bin/env"};
    CHECK(program_output(environment, 1000, 20'000).value() == "");
    ::unsetenv("LLMTRAIL_TEST_TOKEN");
    std::array<const char*, 2> endless = {"/usr/bin/yes", "y"};
    CHECK(program_output(endless, 100, 20'000)->size() == 100);
    std::array<const char*, 2> silent = {"/usr/bin/sleep", "1000"};
    CHECK(program_output(silent, 100, 50).error().code == ErrorCode::kTimeout);
    std::array<const char*, 1> none = {"/no/such/program"};
    CHECK(program_output(none, 100, 50).error().code == ErrorCode::kNotFound);
}
