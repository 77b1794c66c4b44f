// Every key of a full agent.yaml, misspelt, of a wrong type, out of range, set twice and below a
// wrong parent: each is found, at its place, and a misspelt one with the key that was meant.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "config/effective_yaml.h"
#include "config/values.h"
#include "key_case.h"

using namespace llmtrail;

namespace {

struct Line {
    std::string text;
    std::string path;   // "outputs.soc.tls.ca_file"
    std::string key;    // as it stands there
    size_t column = 0;  // of the key, 1-based
    size_t value = 0;   // of its value
    bool leaf = false;
};

// All keys of tests/config/full.yaml and all their defaults, one a line.
std::vector<Line> full_lines() {
    MemoryFiles files;
    const std::string path = "/etc/llmtrail/agent.yaml";
    files.files[path].text = read_project_file("tests/config/full.yaml");
    LoadedSettings loaded = load_settings(path, test_vocabulary(), files);
    REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
    std::vector<EffectiveValue> values = effective_values(*loaded.settings);
    std::istringstream in(effective_yaml(values, {}));
    std::vector<Line> lines;
    auto next = values.begin();
    for (std::string text; std::getline(in, text);) {
        text.erase(text.find_last_not_of(' ', text.rfind('#') - 1) + 1);
        Line line;
        line.text = text;
        line.column = text.find_first_not_of(" -") + 1;
        size_t colon = text.find(':', line.column);
        line.key = text.substr(line.column - 1, colon - line.column + 1);
        line.leaf = next != values.end() && next->path.back() == line.key &&
                    next->path.size() * 2 == line.column + 1;
        line.value = colon + 3;
        if (line.leaf) {
            line.path = next->key();
            ++next;
        }
        lines.push_back(std::move(line));
    }
    REQUIRE(next == values.end());
    return lines;
}

std::string joined(const std::vector<Line>& lines, size_t changed, const std::string& text) {
    std::string all;
    for (size_t i = 0; i < lines.size(); ++i) {
        all += (i == changed ? text : lines[i].text) + "\n";
    }
    return all;
}

struct Place {
    size_t line = 0;                // 1-based
    std::vector<size_t> columns{};  // any of them
};

const ConfigError* found_at(const LoadedSettings& loaded, const Place& place) {
    for (const ConfigError& error : loaded.errors) {
        bool here = std::count(place.columns.begin(), place.columns.end(),
                               static_cast<size_t>(error.column)) > 0;
        if (here && error.line == static_cast<int>(place.line)) {
            return &error;
        }
    }
    return nullptr;
}

struct Count {
    size_t tried = 0;
    size_t found = 0;
    size_t suggested = 0;

    double found_percent() const {
        return 100.0 * double(found) / double(std::max<size_t>(1, tried));
    }

    double suggested_percent() const {
        return 100.0 * double(suggested) / double(std::max<size_t>(1, tried));
    }
};

void try_text(const std::string& text, const Place& place, const std::string& meant, Count& count) {
    LoadedSettings loaded = load_text(text);
    ++count.tried;
    const ConfigError* error = loaded.settings ? nullptr : found_at(loaded, place);
    CHECK_MESSAGE(error != nullptr, place.line, ": ", all_errors(loaded));
    count.found += error != nullptr ? 1U : 0U;
    count.suggested += error != nullptr && error->hint == "did you mean `" + meant + "`?" ? 1U : 0U;
}

std::vector<std::string> misspellings(const std::string& key) {
    std::vector<std::string> all;
    for (size_t at : {size_t{0}, key.size() / 2, key.size() - 1}) {
        std::string dropped = key;
        dropped.erase(at, 1);
        std::string doubled = key;
        doubled.insert(at, 1, key[at]);
        std::string replaced = key;
        replaced[at] = key[at] == 'x' ? 'y' : 'x';
        std::string swapped = key;
        std::swap(swapped[at], swapped[at + 1 < key.size() ? at + 1 : at - 1]);
        for (std::string& typo : std::vector<std::string>{dropped, doubled, replaced, swapped}) {
            if (typo != key && !typo.empty() && typo.front() != '.' &&
                std::find(all.begin(), all.end(), typo) == all.end()) {
                all.push_back(std::move(typo));
            }
        }
    }
    return all;
}

std::string beyond(const KeyRow& row) {
    auto [least, most] = key_range(row);
    if (row.form == KeyForm::kDuration) {
        return std::to_string(parse_config_duration_ms(most).value() + 1) + "ms";
    }
    return std::to_string(parse_config_size(most).value() + 1);
}

const KeyRow* row_of(const std::string& path) {
    std::vector<const KeyRow*> rows = find_keys(path);
    return rows.empty() ? nullptr : rows.front();
}

}  // namespace

TEST_CASE("each misspelt key is found at its place, and the one that was meant is named") {
    std::vector<Line> lines = full_lines();
    Count count;
    for (size_t i = 0; i < lines.size(); ++i) {
        const Line& line = lines[i];
        for (const std::string& typo : misspellings(line.key)) {
            std::string text = line.text;
            text.replace(line.column - 1, line.key.size(), typo);
            INFO(line.text, " as ", typo);
            try_text(joined(lines, i, text), {i + 1, {line.column}}, line.key, count);
        }
    }
    MESSAGE("misspellings: ", count.tried, ", found in place: ", count.found_percent(),
            " %, the right key named: ", count.suggested_percent(), " %");
    CHECK(count.tried > 1000);
    CHECK(count.found == count.tried);
    CHECK(count.suggested_percent() >= 95.0);
}

TEST_CASE("each value of a wrong type or beyond its limits is found at its place") {
    std::vector<Line> lines = full_lines();
    Count types;
    Count ranges;
    for (size_t i = 0; i < lines.size(); ++i) {
        const Line& line = lines[i];
        if (!line.leaf) {
            continue;
        }
        INFO(line.path);
        std::string key = line.text.substr(0, line.value - 2);
        Place place{i + 1, {line.column, line.value}};
        try_text(joined(lines, i, key + " {qqqqqqqqqqqq: 1}"), place, "", types);
        const KeyRow* row = row_of(line.path);
        REQUIRE(row != nullptr);
        if (!key_range(*row).first.empty()) {
            try_text(joined(lines, i, key + " " + beyond(*row)), place, "", ranges);
        }
    }
    MESSAGE("wrong types: ", types.tried, ", found in place: ", types.found_percent(),
            " %; out of range: ", ranges.tried, ", found: ", ranges.found_percent(), " %");
    CHECK(types.found == types.tried);
    CHECK(ranges.found == ranges.tried);
    CHECK(ranges.tried > 20);
}

TEST_CASE("each key that is set twice or below a wrong parent is found at its place") {
    std::vector<Line> lines = full_lines();
    Count twice;
    Count misplaced;
    for (size_t i = 0; i < lines.size(); ++i) {
        const Line& line = lines[i];
        if (!line.leaf) {
            continue;
        }
        INFO(line.path);
        std::string again = line.text;
        std::replace(again.begin(), again.begin() + static_cast<long>(line.column - 1), '-', ' ');
        try_text(joined(lines, i, line.text + "\n" + again), {i + 2, {line.column}}, "", twice);

        // A key of the top goes below `spool`, any other to the top.
        bool top = line.path == line.key;
        std::string bare = line.text.substr(line.column - 1);
        std::string text = joined(lines, lines.size(), "");
        size_t line_number = lines.size() + 1;
        if (top) {
            size_t spool = text.find("\nspool:\n") + 8;
            line_number = static_cast<size_t>(std::count(
                              text.begin(), text.begin() + static_cast<long>(spool), '\n')) +
                          1;
            text.insert(spool, "  " + bare + "\n");
        } else {
            text += bare + "\n";
        }
        try_text(text, {line_number, {top ? size_t{3} : size_t{1}}}, "", misplaced);
    }
    MESSAGE("set twice: ", twice.tried, ", found in place: ", twice.found_percent(),
            " %; wrong parent: ", misplaced.tried, ", found: ", misplaced.found_percent(), " %");
    CHECK(twice.found == twice.tried);
    CHECK(misplaced.found == misplaced.tried);
}
