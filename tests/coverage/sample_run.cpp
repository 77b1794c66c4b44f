#include "sample_run.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "join/join_table.h"
#include "leaf_counter.h"
#include "parsers/parser.h"

namespace llmtrail::coverage {

namespace {

constexpr size_t kProblemsMax = 40;
constexpr size_t kRemovalsMax = 12;
constexpr UnixNanos kObserved{1'900'000'000'000'000'000};

// Pieces of one key become one record, as the agent joins them, where the format has pieces of its
// own within a document.
class CollectingSink : public RecordSink {
 public:
    explicit CollectingSink(bool joins) : joins_(joins) {}

    AuditRecord& begin() override {
        current_.clear();
        current_.set_time(Field::kEventIngested, kObserved);
        return current_;
    }

    void commit() override { records.push_back(current_); }

    void commit_piece(const RecordPiece& piece) override {
        JoinPiece joined{piece.key, piece.rank, piece.order, piece.last};
        if (!joins_ ||
            table_.add(current_, joined, {}, MonotonicNanos()) == JoinTable::Added::kWhole) {
            commit();
        }
    }

    void take_joined() {
        std::vector<PiecePlace> places;
        for (table_.expire_all(); table_.ready();) {
            table_.take(records.emplace_back(), places);
        }
    }

    std::vector<AuditRecord> records;

 private:
    AuditRecord current_;
    JoinTable table_{JoinLimits{}};
    bool joins_;
};

std::vector<AuditRecord> parse(SourceFormat format, const std::string& document) {
    auto reader = DocumentReader::make("auto", {}, 0);
    REQUIRE(reader);
    CollectingSink sink(format == SourceFormat::kLangfuse || format == SourceFormat::kLangsmith);
    DocumentReader::Document input;
    input.bytes = document;
    input.full_size_bytes = document.size();
    input.observed = kObserved;
    (*reader)->read(input, sink);
    sink.take_joined();
    return std::move(sink.records);
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

const AuditRecord* record_of(const SourceRecord& source, size_t position,
                             const std::vector<AuditRecord>& records) {
    if (source.native_id.empty()) {
        return position < records.size() ? &records[position] : nullptr;
    }
    auto found = std::find_if(records.begin(), records.end(), [&](const AuditRecord& record) {
        return record.text(Field::kRecordNativeId) == source.native_id;
    });
    return found == records.end() ? nullptr : &*found;
}

void count_document(SourceFormat format, const std::string& document, const std::string& where,
                    LeafCounter& counter, Removals& removals, Totals& totals) {
    auto expected = walk_source(format, document);
    auto records = parse(format, document);
    ++totals.documents;
    totals.records += records.size();
    if (records.size() != expected.size()) {
        totals.problem("records", where + " gives " + std::to_string(records.size()) +
                                      " records, expected " + std::to_string(expected.size()));
    }
    static const AuditRecord kNone;
    for (size_t i = 0; i < expected.size(); ++i) {
        const AuditRecord* record = record_of(expected[i], i, records);
        counter.compare(expected[i], record != nullptr ? *record : kNone, where);
        if (record != nullptr) {
            removals.try_fields(expected[i], *record);
        }
    }
}

void report(const std::string& name, const Totals& totals) {
    MESSAGE(totals.text(name));
    const char* wanted = std::getenv("LLMTRAIL_COVERAGE_SHOWN");
    size_t shown_max = wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : kProblemsMax;
    size_t shown = 0;
    for (const auto& [key, problem] : totals.problems) {
        if (shown++ == shown_max) {
            MESSAGE("and ", totals.problems.size() - shown_max, " more kinds of disagreement");
            break;
        }
        MESSAGE(problem.count, " times, first ", problem.first);
    }
    if (wanted != nullptr) {
        for (const auto& [row, count] : totals.second_choice) {
            MESSAGE("in llm.audit.unmapped, ", count, " times: ", row);
        }
    }
    CHECK(totals.problems.empty());
}

void count_lines(SourceFormat format, const std::string& file, LeafCounter& counter,
                 Removals& removals, Totals& totals) {
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

void count_whole(SourceFormat format, const std::string& file, LeafCounter& counter,
                 Removals& removals, Totals& totals) {
    std::ifstream in(std::string(LLMTRAIL_SAMPLES_DIR) + "/" + file);
    std::string document{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!document.empty()) {
        count_document(format, document, file, counter, removals, totals);
    }
}

// Of a folder with a pattern: "folder/*.json" stands for all files of that ending.
std::vector<std::string> sample_files(const std::string& name) {
    auto star = name.find('*');
    if (star == std::string::npos) {
        return {name};
    }
    std::vector<std::string> files;
    std::string folder = name.substr(0, star);
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::string(LLMTRAIL_SAMPLES_DIR) + "/" + folder, missing)) {
        std::string file = entry.path().filename().string();
        if (file.ends_with(name.substr(star + 1))) {
            files.push_back(folder + file);
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

std::string table_file(const std::string& name) {
    return std::string(LLMTRAIL_SOURCE_DIR) + "/tests/coverage/" + name + ".tsv";
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

void count_samples(SourceFormat format, const std::string& name,
                   const std::vector<std::string>& samples) {
    std::vector<std::string> problems;
    auto table = MappingTable::load(table_file(name), problems);
    auto maps = ValueMaps::load(table_file("values"), problems);
    for (const std::string& problem : problems) {
        FAIL_CHECK(problem);
    }
    REQUIRE(problems.empty());
    Totals totals;
    LeafCounter counter(table, maps, totals);
    Removals removals(table, maps);
    for (const std::string& sample : samples) {
        for (const std::string& file : sample_files(sample)) {
            auto count = file.ends_with(".jsonl") ? count_lines : count_whole;
            count(format, file, counter, removals, totals);
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

}  // namespace llmtrail::coverage
