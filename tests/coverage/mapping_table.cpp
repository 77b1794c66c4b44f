#include "mapping_table.h"

#include <algorithm>
#include <fstream>

#include "record/field_catalog.h"

namespace llmtrail::coverage {

namespace {

constexpr size_t kColumns = 4;

// `*` stands for one member name, `**` at the end for the rest of the path.
bool matches(std::string_view pattern, std::string_view path) {
    bool open = pattern.ends_with("**");
    if (open) {
        pattern.remove_suffix(2);
    }
    size_t s = 0;
    for (char wanted : pattern) {
        if (wanted != '*') {
            if (s == path.size() || path[s] != wanted) {
                return false;
            }
            ++s;
            continue;
        }
        size_t start = s;
        s = std::min(path.find_first_of(".[", s), path.size());
        if (s == start) {
            return false;
        }
    }
    return open ? s < path.size() : s == path.size();
}

std::string target_problem(const Target& target, const std::string& reason) {
    if (target.field == "dropped" || target.field == "unmapped" || target.field == "anywhere") {
        return reason.empty() ? "a value that no field takes needs a reason" : "";
    }
    if (!field_by_name(target.field)) {
        return "the catalogue has no field " + target.field;
    }
    return target.kind.empty() ? "no comparison" : "";
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    size_t start = 0;
    for (size_t at = text.find(separator); at != std::string_view::npos;
         at = text.find(separator, start)) {
        parts.emplace_back(text.substr(start, at - start));
        start = at + 1;
    }
    parts.emplace_back(text.substr(start));
    return parts;
}

MappingTable MappingTable::load(const std::string& file, std::vector<std::string>& problems) {
    MappingTable table;
    std::ifstream in(file);
    if (!in) {
        problems.push_back("cannot read " + file);
    }
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (line.empty() || line.front() == '#') {
            continue;
        }
        auto say = [&](const std::string& what) {
            problems.push_back(file.substr(file.rfind('/') + 1) + ":" + std::to_string(number) +
                               ": " + what);
        };
        auto columns = split(line, '\t');
        columns.resize(std::max(columns.size(), kColumns));
        if (columns.size() > kColumns || columns[0].empty() || columns[1].empty()) {
            say("not four columns");
            continue;
        }
        Row row{columns[0], {}, columns[3], number, 0};
        auto fields = split(columns[1], '|');
        auto kinds = split(columns[2], '|');
        if (kinds.size() != 1 && kinds.size() != fields.size()) {
            say("as many comparisons as fields, or one");
            continue;
        }
        for (size_t i = 0; i < fields.size(); ++i) {
            Target target{fields[i], kinds.size() == 1 ? kinds[0] : kinds[i]};
            if (auto problem = target_problem(target, row.reason); !problem.empty()) {
                say(problem);
            }
            row.targets.push_back(std::move(target));
        }
        auto& rows = table.by_path_[row.path];
        if (rows.empty() && row.path.find('*') != std::string::npos) {
            table.patterns_.push_back(row.path);
        }
        rows.push_back(table.rows_.size());
        table.rows_.push_back(std::move(row));
    }
    std::sort(table.patterns_.begin(), table.patterns_.end(),
              [](const std::string& a, const std::string& b) {
                  bool a_open = a.ends_with("**");
                  bool b_open = b.ends_with("**");
                  return a_open != b_open ? b_open : a.size() > b.size();
              });
    return table;
}

std::vector<const Row*> MappingTable::find(std::string_view path) const {
    std::vector<const Row*> found;
    auto entry = by_path_.find(path);
    if (entry == by_path_.end()) {
        auto pattern = std::find_if(patterns_.begin(), patterns_.end(),
                                    [&](const std::string& p) { return matches(p, path); });
        if (pattern == patterns_.end()) {
            return found;
        }
        entry = by_path_.find(*pattern);
    }
    for (size_t index : entry->second) {
        found.push_back(&rows_[index]);
    }
    return found;
}

ValueMaps ValueMaps::load(const std::string& file, std::vector<std::string>& problems) {
    ValueMaps maps;
    std::ifstream in(file);
    if (!in) {
        problems.push_back("cannot read " + file);
    }
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.front() == '#') {
            continue;
        }
        auto columns = split(line, '\t');
        if (columns.size() != 3) {
            problems.push_back("values.tsv: not three columns: " + line);
            continue;
        }
        maps.maps_[columns[0]][columns[1]] = split(columns[2], '|');
    }
    return maps;
}

const std::vector<std::string>& ValueMaps::find(const std::string& map,
                                                const std::string& value) const {
    static const std::vector<std::string> kNone;
    auto entry = maps_.find(map);
    if (entry == maps_.end()) {
        return kNone;
    }
    auto target = entry->second.find(value);
    return target == entry->second.end() ? kNone : target->second;
}

bool ValueMaps::has(const std::string& map) const {
    return maps_.contains(map);
}

}  // namespace llmtrail::coverage
