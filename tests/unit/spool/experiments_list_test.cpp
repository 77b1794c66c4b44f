// docs/experiments.md and the tests that carry its numbers say the same. Tests that the page names
// in full are looked up by tests/tidy.
#include <doctest/doctest.h>

#include <cctype>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace {

constexpr int kExperiments = 62;

std::string text_of(const std::string& path) {
    std::ifstream in(std::string(LLMTRAIL_SOURCE_DIR) + "/" + path);
    REQUIRE_MESSAGE(in.good(), path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// The numbers at the front of a text: "26, 28 and 29: each field" has three.
std::set<int> leading_numbers(std::string_view text) {
    std::set<int> numbers;
    for (size_t at = 0; at < text.size();) {
        if (std::isdigit(static_cast<unsigned char>(text[at])) != 0) {
            size_t size = 0;
            numbers.insert(std::stoi(std::string(text.substr(at, 4)), &size));
            at += size;
        } else if (text.substr(at).starts_with("and ") || text[at] == ' ' || text[at] == ',') {
            at += text[at] == 'a' ? size_t{4} : size_t{1};
        } else {
            break;
        }
    }
    return numbers;
}

std::set<int> tested() {
    std::set<int> numbers;
    for (const char* topic : {"crash", "change", "cut", "removal", "other"}) {
        std::string source =
            text_of("tests/unit/spool/experiments_" + std::string(topic) + "_test.cpp");
        for (std::string_view word : {"\"experiment ", "\"experiments "}) {
            for (size_t at = source.find(word); at != std::string::npos;
                 at = source.find(word, at + 1)) {
                numbers.merge(leading_numbers(std::string_view(source).substr(at + word.size())));
            }
        }
    }
    return numbers;
}

}  // namespace

TEST_CASE("every experiment of the page is a test with its number, or the page names the test") {
    std::set<int> on_page;
    std::set<int> here = tested();
    std::istringstream lines(text_of("docs/experiments.md"));
    for (std::string line; std::getline(lines, line);) {
        std::set<int> numbers =
            line.starts_with("| ") ? leading_numbers(line.substr(2)) : std::set<int>();
        bool elsewhere = line.find("_test, \"") != std::string::npos ||
                         line.find(".py, \"") != std::string::npos;
        for (int number : numbers) {
            CAPTURE(line);
            on_page.insert(number);
            CHECK(here.count(number) == (elsewhere ? 0 : 1));
        }
    }
    for (int number = 1; number <= kExperiments; ++number) {
        CAPTURE(number);
        CHECK(on_page.count(number) == 1);
    }
    MESSAGE(
        "not done on this machine by these tests: kills of the process and cuts of a real disk's "
        "power (13; bin/test and bin/chaos), dm-flakey (14; the fake disk fails each operation)");
}
