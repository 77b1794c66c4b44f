// What a reviewer would otherwise repeat: reads the source tree and prints the rule that a line
// breaks.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "source_text.h"

namespace fs = std::filesystem;

namespace {

constexpr size_t kFileLinesMax = 450;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::vector<fs::path> sources(std::initializer_list<const char*> folders) {
    std::vector<fs::path> found;
    for (const char* folder : folders) {
        for (const auto& entry : fs::recursive_directory_iterator(source_root() / folder)) {
            fs::path extension = entry.path().extension();
            if (entry.is_regular_file() && (extension == ".cpp" || extension == ".h")) {
                found.push_back(entry.path());
            }
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string place(const fs::path& path, size_t line) {
    return fs::relative(path, source_root()).string() + ":" + std::to_string(line + 1);
}

struct Module {
    std::string name;
    std::set<std::string> uses;
};

// The table in CMakeLists.txt: folder -> module.
std::map<std::string, Module> modules() {
    std::map<std::string, Module> table;
    for (const std::string& line : lines_of(read(source_root() / "CMakeLists.txt"))) {
        if (!line.starts_with("add_module(")) {
            continue;
        }
        std::istringstream words(line.substr(11));
        Module module;
        std::string folder;
        words >> module.name >> folder;
        bool using_now = false;
        for (std::string word; words >> word;) {
            bool last = word.ends_with(")");
            word = last ? word.substr(0, word.size() - 1) : word;
            if (word == "USES" || word == "LINKS" || word == "EXPORTS") {
                using_now = word == "USES";
            } else if (using_now) {
                module.uses.insert(word);
            }
        }
        module.uses.insert(module.name);
        table[folder] = module;
    }
    return table;
}

// Which folders may include a third party's headers, and only from a .cpp.
const std::map<std::string, std::set<std::string>> third_party = {
    {"spdlog/", {"agent/log"}},
    {"fmt/", {"agent/log"}},
    {"simdjson", {"parsers/json_tree"}},
    {"yaml-cpp/", {"agent/config"}},
    {"openssl/", {"agent/anchor", "agent/crypto", "agent/platform"}},
    {"zstd", {"agent/spool", "agent/tail"}},
    {"zlib", {"agent/tail", "outputs"}},
    {"CLI/", {"agent/cli"}},
    {"systemd/", {}},
    {"curl/", {"agent/http"}},
    {"librdkafka/", {"outputs"}},
    {"cld2/", {"agent/enrich"}},
    {"archive", {"agent/tail"}},
};

std::string included(const std::string& line, char open, char close) {
    std::string start = std::string("#include ") + open;
    if (!line.starts_with(start)) {
        return {};
    }
    return line.substr(start.size(), line.find(close, start.size()) - start.size());
}

}  // namespace

TEST_CASE("a folder includes only what its line in CMakeLists.txt names") {
    auto table = modules();
    REQUIRE(table.size() >= 16);
    std::set<std::string> names;
    for (const auto& [folder, module] : table) {
        names.insert(module.name);
    }
    for (const fs::path& path : sources({"agent", "parsers", "outputs"})) {
        auto found = table.find(fs::relative(path.parent_path(), source_root()).string());
        if (found == table.end()) {
            CHECK_MESSAGE(path.filename() == "main.cpp", place(path, 0),
                          ": folder is no module of CMakeLists.txt");
            continue;
        }
        auto lines = lines_of(read(path));
        for (size_t i = 0; i < lines.size(); ++i) {
            std::string header = included(lines[i], '"', '"');
            if (header.empty()) {
                continue;
            }
            std::string module = header.substr(0, header.find('/'));
            CHECK_MESSAGE(header.find("..") == std::string::npos, place(path, i),
                          ": no ../ in includes");
            CHECK_MESSAGE(found->second.uses.count(module) == 1, place(path, i), ": ",
                          found->second.name, " may not include ", module);
        }
    }
}

TEST_CASE("a place in a document is not kept below one that is gone at the end of its line") {
    for (const fs::path& path : sources({"parsers"})) {
        auto lines = lines_of(read(path));
        for (size_t i = 0; i < lines.size(); ++i) {
            size_t declared = lines[i].find("BodyPlace ");
            size_t first = lines[i].find("below(", declared == std::string::npos ? 0 : declared);
            bool kept = declared != std::string::npos && lines[i].find(" = ") != std::string::npos;
            bool twice =
                first != std::string::npos && lines[i].find(").below(", first) != std::string::npos;
            CHECK_MESSAGE(!(kept && twice), place(path, i),
                          ": a BodyPlace refers to its parent: name that one too");
        }
    }
}

TEST_CASE("third-party headers stay in their folder's .cpp files") {
    for (const fs::path& path : sources({"agent", "parsers", "outputs"})) {
        std::string folder = fs::relative(path.parent_path(), source_root()).string();
        auto lines = lines_of(read(path));
        for (size_t i = 0; i < lines.size(); ++i) {
            std::string header = included(lines[i], '<', '>');
            for (const auto& [prefix, folders] : third_party) {
                if (header.starts_with(prefix)) {
                    CHECK_MESSAGE(folders.count(folder) == 1, place(path, i), ": ", header,
                                  " belongs to another folder");
                    CHECK_MESSAGE(path.extension() == ".cpp", place(path, i), ": ", header,
                                  " in a header");
                }
            }
        }
    }
}

TEST_CASE("files are short, opened by a comment, and say nothing that reviewers strike out") {
    static const std::vector<std::pair<std::string, std::string>> banned = {
        {"std::regex", "slow and recursive on hostile input"},
        {"sleep_for", "wait for an event, with the monotonic clock"},
        {"usleep(", "wait for an event, with the monotonic clock"},
        {"TO"
         "DO",
         "finish it or name it in docs"},
        {"FIX"
         "ME",
         "finish it or name it in docs"},
        {"using namespace std", "say std::"},
        {"tamper-"
         "proof",
         "the word is tamper-evident"},
    };
    for (const fs::path& path : sources({"agent", "parsers", "outputs", "tests"})) {
        auto lines = lines_of(read(path));
        CHECK_MESSAGE(lines.size() <= kFileLinesMax, place(path, lines.size()), ": longer than ",
                      kFileLinesMax, " lines");
        if (path.extension() == ".h") {
            CHECK_MESSAGE(lines.front().starts_with("//"), place(path, 0),
                          ": a header opens with what it is");
        }
        for (size_t i = 0; i < lines.size(); ++i) {
            for (const auto& ban : banned) {
                bool found = lines[i].find(ban.first) != std::string::npos &&
                             path.filename() != "tidy_test.cpp";
                CHECK_MESSAGE(!found, place(path, i), ": ", ban.first, ": ", ban.second);
            }
        }
        std::string stem = path.stem().string();
        for (const std::string& vague :
             std::vector<std::string>{"utils", "util", "helpers", "helper", "common", "misc"}) {
            CHECK_MESSAGE(stem != vague, place(path, 0), ": name the thing");
        }
    }
}

TEST_CASE("system calls for time, randomness and files stay behind the seams") {
    for (const fs::path& path : sources({"agent", "parsers", "outputs"})) {
        std::string folder = fs::relative(path.parent_path(), source_root()).string();
        if (folder == "agent/platform" || folder == "agent/log") {
            continue;
        }
        auto lines = lines_of(read(path));
        for (size_t i = 0; i < lines.size(); ++i) {
            for (const std::string& call : std::vector<std::string>{
                     "clock_gettime", "system_clock::now", "steady_clock::now", "getrandom(",
                     "RAND_bytes", "std::ofstream", "std::ifstream", "fopen(", " ::open("}) {
                CHECK_MESSAGE(lines[i].find(call) == std::string::npos, place(path, i), ": ", call,
                              " belongs behind a seam in platform");
            }
        }
    }
}
