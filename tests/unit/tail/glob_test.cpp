#include "tail/glob.h"

#include <doctest/doctest.h>

#include <map>

#include "tail/generations.h"

using namespace llmtrail;

TEST_CASE("names match as in a shell") {
    CHECK(glob_matches_name("*.log", "app.log"));
    CHECK(glob_matches_name("*", "app"));
    CHECK(glob_matches_name("a*b*c", "a-b-b-c"));
    CHECK(glob_matches_name("app-?.log", "app-1.log"));
    CHECK(glob_matches_name("app-[0-9a].log", "app-a.log"));
    CHECK(glob_matches_name("app-[!0-9].log", "app-x.log"));
    CHECK(glob_matches_name("[]]", "]"));
    CHECK(glob_matches_name("[x", "[x"));
    CHECK(glob_matches_name(".hidden*", ".hidden.log"));
    CHECK_FALSE(glob_matches_name("*.log", "app.log.1"));
    CHECK_FALSE(glob_matches_name("*", ".hidden"));
    CHECK_FALSE(glob_matches_name("?hidden", ".hidden"));
    CHECK_FALSE(glob_matches_name("app-[!0-9].log", "app-1.log"));
    CHECK_FALSE(glob_matches_name("app-?.log", "app-.log"));
    CHECK_FALSE(glob_matches_name("", "a"));
}

TEST_CASE("many stars stay cheap") {
    const std::string name(5'000, 'a');
    CHECK_FALSE(glob_matches_name("*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
}

TEST_CASE("paths match component by component") {
    CHECK(glob_matches_path("/var/log/*/app.log", "/var/log/x/app.log"));
    CHECK(glob_matches_path("*.1", "/var/log/app.log.1"));
    CHECK_FALSE(glob_matches_path("/var/log/*", "/var/log/x/app.log"));
    CHECK_FALSE(glob_matches_path("/var/*", "/var"));
}

TEST_CASE("a glob expands over folders and leaves literal names as they are") {
    const std::map<std::string, std::vector<std::string>> folders = {{"/", {"var"}},
                                                                     {"/var", {"a", "b"}},
                                                                     {"/var/a", {"x.log", "y.txt"}},
                                                                     {"/var/b", {"z.log"}}};
    std::vector<std::string> listed;
    const DirectoryLister list =
        [&](const std::string& directory) -> Result<std::vector<std::string>> {
        listed.push_back(directory);
        const auto folder = folders.find(directory);
        if (folder == folders.end()) {
            return fail(ErrorCode::kNotFound, "no such folder");
        }
        return folder->second;
    };
    std::vector<std::string> paths;
    expand_glob("/var/*/*.log", list, 100, paths);
    CHECK(paths == std::vector<std::string>{"/var/a/x.log", "/var/b/z.log"});
    paths.clear();
    listed.clear();
    expand_glob("/nowhere/app.log", list, 100, paths);
    CHECK(paths == std::vector<std::string>{"/nowhere/app.log"});
    CHECK(listed == std::vector<std::string>{"/nowhere"});
    paths.clear();
    expand_glob("/var/*/*", list, 2, paths);
    CHECK(paths.size() == 2);
}

TEST_CASE("generations of a log are known by their names") {
    CHECK(may_be_generation_of("app.log", "app.log.1"));
    CHECK(may_be_generation_of("app.log", "app.log-20260101"));
    CHECK(may_be_generation_of("app.log", "app-20260101.log"));
    CHECK(may_be_generation_of("app.log", "app.2026-01-01_00-00-00.log"));
    CHECK_FALSE(may_be_generation_of("app.log", "app.log"));
    CHECK_FALSE(may_be_generation_of("app.log", "app.log.1.gz"));
    CHECK_FALSE(may_be_generation_of("app.log", "app.log2"));
    CHECK_FALSE(may_be_generation_of("app.log", "apple.log"));
    CHECK_FALSE(may_be_generation_of("app-1.log", "app-10.log"));
}
