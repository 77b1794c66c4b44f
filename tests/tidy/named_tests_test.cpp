// Docs show what they claim by naming tests: `syslog_test, "a frame's length counts bytes"`. Each
// must be there under that name, and each file of tests that is named must exist.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "source_text.h"

namespace fs = std::filesystem;

namespace {

// The text of the string literals that follow one another from `at` on, where the first begins.
std::string literals_at(const std::string& source, size_t at) {
    std::string text;
    while (at < source.size() && source[at] == '"') {
        for (++at; at < source.size() && source[at] != '"'; ++at) {
            at += source[at] == '\\' ? 1U : 0U;
            text.push_back(source[at]);
        }
        at = source.find_first_not_of(" \n", at + 1);
    }
    return text;
}

// Names of the cases of a test file, or of the functions of a script.
std::vector<std::string> names_in(const fs::path& path) {
    std::string source = read(path);
    bool script = path.extension() == ".py";
    std::string opening = script ? "\ndef " : "\nTEST_CASE(";
    std::vector<std::string> names;
    for (size_t at = source.find(opening); at != std::string::npos;
         at = source.find(opening, at + 1)) {
        size_t begin = at + opening.size();
        names.push_back(script ? source.substr(begin, source.find('(', begin) - begin)
                               : literals_at(source, source.find('"', begin)));
    }
    return names;
}

std::multimap<std::string, fs::path> test_files() {
    std::multimap<std::string, fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(source_root() / "tests")) {
        std::string name = entry.path().filename().string();
        if (name.ends_with("_test.cpp")) {
            files.emplace(entry.path().stem().string(), entry.path());
        } else if (name.ends_with(".py")) {
            files.emplace(name, entry.path());
        }
    }
    return files;
}

struct Named {
    std::string file;  // "syslog_test" or "network.py"
    std::string test;
};

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
}

// Each `FILE, "TEST"`, further ones of that file after `; "` or ` and "`.
std::vector<Named> named_in(const fs::path& page) {
    std::string text = read(page);
    std::replace(text.begin(), text.end(), '\n', ' ');
    std::vector<Named> found;
    for (size_t at = text.find(", \""); at != std::string::npos; at = text.find(", \"", at + 1)) {
        size_t begin = at;
        while (begin > 0 && is_word(text[begin - 1])) {
            --begin;
        }
        std::string file = text.substr(begin, at - begin);
        if (!file.ends_with("_test") && !file.ends_with(".py")) {
            continue;
        }
        size_t open = at + 2;
        for (bool more = true; more;) {
            size_t close = text.find('"', open + 1);
            found.push_back({file, text.substr(open + 1, close - open - 1)});
            std::string_view rest = std::string_view(text).substr(close + 1);
            bool and_another = rest.starts_with(" and \"");
            more = and_another || rest.starts_with("; \"");
            open = close + (and_another ? 6 : 3);
        }
    }
    return found;
}

}  // namespace

TEST_CASE("each test that a page names exists under that name") {
    auto files = test_files();
    size_t named = 0;
    for (const auto& page : fs::directory_iterator(source_root() / "docs")) {
        if (page.path().extension() != ".md") {
            continue;
        }
        for (const Named& one : named_in(page.path())) {
            auto [first, last] = files.equal_range(one.file);
            bool there = std::any_of(first, last, [&one](const auto& candidate) {
                std::vector<std::string> names = names_in(candidate.second);
                return std::find(names.begin(), names.end(), one.test) != names.end();
            });
            CHECK_MESSAGE(there, page.path().filename().string(), " names ", one.file, ", \"",
                          one.test, "\"");
            ++named;
        }
    }
    CHECK(named >= 50);
}

TEST_CASE("each row of the tables of outputs and of faults names a test") {
    for (const char* page : {"outputs.md", "faults.md"}) {
        std::istringstream lines(read(source_root() / "docs" / page));
        bool shown = false;  // in a table whose last column is "shown by"
        size_t rows = 0;
        for (std::string line; std::getline(lines, line);) {
            bool head = line.ends_with("| shown by |");
            shown = head || (shown && line.starts_with("|"));
            if (shown && !head && !line.starts_with("|---")) {
                std::string cell = line.substr(line.rfind('|', line.size() - 2));
                bool test = cell.find("_test, \"") != std::string::npos ||
                            cell.find(".py, \"") != std::string::npos;
                CHECK_MESSAGE(test, page, ": no test in: ", line);
                ++rows;
            }
        }
        CHECK(rows >= 8);
    }
}
