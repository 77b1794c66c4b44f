// Counts every leaf of the sample documents: each has to be where the tables of this folder say
// (README.md).
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "leaf_counter.h"
#include "parsers/parser.h"

namespace llmtrail::coverage {

namespace {

constexpr size_t kProblemsMax = 40;
constexpr size_t kRemovalsMax = 12;
constexpr UnixNanos kObserved{1'900'000'000'000'000'000};

class CollectingSink : public RecordSink {
 public:
    AuditRecord& begin() override {
        current_.clear();
        current_.set_time(Field::kEventIngested, kObserved);
        return current_;
    }

    void commit() override { records.push_back(current_); }

    std::vector<AuditRecord> records;

 private:
    AuditRecord current_;
};

std::string table_file(const std::string& name) {
    return std::string(LLMTRAIL_SOURCE_DIR) + "/tests/coverage/" + name + ".tsv";
}

std::vector<AuditRecord> parse(const std::string& document) {
    auto reader = DocumentReader::make("auto", {}, 0);
    REQUIRE(reader);
    CollectingSink sink;
    DocumentReader::Document input;
    input.bytes = document;
    input.full_size_bytes = document.size();
    input.observed = kObserved;
    (*reader)->read(input, sink);
    return std::move(sink.records);
}

std::set<std::string> derived_fields(const std::string& table) {
    std::set<std::string> fields;
    std::ifstream in(table_file("derived"));
    for (std::string line; std::getline(in, line);) {
        auto columns = split(line, '\t');
        if (columns.size() == 3 && (columns[0] == "*" || columns[0] == table)) {
            fields.insert(columns[1]);
        }
    }
    return fields;
}

// Takes fields away from records, one at a time: the comparison has to miss each, or it proves
// nothing about it.
class Removals {
 public:
    Removals(const MappingTable& table, const ValueMaps& maps) : table_(table), maps_(maps) {}

    void try_fields(const SourceRecord& source, const AuditRecord& record) {
        size_t before = missing(source, record);
        record.for_each([&](const FieldRow& row) {
            if (noticed_.contains(row.name) || tries_[row.name]++ >= kRemovalsMax) {
                return;
            }
            AuditRecord less = record;
            less.remove(row.field);
            if (missing(source, less) > before) {
                noticed_.insert(row.name);
            }
        });
    }

    // derived.tsv names the fields that no single leaf fills; it has to be right in both
    // directions.
    void report(const std::string& table, Totals& totals) const {
        auto derived = derived_fields(table);
        for (const auto& [field, tries] : tries_) {
            std::string name(field);
            if (noticed_.contains(field) == derived.contains(name)) {
                totals.problem(
                    "removal of " + name,
                    "taking away " + name +
                        (derived.contains(name) ? " is noticed: it is not derived"
                                                : " is not noticed: no leaf is compared with it"));
            }
        }
    }

 private:
    size_t missing(const SourceRecord& source, const AuditRecord& record) const {
        Totals totals;
        LeafCounter(table_, maps_, totals).compare(source, record, "");
        return totals.missing;
    }

    const MappingTable& table_;
    const ValueMaps& maps_;
    std::map<std::string_view, size_t> tries_;
    std::set<std::string_view> noticed_;
};

void count_document(SourceFormat format, const std::string& document, const std::string& where,
                    LeafCounter& counter, Removals& removals, Totals& totals) {
    auto expected = walk_source(format, document);
    auto records = parse(document);
    ++totals.documents;
    totals.records += records.size();
    if (records.size() != expected.size()) {
        totals.problem("records", where + " gives " + std::to_string(records.size()) +
                                      " records, expected " + std::to_string(expected.size()));
    }
    for (size_t i = 0; i < expected.size(); ++i) {
        static const AuditRecord kNone;
        counter.compare(expected[i], i < records.size() ? records[i] : kNone, where);
        if (i < records.size()) {
            removals.try_fields(expected[i], records[i]);
        }
    }
}

void report(const std::string& name, const Totals& totals) {
    MESSAGE(totals.text(name));
    size_t shown = 0;
    for (const auto& [key, problem] : totals.problems) {
        if (shown++ == kProblemsMax) {
            MESSAGE("and ", totals.problems.size() - kProblemsMax, " more kinds of disagreement");
            break;
        }
        MESSAGE(problem.count, " times, first ", problem.first);
    }
    CHECK(totals.problems.empty());
}

void count_samples(SourceFormat format, const std::string& name,
                   const std::vector<std::string>& files) {
    std::vector<std::string> problems;
    auto table = MappingTable::load(table_file(name), problems);
    auto maps = ValueMaps::load(table_file("values"), problems);
    REQUIRE(problems.empty());
    Totals totals;
    LeafCounter counter(table, maps, totals);
    Removals removals(table, maps);
    for (const std::string& file : files) {
        std::ifstream in(std::string(LLMTRAIL_SAMPLES_DIR) + "/" + file);
        int line_number = 0;
        for (std::string line; std::getline(in, line);) {
            ++line_number;
            if (!line.empty()) {
                count_document(format, line, file + ":" + std::to_string(line_number), counter,
                               removals, totals);
            }
        }
    }
    if (totals.documents == 0) {
        MESSAGE("the samples are not here: ", LLMTRAIL_SAMPLES_DIR);
        return;
    }
    for (const Row& row : table.rows()) {
        if (row.leaves == 0) {
            totals.problem("row " + row.path, name + ".tsv:" + std::to_string(row.line) +
                                                  ": no sample has " + row.path);
        }
    }
    removals.report(name, totals);
    report(name, totals);
}

}  // namespace

TEST_CASE("every row of the tables names catalogue fields, known comparisons and its reason") {
    std::vector<std::string> problems;
    auto maps = ValueMaps::load(table_file("values"), problems);
    for (const char* name : {"exchange", "otlp", "bedrock"}) {
        auto table = MappingTable::load(table_file(name), problems);
        CHECK(table.rows().size() > 50);
        for (const Row& row : table.rows()) {
            for (const Target& target : row.targets) {
                if (target.field != "dropped" && target.field != "unmapped" &&
                    !known_kind(target.kind, maps)) {
                    problems.push_back(std::string(name) + ": " + row.path + ": no comparison " +
                                       target.kind);
                }
            }
        }
    }
    for (const char* name : {"exchange", "otlp", "bedrock"}) {
        for (const std::string& field : derived_fields(name)) {
            CHECK_MESSAGE(field_by_name(field), field);
        }
    }
    for (const std::string& problem : problems) {
        FAIL_CHECK(problem);
    }
}

TEST_CASE("an empty record disagrees with every leaf that a field should hold") {
    const std::string document =
        R"({"ts":"2026-01-02T03:04:05Z","status":200,"user_agent":"x/1",)"
        R"("request":{"model":"m-1","temperature":0.5,"messages":[{"role":"user","content":"hello"}]},)"
        R"("response":{"id":"r-1","usage":{"prompt_tokens":0,"total_tokens":3},)"
        R"("choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"{\"a\":1}"}}]}})";
    std::vector<std::string> problems;
    auto table = MappingTable::load(table_file("exchange"), problems);
    auto maps = ValueMaps::load(table_file("values"), problems);
    Totals totals;
    LeafCounter counter(table, maps, totals);
    auto source = walk_source(SourceFormat::kExchange, document);
    REQUIRE(source.size() == 1);
    counter.compare(source[0], AuditRecord(), "empty");
    CHECK(totals.leaves == 13);
    CHECK(totals.missing == totals.leaves);
}

TEST_CASE("every leaf of the recorded OpenAI exchanges is in the record") {
    count_samples(
        SourceFormat::kExchange, "exchange",
        {"http-openai/openai-exchanges.jsonl", "http-azure-openai/azure-openai-exchanges.jsonl",
         "http-groq/groq-exchanges.jsonl", "generated-npm/raw-openai-exchange.jsonl"});
}

TEST_CASE("every leaf of the OpenTelemetry documents is in the records") {
    count_samples(
        SourceFormat::kOtlp, "otlp",
        {"generated-npm/otlp-langfuse4-traces.jsonl", "generated-npm/otlp-official-logs.jsonl",
         "generated-npm/otlp-official-traces.jsonl",
         "generated-npm/otlp-openinference-traces.jsonl",
         "generated-npm/otlp-traceloop-traces.jsonl"});
}

TEST_CASE("every leaf of the Bedrock invocation logs is in the record") {
    count_samples(SourceFormat::kBedrock, "bedrock",
                  {"bedrock-invocation-derived/records.jsonl",
                   "panther-aws-bedrockmodelinvocation/records.jsonl"});
}

}  // namespace llmtrail::coverage
