// What a reload tries before anything is changed: whether the process may read and write what is
// new. And who goes by the new settings afterwards.
#include <fstream>

#include "pipeline/settings_change.h"
#include "reload_rig.h"

using namespace llmtrail;

namespace {

// The verdict on each change of the files, asked for one after the other; then the daemon stops.
std::vector<std::string> verdicts_on(ReloadingDaemon& daemon,
                                     const std::vector<std::function<void(Settings&)>>& changes) {
    size_t step = 0;
    daemon.requests.ask = [&] {
        if (step == changes.size()) {
            daemon.signals.stop();
            return false;
        }
        daemon.next = daemon.settings;
        daemon.version = "v" + std::to_string(step);
        changes[step++](daemon.next);
        return true;
    };
    Result<RunReport> report = daemon.run();
    REQUIRE(report);
    CHECK_MESSAGE(report->ledger.balances(), describe(report->ledger));
    std::vector<std::string> words;
    for (const std::string& json : daemon.verdicts) {
        words.push_back(verdict_word(json));
    }
    return words;
}

OutputSettings file_output(const std::string& path) {
    OutputSettings output;
    output.id = "local";
    output.type = OutputType::kFile;
    output.path = path;
    return output;
}

}  // namespace

TEST_CASE("what the process may not read or write needs a restart, and the path is told") {
    ReloadingDaemon daemon;
    daemon.directory.write("closed.log", "{\"prompt\":\"a\"}\n");
    daemon.directory.write("ca.pem", "not even a certificate");
    daemon.files.unwritable = daemon.directory / "closed";
    auto read_closed = [&](Settings& next) {
        SourceSettings source;
        source.id = "closed";
        source.paths = {daemon.directory / "closed*.log"};
        next.sources.push_back(source);
        daemon.files.unreadable = daemon.directory / "closed.log";
    };
    auto ask_closed_authority = [&](Settings& next) {
        next.outputs[0].transport = SyslogTransport::kTls;
        next.outputs[0].tls.ca_file = daemon.directory / "ca.pem";
        daemon.files.unreadable = daemon.directory / "ca.pem";
    };
    std::vector<std::string> words = verdicts_on(
        daemon, {read_closed, ask_closed_authority,
                 [&](Settings& next) {
                     next.outputs.push_back(file_output(daemon.directory / "closed/events.cef"));
                 },
                 [&](Settings& next) {  // an error that no restart mends stands beside it
                     read_closed(next);
                     next.sources.back().format = "no such format";
                 },
                 [&](Settings& next) {  // readable now, and wrong
                     ask_closed_authority(next);
                     daemon.files.unreadable.clear();
                 },
                 [&](Settings& next) {
                     read_closed(next);
                     daemon.files.unreadable.clear();
                 }});
    CHECK(words == std::vector<std::string>{"restart needed", "restart needed", "restart needed",
                                            "refused", "refused", "accepted"});
    for (size_t n : {0U, 1U, 2U}) {
        CAPTURE(n);
        std::string path = n == 1 ? "/ca.pem" : "/closed";
        CHECK(daemon.verdicts[n].find(path) != std::string::npos);
        CHECK(verdict_generation(daemon.verdicts[n]) == 1);
    }
    CHECK(daemon.verdicts[3].find("no such format") != std::string::npos);
    CHECK(daemon.verdicts[3].find("/closed.log") != std::string::npos);
}

TEST_CASE("a key file that others may read is refused: no restart would mend it") {
    ReloadingDaemon daemon;
    daemon.directory.write("key.pem", "a key");
    std::filesystem::permissions(daemon.directory / "key.pem", std::filesystem::perms{0644});
    std::vector<std::string> words = verdicts_on(daemon, {[&](Settings& next) {
                                                     OutputSettings& soc = next.outputs[0];
                                                     soc.transport = SyslogTransport::kTls;
                                                     soc.tls.cert_file = soc.tls.key_file =
                                                         daemon.directory / "key.pem";
                                                 }});
    CHECK(words == std::vector<std::string>{"refused"});
}

TEST_CASE("the trial of a file output leaves nothing behind and takes no file away") {
    ReloadingDaemon daemon;
    daemon.directory.write("there.cef", "kept\n");
    std::vector<std::string> words = verdicts_on(
        daemon, {[&](Settings& next) {
                     next.outputs.push_back(file_output(daemon.directory / "new.cef"));
                     next.sources[0].format = "no such format";
                 },
                 [&](Settings& next) {
                     next.outputs.push_back(file_output(daemon.directory / "there.cef"));
                 }});
    CHECK(words == std::vector<std::string>{"refused", "accepted"});
    for (const auto& entry : std::filesystem::directory_iterator(daemon.directory.path())) {
        CHECK(entry.path().filename().string().find("new.cef") == std::string::npos);
        CHECK(entry.path().extension() != ".trial");
    }
    std::ifstream there(daemon.directory / "there.cef");
    std::string text(std::istreambuf_iterator<char>(there), {});
    CHECK(text.starts_with("kept\n"));
    CHECK(text.find("configuration accepted") != std::string::npos);
}

TEST_CASE("after a reload the metrics tell its limits of the spool") {
    ReloadingDaemon daemon;
    daemon.settings.metrics_textfile = daemon.directory / "llmtrail.prom";
    std::vector<std::string> words = verdicts_on(daemon, {[](Settings& next) {
                                                     next.spool.max_size_bytes = 77'000'000;
                                                     next.spool.min_free_bytes = 1234;
                                                 }});
    REQUIRE(words == std::vector<std::string>{"accepted"});
    std::ifstream in(daemon.settings.metrics_textfile);
    std::string text(std::istreambuf_iterator<char>(in), {});
    CHECK(text.find("\nllmtrail_spool_max_bytes 77000000\n") != std::string::npos);
    CHECK(text.find("\nllmtrail_spool_min_free_bytes 1234\n") != std::string::npos);
}
