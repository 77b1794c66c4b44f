// Copies that were damaged or made up: what fails is told and left out, what is good is still
// found, and nothing crashes.
#include "query/record_search.h"
#include "query_rig.h"
#include "spool/new_segment.h"

using namespace llmtrail;

namespace {

struct Seen {
    std::map<uint64_t, std::string> records;  // index and JSON
    std::vector<ScanProblem> problems;
    ScanTotals totals;
    uint64_t matches = 0;
};

Seen read_all(QueryRig& rig, std::optional<ScanOptions> scan_options = {}) {
    Seen seen;
    SearchOptions options;
    options.json = true;
    options.print_content = true;
    RecordSearch visitor(
        std::move(options),
        [&](const std::string& text) {
            size_t end = text.find(',');
            seen.records[std::stoull(text.substr(9, end - 9))] = text;
            return true;
        },
        [&](const ScanProblem& problem) { seen.problems.push_back(problem); });
    Result<ScanTotals> totals =
        SpoolScan(rig.disk, scan_options.value_or(rig.scan_options()), &rig.auditor()).run(visitor);
    if (totals) {
        seen.totals = *totals;
    } else {
        seen.problems.push_back({"", 0, totals.error().message, totals.error().code});
    }
    seen.matches = visitor.totals().matches;
    return seen;
}

uint64_t with(const Seen& seen, std::string_view part) {
    uint64_t count = 0;
    for (const auto& [index, text] : seen.records) {
        count += text.find(part) != std::string::npos ? 1U : 0U;
    }
    return count;
}

}  // namespace

TEST_CASE("an untouched copy has no problem, and one without its keys or segments is empty") {
    QueryRig rig;
    rig.write(30);
    Seen seen = read_all(rig);
    CHECK(seen.problems.empty());
    CHECK(with(seen, "\"evidence\":\"sealed\"") == 30);
    for (const std::string& name : rig.disk.names(rig.options.directory)) {
        rig.disk.remove_file(rig.path(name));
    }
    CHECK(read_all(rig).problems.size() == 1);
}

TEST_CASE("a byte changed anywhere is told, and no record is shown that is not as it was written") {
    QueryRig rig;
    rig.write(24);
    Seen whole = read_all(rig);
    FakeRandom random(7);
    uint64_t checked = 0;
    for (const std::string& name : rig.segments()) {
        Bytes kept = rig.disk.content(rig.path(name));
        for (size_t at = random.below(40); at < kept.size(); at += 1 + random.below(60)) {
            rig.flip(name, at);
            Seen seen = read_all(rig);
            CAPTURE(name);
            CAPTURE(at);
            bool is_end = name == rig.segments().back() && seen.totals.torn_bytes > 0;
            REQUIRE((!seen.problems.empty() || is_end));
            for (const auto& [index, text] : seen.records) {
                auto original = whole.records.find(index);
                REQUIRE(original != whole.records.end());
                std::string same = text;
                for (std::string_view other : {"unproven", "unsealed"}) {
                    size_t found = same.find(other);
                    if (found != std::string::npos) {
                        same.replace(found, other.size(), "sealed");
                    }
                }
                REQUIRE(same == original->second);
            }
            rig.disk.put_file(rig.path(name), kept);
            ++checked;
        }
    }
    CHECK(checked > 200);
}

TEST_CASE("behind a damaged segment the rest of its generation is shown as unproven") {
    QueryRig rig;
    rig.write(60);
    REQUIRE(rig.segments().size() >= 3);
    Bytes second = rig.disk.content(rig.path(rig.segments()[1]));
    rig.flip(rig.segments()[1], second.size() / 2);
    Seen seen = read_all(rig);
    CHECK(with(seen, "\"evidence\":\"sealed\"") > 0);
    CHECK(with(seen, "\"evidence\":\"unproven\"") > 0);
    CHECK(seen.records.size() < 60);
    CHECK(seen.records.rbegin()->second.find("unproven") != std::string::npos);
    rig.write(6);  // a new generation, signed by the identity key
    Seen later = read_all(rig);
    CHECK(later.records.rbegin()->second.find("\"evidence\":\"sealed\"") != std::string::npos);
}

TEST_CASE("a segment taken out of the middle is missed, a strange log's segment is not read") {
    QueryRig rig;
    rig.write(60);
    std::string middle = rig.segments()[1];
    Bytes kept = rig.disk.content(rig.path(middle));
    rig.disk.remove_file(rig.path(middle));
    Seen seen = read_all(rig);
    CHECK_FALSE(seen.problems.empty());
    CHECK(with(seen, "unproven") > 0);
    QueryRig strange;
    strange.random = FakeRandom(99);
    strange.write(60);
    rig.disk.put_file(rig.path(middle), strange.disk.content(strange.path(middle)));
    Seen mixed = read_all(rig);
    CHECK(with(mixed, "unproven") > 0);
    bool told = false;
    for (const ScanProblem& problem : mixed.problems) {
        told = told || problem.reason.find("another log") != std::string::npos;
    }
    CHECK(told);
    ScanOptions other = rig.scan_options();
    other.trusted = strange.identity();
    rig.disk.put_file(rig.path(middle), kept);
    CHECK(read_all(rig, other).records.empty());
}

TEST_CASE(
    "a log forged for the auditor's public key by somebody without the identity key is not read") {
    QueryRig rig;
    rig.write(12);
    PublicKey trusted = rig.identity();
    QueryRig forger;
    forger.random = FakeRandom(4);
    forger.options.recipients = rig.options.recipients;
    forger.write(12);
    for (const std::string& name : forger.disk.names(forger.options.directory)) {
        rig.disk.put_file(rig.path(name), forger.disk.content(forger.path(name)));
    }
    ScanOptions options = rig.scan_options();
    options.trusted = trusted;
    Seen seen = read_all(rig, options);
    CHECK(seen.records.empty());
    CHECK_FALSE(seen.problems.empty());
}

TEST_CASE("key files that are gone, cut, swapped or empty leave their segment unopened") {
    QueryRig rig;
    rig.write(60);
    std::string keys_of_first = keys_file_name(0);
    std::string keys_of_second = keys_file_name(1);
    Bytes kept = rig.disk.content(rig.path(keys_of_first));
    for (const Bytes& content : {Bytes(), kept.substr(0, kept.size() / 2),
                                 rig.disk.content(rig.path(keys_of_second)), Bytes(100, '\xff')}) {
        rig.disk.put_file(rig.path(keys_of_first), content);
        Seen seen = read_all(rig);
        CHECK(seen.totals.unopened_segments == 1);
        CHECK(seen.totals.first_unopened == segment_file_name(0));
        CHECK(seen.totals.unopened_records > 0);
        CHECK(seen.totals.unopened_records + seen.records.size() == 60);
        CHECK_FALSE(seen.problems.empty());
    }
    rig.disk.remove_file(rig.path(keys_of_first));
    Seen seen = read_all(rig);
    CHECK(seen.totals.unopened_segments == 1);
    CHECK(seen.totals.unopened_records + seen.records.size() == 60);
}

TEST_CASE("a torn end is no damage, zero-length and short files are") {
    QueryRig rig;
    rig.close = false;
    rig.write(12);
    std::string last = rig.segments().back();
    Bytes kept = rig.disk.content(rig.path(last));
    rig.disk.put_file(rig.path(last), kept.substr(0, kept.size() - 30));
    Seen torn = read_all(rig);
    CHECK(torn.problems.empty());
    CHECK(torn.totals.torn_bytes > 0);
    rig.disk.put_file(rig.path(rig.segments().front()), "");
    CHECK_FALSE(read_all(rig).problems.empty());
}

TEST_CASE("what a crash voided is not shown, and the next generation goes on") {
    QueryRig rig;
    rig.close = false;
    rig.write(12);
    std::string last = rig.segments().back();
    Bytes kept = rig.disk.content(rig.path(last));
    rig.disk.put_file(rig.path(last), kept.substr(0, kept.size() - 30));
    rig.close = true;
    rig.write(6);
    Seen seen = read_all(rig);
    CHECK(seen.problems.empty());
    CHECK(seen.totals.torn_bytes == 0);
    CHECK(with(seen, "\"evidence\":\"sealed\"") == seen.records.size());
    CHECK(seen.records.size() >= 15);
}
