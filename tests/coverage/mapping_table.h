// The tables of this folder: which field holds which source path, and how the two are compared
// (README.md). Read once at the start of a test case; a line that is not understood is reported
// with its number.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace llmtrail::coverage {

struct Target {
    std::string field;  // catalogue name, "unmapped", "anywhere" or "dropped"
    std::string kind;   // comparison; for "dropped" the class of the reason
};

struct Row {
    std::string path;
    std::vector<Target> targets;  // any one of them has to hold the value
    std::string reason;
    int line = 0;
    mutable size_t leaves = 0;  // how many leaves have been compared by it
};

class MappingTable {
 public:
    // Problems are sentences for the test's output.
    static MappingTable load(const std::string& file, std::vector<std::string>& problems);

    // All rows of the most exact pattern: the path itself, else one with `*` steps, else the
    // longest with `**`.
    std::vector<const Row*> find(std::string_view path) const;

    const std::vector<Row>& rows() const { return rows_; }

 private:
    std::vector<Row> rows_;
    std::map<std::string, std::vector<size_t>, std::less<>> by_path_;
    std::vector<std::string> patterns_;  // with a wildcard, exact ones first, then longest first
};

// values.tsv: map name and source value to the values that may stand for it, "a|b".
class ValueMaps {
 public:
    static ValueMaps load(const std::string& file, std::vector<std::string>& problems);

    // Empty when the map has no such value.
    const std::vector<std::string>& find(const std::string& map, const std::string& value) const;
    bool has(const std::string& map) const;

 private:
    std::map<std::string, std::map<std::string, std::vector<std::string>>> maps_;
};

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace llmtrail::coverage
