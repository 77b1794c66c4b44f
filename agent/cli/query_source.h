// What search, show and prove read: a spool directory, the key to open it with, the key to trust.
// Main thread. What is wrong with them has been told when an exit code comes back.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "query/spool_scan.h"
#include "spool/spool_key.h"

namespace llmtrail {

struct QuerySource {
    std::string directory;
    std::string key_directory;  // of this host; empty: none beside the spool
    std::optional<SpoolKey> key;
    std::string key_name;  // "the auditor key", "this host's key"
    std::optional<PublicKey> trusted;

    const SpoolKey* key_or_null() const { return key ? &*key : nullptr; }
};

// The key directory that stands beside a spool laid out as the agent does; "" when there is none.
std::string keys_beside(const std::string& spool, FileSystem& files);

// kOk, or what is left to return. Without `key_needed` a spool may be read without a key.
ExitCode open_query_source(const QueryArguments& arguments, CommandSeams seams, bool key_needed,
                           QuerySource& source);

// Sections by name. False: one of them is none, and that has been told.
bool choose_sections(const std::vector<std::string>& names, SectionChoice& choice, Talk& talk);

// One line of data with its newline; on a terminal without raw control characters.
Result<void> write_line(const std::string& line, TextSink& data);

// A problem met while reading, as a warning.
void tell_problem(const ScanProblem& problem, Talk& talk);

// How much was read, and all that could not be: never silently less. kOk when everything was;
// kTampered: something is not what was written; kCannotVerify: something did not open.
ExitCode tell_totals(const ScanTotals& totals, const QuerySource& source, Talk& talk);

}  // namespace llmtrail
