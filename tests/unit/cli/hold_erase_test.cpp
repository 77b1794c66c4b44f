// llmtrail hold and llmtrail erase on a real folder: what they write, and what they refuse.
#include <filesystem>

#include "command_case.h"
#include "fakes/temp_directory.h"
#include "platform/host.h"
#include "platform/posix.h"
#include "spool/spool.h"
#include "spool/verify.h"

using namespace llmtrail;

namespace {

// A stopped agent's state: three closed segments of one record each, confirmed by soc.
struct StoppedHost {
    StoppedHost() {
        std::filesystem::create_directory(root / "state");
        std::string config = root / "agent.yaml";
        std::ofstream(config) << "state_dir: " << state()
                              << "\nsources: [{id: app, paths: [/nowhere/x.log]}]\n"
                                 "outputs: [{id: soc, type: syslog, address: 127.0.0.1:6514}]\n";
        std::filesystem::permissions(
            config, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        clock.wall = make_posix_clock()->wall_now();
        auto writer = open();
        for (int i = 0; i < 3; ++i) {
            writer->append({"envelope", "prompt", "", "output"});
            REQUIRE(writer->commit({}));
            writer->note_cursors({{"soc", writer->next_index() + 10}});
            REQUIRE(writer->seal(SealReason::kSegmentEnd));
        }
        REQUIRE(writer->close());
    }

    std::string state() const { return root / "state"; }

    SpoolOptions options() const {
        SpoolOptions options;
        options.directory = state() + "/spool";
        options.key_directory = state() + "/keys";
        options.min_free_bytes = 0;
        return options;
    }

    std::unique_ptr<SpoolWriter> open() {
        auto writer = SpoolWriter::open(options(), {*files, clock, random});
        REQUIRE_MESSAGE(writer, writer.error().message);
        return std::move(*writer);
    }

    ExitCode run(std::vector<std::string> arguments) {
        data.text.clear();
        talk_text.text.clear();
        Talk talk(talk_text);
        arguments.push_back("--config");
        arguments.push_back(root / "agent.yaml");
        return run_command_line(arguments,
                                CommandSeams{data, talk, inputs, *files, clock, random, user});
    }

    // All that agent records in the spool say.
    std::string told() {
        auto reader = SpoolReader::open(options(), {*files, clock, random});
        REQUIRE(reader);
        std::string text;
        uint64_t index = 0;
        for (;;) {
            auto batch = (*reader)->read(index);
            if (!batch) {
                return text;
            }
            text += (*batch)->sections[0];
            index = (*batch)->end_index();
        }
    }

    Verdict verdict() {
        VerifyOptions verify;
        verify.directory = options().directory;
        verify.key_directory = options().key_directory;
        return verify_spool(verify, *files).verdict;
    }

    TempDirectory root;
    std::unique_ptr<FileSystem> files = make_posix_file_system();
    FakeClock clock;
    FakeRandom random{7};
    MemoryFiles no_files;
    TextInputs inputs{no_files};
    TextKeeper data;
    TextKeeper talk_text;
    uint32_t user = effective_user();
};

}  // namespace

TEST_CASE("hold add, list and release: each is a sealed record, and the log stays CLEAN") {
    StoppedHost host;
    CHECK(host.run({"hold", "add", "case-7", "--segments", "0-1", "--reason", "inquiry 7", "--by",
                    "legal"}) == ExitCode::kOk);
    CHECK(host.data.text == "case-7: segments 0 to 1, for 0 days, by legal: inquiry 7\n");
    CHECK(host.run({"hold", "list"}) == ExitCode::kOk);
    CHECK(host.data.text == "case-7: segments 0 to 1, for 0 days, by legal: inquiry 7\n");
    CHECK(contains(host.told(), "legal hold `case-7` set on segments 0 to 1 by legal: inquiry 7"));
    CHECK(host.verdict() == Verdict::kClean);
    CHECK(host.run({"hold", "add", "case-7", "--reason", "again"}) != ExitCode::kOk);
    CHECK(contains(host.talk_text.text, "there is a hold `case-7` already"));
    CHECK(host.run({"hold", "release", "case-7", "--reason", "closed"}) == ExitCode::kOk);
    CHECK(host.run({"hold", "list"}) == ExitCode::kOk);
    CHECK(host.data.text.empty());
    CHECK(contains(host.told(), "legal hold `case-7` released by user "));
    CHECK(host.run({"hold", "release", "case-7", "--reason", "again"}) == ExitCode::kIo);
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE("erase destroys the keys and says so in the log; a hold is stronger") {
    StoppedHost host;
    CHECK(host.run({"hold", "add", "case-7", "--segments", "1", "--reason", "inquiry"}) ==
          ExitCode::kOk);
    std::vector<std::string> erase = {"erase",   "--segments", "0-1",        "--section", "prompt",
                                      "--basis", "request 12", "--approver", "DPO"};
    CHECK(host.run(erase) == ExitCode::kPermission);
    CHECK(contains(host.talk_text.text, "`case-7`"));
    erase[2] = "0";
    CHECK(host.run(erase) == ExitCode::kOk);
    CHECK(host.data.text == "erased in segment 0: 1 segments had content\n");
    CHECK(contains(host.told(),
                   "segment 0: keys of prompt are destroyed, approved by DPO: request 12"));
    auto reader = SpoolReader::open(host.options(), {*host.files, host.clock, host.random});
    auto first = (*reader)->read(0);
    REQUIRE(first);
    CHECK((*first)->section(0, Section::kPrompt).empty());
    CHECK((*first)->section(0, Section::kOutput) == "output");
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE("what an output has not confirmed, and what is open, is not erased") {
    StoppedHost host;
    auto writer = host.open();
    writer->append({"envelope", "prompt", "", "output"});
    REQUIRE(writer->commit({}));
    REQUIRE(writer->close());
    writer.reset();
    uint64_t newest = 0;
    for (const auto& entry : std::filesystem::directory_iterator(host.state() + "/spool")) {
        newest += entry.path().extension() == ".lsp" ? 1U : 0U;
    }
    auto erase = [&](const std::string& segments) {
        return host.run({"erase", "--segments", segments, "--section", "prompt", "--basis", "b",
                         "--approver", "a"});
    };
    CHECK(erase(std::to_string(newest - 1)) == ExitCode::kIo);
    CHECK(contains(host.talk_text.text, "has not confirmed"));
    CHECK(erase("0-99") == ExitCode::kUsage);
    CHECK(contains(host.talk_text.text, "not all are closed"));
}

TEST_CASE("while the agent runs both refuse and say what to do, and listing works") {
    StoppedHost host;
    auto agent = host.open();
    CHECK(host.run({"hold", "add", "case-7", "--reason", "inquiry"}) == ExitCode::kIo);
    CHECK(contains(host.talk_text.text, "is held by"));
    CHECK(contains(host.talk_text.text, "systemctl stop llmtrail"));
    CHECK(host.run({"erase", "--segments", "0", "--section", "prompt", "--basis", "b", "--approver",
                    "a"}) == ExitCode::kIo);
    CHECK(host.run({"hold", "list"}) == ExitCode::kOk);
}

TEST_CASE("somebody else than the spool's owner is refused before anything is written") {
    StoppedHost host;
    host.user += 1;
    // The configuration belongs to another user as well: only root may own it then.
    ExitCode code = host.run({"hold", "add", "case-7", "--reason", "inquiry"});
    CHECK(code == ExitCode::kPermission);
    CHECK_FALSE(contains(host.told(), "case-7"));
}

TEST_CASE("a folder without a spool is not made into one") {
    StoppedHost host;
    std::filesystem::remove_all(host.state());
    std::filesystem::create_directories(host.state() + "/spool");
    CHECK(host.run({"hold", "add", "case-7", "--reason", "inquiry"}) == ExitCode::kIo);
    CHECK(contains(host.talk_text.text, "no segment"));
    CHECK_FALSE(std::filesystem::exists(host.state() + "/keys"));
    CHECK(host.run({"hold", "list"}) != ExitCode::kOk);
}

TEST_CASE("arguments of hold and erase that make no sense are usage errors") {
    StoppedHost host;
    CHECK(host.run({"hold", "add", "Case 7", "--reason", "inquiry"}) == ExitCode::kUsage);
    CHECK(host.run({"hold", "add", "case-7"}) == ExitCode::kUsage);
    CHECK(host.run({"hold", "forget", "case-7"}) == ExitCode::kUsage);
    for (const char* segments : {"", "x", "3-1", "1-", "-1", "1-2-3", "99999999999999999999"}) {
        CAPTURE(segments);
        CHECK(host.run({"erase", "--segments", segments, "--section", "prompt", "--basis", "b",
                        "--approver", "a"}) == ExitCode::kUsage);
    }
    for (const char* section : {"envelope", "prompts", ""}) {
        CAPTURE(section);
        CHECK(host.run({"erase", "--segments", "0", "--section", section, "--basis", "b",
                        "--approver", "a"}) == ExitCode::kUsage);
    }
    CHECK(host.run({"erase", "--segments", "0", "--section", "prompt", "--basis", "", "--approver",
                    "a"}) == ExitCode::kUsage);
    CHECK_FALSE(contains(host.told(), "case-7"));
}
