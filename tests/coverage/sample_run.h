// Reads sample documents, lets the parsers make records of them and compares every leaf. Used by
// coverage_test.cpp, main thread; disagreements become failed checks of the running test case.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "source_walker.h"

namespace llmtrail::coverage {

std::string table_file(const std::string& name);

// The fields that derived.tsv lists for this table and for all.
std::set<std::string> derived_fields(const std::string& table);

// `name`: of the table. Samples are files below the samples' folder: of `.jsonl` each line is a
// document, of others the whole file; `folder/*.json` stands for all files of that ending.
void count_samples(SourceFormat format, const std::string& name,
                   const std::vector<std::string>& samples);

}  // namespace llmtrail::coverage
