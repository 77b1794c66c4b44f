// Reloads as transactions: good and bad ones in any order leave the last good one in force, and no
// document is lost, sent twice unmarked, or left unaccounted for.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "base/hex.h"
#include "pipeline/settings_change.h"
#include "reload_rig.h"

using namespace llmtrail;

namespace {

std::string digest_of(const std::string& version) {
    return to_hex(view(sha256(version)));
}

SourceSettings source_of(const std::string& id, const std::string& glob) {
    SourceSettings source;
    source.id = id;
    source.paths = {glob};
    return source;
}

// Asks `steps` times, each after its own preparation, then stops the daemon.
Result<RunReport> run_script(ReloadingDaemon& daemon,
                             const std::vector<std::function<void()>>& steps) {
    size_t step = 0;
    daemon.requests.ask = [&] {
        if (step == steps.size()) {
            daemon.signals.stop();
            return false;
        }
        steps[step++]();
        return true;
    };
    return daemon.run();
}

}  // namespace

TEST_CASE("a change is named by its keys and touches only the sources and outputs that differ") {
    ReloadingDaemon daemon;
    Settings after = daemon.settings;
    after.sources.push_back(source_of("more", "/x/*"));
    after.outputs[0].address.port = 2;
    after.spool.max_size_bytes *= 2;
    SettingsChange change = compare_settings(daemon.settings, after);
    CHECK(change.restart.empty());
    CHECK(change.sources == std::set<std::string>{"more"});
    CHECK(change.outputs == std::set<std::string>{"soc"});
    CHECK(std::count(change.keys.begin(), change.keys.end(), "outputs.soc.address") == 1);
    CHECK(std::count(change.keys.begin(), change.keys.end(), "spool.max_size") == 1);
    CHECK(compare_settings(after, after).keys.empty());

    after = daemon.settings;
    after.state_directory = "/elsewhere";
    after.local_keys = {"credential:x"};
    after.spool.recipients.emplace_back();
    after.anchors.emplace_back().id = "tsa";
    change = compare_settings(daemon.settings, after);
    for (const char* key : {"state_dir", "keys.local", "spool.recipients", "anchors.tsa.url"}) {
        CAPTURE(key);
        CHECK(std::count(change.restart.begin(), change.restart.end(), key) == 1);
    }
}

TEST_CASE(
    "a bad configuration keeps the old one whole, and a good one is in force when it is told") {
    ReloadingDaemon daemon;
    Result<RunReport> report = run_script(
        daemon,
        {[&] { daemon.write_document(); },
         [&] {
             daemon.bad = "unknown key `pathes`";
             daemon.version = "bad";
         },
         [&] {
             daemon.bad.clear();
             daemon.version = "second";
             daemon.next.outputs[0].preview_prompt_characters = 61;
         },
         [&] {
             daemon.version = "third";
             daemon.next.state_directory = "/elsewhere";
         },
         [&] {
             daemon.version = "fourth";
             daemon.next.state_directory = daemon.settings.state_directory;
             daemon.next.outputs[0].type = OutputType::kSplunkHec;
             daemon.next.outputs[0].hec.url = "https://h:1";
             daemon.next.outputs[0].hec.tokens = {{SecretPlace::kEnvironment, "LT_NO_SUCH_TOKEN"}};
         },
         [&] {
             daemon.next.outputs[0].hec.tokens = {{SecretPlace::kCredential, "no-such"}};
         }});
    REQUIRE(report);
    REQUIRE(daemon.verdicts.size() == 6);
    std::vector<std::string> words;
    std::vector<int64_t> generations;
    for (const std::string& json : daemon.verdicts) {
        words.push_back(verdict_word(json));
        generations.push_back(verdict_generation(json));
    }
    CHECK(words == std::vector<std::string>{"unchanged", "refused", "accepted", "restart needed",
                                            "refused", "restart needed"});
    CHECK(generations == std::vector<int64_t>{1, 1, 2, 2, 2, 2});
    CHECK(daemon.verdicts[1].find("agent.yaml:3:1: error: unknown key `pathes`") !=
          std::string::npos);
    CHECK(daemon.verdicts[2].find("\"outputs.soc.preview.prompt\"") != std::string::npos);
    CHECK(daemon.verdicts[3].find("state_dir") != std::string::npos);
    CHECK(daemon.verdicts[5].find(digest_of("second")) != std::string::npos);
    CHECK(report->ledger.balances());
    CHECK_FALSE(report->failed);
}

TEST_CASE("each reload is a record of the log: who, which generation, what") {
    ReloadingDaemon daemon;
    daemon.requests.user = 77;
    Result<RunReport> report = run_script(daemon, {[&] { daemon.bad = "no"; },
                                                   [&] {
                                                       daemon.bad.clear();
                                                       daemon.next.outputs[0].max_event_bytes =
                                                           9000;
                                                       daemon.version = "v2";
                                                   },
                                                   [&] { daemon.requests.user = 4711; }});
    REQUIRE(report);
    CHECK(verdict_word(daemon.verdicts.at(2)) == "forbidden");
    std::string all;
    for (const auto& connection : daemon.network.connections) {
        all += connection->received();
    }
    for (const char* words :
         {"|704|", "configuration refused, asked by user 77, generation 1", "|703|",
          "configuration accepted, asked by user 77, generation 2", "keys: outputs.soc.max_event",
          "configuration forbidden, asked by user 4711"}) {
        CAPTURE(words);
        CHECK(all.find(words) != std::string::npos);
    }
}

TEST_CASE("an output that goes is still told of the change, one that comes begins with it") {
    ReloadingDaemon daemon;
    Result<RunReport> report = run_script(daemon, {[&] {
                                              daemon.write_document();
                                              daemon.next.outputs[0].id = "other";
                                              daemon.next.outputs[0].address.port = 2;
                                              daemon.version = "v2";
                                          }});
    REQUIRE(report);
    CHECK(verdict_word(daemon.verdicts.at(0)) == "accepted");
    std::map<uint16_t, std::string> received;
    for (const auto& connection : daemon.network.connections) {
        received[connection->to.port] += connection->received();
    }
    CHECK(received[1].find("configuration accepted") != std::string::npos);
    CHECK(received[2].find("configuration accepted") != std::string::npos);
    CHECK(received[2].find("started, version") == std::string::npos);
    CHECK(received[2].find("stopping in order") != std::string::npos);
    REQUIRE(report->ledger.outputs.size() == 1);
    CHECK(report->ledger.outputs[0].id == "other");
    CHECK_MESSAGE(report->ledger.balances(), describe(report->ledger));
}

TEST_CASE("sources come, change and go; each goes on where it was read to") {
    ReloadingDaemon daemon;
    daemon.directory.write("more.log", "{\"prompt\":\"more-0 asks\"}\n");
    SourceSettings more = source_of("more", daemon.directory / "more.log");
    auto wait_read = [&] { (void)wait_for({}, 60); };
    Result<RunReport> report = run_script(
        daemon, {[&] {
                     daemon.write_document();
                     daemon.next.sources.push_back(more);
                     daemon.version = "more";
                 },
                 [&] {
                     wait_read();
                     daemon.next.sources[1].max_document_bytes = 4096;
                     daemon.next.sources[0].detect_language = DetectLanguage::kNone;
                     daemon.version = "changed";
                 },
                 [&] {
                     daemon.write_document();
                     daemon.directory.append("more.log", "{\"prompt\":\"more-1 asks\"}\n");
                     wait_read();
                     daemon.next.sources.pop_back();
                     daemon.version = "gone";
                 },
                 [&] {
                     daemon.directory.append("more.log", "{\"prompt\":\"more-2 asks\"}\n");
                     daemon.next.sources.push_back(more);
                     daemon.version = "back";
                 },
                 [&] { wait_read(); }});
    REQUIRE(report);
    std::string all;
    for (const auto& connection : daemon.network.connections) {
        all += connection->received();
    }
    for (const char* name : {"more-0 ", "more-1 ", "more-2 ", "document-0 ", "document-1 "}) {
        CAPTURE(name);
        size_t first = all.find(name);
        REQUIRE(first != std::string::npos);
        CHECK(all.find(name, first + 1) == std::string::npos);
    }
    REQUIRE(report->ledger.sources.size() == 2);
    CHECK(report->ledger.sources[0].read_bytes ==
          std::filesystem::file_size(daemon.directory / "app.jsonl"));
    CHECK_MESSAGE(report->ledger.balances(), describe(report->ledger));
}

namespace {

// The next configuration, good or bad. Good ones keep what the test looks at: prompts in events.
void shuffle(ReloadingDaemon& daemon, std::mt19937_64& random, int number) {
    auto one_of = [&](uint64_t n) { return random() % n; };
    daemon.version = "v" + std::to_string(number);
    daemon.bad.clear();
    Settings& next = daemon.next;
    next = daemon.settings;
    OutputSettings& soc = next.outputs[0];
    soc.preview_prompt_characters = 60 + one_of(3);
    soc.address.port = static_cast<uint16_t>(1 + one_of(3));
    soc.required = one_of(2) == 0;
    next.sources[0].max_document_bytes += one_of(2);
    next.spool.seal_interval_ms = 500 + static_cast<int64_t>(one_of(3));
    next.spool.max_size_bytes += one_of(3);
    if (one_of(2) == 0) {
        next.sources.push_back(source_of("extra", daemon.directory / "extra-*.jsonl"));
    }
    if (one_of(2) == 0) {
        OutputSettings file;
        file.id = "local";
        file.type = OutputType::kFile;
        file.path = daemon.directory / "events.cef";
        next.outputs.insert(next.outputs.begin(), file);
    }
    switch (one_of(8)) {
        case 0:
            daemon.bad = "not valid YAML";
            break;
        case 1:
            next.state_directory = "/elsewhere";
            break;
        case 2:
            next.sources[0].format = "no such format";
            break;
        case 3:
            soc = next.outputs.back();
            soc.tls.ca_file = "/no/such/ca.pem";
            soc.transport = SyslogTransport::kTls;
            next.outputs = {soc};
            break;
        default:
            break;
    }
}

}  // namespace

TEST_CASE("a thousand reloads, good and bad at random: the last good one is active, nothing lost") {
    constexpr int kReloads = 1000;
    ReloadingDaemon daemon;
    std::mt19937_64 random(20260301);
    // Some receivers take events and never acknowledge them: what was sent to them is sent again.
    for (size_t connection = 0; connection < 200; ++connection) {
        FakePeer peer;
        peer.acknowledges = connection % 50 != 7;
        peer.closes_after_shutdown = peer.acknowledges;
        daemon.network.scripts.push_back(peer);
    }
    int asked = 0;
    int64_t accepted = 0;
    int refused = 0;
    std::string last_good = "first";
    Settings in_force = daemon.settings;
    int64_t generation = 1;
    size_t threads = 0;
    size_t descriptors = 0;
    bool agrees = true;
    daemon.requests.told = [&](const std::string& json) {
        std::string word = verdict_word(json);
        bool good = word == "accepted" || word == "unchanged";
        last_good = good ? daemon.version : last_good;
        in_force = good ? daemon.next : in_force;
        accepted += word == "accepted" ? 1 : 0;
        refused += good ? 0 : 1;
        generation = verdict_generation(json);
        agrees = agrees && generation == 1 + accepted &&
                 json.find("\"digest\":\"" + digest_of(last_good) + "\"") != std::string::npos;
    };
    daemon.requests.ask = [&] {
        if (asked == 20 || asked == kReloads) {
            size_t now_threads = entries_of("/proc/self/task");
            size_t now_descriptors = entries_of("/proc/self/fd");
            if (asked == 20) {
                threads = now_threads;
                descriptors = now_descriptors;
            } else {
                CHECK(now_threads <= threads);
                CHECK(now_descriptors <= descriptors + 4);  // a file output and a source more
            }
        }
        if (asked == kReloads) {
            daemon.signals.stop();
            return false;
        }
        daemon.write_document();
        shuffle(daemon, random, asked++);
        return true;
    };
    Result<RunReport> report = daemon.run();
    REQUIRE(report);
    CHECK(agrees);
    CHECK(accepted > 300);
    CHECK(refused > 300);
    CHECK_MESSAGE(report->ledger.balances(), describe(report->ledger));
    CHECK_FALSE(report->failed);
    // What was written just before the stop is read by the next life.
    daemon.settings = in_force;
    Result<RunReport> rest = daemon.Daemon::run({.once = true, .deadline_ms = 600'000});
    REQUIRE(rest);
    CHECK(rest->complete);
    CHECK(report->ledger.sources.at(0).documents + rest->ledger.sources.at(0).documents ==
          daemon.written);
    size_t lost = 0;
    size_t unmarked = 0;
    size_t sent_again = 0;
    for (uint64_t n = 0; n < daemon.written; ++n) {
        auto [events, resent] = daemon.arrivals(n);
        lost += events == 0 ? 1 : 0;
        unmarked += events > resent + 1 ? 1 : 0;
        sent_again += resent;
    }
    CHECK(lost == 0);
    CHECK(unmarked == 0);
    CHECK(sent_again > 0);
    MESSAGE("reloads accepted: ", accepted, ", refused: ", refused,
            "; events sent again, and marked: ", sent_again);
}

TEST_CASE(
    "reloads during an outage keep the queue: one connection set, nothing sent twice unmarked") {
    ReloadingDaemon daemon;
    FakePeer down;
    down.refuse_at_once = Error{ErrorCode::kNetwork, "connection refused", 0};
    daemon.network.otherwise = down;
    std::vector<std::function<void()>> steps;
    for (int i = 0; i < 40; ++i) {
        steps.emplace_back([&daemon, i] {
            (void)wait_for({}, 300 / kHaste);  // 0.3 s of the daemon's clock
            daemon.write_document();
            daemon.version = "v" + std::to_string(i);
            daemon.next.outputs[0].preview_prompt_characters = 60 + static_cast<size_t>(i % 2);
            daemon.next.spool.sync_interval_ms = 20 + i % 3;
        });
    }
    steps.emplace_back([&daemon] { daemon.network.otherwise = FakePeer(); });  // the outage ends
    Result<RunReport> report = run_script(daemon, steps);
    REQUIRE(report);
    REQUIRE(daemon.verdicts.size() == 41);
    CHECK(verdict_word(daemon.verdicts.back()) == "unchanged");
    CHECK(std::all_of(daemon.verdicts.begin(), daemon.verdicts.end() - 1,
                      [](const std::string& json) { return verdict_word(json) == "accepted"; }));
    for (uint64_t n = 0; n < daemon.written; ++n) {
        auto [events, resent] = daemon.arrivals(n);
        CHECK(events == 1);
    }
    CHECK(daemon.network.attempts > 1);
    CHECK(daemon.network.connections.size() == 1);
    CHECK_MESSAGE(report->ledger.balances(), describe(report->ledger));
}
