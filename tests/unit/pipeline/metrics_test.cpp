// The metrics file: its text is read by a strict reader of the exposition format, its names are
// those of docs/metrics.md, and the alerts ask for nothing that is not there.
#include <cctype>
#include <map>
#include <set>
#include <sstream>

#include "daemon_rig.h"
#include "pipeline/metrics_text.h"

using namespace llmtrail;

namespace {

MetricsSnapshot full_snapshot() {
    MetricsSnapshot snapshot;
    snapshot.now = UnixNanos{1'772'362'860'500'000'000};
    snapshot.monotonic_now = MonotonicNanos{100 * kNanosPerSecond};
    snapshot.status.generation = 3;
    snapshot.status.started = UnixNanos{1'772'362'800'000'000'000};
    snapshot.status.intake.log_size = 6;
    snapshot.status.intake.sealed = MonotonicNanos{98 * kNanosPerSecond};
    snapshot.status.intake.anchors = {"not anchored", "", 4, 5, 1500, 0};
    SourceStatus source;
    source.totals.id = "app";
    source.totals.read_bytes = 100;
    source.totals.record_bytes = 100;
    source.lag_bytes = 77;
    snapshot.status.intake.sources = {source};
    OutputStatus output;
    output.totals.id = "soc";
    output.totals.confirmation = "sent";
    output.totals.spooled = 5;
    output.totals.pending = 5;
    output.health = OutputHealth::kBackingOff;
    output.last_error = "a receiver's own words";
    output.failed = MonotonicNanos{95 * kNanosPerSecond};
    output.certificate_ends.receiver = UnixNanos{1'803'859'200'000'000'000};
    snapshot.status.outputs = {output};
    snapshot.spool = SpoolUsage{.payload_bytes = 4096,
                                .segments = 2,
                                .oldest = UnixNanos{1'772'362'000'000'000'000},
                                .free_bytes = 1 << 30};
    return snapshot;
}

struct Family {
    std::string type;
    std::map<std::string, double> samples;  // by what stands between the braces
};

bool is_metric_name(const std::string& name) {
    return !name.empty() && std::islower(static_cast<unsigned char>(name[0])) != 0 &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

// Where the label set of `line` ends; npos: it is not well formed.
size_t end_of_labels(const std::string& line, size_t at) {
    while (at < line.size() && line[at] != '}') {
        size_t equals = line.find("=\"", at);
        if (equals == std::string::npos || !is_metric_name(line.substr(at, equals - at))) {
            return std::string::npos;
        }
        for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) {
            if (line[at] == '\\' && std::string("\\\"n").find(line[++at]) == std::string::npos) {
                return std::string::npos;
            }
        }
        ++at;
        if (at < line.size() && line[at] == ',') {
            ++at;
        }
    }
    return at < line.size() ? at : std::string::npos;
}

// As strict as Prometheus' own reader where it matters: HELP and TYPE before the samples of a
// family, each once, no sample twice, counters end in _total, one newline after each line.
std::map<std::string, Family> read_exposition(const std::string& text) {
    std::map<std::string, Family> families;
    std::string open;
    std::istringstream lines(text);
    REQUIRE(text.ends_with('\n'));
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        if (line.starts_with("# HELP ")) {
            open = line.substr(7, line.find(' ', 7) - 7);
            REQUIRE(is_metric_name(open));
            REQUIRE(families.count(open) == 0);
            CHECK(line.ends_with('.'));
            families[open];
            continue;
        }
        if (line.starts_with("# TYPE ")) {
            REQUIRE(line.substr(7, open.size() + 1) == open + " ");
            families[open].type = line.substr(8 + open.size());
            CHECK((families[open].type == "counter") == open.ends_with("_total"));
            CHECK((families[open].type == "counter" || families[open].type == "gauge"));
            continue;
        }
        size_t name_end = line.find_first_of("{ ");
        REQUIRE(name_end != std::string::npos);
        REQUIRE(line.substr(0, name_end) == open);
        size_t value = line[name_end] == '{' ? end_of_labels(line, name_end + 1) : name_end - 1;
        REQUIRE(value != std::string::npos);
        std::string labels = line.substr(name_end, value + 1 - name_end);
        REQUIRE(line.at(value + 1) == ' ');
        size_t used = 0;
        std::string number = line.substr(value + 2);
        double parsed = std::stod(number, &used);
        CHECK(used == number.size());
        CHECK(families[open].samples.emplace(labels, parsed).second);
    }
    for (const auto& [name, family] : families) {
        CHECK_MESSAGE(!family.type.empty(), name);
    }
    return families;
}

std::string project_file(const std::string& name) {
    std::ifstream in(LLMTRAIL_SOURCE_DIR "/" + name);
    REQUIRE(in.is_open());
    return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> names_in(const std::string& text) {
    std::set<std::string> names;
    for (size_t at = text.find("llmtrail_"); at != std::string::npos;) {
        size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_", at);
        bool inside = at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 ||
                                 text[at - 1] == '_' || text[at - 1] == '/');
        if (!inside) {
            names.insert(text.substr(at, end - at));
        }
        at = text.find("llmtrail_", end);
    }
    return names;
}

std::set<std::string> names_of(const std::map<std::string, Family>& families) {
    std::set<std::string> names;
    for (const auto& [name, family] : families) {
        names.insert(name);
    }
    return names;
}

}  // namespace

TEST_CASE("the metrics are well formed and say what the status says") {
    auto families = read_exposition(metrics_text(full_snapshot()));
    CHECK(families["llmtrail_build_info"].samples.count("{version=\"" LLMTRAIL_VERSION "\"}") == 1);
    CHECK(families["llmtrail_running"].samples[""] == 1);
    CHECK(families["llmtrail_source_lag_bytes"].samples["{source=\"app\"}"] == 77);
    CHECK(families["llmtrail_source_read_bytes_total"].samples["{source=\"app\"}"] == 100);
    CHECK(families["llmtrail_output_pending_records"].samples["{output=\"soc\"}"] == 5);
    CHECK(families["llmtrail_output_up"].samples["{output=\"soc\"}"] == 0);
    CHECK(families["llmtrail_output_last_error_timestamp_seconds"].samples["{output=\"soc\"}"] ==
          doctest::Approx(1'772'362'855.5).epsilon(1e-12));
    auto& ends = families["llmtrail_output_certificate_not_after_timestamp_seconds"].samples;
    CHECK(ends.size() == 1);
    CHECK(ends["{output=\"soc\",certificate=\"receiver\"}"] == 1'803'859'200);
    CHECK(families["llmtrail_last_seal_timestamp_seconds"].samples[""] ==
          doctest::Approx(1'772'362'858.5).epsilon(1e-12));
    CHECK(families["llmtrail_unanchored_seconds"].samples[""] == 2);
    CHECK(families["llmtrail_anchoring"].samples[""] == 1);
    CHECK(families["llmtrail_spool_bytes"].samples[""] == 4096);
    CHECK(families["llmtrail_spool_segments"].samples[""] == 2);
    CHECK(families["llmtrail_ledger_balances"].samples[""] == 1);
}

TEST_CASE("the metrics tell when checkpoints are only sent") {
    MetricsSnapshot snapshot = full_snapshot();
    snapshot.status.intake.anchors.state = kSentNotAnchored;
    auto families = read_exposition(metrics_text(snapshot));
    CHECK(families["llmtrail_anchoring"].samples[""] == 0);
}

TEST_CASE("no text of an error or a path is in the metrics, and a label cannot end its line") {
    MetricsSnapshot snapshot = full_snapshot();
    snapshot.status.spool_directory = "/a/path";
    snapshot.status.intake.sources[0].totals.id = "a\"} 1\n# TYPE b\\";
    std::string text = metrics_text(snapshot);
    CHECK(text.find("words") == std::string::npos);
    CHECK(text.find("/a/path") == std::string::npos);
    auto families = read_exposition(text);
    CHECK(families["llmtrail_source_lag_bytes"].samples.count(
              "{source=\"a\\\"} 1\\n# TYPE b\\\\\"}") == 1);
}

TEST_CASE("what does not balance is told") {
    MetricsSnapshot snapshot = full_snapshot();
    snapshot.status.outputs[0].totals.pending = 4;
    CHECK(read_exposition(metrics_text(snapshot))["llmtrail_ledger_balances"].samples[""] == 0);
}

TEST_CASE(
    "docs/metrics.md names every metric and no other, and the alerts ask for none but these") {
    std::set<std::string> made = names_of(read_exposition(metrics_text(full_snapshot())));
    CHECK(names_in(project_file("docs/metrics.md")) == made);
    std::set<std::string> asked = names_in(project_file("conf/prometheus/llmtrail.rules.yml"));
    CHECK(asked.size() > 10);
    for (const std::string& name : asked) {
        CHECK_MESSAGE(made.count(name) == 1, name);
    }
}

TEST_CASE("a running agent writes its metrics, and its last ones say that it stopped in order") {
    Daemon daemon;
    std::string file = daemon.directory / "llmtrail.prom";
    daemon.settings.metrics_textfile = file;
    std::thread reader([&] {
        bool ran = false;
        for (int look = 0; look < 1000 && !ran; ++look) {
            std::ifstream in(file);
            std::string text(std::istreambuf_iterator<char>(in), {});
            ran = text.find("\nllmtrail_running 1\n") != std::string::npos;
            (void)wait_for({}, 10);
        }
        CHECK(ran);
        daemon.signals.stop();
    });
    Result<RunReport> report = daemon.run({});
    reader.join();
    REQUIRE(report);
    std::ifstream in(file);
    auto last = read_exposition({std::istreambuf_iterator<char>(in), {}});
    CHECK(last["llmtrail_running"].samples[""] == 0);
    CHECK(last["llmtrail_config_generation"].samples[""] == 1);
    CHECK(last["llmtrail_source_records_total"].samples["{source=\"app\"}"] == 2);
    CHECK(last["llmtrail_spool_segments"].samples[""] >= 1);
    CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::mask) ==
          std::filesystem::perms{0644});
}

TEST_CASE("metrics that cannot be written stop nothing and are told once") {
    Daemon daemon;
    daemon.settings.metrics_textfile = daemon.directory / "no-such-folder/llmtrail.prom";
    Result<RunReport> report = daemon.run_and_stop({}, 2'000);  // two intervals and more
    REQUIRE(report);
    CHECK_FALSE(report->failed);
    std::string said = daemon.log.text();
    size_t first = said.find("metrics are not written: ");
    REQUIRE(first != std::string::npos);
    CHECK(said.find("metrics are not written: ", first + 1) == std::string::npos);
}
